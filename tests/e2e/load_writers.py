"""Processes that write a schedule file, a task table, or read the file without end; used by load_test.py.

Each writer answers what it was allowed to do: the changes that it made durable, which must not get lost.
"""

import contextlib
import fcntl
import os
import re
import sqlite3
import time

import yaml
from daemon import PATIENCE, eventually

# Every so many rounds a writer waits until the other side has what it wrote last: so syncs and writes are interleaved all
# the way, whatever the machine's speed.
ROUNDS_AHEAD = 3


class SqliteSide:
    def __init__(self, path):
        self.path, self.url = str(path), f"sqlite:{path}"

    @contextlib.contextmanager
    def connection(self):
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            yield lambda statement, *values: connection.execute(statement, values)
        finally:
            connection.close()

    def rows(self, condition="true"):
        with self.connection() as execute:
            return execute(f"select id, skill_name, status, user_id from scheduled_tasks where {condition}").fetchall()


class PostgresSide:
    def __init__(self, socket, name):
        self.dsn, self.url = f"host={socket} user=postgres dbname={name}", f"postgresql://postgres@/{name}?host={socket}"
        self.readers = {}

    @contextlib.contextmanager
    def connection(self):
        import psycopg2

        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        try:
            cursor = connection.cursor()
            yield lambda statement, *values: cursor.execute(statement.replace("?", "%s"), values)
        finally:
            connection.close()

    def rows(self, condition="true"):
        import psycopg2

        # One connection for each process, however often it asks: each costs the server a process.
        if os.getpid() not in self.readers:
            self.readers[os.getpid()] = psycopg2.connect(self.dsn)
            self.readers[os.getpid()].autocommit = True
        with self.readers[os.getpid()].cursor() as cursor:
            cursor.execute(f"select id, skill_name, status, user_id from scheduled_tasks where {condition}")
            return cursor.fetchall()


# ---- the file

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@contextlib.contextmanager
def locked_as_documented(path):
    """flock on FILE.lock, then on the file that stands there once that is held."""
    with open(f"{path}.lock", "a") as beside:
        fcntl.flock(beside, fcntl.LOCK_EX)
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def locked_among_editors(path):
    """Editors keep off each other's toes, in a way that lockstep knows nothing of."""
    with open(f"{path}.editors", "a") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        yield


def save_by_rename(path, text):
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)


def save_in_place(path, text):
    """Truncated, then written piece by piece: in between it is a valid, shorter schedule."""
    with open(path, "w") as file:
        for start in range(0, len(text), 1_000):
            file.write(text[start:start + 1_000])
            file.flush()


def appended(text, task_id, note):
    return text + (f"  - id: {task_id}\n    skill_name: appended\n    schedule_cron: \"0 * * * *\"   # {note}\n"
                   f"    next_run_at: \"2026-11-23T02:00:00Z\"\n    status: pending\n    user_id: nobody\n")


def renamed(text, task_id, skill):
    changed, count = re.subn(rf"(- id: {task_id}\n +skill_name: )\S+", rf"\g<1>{skill}", text)
    assert count == 1, f"task {task_id} stands {count} times in the file"
    return changed


def status_in_file(path, task_id):
    """None while the file is being written in place. Parsing it all would cost more than what is tested."""
    with open(path) as file:
        found = re.search(rf"- id: {task_id}\n(?: +(?!status).*\n)*? +status: (\w+)", file.read())
    return found and found[1]


def write_file(path, side, number, rounds, lock, save, own, contested, progress):
    """Appends a task each round, now and then renames an own task, and one that a database writer renames too."""
    accepted = {"appended": {}, "skills": {}}

    def change(edit):
        with lock(path):
            with open(path) as file:
                text = file.read()
            save(path, edit(text))

    for i in range(rounds):
        task_id, note = 1_000 * number + i, f"by file writer {number}, {i}"
        change(lambda text: appended(text, task_id, note))
        accepted["appended"][task_id] = note
        if i % 2 == 0:
            task = own[i // 2 % len(own)]
            change(lambda text: renamed(text, task, f"file-{number}-{i}"))
            accepted["skills"][task] = f"file-{number}-{i}"
        if contested and i % 5 == 0:
            change(lambda text: renamed(text, contested, f"contested-file-{i}"))
            accepted["skills"][contested] = f"contested-file-{i}"
        if i % ROUNDS_AHEAD == 0:
            eventually(lambda: side.rows(f"id = {task_id}"), f"task {task_id} reaches the database", 4 * PATIENCE)
        with progress.get_lock():
            progress.value += 1
    return accepted


# ---- the database

def write_rows(path, side, number, rounds, own, contested, inserts, progress):
    """Moves user and status of own tasks, inserts, deletes every third of those, renames a contested task."""
    accepted = {"users": {}, "statuses": {}, "inserted": set(), "deleted": set(), "skills": {}}
    statuses = ["running", "completed", "failed", "pending"]
    with side.connection() as execute:
        for i in range(rounds):
            task, status = own[i % len(own)], statuses[i % len(statuses)]
            execute("update scheduled_tasks set status = ? where id = ?", status, task)
            accepted["statuses"][task] = status
            if inserts:
                user = f"db-{number}-{i}"
                execute("update scheduled_tasks set user_id = ? where id = ?", user, task)
                accepted["users"][task] = user
                task_id = 100_000 * number + i
                execute("insert into scheduled_tasks (id, skill_name, schedule_cron, next_run_at, params_json, status)"
                        " values (?, 'inserted', '5 4 * * *', '2026-11-23 02:00:00.000000', '{}', 'pending')", task_id)
                accepted["inserted"].add(task_id)
                if i % 3 == 2:
                    execute("delete from scheduled_tasks where id = ?", task_id - 1)
                    accepted["inserted"].discard(task_id - 1)
                    accepted["deleted"].add(task_id - 1)
            if contested and i % 5 == 0:
                execute("update scheduled_tasks set skill_name = ? where id = ?", f"contested-db-{i}", contested)
                accepted["skills"][contested] = f"contested-db-{i}"
            if i % ROUNDS_AHEAD == 0:
                eventually(lambda: status_in_file(path, task) == status,
                           f"task {task} is {status} in the file", 4 * PATIENCE)
            with progress.get_lock():
                progress.value += 1
    return accepted


# ---- a reader

def read_until(path, done, lock_needed):
    """Parses the file again and again. Answers how often, and what was wrong with it."""
    reads, faults, largest = 0, [], 0
    while not done.is_set() and not faults:
        with contextlib.ExitStack() as stack:
            if lock_needed:
                fcntl.flock(stack.enter_context(open(f"{path}.lock", "a")), fcntl.LOCK_SH)
            try:
                with open(path) as file:
                    tasks = yaml.load(file, Loader=LOADER)["tasks"]
                ids = [task["id"] for task in tasks]
                if len(ids) != len(set(ids)):
                    faults.append("an id stands twice")
                if len(ids) < largest // 2:
                    faults.append(f"{len(ids)} tasks, after {largest}")
                largest = max(largest, len(ids))
            except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
                faults.append(repr(error))
        reads += 1
        time.sleep(0.001)
    return {"reads": reads, "faults": faults}

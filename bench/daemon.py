#!/usr/bin/python3
"""Times a running daemon, beside what the Python system that lockstep replaces claims of itself.

usage: bench/daemon.py [--program build/lockstep] [--postgres] [--repeat 30] [--tasks 100] [--large 100000]

Everything is measured from outside, with other processes' clocks: a change counts as arrived when a reader of the other
side sees it. With --postgres a private server is started, on a disk and with fsync; it needs python3-psycopg2. Broadcasts
need python3-websockets. Broadcasts to more clients and requests per second: broadcast_bench and bench/serve.sh.
"""
import argparse
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from sync import Postgres, Sqlite, schedule

DEADLINE = 120


def milliseconds(seconds):
    return seconds * 1000


def percentile(samples, share):
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]


def free_port():
    for port in range(20_000, 32_000):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    sys.exit("no free port")


def wait_until(condition, what, pause=0.0002):
    """The time at which the condition was seen to hold."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"after {DEADLINE} s still not: {what}")
        time.sleep(pause)
    return time.perf_counter()


class Daemon:
    def __init__(self, program, folder, url):
        self.port = free_port()
        self.log = open(os.path.join(folder, "daemon.log"), "w")
        self.process = subprocess.Popen([program, "--yaml", os.path.join(folder, "schedule.yml"), "--db", url, "serve", "--listen",
                                         f"127.0.0.1:{self.port}", "--interval", "0"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True)
        if "listens on" not in self.process.stdout.readline():
            sys.exit("the daemon did not start; its log is in " + self.log.name)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.process.stdout.close()
        self.log.close()


def ask(connection, method, path, body=None):
    connection.request(method, path, body=body)
    response = connection.getresponse()
    return response.status, response.read()


class Table:
    """Prints each figure beside the claim, and remembers whether it is beaten."""

    def __init__(self, title):
        self.missed = []
        print(f"{title}\n  {'':58} {'measured':>12}  claimed or wanted")

    def row(self, what, value, claim, limit):
        beaten = value <= limit
        print(f"  {what:58} {value:9.2f} ms  {claim}{'' if beaten else '   MISSED'}", flush=True)
        if not beaten:
            self.missed.append(what)


# ---- the database from outside

class SqliteReader:
    def __init__(self, database):
        import sqlite3
        self.connection = sqlite3.connect(database.path, timeout=60, isolation_level=None)

    def execute(self, statement, *values):
        return self.connection.execute(statement, values).fetchall()


class PostgresReader:
    def __init__(self, database):
        import psycopg2
        self.connection = psycopg2.connect(database.url)
        self.connection.autocommit = True

    def execute(self, statement, *values):
        cursor = self.connection.cursor()
        cursor.execute(statement.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []


def skills(reader, wanted):
    return reader.execute("select count(*) from scheduled_tasks where skill_name like ?", wanted)[0][0]


# ---- what is measured

def measure_lock(path, repeat):
    """What the lock adds to a write: flock on FILE.lock and on the file, as lockstep takes them and others should."""
    samples = []
    for _ in range(repeat):
        start = time.perf_counter()
        with open(path + ".lock", "a") as beside, open(path) as file:
            fcntl.flock(beside, fcntl.LOCK_EX)
            fcntl.flock(file, fcntl.LOCK_EX)
        samples.append(time.perf_counter() - start)
    return milliseconds(statistics.median(samples))


def measure_save(path, reader, repeat, task):
    """One task changed by an editor that renames over the file: until the row has it."""
    samples, former = [], f"skill_name: job-{task:07d}-of-the-schedule"
    for i in range(repeat):
        changed = f"skill_name: saved-{i}"
        with open(path) as file:
            text = file.read().replace(former, changed, 1)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)
        start = time.perf_counter()
        wanted = f"saved-{i}"
        samples.append(wait_until(lambda: reader.execute("select skill_name from scheduled_tasks where id = ?", task)[0][0] == wanted,
                                  "the row follows") - start)
        former = changed
        time.sleep(0.05)  # or the next save belongs to the same burst
    return samples


def measure_commit(path, reader, repeat, task):
    """One row changed and committed: until the file has it."""
    samples = []
    for i in range(repeat):
        user = f"committed-{i}"
        reader.execute("update scheduled_tasks set user_id = ? where id = ?", user, task)
        start = time.perf_counter()

        def arrived():
            with open(path) as file:
                return f"user_id: {user}\n" in file.read()

        samples.append(wait_until(arrived, "the file follows") - start)
        time.sleep(0.3)  # or the next commit belongs to the same burst
    return samples


def measure_all_tasks(path, reader, count):
    """All tasks changed at once, either way."""
    with open(path) as file:
        text = file.read()
    with open(path + ".new", "w") as file:
        file.write(text.replace("skill_name: ", "skill_name: all-"))
    os.rename(path + ".new", path)
    start = time.perf_counter()
    to_database = wait_until(lambda: skills(reader, "all-%") == count, "all rows follow") - start
    time.sleep(0.3)
    reader.execute("update scheduled_tasks set user_id = 'everybody'")
    start = time.perf_counter()

    def arrived():
        with open(path) as file:
            return file.read().count("user_id: everybody\n") == count

    return milliseconds(to_database), milliseconds(wait_until(arrived, "the whole file follows") - start)


def measure_trigger(daemon, repeat):
    """Nothing changed: the answer's own duration, and the whole request."""
    connection, inside, outside = daemon.connect(), [], []
    for _ in range(repeat):
        start = time.perf_counter()
        status, body = ask(connection, "POST", "/api/sync/trigger", "{}")
        outside.append(time.perf_counter() - start)
        if status != 200:
            sys.exit(f"the trigger answered {status}: {body[:300]}")
        inside.append(json.loads(body)["duration_ms"])
    return statistics.median(inside), milliseconds(statistics.median(outside))


def measure_broadcast(daemon, clients, repeat):
    """A trigger of an event until the last of the clients has it, less what the first of them waits: all in one process."""
    import asyncio
    import websockets

    async def run():
        url = f"ws://127.0.0.1:{daemon.port}/ws/sync"
        connections = [await websockets.connect(url, max_queue=None) for _ in range(clients)]
        for connection in connections:
            await connection.recv()
        spreads = []
        for i in range(repeat):
            connection = daemon.connect()
            body = json.dumps({"user_id": f"broadcast-{i}"})

            async def first_event(one):
                while json.loads(await one.recv())["event"] != "schedule_config_updated":
                    pass
                return time.perf_counter()

            waiting = [asyncio.ensure_future(first_event(one)) for one in connections]
            await asyncio.get_running_loop().run_in_executor(None, ask, connection, "PATCH", "/api/tasks/2", body)
            arrivals = await asyncio.wait_for(asyncio.gather(*waiting), DEADLINE)
            spreads.append(max(arrivals) - min(arrivals))
        for connection in connections:
            await connection.close()
        return milliseconds(statistics.median(spreads))

    return asyncio.run(run())


def measure_cron(program, folder, url, repeat):
    samples = []
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run([program, "--yaml", os.path.join(folder, "schedule.yml"), "--db", url, "sync", "-q"], check=True,
                       stdin=subprocess.DEVNULL)
        samples.append(time.perf_counter() - start)
    return milliseconds(statistics.median(samples))


def measure_reads_during_first_sync(daemon, reader, count):
    """GETs of one task and of the status while the first sync inserts everything: by a client of its own."""
    latencies, done = [], threading.Event()

    def read():
        connection = daemon.connect()
        while not done.is_set():
            for path in ("/api/sync/status", "/api/tasks/1", "/health"):
                start = time.perf_counter()
                ask(connection, "GET", path)
                latencies.append(time.perf_counter() - start)
            time.sleep(0.002)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        wait_until(lambda: reader() == count, "the first sync ends", pause=0.02)
    finally:
        done.set()
        thread.join()
    return milliseconds(percentile(latencies, 0.99)), len(latencies)


# ---- the program

@contextlib.contextmanager
def world(arguments, count):
    folder = tempfile.mkdtemp(prefix="lockstep-bench-", dir="/var/tmp")
    database = Postgres(folder) if arguments.postgres else Sqlite(folder)
    try:
        path = os.path.join(folder, "schedule.yml")
        with open(path, "w") as file:
            file.write(schedule(count))
        yield folder, path, database
    finally:
        database.close()
        shutil.rmtree(folder)


def small(arguments, table):
    with world(arguments, arguments.tasks) as (folder, path, database):
        subprocess.run([arguments.program, "--yaml", path, "--db", database.url, "sync", "-q"], check=True)
        cron = measure_cron(arguments.program, folder, database.url, arguments.repeat)
        table.row("a whole run for cron, nothing changed", cron, "~200 ms", 200)
        daemon = Daemon(arguments.program, folder, database.url)
        try:
            reader = PostgresReader(database) if arguments.postgres else SqliteReader(database)
            table.row("lock of a write", measure_lock(path, 1000), "1-2 ms", 1)
            saves = measure_save(path, reader, arguments.repeat, arguments.tasks // 2)
            table.row("a save reaches the database, median (settle of 20 ms included)", milliseconds(statistics.median(saves)),
                      "<= 10 ms and the settle time", 30)
            commits = measure_commit(path, reader, arguments.repeat, 1)
            table.row("a commit reaches the YAML, median", milliseconds(statistics.median(commits)), "<= 15 ms", 15)
            to_database, to_yaml = measure_all_tasks(path, reader, arguments.tasks)
            table.row(f"{arguments.tasks} changed tasks, YAML to database (settle included)", to_database, "50-100 ms", 50)
            table.row(f"{arguments.tasks} changed tasks, database to YAML", to_yaml, "30-50 ms", 30)
            table.row("an event from the first to the last of 100 WebSocket clients", measure_broadcast(daemon, 100, 10), "5-10 ms", 5)
        finally:
            daemon.stop()


def large(arguments, table):
    with world(arguments, arguments.large) as (folder, _, database):
        daemon = Daemon(arguments.program, folder, database.url)
        try:
            def rows():
                try:
                    reader = PostgresReader(database) if arguments.postgres else SqliteReader(database)
                    count = reader.execute("select count(*) from scheduled_tasks")[0][0]
                    reader.connection.close()
                    return count
                except Exception:  # there is no table yet
                    return 0

            p99, count = measure_reads_during_first_sync(daemon, rows, arguments.large)
            table.row(f"GETs while {arguments.large} tasks are synced first, p99 of {count}", p99, "< 20 ms", 20)
            measure_trigger(daemon, 5)
            inside, outside = measure_trigger(daemon, 5 * arguments.repeat)
            table.row(f"a trigger with nothing changed, {arguments.large} tasks, inside", inside, "<= 5 ms", 5)
            table.row("the same, the whole request", outside, "", 50)
        finally:
            daemon.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/lockstep")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--large", type=int, default=100_000)
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    table = Table("postgresql" if arguments.postgres else "sqlite")
    small(arguments, table)
    large(arguments, table)
    if table.missed:
        sys.exit("missed: " + ", ".join(table.missed))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Times whole runs of the program: first sync, nothing changed, one change either way.

usage: bench/sync.py [--program build/lockstep] [--postgres] [--repeat 5] [TASKS …]

Prints, for each size, the median wall time, the median CPU time (which other work on the machine hardly
changes) and the peak memory of the process, and beside them the floor measured in the same run (reading the
file alone, writing the rows alone) and what an expert's one-way script needs for the same file: PyYAML's C
loader and one bulk insert, or COPY. --postgres starts a private PostgreSQL (on a disk, with fsync) and needs
python3-psycopg2.
"""
import argparse
import io
import json
import multiprocessing
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

CRONS = ["0 2 * * *", "*/15 * * * *", "30 7 * * mon", "@hourly", "0 6,18 * * *", "5 4 1 * *"]
STATUSES = ["pending", "running", "completed", "failed", "disabled"]


def schedule(count):
    """A commented file of tasks with 9 fields each, several hands visible in it."""
    lines = ["# The schedule of everything.", "", "tasks:"]
    for i in range(1, count + 1):
        if i % 10 == 1:
            lines.append(f"\n  # ---- group {i // 10} ----")
        cron = CRONS[i % len(CRONS)]
        lines += [
            f"  - id: {i}",
            f"    skill_name: job-{i:07d}-of-the-schedule",
            f'    schedule_cron: "{cron}"' + ("   # fixed times" if i % 7 == 0 else ""),
            f'    next_run_at: "2026-11-{1 + i % 28:02d}T{i % 24:02d}:00:00Z"',
            "    params_json:" if i % 3 else f'    params_json: {{"cluster": "build-{i % 9}", "timeout": {i % 90}}}',
        ]
        if i % 3:
            lines += [f"      cluster: build-{i % 9}   # moved last spring", f"      timeout: {i % 90}"]
        lines += [
            f"    status: {STATUSES[i % 5]}",
            f"    user_id: team-{i % 40}",
            '    created_at: "2026-01-01T00:00:00Z"',
            '    updated_at: "2026-01-02T00:00:00Z"',
        ]
    return "\n".join(lines) + "\n"


def time_commands(pipe):
    """Runs commands and sends back their seconds, CPU seconds and peak megabytes. A process of its own, since a
    child's peak counts from that of the process that starts it, and this one stays small."""
    for command in iter(pipe.recv, None):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                 env={**os.environ, "LOCKSTEP_MAX_FILE_SIZE": "1GiB"})
        error = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        pipe.send((child.returncode, error.decode(), (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)))


class Meter:
    def __init__(self):
        self.pipe, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=time_commands, args=(theirs,), daemon=True).start()

    def __call__(self, program, folder, url, *arguments):
        command = [program, "--yaml", os.path.join(folder, "schedule.yml"), "--db", url, *arguments]
        self.pipe.send(command)
        status, error, figures = self.pipe.recv()
        if status != 0:
            sys.exit(f"{' '.join(command)} exited with {status}: {error}")
        return figures


def load(path):
    import yaml
    with open(path) as file:
        return [(t["id"], t["skill_name"], t["schedule_cron"], t["next_run_at"], json.dumps(t["params_json"]), t["status"],
                 t["user_id"], t["created_at"], t["updated_at"]) for t in yaml.load(file, Loader=yaml.CSafeLoader)["tasks"]]


class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.path = os.path.join(folder, "bench.db")
        self.url = "sqlite:" + self.path

    def reset(self):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)

    def change(self, task, status):
        db = sqlite3.connect(self.path)
        db.execute("UPDATE scheduled_tasks SET status = ? WHERE id = ?", (status, task))
        db.commit()
        db.close()

    def insert(self, rows):
        target = self.path + ".expert"
        db = sqlite3.connect(target)
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h)")
        db.executemany("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?)", rows)
        db.commit()
        db.close()
        os.unlink(target)

    def close(self):
        pass


class Postgres:
    name = "postgresql"
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/store/postgres_cluster.sh")

    def __init__(self, folder):
        self.folder = subprocess.run([self.script, "start", "/var/tmp"], check=True, capture_output=True, text=True).stdout.strip()
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    def execute(self, *statements):
        import psycopg2
        db = psycopg2.connect(self.url)
        with db, db.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        db.close()

    def reset(self):
        self.execute("DROP TABLE IF EXISTS scheduled_tasks", "DROP SCHEMA IF EXISTS lockstep CASCADE")

    def change(self, task, status):
        self.execute(f"UPDATE scheduled_tasks SET status = '{status}' WHERE id = {task}")

    def insert(self, rows):
        import psycopg2
        db = psycopg2.connect(self.url)
        with db, db.cursor() as cursor:
            cursor.execute("CREATE TABLE expert (id bigint primary key, a text, b text, c timestamptz, d jsonb, e text, f text,"
                           " g timestamptz, h timestamptz)")
            lines = "".join("\t".join(str(value).replace("\\", "\\\\") for value in row) + "\n" for row in rows)
            cursor.copy_expert("COPY expert FROM STDIN", io.StringIO(lines))
        db.close()
        self.execute("DROP TABLE expert")

    def close(self):
        subprocess.run([self.script, "stop", self.folder], check=True)


def rewrite(path, old, new):
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace(old, new, 1))


def measure(run, program, folder, database, count, repeat):
    path = os.path.join(folder, "schedule.yml")
    samples = {"first sync": [], "nothing changed": [], "one change, database to YAML": [],
               "one change, YAML to database": []}
    for _ in range(repeat):
        for name in os.listdir(folder):
            if "schedule" in name:
                os.unlink(os.path.join(folder, name))
        database.reset()
        with open(path, "w") as file:
            file.write(schedule(count))
        samples["first sync"].append(run(program, folder, database.url, "sync", "-q"))
    for _ in range(repeat):
        samples["nothing changed"].append(run(program, folder, database.url, "sync", "-q"))
    task = count // 2
    for i in range(repeat):
        database.change(task, STATUSES[(task + 1 + i) % 5])
        samples["one change, database to YAML"].append(run(program, folder, database.url, "sync", "-q"))
    former = f"skill_name: job-{task:07d}-of-the-schedule"
    for i in range(repeat):
        changed = f"skill_name: job-{task:07d}-changed-{i}"
        rewrite(path, former, changed)
        former = changed
        samples["one change, YAML to database"].append(run(program, folder, database.url, "sync", "-q"))
    parse = statistics.median(run(program, folder, database.url, "validate", "-q", path)[0] for _ in range(repeat))
    start = time.perf_counter()
    rows = load(path)
    loaded = time.perf_counter()
    database.insert(rows)
    inserted = time.perf_counter()
    print(f"{database.name}, {count} tasks ({os.path.getsize(path) / 1e6:.1f} MB), median of {repeat}:")
    for title, rows in samples.items():
        print(f"  {title:32} {statistics.median(s for s, _, _ in rows) * 1000:9.1f} ms"
              f"  {statistics.median(c for _, c, _ in rows) * 1000:9.1f} ms CPU  {max(m for _, _, m in rows):7.0f} MB")
    print(f"  {'(floor: reading the file)':32} {parse * 1000:9.1f} ms")
    print(f"  {'(floor: writing the rows)':32} {(inserted - loaded) * 1000:9.1f} ms")
    print(f"  {'(PyYAML C loader + bulk insert)':32} {(inserted - start) * 1000:9.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/lockstep")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("tasks", nargs="*", type=int, default=[100, 10_000, 100_000])
    arguments = parser.parse_args()
    meter = Meter()
    for count in arguments.tasks:
        folder = tempfile.mkdtemp(prefix="lockstep-bench-")
        database = Postgres(folder) if arguments.postgres else Sqlite(folder)
        try:
            measure(meter, os.path.abspath(arguments.program), folder, database, count, arguments.repeat)
        finally:
            database.close()
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()

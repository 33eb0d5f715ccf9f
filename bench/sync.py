#!/usr/bin/python3
"""Times whole runs of the program: first sync, nothing changed, one change either way.

usage: bench/sync.py [--program build/lockstep] [--repeat 5] [TASKS …]

Prints, for each size, the median wall time and the peak memory of the process, and beside them what
an expert's one-way script needs for the same file (PyYAML's C loader and one bulk insert).
"""
import argparse
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


def run(program, folder, url, *arguments):
    command = [program, "--yaml", os.path.join(folder, "schedule.yml"), "--db", url, *arguments]
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} exited with {child.returncode}: {error.decode()}")
    return seconds, usage.ru_maxrss / 1024


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

    def expert(self, path):
        import yaml
        with open(path) as file:
            tasks = yaml.load(file, Loader=yaml.CSafeLoader)["tasks"]
        target = self.path + ".expert"
        db = sqlite3.connect(target)
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h)")
        db.executemany("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?)",
                       [(t["id"], t["skill_name"], t["schedule_cron"], t["next_run_at"], str(t["params_json"]), t["status"],
                         t["user_id"], t["created_at"], t["updated_at"]) for t in tasks])
        db.commit()
        db.close()
        os.unlink(target)


def rewrite(path, old, new):
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write(text.replace(old, new, 1))


def measure(program, folder, database, count, repeat):
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
    start = time.perf_counter()
    database.expert(path)
    expert = time.perf_counter() - start
    print(f"{database.name}, {count} tasks ({os.path.getsize(path) / 1e6:.1f} MB), median of {repeat}:")
    for title, rows in samples.items():
        print(f"  {title:32} {statistics.median(s for s, _ in rows) * 1000:9.1f} ms  {max(m for _, m in rows):7.0f} MB")
    print(f"  {'(PyYAML C loader + bulk insert)':32} {expert * 1000:9.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/lockstep")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("tasks", nargs="*", type=int, default=[100, 10_000, 100_000])
    arguments = parser.parse_args()
    for count in arguments.tasks:
        folder = tempfile.mkdtemp(prefix="lockstep-bench-")
        try:
            measure(os.path.abspath(arguments.program), folder, Sqlite(folder), count, arguments.repeat)
        finally:
            shutil.rmtree(folder)


main()

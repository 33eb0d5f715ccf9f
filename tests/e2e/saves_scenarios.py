"""Editors of every kind save in quick succession while the database changes: no save may be lost.

saves_test.py runs this beside SQLite, saves_postgres_test.py beside PostgreSQL. LOCKSTEP_SAVES: how many saves each editor
makes. Every save adds a line of its own to what its editor has just read, so each must be in the file in the end, or in a
`.saved-…` file that a run has named. Two editors at once exclude each other by a lock that lockstep does not know.
"""

import contextlib
import fcntl
import os
import time

from daemon import Daemon
from load_scenarios import CONTEXT, SEED_TASKS, Work, seed_text

SAVES = int(os.environ.get("LOCKSTEP_SAVES", "60"))


@contextlib.contextmanager
def alone(path):
    """The lock of the editors among themselves, nobody else's business."""
    with open(f"{path}.editors", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def append(path, line):
    with open(path, "a", encoding="utf-8") as file:
        file.write(line)


def truncate(path, line):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + line)


def rename(path, line):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text + line)
    os.rename(f"{path}.new", path)


def rename_unread(path, line):
    """An editor that has the text of its own last save, and looks whether the file has changed since before it saves."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    while True:
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(text + line)
        with open(path, encoding="utf-8") as file:
            again = file.read()
        if again == text:
            os.rename(f"{path}.new", path)
            return
        text = again


KINDS = {"append": append, "truncate": truncate, "rename": rename, "rename_unread": rename_unread}


def edit(kind, path, name, count):
    for number in range(count):
        with alone(path):
            KINDS[kind](path, f"# saved by {name}, {number}\n")
        if number % 7 == 0:
            time.sleep(0.002)  # sometimes in a burst, sometimes not
    return count


def change_rows(side, ends):
    number = 0
    while not ends.is_set():
        number += 1
        with side.connection() as execute:
            execute(f"update scheduled_tasks set user_id = 'u{number}' where id = {number % SEED_TASKS + 1}")
        time.sleep(0.003)
    return number


class SaveScenarios:
    """To be mixed into a Workspace, with make_side(): the database as programs reach it."""

    def setUp(self):
        super().setUp()
        self.side = self.make_side()
        self.write(seed_text())
        self.lockstep("sync")

    def texts(self):
        files = [self.yaml, *self.folder.glob("schedule.yml.saved-*")]
        return "".join(path.read_text(encoding="utf-8") for path in files)

    def run_editors(self, kinds, sync):
        work, ends = Work(), CONTEXT.Event()
        self.addCleanup(work.end)
        work.start("rows", change_rows, self.side, ends)
        for index, kind in enumerate(kinds):
            work.start(f"{kind}-{index}", edit, kind, str(self.yaml), f"{kind}-{index}", SAVES)
        while len(work.answers) < len(kinds):
            sync()
            while not work.queue.empty():
                work.collect(len(work.answers) + 1)
        ends.set()
        work.collect(len(kinds) + 1)
        return {name: count for name, count in work.answers.items() if name != "rows"}

    def assert_nothing_lost(self, saves):
        outcome = self.lockstep("sync")
        self.assertIn(outcome.status, (0, 3), outcome.err)
        text = self.texts()
        lost = [line for name, count in saves.items() for number in range(count)
                if (line := f"# saved by {name}, {number}\n") not in text]
        self.assertEqual(lost, [])
        left = [path.name for path in self.folder.iterdir() if ".lockstep-" in path.name]
        self.assertEqual(left, [])

    def once(self):
        outcome = self.lockstep("sync")
        self.assertIn(outcome.status, (0, 1, 3, 5, 7), outcome.err)

    def with_one_shot_syncs(self, *kinds):
        self.assert_nothing_lost(self.run_editors(kinds, self.once))

    def with_a_daemon(self, *kinds):
        daemon = Daemon(self.folder, ["--yaml", "schedule.yml", "--db", self.side.url, "serve", "--listen", "localhost:0"],
                        self.environment())
        self.addCleanup(daemon.clean_up)
        daemon.wait_until_listening()
        saves = self.run_editors(kinds, lambda: time.sleep(0.01))
        self.assertEqual(daemon.stop(), 0)
        self.assert_nothing_lost(saves)

    def test_appends(self):
        self.with_one_shot_syncs("append")

    def test_truncated_and_written(self):
        self.with_one_shot_syncs("truncate")

    def test_written_and_renamed(self):
        self.with_one_shot_syncs("rename")

    def test_pairs(self):
        self.with_one_shot_syncs("append", "rename")

    def test_pairs_of_renames(self):
        self.with_one_shot_syncs("rename", "rename_unread")

    def test_appends_beside_a_daemon(self):
        self.with_a_daemon("append")

    def test_every_kind_beside_a_daemon(self):
        self.with_a_daemon("append", "truncate", "rename", "rename_unread")

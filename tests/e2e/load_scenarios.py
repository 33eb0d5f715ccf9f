"""Three processes write the YAML, three the database, a reader reads, and the daemon is killed in between.

load_test.py runs this beside SQLite, load_postgres_test.py beside PostgreSQL. LOCKSTEP_LOAD_ROUNDS: how many changes each
writer makes.
"""

import multiprocessing
import os
import re
import signal

import yaml
from daemon import PATIENCE, Daemon, eventually
from load_writers import (locked_among_editors, locked_as_documented, read_until, renamed, save_by_rename, save_in_place,
                          write_file, write_rows)

ROUNDS = int(os.environ.get("LOCKSTEP_LOAD_ROUNDS", "20"))
KILLS = 3
WRITERS = (1, 2, 3)
SEED_TASKS = 30
CONTESTED = (28, 29, 30)  # renamed by a file writer and by a database writer
WORK_PATIENCE = 10 * PATIENCE
CONTEXT = multiprocessing.get_context("fork")


def seed_text():
    lines = ["# the schedule of everything", "", "tasks:"]
    for i in range(1, SEED_TASKS + 1):
        lines += [f"  # task {i}, as agreed in spring", f"  - id: {i}", f"    skill_name: job-{i}",
                  f'    schedule_cron: "{i} * * * *"   # minute {i}', '    next_run_at: "2026-11-23T02:00:00Z"',
                  f"    params_json: {{keep: {i}}}  # params {i}", "    status: pending", f"    user_id: user-{i}"]
    return "\n".join(lines) + "\n"


def own_tasks(number):
    """Of the seed: nobody else writes the same field of them."""
    return [i for i in range(1, SEED_TASKS + 1) if i % len(WRITERS) == number - 1 and i not in CONTESTED]


class Work:
    """Processes, each with what it answers."""

    def __init__(self):
        self.queue, self.processes, self.answers = CONTEXT.Queue(), [], {}

    def start(self, name, function, *arguments):
        def run():
            try:
                self.queue.put((name, function(*arguments)))
            except BaseException as error:
                self.queue.put((name, error))
                raise

        process = CONTEXT.Process(target=run)
        process.start()
        self.processes.append(process)

    def collect(self, count):
        while len(self.answers) < count:
            name, answer = self.queue.get(timeout=WORK_PATIENCE)
            if isinstance(answer, BaseException):
                raise AssertionError(f"{name}: {answer!r}")
            self.answers[name] = answer

    def end(self):
        for process in self.processes:
            process.kill()
            process.join(PATIENCE)


class LoadScenarios:
    """To be mixed into a Workspace, with make_side(): the database as the writers reach it."""

    def setUp(self):
        super().setUp()
        self.side = self.make_side()
        self.write(seed_text())
        self.progress = CONTEXT.Value("i", 0)
        self.reading_ends = CONTEXT.Event()
        self.past_log = ""  # of daemons that were killed
        self.work = Work()
        self.addCleanup(self.work.end)

    def start_daemon(self, *configuration):
        (self.folder / "lockstep.yml").write_text("\n".join(
            ["yaml: schedule.yml", f"database: {self.side.url}", "lock_timeout: 20s", *configuration]) + "\n")
        self.restart_daemon()

    def restart_daemon(self):
        self.daemon = Daemon(self.folder, ["serve", "--listen", "localhost:0"], self.environment())
        self.addCleanup(self.daemon.clean_up)
        self.daemon.wait_until_listening()

    def kill_daemon(self):
        self.daemon.signal(signal.SIGKILL)
        self.assertEqual(self.daemon.end(), -signal.SIGKILL)
        self.past_log += self.daemon.err

    # ---- while it goes on

    def kill_now_and_then(self, total):
        for part in range(1, KILLS + 1):
            eventually(lambda: self.progress.value >= total * part // (KILLS + 1), "the writers' work", WORK_PATIENCE)
            self.kill_daemon()
            self.restart_daemon()

    def finish_work(self, writers):
        try:
            self.work.collect(writers)
        except AssertionError as error:
            _, health = self.daemon.get("/health")
            raise AssertionError(f"{error}; the daemon: {health}, its log ends with\n{(self.past_log + self.daemon.err)[-4_000:]}") from None
        self.reading_ends.set()
        self.work.collect(writers + 1)
        reader = self.work.answers["reader"]
        self.assertEqual(reader["faults"], [])
        self.assertGreater(reader["reads"], ROUNDS)
        # Not all of it was done by the start-ups and by what comes now.
        _, runs = self.daemon.request("GET", "/api/sync/history")
        self.assertLessEqual({"file", "database"}, {run["trigger"] for run in runs})
        self.settle()

    def settle(self):
        """Until a sync finds nothing more to carry."""
        def settled():
            status, answer = self.daemon.request("POST", "/api/sync/trigger", {})
            self.assertIn(status, (200, 409, 423), answer)
            if status == 423:
                return False
            result = answer if status == 200 else answer["result"]
            return all(count == 0 for side in ("yaml", "database") for count in result[side].values())

        eventually(settled, "a sync finds nothing to carry")

    # ---- what must hold at the end

    def both_sides(self):
        text = self.yaml.read_text()
        file = {task["id"]: task for task in yaml.safe_load(text)["tasks"]}
        rows = {row[0]: dict(zip(("id", "skill_name", "status", "user_id"), row)) for row in self.side.rows()}
        return text, file, rows

    def assert_on_both(self, file, rows, field, wanted):
        for task_id, value in wanted.items():
            self.assertEqual((file[task_id].get(field), rows[task_id][field]), (value, value), f"{field} of task {task_id}")

    def assert_equal_sides(self, file, rows, but=()):
        self.assertEqual(set(file), set(rows))
        for task_id in set(file) - set(but):
            for field in ("skill_name", "status", "user_id"):
                default = "pending" if field == "status" else None
                self.assertEqual(file[task_id].get(field, default), rows[task_id][field], f"{field} of task {task_id}")

    def assert_comments_stand(self, text):
        for line in seed_text().splitlines():
            for comment in re.findall(r"# .*", line):
                self.assertEqual(text.count(comment + "\n"), 1, comment)

    def assert_appended(self, text, file, rows):
        kept = 0
        for number in WRITERS:
            for task_id, note in self.work.answers[f"file {number}"]["appended"].items():
                kept += task_id in file and task_id in rows and text.count(f"# {note}\n") == 1
        self.assertEqual(kept, ROUNDS * len(WRITERS))
        print(f"{kept} of {ROUNDS * len(WRITERS)} appended tasks kept", flush=True)

    # ---- the scenarios

    def test_six_writers_with_conflicts_and_kills(self):
        self.start_daemon()
        saves = {1: save_by_rename, 2: save_in_place, 3: save_by_rename}
        for number in WRITERS:
            contested = CONTESTED[number - 1]
            self.work.start(f"file {number}", write_file, str(self.yaml), self.side, number, ROUNDS, locked_as_documented, saves[number],
                            own_tasks(number), contested, self.progress)
            self.work.start(f"rows {number}", write_rows, str(self.yaml), self.side, number, ROUNDS, own_tasks(number), contested, True,
                            self.progress)
        self.work.start("reader", read_until, str(self.yaml), self.reading_ends, True)
        self.kill_now_and_then(2 * len(WRITERS) * ROUNDS)
        self.finish_work(2 * len(WRITERS))

        text, file, rows = self.both_sides()
        self.assert_comments_stand(text)
        self.assert_appended(text, file, rows)
        self.assert_equal_sides(file, rows, but=CONTESTED)
        for number in WRITERS:
            wrote_file, wrote_rows = self.work.answers[f"file {number}"], self.work.answers[f"rows {number}"]
            own = {task: skill for task, skill in wrote_file["skills"].items() if task not in CONTESTED}
            self.assert_on_both(file, rows, "skill_name", own)
            self.assert_on_both(file, rows, "status", wrote_rows["statuses"])
            self.assert_on_both(file, rows, "user_id", wrote_rows["users"])
            self.assertLessEqual(wrote_rows["inserted"], set(file))
            self.assertFalse(wrote_rows["deleted"] & set(file))
        self.assert_contested_is_told(file, rows)
        self.resolve_all()
        self.assertEqual(self.daemon.stop(), 0)

    def assert_contested_is_told(self, file, rows):
        """Where the sides differ, a conflict waits that holds both; where they agree, it is on what one of them wrote last."""
        _, conflicts = self.daemon.request("GET", "/api/sync/conflicts")
        pending = {conflict["task_id"]: conflict for conflict in conflicts}
        for number, task in zip(WRITERS, CONTESTED):
            last = {self.work.answers[f"{kind} {number}"]["skills"][task] for kind in ("file", "rows")}
            in_file, in_row = file[task]["skill_name"], rows[task]["skill_name"]
            self.assertLessEqual({in_file, in_row}, last)
            if in_file == in_row:
                self.assertNotIn(task, pending)
            else:
                self.assertEqual((pending[task]["yaml_data"]["skill_name"], pending[task]["db_data"]["skill_name"]),
                                 (in_file, in_row))
        self.assertLessEqual(set(pending), set(CONTESTED))

    def resolve_all(self):
        """A conflict for certain, made while nobody looks; then all are decided for the file."""
        self.kill_daemon()
        self.write(renamed(self.yaml.read_text(), 7, "made-in-file"))
        with self.side.connection() as execute:
            execute("update scheduled_tasks set skill_name = 'made-in-database' where id = 7")
        self.restart_daemon()
        self.settle()
        _, conflicts = self.daemon.request("GET", "/api/sync/conflicts?task_id=7")
        self.assertEqual([(c["yaml_data"]["skill_name"], c["db_data"]["skill_name"]) for c in conflicts],
                         [("made-in-file", "made-in-database")])
        status, answer = self.daemon.request("POST", "/api/sync/conflicts/resolve", {"choice": "keep_yaml"})
        self.assertEqual((status, answer["failed"]), (200, []))
        self.settle()
        _, file, rows = self.both_sides()
        self.assert_equal_sides(file, rows)
        self.assertEqual(rows[7]["skill_name"], "made-in-file")

    def test_editors_that_rename_over_beside_a_scheduler(self):
        """The editors know nothing of lockstep's locks, the scheduler moves what the database owns; the file is read at any moment."""
        self.start_daemon("fields:", "  status: {owner: database}", "  next_run_at: {owner: database}")
        for number in WRITERS:
            self.work.start(f"file {number}", write_file, str(self.yaml), self.side, number, ROUNDS, locked_among_editors, save_by_rename,
                            own_tasks(number), None, self.progress)
            self.work.start(f"rows {number}", write_rows, str(self.yaml), self.side, number, ROUNDS, own_tasks(number), None, False,
                            self.progress)
        self.work.start("reader", read_until, str(self.yaml), self.reading_ends, False)
        self.kill_now_and_then(2 * len(WRITERS) * ROUNDS)
        self.finish_work(2 * len(WRITERS))

        text, file, rows = self.both_sides()
        self.assert_comments_stand(text)
        self.assert_appended(text, file, rows)
        self.assert_equal_sides(file, rows)
        for number in WRITERS:
            self.assert_on_both(file, rows, "skill_name", self.work.answers[f"file {number}"]["skills"])
            self.assert_on_both(file, rows, "status", self.work.answers[f"rows {number}"]["statuses"])
        self.assertEqual(self.daemon.request("GET", "/api/sync/conflicts"), (200, []))
        self.assertEqual(self.daemon.stop(), 0)

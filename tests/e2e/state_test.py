import json
import signal
import sqlite3
import time

from daemon import Daemon, DaemonWorkspace, eventually
from state_scenarios import Listener, StateScenarios
from support import DONE, THREE_TASKS


class StateOnSqlite(StateScenarios, DaemonWorkspace):
    def lockstep(self, *arguments, **options):
        return self.bare("--yaml", self.yaml, "--db", f"sqlite:{self.database}", *arguments, **options)

    def serve_here(self, *arguments, env=None):
        daemon = Daemon(self.folder, ["--yaml", self.yaml, "--db", f"sqlite:{self.database}", "serve", "--listen", "localhost:0",
                                      *arguments], self.environment(**(env or {})))
        self.addCleanup(daemon.clean_up)
        daemon.wait_until_listening()
        return daemon

    def do_sql(self, statement):
        self.sql(statement)

    def refuse(self, condition):
        for event in ("insert", "update"):
            self.sql(f"create trigger no_{event} before {event} on scheduled_tasks when new.{condition}"
                     " begin select raise(abort, 'not in this house'); end")

    def allow(self):
        self.sql("drop trigger no_insert")
        self.sql("drop trigger no_update")

    def held(self):
        """Another program in the middle of a write."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute("begin immediate")
        return connection

    def test_a_full_disk_of_the_database_shows_and_ends_by_itself(self):
        folder = self.mount(self.folder / "small", "512k")
        self.database = folder / "tasks.db"
        self.start()
        daemon = self.serve_here()
        listener = Listener(daemon)
        ballast = self.fill(folder)
        self.edit("params_json: {keep: 30}", 'params_json: {keep: "' + "x" * 60_000 + '"}')
        self.expect_failing(daemon, listener, "full", "space")
        ballast.unlink()
        self.expect_recovered(daemon)

    def test_a_database_that_is_gone_shows_unasked(self):
        self.start()
        daemon = self.serve_here("--interval", "0")
        listener = Listener(daemon)
        hidden = self.folder / "hidden"
        hidden.mkdir()
        for file in self.folder.glob("tasks.db*"):
            file.rename(hidden / file.name)
        self.database.mkdir()
        told = listener.await_status(lambda s: not s["database"]["reachable"], "the event")
        self.assertEqual(told["yaml"]["tasks"], 3)
        self.assertEqual(told["yaml"]["path"], str(self.yaml))
        self.assertIsNotNone(told["last_sync_timestamp"])
        code, health = daemon.get("/health")
        self.assertEqual((code, health["database"], health["status"]), (503, "unreachable", "degraded"))
        self.database.rmdir()
        for file in hidden.iterdir():
            file.rename(self.folder / file.name)
        self.expect_recovered(daemon)

    def test_sigterm_ends_it_while_it_waits_for_a_busy_database(self):
        self.start()
        daemon = self.serve_here(env={"LOCKSTEP_LOCK_TIMEOUT": "60s"})
        self.held()
        self.edit("skill_name: backup", "skill_name: waits")
        eventually(lambda: not self.status(daemon)["in_sync"], "the sync that waits")
        self.expect_end_within_5_s(daemon)

    def expect_end_within_5_s(self, daemon):
        began = time.monotonic()
        self.assertEqual(daemon.stop(), DONE)
        self.assertLess(time.monotonic() - began, 5 + 1)

    def test_a_busy_database_ends_by_itself_and_a_write_has_its_answer_in_time(self):
        self.start()
        daemon = self.serve_here(env={"LOCKSTEP_LOCK_TIMEOUT": "1s"})
        holder = self.held()
        listener = Listener(daemon)
        self.edit("skill_name: backup", "skill_name: waits")
        self.expect_failing(daemon, listener, "locked", "busy", "writing")
        code, problem = daemon.request("PATCH", "/api/tasks/2", {"skill_name": "other"})
        self.assertEqual(code, 503, problem)
        holder.execute("rollback")
        self.expect_recovered(daemon)
        self.assertEqual(self.sql("select skill_name from scheduled_tasks order by id"), [("waits",), ("report",), ("cleanup",)])

    def test_the_log_in_json_names_the_addresses(self):
        self.write(THREE_TASKS)
        daemon = Daemon(self.folder, ["--json", "--yaml", self.yaml, "--db", f"sqlite:{self.database}", "serve", "--listen",
                                      "localhost:0"], self.environment(LOCKSTEP_LOG_FORMAT="json"))
        self.addCleanup(daemon.clean_up)
        daemon.wait_until_listening()
        daemon.wait_for_log("and serving")
        line = next(json.loads(line) for line in daemon.err.splitlines() if "and serving" in line)
        self.assertEqual(line["urls"], json.loads(daemon.out)["urls"])
        self.assertTrue(line["urls"])


del StateScenarios

import os
import pathlib
import signal
import subprocess
import time

from daemon import Daemon, eventually
from postgres_support import PostgresWorkspace
from state_scenarios import SOON, Listener, StateScenarios
from support import DONE, SOURCE


class PostgresState(PostgresWorkspace):
    def url(self):
        return f"postgresql://postgres@/{self.name}?host={self.socket}"

    def lockstep(self, *arguments, **options):
        return self.bare("--yaml", self.yaml, "--db", self.url(), *arguments, **options)

    def serve_here(self, *arguments, env=None):
        daemon = Daemon(self.folder, ["--yaml", self.yaml, "--db", self.url(), "serve", "--listen", "localhost:0", *arguments],
                        self.environment(**(env or {})))
        self.addCleanup(daemon.clean_up)
        daemon.wait_until_listening()
        return daemon

    def do_sql(self, statement):
        self.psql(self.name, statement)

    def refuse(self, condition):
        self.do_sql(f"alter table scheduled_tasks add constraint house check (not ({condition}))")

    def allow(self):
        self.do_sql("alter table scheduled_tasks drop constraint house")


class StateOnPostgres(StateScenarios, PostgresState):
    def hold(self, statement):
        holder = subprocess.Popen(["psql", "-X", "-q", "-h", self.socket, "-U", "postgres", "-d", self.name], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
        self.addCleanup(holder.wait, 10)
        self.addCleanup(holder.stdin.close)
        holder.stdin.write(f"begin; {statement};\n")
        holder.stdin.flush()
        eventually(lambda: self.psql(self.name, "select count(*) from pg_stat_activity where state = 'idle in transaction'"
                                                " and datname = current_database()") == "1", "the lock")
        return holder

    def test_sigterm_ends_it_while_it_waits_for_a_locked_table(self):
        self.start()
        daemon = self.serve_here(env={"LOCKSTEP_LOCK_TIMEOUT": "60s"})
        self.hold("lock table scheduled_tasks in access exclusive mode")
        self.edit("skill_name: backup", "skill_name: waits")
        eventually(lambda: not self.status(daemon)["in_sync"], "the sync that waits")
        self.assertEqual(daemon.get("/health")[1]["database"], "connected")
        began = time.monotonic()
        self.assertEqual(daemon.stop(), DONE)
        self.assertLess(time.monotonic() - began, 5 + 1)


class OwnServer(PostgresState):
    """A server of this test alone, to be stopped and frozen."""

    CLUSTER = SOURCE / "tests" / "store" / "postgres_cluster.sh"

    def setUp(self):
        if not pathlib.Path(os.environ["LOCKSTEP_TEST_POSTGRES"]).read_text().strip():
            self.skipTest("PostgreSQL is not installed")
        done = subprocess.run([self.CLUSTER, "start"], capture_output=True, text=True, check=True, timeout=120)
        folder = done.stdout.strip()
        self.addCleanup(subprocess.run, [self.CLUSTER, "stop", folder], check=True, timeout=60)
        self.pidfile = pathlib.Path(folder) / "data" / "postmaster.pid"
        shared = self.folder_of_shared = pathlib.Path(folder) / "shared"
        shared.write_text(folder)
        previous = os.environ["LOCKSTEP_TEST_POSTGRES"]
        os.environ["LOCKSTEP_TEST_POSTGRES"] = str(shared)
        self.addCleanup(os.environ.__setitem__, "LOCKSTEP_TEST_POSTGRES", previous)
        super().setUp()

    def server(self):
        return int(self.pidfile.read_text().split()[0])

    def family(self):
        """The server and all that it started."""
        found = subprocess.run(["pgrep", "-P", str(self.server())], capture_output=True, text=True)
        return [self.server(), *map(int, found.stdout.split())]

    def freeze(self):
        frozen = self.family()
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        self.addCleanup(self.thaw, frozen)
        return frozen

    @staticmethod
    def thaw(pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def status(self, daemon):
        return daemon.get("/api/sync/status")[1]

    def test_a_server_that_stops_shows_unasked_and_is_back_by_itself(self):
        self.start()
        daemon = self.serve_here("--interval", "0")
        listener = Listener(daemon)
        before = self.status(daemon)
        data = self.pidfile.parent
        os.kill(self.server(), signal.SIGINT)
        eventually(lambda: not self.pidfile.exists(), "the server's end")
        stopped = time.monotonic()
        told = listener.await_status(lambda s: not s["database"]["reachable"], "the event")
        self.assertLess(time.monotonic() - stopped, SOON + 1)
        code, health = daemon.get("/health")
        self.assertEqual((code, health["database"], health["status"]), (503, "unreachable", "degraded"))
        status = self.status(daemon)
        for member in ("replica", "last_sync_timestamp", "sync_source", "last_run", "total_tasks"):
            self.assertEqual(status[member], before[member], member)
            self.assertEqual(told[member], before[member], member)
        self.assertEqual(status["yaml"], before["yaml"])
        self.assertFalse(status["in_sync"])
        # An edit meanwhile is looked at all the same, and carried once it can be.
        self.write(self.yaml.read_text() + "  - id: 0\n")
        eventually(lambda: self.status(daemon)["yaml"]["errors"], "the fault in the YAML")
        self.write(self.yaml.read_text().replace("  - id: 0\n", "").replace("skill_name: backup", "skill_name: later"))
        eventually(lambda: self.status(daemon)["yaml"]["valid"], "the YAML's mending")
        self.restart(data)
        eventually(lambda: self.status(daemon)["in_sync"], "in sync", 20)
        self.assertEqual(daemon.get("/health")[1]["status"], "healthy")
        self.assertEqual(self.psql(self.name, "select skill_name from scheduled_tasks where id = 1"), "later")

    def restart(self, data):
        owner = data.stat().st_uid
        programs = next(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        become = ["setpriv", "--reuid", str(owner), "--clear-groups"] if os.getuid() == 0 else []
        subprocess.run([*become, programs / "pg_ctl", "start", "--wait", "--pgdata", data, "--log", data.parent / "log2"],
                       check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=data.parent, timeout=60)

    def test_a_daemon_that_starts_before_its_server_looks_at_the_yaml_all_the_same(self):
        self.start()
        data = self.pidfile.parent
        os.kill(self.server(), signal.SIGINT)
        eventually(lambda: not self.pidfile.exists(), "the server's end")
        daemon = self.serve_here()
        eventually(lambda: self.status(daemon)["last_error"], "the failure")
        status = self.status(daemon)
        self.assertTrue(status["yaml"]["valid"], status)
        self.assertEqual((status["yaml"]["tasks"], status["yaml"]["path"]), (3, str(self.yaml)))
        self.assertEqual(daemon.get("/health")[1]["yaml"], "valid")
        self.restart(data)
        eventually(lambda: self.status(daemon)["in_sync"], "in sync", 20)

    def test_a_server_that_freezes_shows_unasked_and_answers_again(self):
        self.start()
        daemon = self.serve_here("--interval", "0")
        listener = Listener(daemon)
        frozen = self.freeze()
        began = time.monotonic()
        told = listener.await_status(lambda s: not s["database"]["reachable"], "the event")
        self.assertLess(time.monotonic() - began, 5 + SOON + 1)
        self.assertFalse(told["in_sync"])
        code, health = daemon.get("/health")
        self.assertEqual((code, health["database"], health["status"]), (503, "not answering", "degraded"))
        self.assertEqual(self.status(daemon)["total_tasks"], 3)
        self.assertEqual(daemon.request("PATCH", "/api/tasks/2", {"skill_name": "other"})[0], 503)
        self.thaw(frozen)
        eventually(lambda: self.status(daemon)["in_sync"], "in sync", 20)
        self.assertEqual(daemon.get("/health")[1]["status"], "healthy")

    def test_sigterm_ends_it_while_the_server_is_frozen(self):
        self.start()
        daemon = self.serve_here()
        self.freeze()
        self.edit("skill_name: backup", "skill_name: waits")
        eventually(lambda: not self.status(daemon)["in_sync"], "the sync that waits")
        began = time.monotonic()
        self.assertEqual(daemon.stop(), DONE)
        self.assertLess(time.monotonic() - began, 5 + 1)


del StateScenarios, PostgresState

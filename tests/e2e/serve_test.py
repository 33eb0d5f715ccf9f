import asyncio
import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import stat
import time

import websockets

from daemon import PATIENCE, DaemonWorkspace, UnixConnection, eventually, free_port
from support import DONE, FAILED, THREE_TASKS, USAGE


class Notifications:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(PATIENCE)

    def next(self):
        return self.socket.recv(65536).decode().split("\n")

    def wait_for(self, assignment):
        for _ in range(10_000):
            told = self.next()
            if assignment in told:
                return told
        raise AssertionError(f"{assignment} was not told")


@contextlib.contextmanager
def locked(path):
    """Another program has the file locked."""
    with open(path, "r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


class Serving(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)

    def test_first_answers_come_after_the_first_sync(self):
        daemon = self.serve()
        self.assertEqual(daemon.get("/api/tasks/1")[1]["skill_name"], "backup")
        self.assertEqual(daemon.get("/health"), (200, {"status": "healthy", "database": "connected", "file_watcher": "running",
                                                       "yaml": "valid"}))

    def test_an_edit_is_in_the_database_and_told(self):
        daemon = self.serve()

        async def session():
            async with websockets.connect(f"ws://localhost:{daemon.port}/ws/sync") as socket_:
                greeting = json.loads(await asyncio.wait_for(socket_.recv(), PATIENCE))
                self.assertEqual(greeting["event"], "connection_established")
                await socket_.send("ping")
                self.assertEqual(json.loads(await asyncio.wait_for(socket_.recv(), PATIENCE)), {"event": "pong"})
                self.edit("skill_name: report", "skill_name: summary")
                event = json.loads(await asyncio.wait_for(socket_.recv(), PATIENCE))
                self.assertEqual((event["event"], event["source"], event["task_ids"]), ("schedule_config_updated", "file", [2]))
                self.assertEqual(event["seq"], greeting["seq"] + 1)

        asyncio.run(session())
        eventually(lambda: self.sql("select skill_name from scheduled_tasks where id = 2") == [("summary",)])

    def test_listens_on_both_loopback_families(self):
        daemon = self.serve()
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, daemon.port), timeout=PATIENCE):
                pass
        self.assertEqual(daemon.out, f"lockstep listens on http://localhost:{daemon.port}\n")

    def test_several_addresses(self):
        daemon = self.serve(listen=("127.0.0.1:0", "[::1]:0", f"unix:{self.folder}/lockstep.sock"))
        self.assertRegex(daemon.out, r"http://127\.0\.0\.1:\d+, http://\[::1\]:\d+, unix:")
        mode = (self.folder / "lockstep.sock").stat().st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        self.assertEqual(daemon.get("/health", connection=UnixConnection(f"{self.folder}/lockstep.sock"))[0], 200)
        self.assertEqual(daemon.stop(), DONE)
        self.assertFalse((self.folder / "lockstep.sock").exists())

    def test_unix_path_of_a_killed_daemon_is_replaced(self):
        listen = (f"unix:{self.folder}/lockstep.sock",)
        killed = self.serve(listen=listen)
        killed.signal(signal.SIGKILL)
        killed.end()
        self.assertTrue((self.folder / "lockstep.sock").exists())
        daemon = self.serve(listen=listen)
        self.assertEqual(daemon.get("/health", connection=UnixConnection(f"{self.folder}/lockstep.sock"))[0], 200)
        second = self.serve(listen=listen, wait=False)
        self.assertEqual(second.end(), FAILED)
        self.assertIn("already in use", second.err)
        self.assertEqual(daemon.get("/health", connection=UnixConnection(f"{self.folder}/lockstep.sock"))[0], 200)

    def test_an_address_in_use_is_said_before_anything_is_done(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            daemon = self.serve(listen=(address,), wait=False)
            self.assertEqual(daemon.end(), FAILED)
        self.assertIn(f"error: listen on {address}: Address already in use", daemon.err)
        self.assertIn("--listen", daemon.err)
        self.assertFalse(self.database.exists())

    def test_what_is_wrong_on_the_command_line(self):
        for arguments, message in ((("--listen", "nonsense"), "--listen: cannot listen on \"nonsense\""),
                                   (("--interval", "5"), "the duration 5 has no unit"),
                                   (("--listen", "0.0.0.0:0"), "needs a token")):
            outcome = self.lockstep("serve", *arguments)
            self.assertEqual((outcome.status, outcome.out), (USAGE, ""), outcome.err)
            self.assertIn(message, outcome.err)

    def test_beyond_loopback_with_a_token(self):
        daemon = self.serve(listen=("0.0.0.0:0",), env={"LOCKSTEP_TOKEN": "a-token-that-is-long-enough"})
        self.assertEqual(daemon.get("/api/sync/status")[0], 401)
        headers = {"Authorization": "Bearer a-token-that-is-long-enough"}
        self.assertEqual(daemon.get("/api/sync/status", headers=headers)[0], 200)

    def test_beyond_loopback_when_told(self):
        daemon = self.serve("--insecure-no-auth", listen=("0.0.0.0:0",))
        self.assertEqual(daemon.get("/api/sync/status")[0], 200)

    def test_json_says_where_it_listens(self):
        daemon = self.serve("--json")
        self.assertEqual(json.loads(daemon.out), {"urls": [f"http://localhost:{daemon.port}"]})

    def test_invalid_yaml_at_the_start_is_served_and_mended(self):
        self.write("tasks: [")
        daemon = self.serve()
        self.assertEqual(daemon.get("/health")[1]["yaml"], "invalid")
        self.write(THREE_TASKS)
        eventually(lambda: daemon.get("/health")[1]["yaml"] == "valid")

    def test_an_event_stream_may_be_read_by_a_listed_origin_alone(self):
        daemon = self.serve(env={"LOCKSTEP_CORS_ORIGINS": "https://ops.example.org"})
        for origin, status in (("https://ops.example.org", 200), ("https://evil.example.org", 403)):
            connection = daemon.connection()
            connection.request("GET", "/api/sync/events", headers={"Origin": origin})
            response = connection.getresponse()
            self.assertEqual(response.status, status)
            if status == 200:
                self.assertEqual(response.getheader("Content-Type"), "text/event-stream")
                self.assertEqual(response.getheader("Access-Control-Allow-Origin"), origin)
                self.assertEqual(response.getheader("X-Content-Type-Options"), "nosniff")
            connection.close()

    def test_limits_of_the_configuration(self):
        daemon = self.serve(env={"LOCKSTEP_MAX_BODY": "1KiB", "LOCKSTEP_MAX_HEADER": "2KiB", "LOCKSTEP_HEADER_TIMEOUT": "200ms"})
        status, problem = daemon.request("POST", "/api/tasks", "x" * 2000)
        self.assertEqual((status, problem["status"], problem["type"][:4]), (413, 413, problem["type"][:4]))
        self.assertEqual(daemon.get("/health", headers={"X-Long": "x" * 3000})[0], 431)
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\n")
            self.assertTrue(slow.recv(65536).startswith(b"HTTP/1.1 408 "))


class Stopping(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)

    def test_both_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            daemon = self.serve()
            daemon.signal(number)
            self.assertEqual(daemon.end(), DONE)
            self.assertIn("Stopping", daemon.err)

    def test_closes_websockets_as_going_away(self):
        daemon = self.serve()

        async def session():
            async with websockets.connect(f"ws://localhost:{daemon.port}/ws/sync") as socket_:
                await asyncio.wait_for(socket_.recv(), PATIENCE)
                daemon.signal(signal.SIGTERM)
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await asyncio.wait_for(socket_.recv(), PATIENCE)
                self.assertEqual(closed.exception.rcvd.code, 1001)

        asyncio.run(session())
        self.assertEqual(daemon.end(), DONE)

    def request_under_way(self, daemon):
        """A sync that somebody asked for, and that waits for the file's lock."""
        self.sql("update scheduled_tasks set skill_name = 'other' where id = 2")
        connection = daemon.connection()
        self.addCleanup(connection.close)
        connection.request("POST", "/api/sync/trigger", "{}")
        daemon.get("/health/live")  # came later
        return connection

    def test_finishes_a_request_that_is_under_way(self):
        daemon = self.serve(env={"LOCKSTEP_LOCK_TIMEOUT": "30s"})
        with locked(self.yaml):
            connection = self.request_under_way(daemon)
            daemon.signal(signal.SIGTERM)
            daemon.wait_for_log("Stopping")
            self.assertEqual(select.select([connection.sock], [], [], 0.2)[0], [])
            self.assertIsNone(daemon.process.poll())
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Connection"]), (200, "close"))
        self.assertEqual(daemon.end(), DONE)
        self.assertIn("skill_name: other", self.yaml.read_text())

    def test_a_second_signal_does_not_wait(self):
        daemon = self.serve(env={"LOCKSTEP_LOCK_TIMEOUT": "30s"})
        with locked(self.yaml):
            self.request_under_way(daemon)
            daemon.signal(signal.SIGTERM)
            daemon.wait_for_log("Stopping")
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.end(), -signal.SIGTERM)


class Reloading(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)
        self.config = self.folder / "lockstep.yml"
        self.config.write_text("max_body: 1KiB\n")
        self.daemon = self.serve()

    def status_of_2000_bytes(self):
        return self.daemon.request("POST", "/api/tasks", "x" * 2000)[0]

    def test_new_settings_hold(self):
        self.assertEqual(self.status_of_2000_bytes(), 413)
        self.config.write_text("max_body: 4KiB\n")
        self.daemon.signal(signal.SIGHUP)
        self.daemon.wait_for_log("The configuration was read again")
        eventually(lambda: self.status_of_2000_bytes() == 400)

    def test_a_bad_one_is_refused_and_the_old_one_kept(self):
        self.config.write_text("max_body: lots\nlog_levle: debug\n")
        self.daemon.signal(signal.SIGHUP)
        self.daemon.wait_for_log("The configuration was not changed: ", 2)
        self.assertIn("lockstep.yml:1:", self.daemon.err)
        self.assertIn('did you mean \\"log_level\\"', self.daemon.err.replace('"log_level"', '\\"log_level\\"'))
        self.assertEqual(self.status_of_2000_bytes(), 413)
        self.assertEqual(self.daemon.stop(), DONE)

    def test_another_address_needs_a_restart(self):
        # Without an address on the command line, which would stand above it.
        self.daemon.stop()
        self.config.write_text(f"listen: localhost:{free_port()}\n")
        daemon = self.serve(listen=())
        self.config.write_text("listen: localhost:1\nlog_level: debug\n")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for_log("that needs a restart")
        daemon.wait_for_log("The configuration was read again")
        self.assertEqual(daemon.get("/health")[0], 200)
        daemon.wait_for_log("GET /health 200")

    def test_streams_stay(self):
        async def session():
            async with websockets.connect(f"ws://localhost:{self.daemon.port}/ws/sync") as socket_:
                await asyncio.wait_for(socket_.recv(), PATIENCE)
                self.daemon.signal(signal.SIGHUP)
                await asyncio.to_thread(self.daemon.wait_for_log, "The configuration was read again")
                self.edit("skill_name: report", "skill_name: summary")
                while json.loads(await asyncio.wait_for(socket_.recv(), PATIENCE))["event"] != "schedule_config_updated":
                    pass

        asyncio.run(session())


class ServiceManager(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)

    def manager(self, address):
        manager = Notifications(address)
        self.addCleanup(manager.socket.close)
        return manager

    def check_life(self, manager, name):
        daemon = self.serve(env={"NOTIFY_SOCKET": name}, wait=False)
        ready = manager.next()
        self.assertIn("READY=1", ready)
        daemon.wait_until_listening()
        self.assertIn(f"STATUS=Serving http://localhost:{daemon.port}", ready)
        daemon.signal(signal.SIGHUP)
        reloading = manager.next()
        self.assertEqual(reloading[0], "RELOADING=1")
        self.assertRegex(reloading[1], r"^MONOTONIC_USEC=\d+$")
        self.assertEqual(manager.next(), ["READY=1"])
        daemon.signal(signal.SIGTERM)
        self.assertEqual(manager.next(), ["STOPPING=1"])
        self.assertEqual(daemon.end(), DONE)

    def test_by_a_path(self):
        self.check_life(self.manager(f"{self.folder}/notify"), f"{self.folder}/notify")

    def test_by_an_abstract_name(self):
        name = f"lockstep-test-{os.getpid()}-{time.monotonic_ns()}"
        self.check_life(self.manager("\0" + name), "@" + name)

    def test_watchdog_is_fed_while_the_engine_works_and_not_when_it_hangs(self):
        manager = self.manager(f"{self.folder}/notify")
        self.serve(env={"NOTIFY_SOCKET": f"{self.folder}/notify", "WATCHDOG_USEC": "1000000", "LOCKSTEP_LOCK_TIMEOUT": "30s"})
        for _ in range(4):
            manager.wait_for("WATCHDOG=1")
        with locked(self.yaml):
            # The engine waits for the lock, longer than the watchdog allows: the manager hears nothing for that long.
            self.edit("skill_name: report", "skill_name: summary")
            manager.socket.settimeout(1)
            with self.assertRaises(TimeoutError):
                for _ in range(100):
                    manager.next()
            manager.socket.settimeout(PATIENCE)
        manager.wait_for("WATCHDOG=1")

    def test_a_watchdog_of_another_process_is_not_ours(self):
        manager = self.manager(f"{self.folder}/notify")
        daemon = self.serve(env={"NOTIFY_SOCKET": f"{self.folder}/notify", "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
        daemon.get("/health")
        self.assertEqual(daemon.stop(), DONE)
        told = [manager.next(), manager.next()]
        self.assertEqual([lines[0] for lines in told], ["READY=1", "STOPPING=1"])


class Logging(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)

    def test_one_line_for_a_run_that_did_something(self):
        daemon = self.serve()
        self.edit("skill_name: report", "skill_name: summary")
        daemon.wait_for_log(" run 2: ")
        self.assertRegex(daemon.err, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z info  Sync \(\w+\) run 2: YAML \+0 ~0 -0, database \+0 ~1 -0 in .* ms$")
        self.assertEqual(daemon.stop(), DONE)
        self.assertEqual(daemon.err.count(" run "), 2)  # the start's and this one

    def test_json_lines(self):
        daemon = self.serve(env={"LOCKSTEP_LOG_FORMAT": "json"})
        self.edit("skill_name: report", "skill_name: summary")
        daemon.wait_for_log(" run 2: ")
        self.assertEqual(daemon.stop(), DONE)
        records = [json.loads(line) for line in daemon.err.splitlines()]
        run = next(record for record in records if " run 2: " in record["message"])
        self.assertEqual((run["level"], run["run_id"], run["database"]["updated"]), ("info", 2, 1))

    def test_no_token_and_no_secret_of_a_url(self):
        daemon = self.serve(env={"LOCKSTEP_TOKEN": "sesame-open-now-please", "LOCKSTEP_LOG_LEVEL": "trace"})
        daemon.get("/api/tasks", headers={"Authorization": "Bearer sesame-open-now-please"})
        daemon.get("/api/tasks", headers={"Authorization": "Bearer sesame-open-wrong"})
        self.assertEqual(daemon.stop(), DONE)
        self.assertNotIn("sesame", daemon.err)

    def test_control_characters_are_escaped(self):
        daemon = self.serve(env={"LOCKSTEP_LOG_LEVEL": "debug"})
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE) as attacker:
            attacker.sendall("GET /\x1b]0;owned\x07\u202e HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            attacker.recv(65536)
        daemon.get("/health")
        daemon.wait_for_log("GET /health")
        self.assertNotIn("\x1b", daemon.err)
        self.assertNotIn("\u202e", daemon.err)

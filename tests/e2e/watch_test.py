import json
import os
import pty
import select
import signal
import subprocess
import threading
import time

from daemon import PATIENCE, DaemonWorkspace, eventually, free_port
from support import FAILED, PROGRAM, THREE_TASKS, USAGE


class Watching(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        self.write(THREE_TASKS)

    def watch(self, *arguments, env=None):
        """The program's lines as they come, and its messages."""
        process = subprocess.Popen([PROGRAM, "watch", *arguments], cwd=self.folder, env=self.environment(**(env or {})),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines, messages = [], []
        readers = [threading.Thread(target=target.extend, args=(source,))
                   for target, source in ((lines, process.stdout), (messages, process.stderr))]
        for reader in readers:
            reader.start()

        def clean_up():
            process.kill()
            process.wait(PATIENCE)
            for reader in readers:
                reader.join(PATIENCE)
            process.stdout.close()
            process.stderr.close()

        self.addCleanup(clean_up)
        return process, lines, messages

    def from_the_first_on(self, lines, text, count):
        """The first line with that text and those behind it. One before it may still tell of the daemon's start."""
        def found():
            at = next((i for i, line in enumerate(lines) if text in line), len(lines))
            return lines[at:at + count] if len(lines) >= at + count else None

        return eventually(found, text.strip())

    def test_events_in_one_line_each(self):
        daemon = self.serve()
        _, lines, _ = self.watch(f"http://localhost:{daemon.port}")
        eventually(lambda: lines)
        self.assertRegex(lines[0], r"^\d\d:\d\d:\d\d  connected  ")
        self.edit("skill_name: report", "skill_name: summary")
        told = self.from_the_first_on(lines, "  file  ", 2)
        self.assertRegex(told[0], r"^\d\d:\d\d:\d\d  file       .*\(task 2\)$")
        self.assertRegex(told[1], r"^\d\d:\d\d:\d\d  status     in step, 3 tasks, 0 conflicts$")

    def test_conflicts_say_what_to_do(self):
        self.start()
        daemon = self.serve()
        _, lines, _ = self.watch(f"localhost:{daemon.port}")
        eventually(lambda: lines)
        connection_free = self.sql  # both sides change apart while the daemon looks away
        daemon.signal(signal.SIGSTOP)
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        connection_free("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        daemon.signal(signal.SIGCONT)
        eventually(lambda: any("conflict " in line for line in lines), "the conflict")
        line = next(line for line in lines if "conflict " in line)
        self.assertRegex(line, r"  conflict   (conflict_\d+) of task 1: .*; lockstep resolve \1$")

    def test_json_prints_the_objects_as_they_are(self):
        daemon = self.serve(listen=(f"unix:{self.folder}/s",))
        _, lines, _ = self.watch("--json", f"unix:{self.folder}/s")
        eventually(lambda: lines)
        self.edit("skill_name: report", "skill_name: summary")
        told = self.from_the_first_on(lines, "schedule_config_updated", 2)
        self.assertEqual([json.loads(line)["event"] for line in [lines[0], *told]],
                         ["connection_established", "schedule_config_updated", "sync_status_changed"])
        self.assertEqual(daemon.stop(), 0)

    def test_comes_back_after_a_restart_with_what_it_missed(self):
        address = f"localhost:{free_port()}"
        daemon = self.serve(listen=(address,))
        _, lines, messages = self.watch("--json", address)
        eventually(lambda: lines)
        daemon.stop()
        eventually(lambda: any("waiting" in message for message in messages))
        again = self.serve(listen=(address,))
        eventually(lambda: len(lines) >= 2, "the second greeting")
        # The events of the former daemon are not those of this one.
        eventually(lambda: any(json.loads(line)["event"] == "resync_required" for line in lines))
        self.edit("skill_name: report", "skill_name: summary")
        eventually(lambda: any("schedule_config_updated" in line for line in lines))
        self.assertEqual(again.stop(), 0)

    def test_the_configured_address_and_token(self):
        (self.folder / "lockstep.yml").write_text(f"listen: unix:{self.folder}/s\n")
        token = {"LOCKSTEP_TOKEN": "a-token-that-is-long-enough"}
        self.serve(listen=(), env=token)
        _, lines, _ = self.watch(env=token)
        eventually(lambda: lines)
        without = self.bare("watch")
        self.assertEqual(without.status, FAILED)
        self.assertIn("LOCKSTEP_TOKEN", without.err)

    def test_nobody_there(self):
        outcome = self.bare("watch", "http://127.0.0.1:1")
        self.assertEqual((outcome.status, outcome.out), (FAILED, ""))
        self.assertIn("`lockstep serve` starts it", outcome.err)
        problem = self.bare("--json", "watch", "http://127.0.0.1:1")
        self.assertEqual(problem.json["status"], 503)
        self.assertEqual(problem.json["type"], "urn:lockstep:problem:unavailable", "of the database nothing is known")

    def test_what_is_no_address(self):
        for url in ("https://localhost:8000", "ftp://a", "http://", "localhost:port"):
            outcome = self.bare("watch", url)
            self.assertEqual(outcome.status, USAGE, url)
            self.assertIn("hint: ", outcome.err)

    def test_another_server_is_not_a_daemon(self):
        daemon = self.serve()
        outcome = self.bare("watch", f"http://localhost:{daemon.port}/health")
        self.assertEqual(outcome.status, USAGE)
        self.assertIn("is this a lockstep daemon", outcome.err)

    def test_ends_when_nobody_reads(self):
        daemon = self.serve()
        process, lines, _ = self.watch(f"http://localhost:{daemon.port}")
        eventually(lambda: lines)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), -signal.SIGINT)

    def test_colours_on_a_terminal(self):
        daemon = self.serve()
        child, master = pty.fork()
        if child == 0:
            os.execve(PROGRAM, [PROGRAM, "watch", f"http://localhost:{daemon.port}"], self.environment(TERM="xterm"))
        shown = b""
        deadline = time.monotonic() + PATIENCE
        while b"connected" not in shown and time.monotonic() < deadline:
            if select.select([master], [], [], 0.1)[0]:
                shown += os.read(master, 4096)
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        os.close(master)
        self.assertIn(b"\x1b[2m", shown)

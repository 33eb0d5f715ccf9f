"""The C++ examples do what their first lines say."""

import base64
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import unittest
import urllib.request

TASKS = """tasks:
  - id: 1
    skill_name: backup
    schedule_cron: "0 2 * * *"
    next_run_at: "2026-11-23T02:00:00Z"
"""
PATIENCE = 20


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-example-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.yaml = self.folder / "schedule.yml"
        self.yaml.write_text(TASKS)
        self.database = self.folder / "tasks.db"

    def start(self, variable, *arguments, **more):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCKSTEP_") and k != "DATABASE_URL"}
        process = subprocess.Popen([os.environ[variable], *arguments, "schedule.yml", "sqlite:tasks.db"], cwd=self.folder,
                                   env=environment, text=True, stdout=subprocess.PIPE, **more)

        def end():
            process.kill()
            process.wait()
            process.stdout.close()

        self.addCleanup(end)
        return process

    def skill(self):
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            return connection.execute("select skill_name from scheduled_tasks where id = 1").fetchone()[0]
        finally:
            connection.close()

    def test_without_a_server(self):
        process = self.start("WITHOUT_SERVER", stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)

        def ask(command):
            process.stdin.write(command + "\n")
            process.stdin.flush()
            while "event" in (answer := json.loads(process.stdout.readline())):
                pass
            return answer

        self.assertTrue(json.loads(process.stdout.readline())["in_sync"])
        self.assertEqual(ask("plan")["tasks"], [])
        self.yaml.write_text(TASKS.replace("backup", "restore"))
        while json.loads(process.stdout.readline()).get("event") != "schedule_config_updated":
            pass
        self.assertEqual(self.skill(), "restore")
        self.assertEqual(ask("conflicts"), [])
        self.assertEqual(ask("keep_db conflict_7")["status"], 404)
        process.stdin.close()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_in_a_beast_server(self):
        port = self.free_port()
        process = self.start("IN_BEAST_SERVER", str(port))
        self.assertIn("/schedule/", process.stdout.readline())
        base = f"http://127.0.0.1:{port}"
        self.assertIn("own page", self.get(base + "/"))
        self.assertEqual(json.loads(self.get(base + "/schedule/api/tasks/1"))["skill_name"], "backup")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as websocket:
            key = base64.b64encode(b"0123456789abcdef").decode()
            websocket.sendall((f"GET /schedule/ws/sync HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
            heard = b""
            while b"connection_established" not in heard:
                heard += self.some(websocket)
            self.assertTrue(heard.startswith(b"HTTP/1.1 101"))
            self.yaml.write_text(TASKS.replace("backup", "restore"))
            while b"schedule_config_updated" not in heard:
                heard += self.some(websocket)
        self.assertEqual(self.skill(), "restore")
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    def some(self, connection):
        data = connection.recv(4096)
        self.assertTrue(data, "the server ended the connection")
        return data

    @staticmethod
    def get(url):
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read().decode()

    @staticmethod
    def free_port():
        for port in range(19_000, 20_000):
            try:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
        raise AssertionError("no free port")

"""`lockstep serve` as a process of a test: started, asked, stopped. Every wait has a deadline."""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

from support import PROGRAM, Workspace

PATIENCE = 30  # seconds


def eventually(condition, what="it", patience=PATIENCE):
    """Asks again and again until `condition()` is true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {patience} s")
        time.sleep(0.005)


def free_port():
    """For a daemon that comes back on its port. The kernel gives those from 32768 on to other programs' outgoing
    connections: a daemon that is gone for a while would find such a one taken."""
    for port in random.sample(range(20_000, 32_768), 100):
        try:
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                with socket.socket(family) as probe:
                    probe.bind((address, port))
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


class Daemon:
    """A running daemon; `err` grows with what it logs."""

    def __init__(self, folder, arguments, environment):
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.err, self.out = "", ""
        self._readers = [threading.Thread(target=self._read, args=(name,)) for name in ("stdout", "stderr")]
        for reader in self._readers:
            reader.start()

    def _read(self, name):
        attribute = "out" if name == "stdout" else "err"
        for line in getattr(self.process, name):
            setattr(self, attribute, getattr(self, attribute) + line)

    def wait_until_listening(self):
        """The port of its first address, if that has one."""
        eventually(lambda: "\n" in self.out or self.process.poll() is not None, "listening")
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.err}")
        port = re.search(r"http://\S+?:(\d+)", self.out)
        self.port = int(port[1]) if port else None

    def wait_for_log(self, text, count=1):
        try:
            eventually(lambda: self.err.count(text) >= count, repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}; the log:\n{self.err}") from None

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit status, once it has ended by itself."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.end()

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
        self.end()
        self.process.stdout.close()
        self.process.stderr.close()

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None, connection=None):
        """Status and body, as JSON where it is."""
        connection = connection or self.connection()
        try:
            connection.request(method, path, body if body is None or isinstance(body, (str, bytes)) else json.dumps(body),
                               headers or {})
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return response.status, json.loads(text) if is_json else text.decode()
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)


class DaemonWorkspace(Workspace):
    def serve(self, *arguments, listen=("localhost:0",), env=None, wait=True):
        """A daemon with this folder's file and database, on a port of its own."""
        listening = [word for address in listen for word in ("--listen", address)]
        daemon = Daemon(self.folder, ["--yaml", "schedule.yml", "--db", "sqlite:tasks.db", "serve", *listening, *arguments],
                        self.environment(**(env or {})))
        self.addCleanup(daemon.clean_up)
        if wait:
            daemon.wait_until_listening()
        return daemon

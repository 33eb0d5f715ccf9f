"""The daemon as a process of its own, and questions to it."""

import http.client
import json
import os
import random
import select
import signal
import socket
import subprocess
import time

from support import PROGRAM

DEADLINE = 60  # seconds, for whatever is waited for


def free_port():
    """Below the ports that the kernel gives to clients."""
    for port in random.sample(range(20_000, 32_000), 1_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def wait_for(condition, what, deadline=DEADLINE):
    """What the condition answers once that is true. Looked at every few milliseconds."""
    end = time.monotonic() + deadline
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"after {deadline} s still not: {what}")
        time.sleep(0.005)


class Daemon:
    """`lockstep serve` in a folder. Its log goes to `daemon.log` there."""

    def __init__(self, folder, environment, *arguments):
        self.folder, self.environment, self.arguments = folder, environment, [str(a) for a in arguments]
        self.port = free_port()
        self.process = None

    def start(self):
        with open(self.folder / "daemon.log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, *self.arguments, "serve", "--listen", f"127.0.0.1:{self.port}"], cwd=self.folder, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        line = self.process.stdout.readline() if ready else ""
        if "listens on" not in line:
            self.kill()
            raise AssertionError(f"the daemon did not start: {line!r}\n{self.log()}")
        return self

    def log(self):
        return (self.folder / "daemon.log").read_text(errors="replace")

    def kill(self):
        """SIGKILL: no chance to tidy anything."""
        if self.process:
            self.process.kill()
            self.process.wait(DEADLINE)
            self.process.stdout.close()
            self.process = None

    def stop(self):
        """SIGTERM; the exit status."""
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(DEADLINE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(DEADLINE)
            process.stdout.close()

    def request(self, method, path, body=None, deadline=DEADLINE):
        """Status and the JSON that was answered (None: no body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=deadline)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body))
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    def memory(self):
        """Resident, in bytes."""
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

import json
import re
import subprocess

from daemon import DaemonWorkspace, eventually
from support import CONFLICTS, DONE, SOURCE, THREE_TASKS

SYSTEM_PYTHON = "/usr/bin/python3"


class QuickReference(DaemonWorkspace):
    """What docs/QUICK_REFERENCE.md tells people to type works as it stands there."""

    def setUp(self):
        super().setUp()
        self.text = (SOURCE / "docs/QUICK_REFERENCE.md").read_text()
        self.start()
        self.daemon = self.serve()

    def here(self, text):
        return text.replace("localhost:8000", f"localhost:{self.daemon.port}")

    def make_conflict(self, number):
        """While the file is not valid nothing is carried, so both sides change apart."""
        before = self.yaml.read_text()
        self.yaml.write_text(before + "  - {}\n")
        eventually(lambda: self.daemon.get("/health")[1]["yaml"] == "invalid", "the daemon sees it")
        self.sql("update scheduled_tasks set skill_name = ? where id = 1", f"database-{number}")
        self.yaml.write_text(re.sub(r"(- id: 1\n +skill_name: )\S+", rf"\g<1>file-{number}", before))
        found = eventually(lambda: self.daemon.get("/api/sync/conflicts")[1], "the conflict")
        return found[0]["conflict_id"]

    def test_curl_lines(self):
        lines = [line for line in self.text.splitlines() if line.startswith("curl ")]
        self.assertEqual(len(lines), 6)
        expected = {"status": 200, "conflicts": 200, "trigger": 409, "force": 200, "resolve": 200, "DELETE": 200}
        conflict = self.make_conflict(1)
        for line in lines:
            kind = next(word for word in ("force", "resolve", "DELETE", "trigger", "status", "conflicts") if word in line)
            if kind in ("resolve", "DELETE"):
                conflict = self.make_conflict(kind)
            command = self.here(line).replace("conflict_1", conflict) + " -s -w '\\n%{http_code}'"
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
            body, _, status = done.stdout.rpartition("\n")
            self.assertEqual(int(status), expected.pop(kind), f"{line}\n{body}")
            answer = json.loads(body)
            if kind == "conflicts":
                self.assertEqual([c["conflict_id"] for c in answer], [conflict])
            if kind in ("resolve", "DELETE"):
                self.assertEqual(answer["status"], "success")
        self.assertEqual(expected, {})

    def test_python_client(self):
        if subprocess.run([SYSTEM_PYTHON, "-c", "import websockets"], capture_output=True, timeout=60).returncode != 0:
            self.skipTest("python3-websockets is not installed")
        snippet = re.search(r"```python\n(import asyncio.*?)```", self.text, re.DOTALL)[1]
        client = subprocess.Popen([SYSTEM_PYTHON, "-u", "-c", self.here(snippet)], stdout=subprocess.PIPE, text=True)
        try:
            self.assertIn("'event': 'connection_established'", client.stdout.readline())
            self.edit("skill_name: report", "skill_name: edited")
            self.assertIn("'event': 'schedule_config_updated'", client.stdout.readline())
        finally:
            client.kill()
            client.wait(60)
            client.stdout.close()

    def test_events_of_the_browser_snippet_exist(self):
        _, openapi = self.daemon.get("/openapi.json")
        described = json.dumps(openapi)
        for event in re.findall(r'case "(\w+)"', self.text):
            self.assertIn(event, described)

    def test_troubleshooting_names_what_the_program_says(self):
        self.daemon.stop()
        self.sql("update scheduled_tasks set user_id = 'newer' where id = 3")
        said = self.expect(CONFLICTS, "sync", "--direction", "yaml_to_db").out
        self.assertIn("Database updated more recently than YAML", said)
        self.write("tasks: [\n")
        self.assertIn("YAML validation failed", self.lockstep("sync").err)
        for title in ("Database updated more recently than YAML", "File locked by another process", "YAML validation failed",
                      "Cron job not running"):
            self.assertIn(f"**`{title}`.**", self.text)
        self.write(THREE_TASKS)
        self.expect(DONE, "validate")

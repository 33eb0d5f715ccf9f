import json
import os
import pwd

from daemon import DaemonWorkspace, UnixConnection, eventually
from support import CONFLICTS, DONE, THREE_TASKS, Workspace

ME = pwd.getpwuid(os.geteuid()).pw_name


class Resolution(Workspace):
    def setUp(self):
        super().setUp()
        self.start()
        self.edit("status: pending", "status: disabled")
        self.conflict = self.conflict_on_cron()
        self.before = self.yaml.read_bytes()
        self.rows = self.sql("select schedule_cron, status from scheduled_tasks order by id")

    def assert_pending_again(self):
        self.assertEqual(self.yaml.read_bytes(), self.before)
        self.assertEqual(self.sql("select schedule_cron, status from scheduled_tasks order by id"), self.rows)
        (again,) = self.json(DONE, "conflicts")
        self.assertEqual((again["conflict_id"], again["version"]), (self.conflict["conflict_id"], self.conflict["version"] + 1))
        self.assertEqual(again["fields"], self.conflict["fields"])
        result = self.json(CONFLICTS, "sync")
        nothing = {"inserted": 0, "updated": 0, "deleted": 0}
        self.assertEqual((result["yaml"], result["database"]), (nothing, nothing))
        self.assertEqual(self.yaml.read_bytes(), self.before)

    def undo_last(self):
        return self.json(DONE, "undo", str(self.json(DONE, "history", "-n", "1")[0]["run_id"]))

    def test_each_side_gets_what_it_had(self):
        for choice in ("keep_yaml", "keep_db", "merge"):
            with self.subTest(choice):
                self.expect(DONE, "resolve", "1", choice)
                result = self.undo_last()
                self.assertEqual([c["conflict_id"] for c in result["conflicts"]], ["conflict_1"])
                self.assert_pending_again()
                self.conflict["version"] += 1

    def test_of_all_at_once(self):
        self.expect(DONE, "resolve", "--all", "keep_yaml")
        self.undo_last()
        self.assert_pending_again()

    def test_people_are_told(self):
        self.expect(DONE, "resolve", "1", "keep_db")
        out = self.expect(DONE, "undo", str(self.json(DONE, "history", "-n", "1")[0]["run_id"])).out
        self.assertIn("Pending again: conflict_1", out)


class Authors(Workspace):
    def test_the_user_of_a_one_shot_run(self):
        self.start()
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        run = self.json(DONE, "sync")["run_id"]
        details = self.json(DONE, "history", str(run))
        self.assertEqual(details["author"], ME)
        self.assertEqual({change["author"] for change in details["changes"]}, {ME})
        self.assertIn(f"by {ME}", self.expect(DONE, "history").out)

    def test_the_login_behind_sudo(self):
        if os.geteuid() != 0:
            self.skipTest("only root's runs look behind sudo")
        self.write(THREE_TASKS)
        self.expect(DONE, "sync", env={"SUDO_USER": "anna"})
        self.assertEqual(self.json(DONE, "history")[0]["author"], "anna")

    def test_the_owner_of_the_saved_file(self):
        if os.geteuid() != 0:
            self.skipTest("only root gives files away")
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        os.chown(self.yaml, pwd.getpwnam("nobody").pw_uid, -1)
        run = self.json(DONE, "sync")["run_id"]
        details = self.json(DONE, "history", str(run))
        self.assertEqual([change["author"] for change in details["changes"]], ["nobody"])
        self.assertEqual(details["author"], ME)
        conflict = self.conflict_on_cron()
        self.assertEqual((conflict["yaml_author"], conflict["db_author"]), ("nobody", None))
        self.assertIn("YAML by nobody", self.expect(DONE, "conflicts", "1").out)


class OverHttp(DaemonWorkspace):
    TOKEN = "a-token-that-is-long-enough-for-everybody"
    BEARER = {"Authorization": f"Bearer {TOKEN}"}

    def last_run(self):
        return self.daemon.get("/api/sync/history?limit=1", headers=self.BEARER)[1][0]

    def set_user(self, name, headers, connection=None):
        status, answer = self.daemon.request("PATCH", "/api/tasks/1", {"user_id": name}, headers, connection)
        self.assertEqual(status, 200, answer)

    def test_the_token_the_session_and_the_peer_of_a_unix_socket(self):
        self.start()
        socket = self.folder / "lockstep.sock"
        self.daemon = self.serve(listen=("localhost:0", f"unix:{socket}"), env={"LOCKSTEP_TOKEN": self.TOKEN})
        self.set_user("one", self.BEARER)
        run = self.last_run()
        self.assertEqual(run["author"], "token")
        details = self.daemon.get(f"/api/sync/history/{run['run_id']}", headers=self.BEARER)[1]
        self.assertEqual({change["author"] for change in details["changes"]}, {"token"})

        client = self.daemon.connection()
        client.request("POST", "/api/session", json.dumps({"token": self.TOKEN}))
        cookie = client.getresponse().getheader("Set-Cookie").split(";")[0]
        client.close()
        self.set_user("two", {"Cookie": cookie})
        self.assertEqual(self.last_run()["author"], "session")

        self.set_user("three", self.BEARER, UnixConnection(str(socket)))
        self.assertEqual(self.last_run()["author"], ME)

        before = self.last_run()["run_id"]
        self.sql("update scheduled_tasks set schedule_cron = '0 5 * * *' where id = 1")
        before = eventually(lambda: (run := self.last_run()["run_id"]) > before and run)
        self.assertIsNone(self.last_run()["author"], "nobody knows who wrote a row of SQLite")
        self.edit("skill_name: report", "skill_name: daily_report")
        eventually(lambda: self.last_run()["run_id"] > before)
        self.assertEqual(self.last_run()["author"], ME, "the owner of the saved file")

    def test_a_resolution_of_all_goes_back(self):
        self.start()
        self.conflict_on_cron()
        before = self.yaml.read_bytes()
        self.daemon = self.serve()
        status, answer = self.daemon.request("POST", "/api/sync/conflicts/resolve", {"choice": "keep_db"})
        self.assertEqual((status, answer["failed"]), (200, []))
        run = answer["resolved"][0]["run_id"]
        status, result = self.daemon.request("POST", f"/api/sync/history/{run}/undo")
        self.assertEqual((status, [c["conflict_id"] for c in result["conflicts"]]), (200, ["conflict_1"]))
        self.assertEqual(self.yaml.read_bytes(), before)
        (again,) = self.daemon.get("/api/sync/conflicts")[1]
        self.assertEqual((again["conflict_id"], again["version"]), ("conflict_1", 2))
        self.assertFalse(self.daemon.get("/api/sync/status")[1]["in_sync"])

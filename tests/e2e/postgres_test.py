import subprocess

from daemon import PATIENCE, Daemon, eventually
from postgres_support import PostgresWorkspace
from support import CONFLICTS, DONE, FAILED, THREE_TASKS


class Postgres(PostgresWorkspace):
    """The program beside a PostgreSQL server."""

    def test_there_and_back(self):
        self.write(THREE_TASKS)
        self.assertIn("create table", self.expect(DONE, "init", "--print-sql").out.lower())
        self.assertEqual(self.json(DONE, "sync")["database"]["inserted"], 3)
        self.assertEqual(self.json(DONE, "status")["database"]["backend"], "postgresql")
        self.psql(self.name, "update scheduled_tasks set params_json = '{\"keep\": 31}' where id = 1")
        self.assertEqual(self.json(DONE, "sync")["yaml"]["updated"], 1)
        self.assertEqual(self.yaml.read_text(), THREE_TASKS.replace("keep: 30", "keep: 31"))
        self.assert_in_step()

    def test_conflict(self):
        self.start()
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.psql(self.name, "update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        self.expect(CONFLICTS, "sync")
        self.expect(DONE, "resolve", "1", "keep_yaml")
        self.assertEqual(self.psql(self.name, "select schedule_cron from scheduled_tasks where id = 1"), "0 3 * * *")
        self.assert_in_step()

    def test_a_resolution_leaves_the_other_conflicts_alone(self):
        self.start()
        self.psql(self.name, "update scheduled_tasks set skill_name = 'database'")
        for skill in ("backup", "report", "cleanup"):
            self.edit(f"skill_name: {skill}", f"skill_name: file_{skill}")
        self.expect(CONFLICTS, "sync")
        self.expect(DONE, "resolve", "1", "keep_yaml")
        self.assertEqual([c["task_id"] for c in self.json(CONFLICTS, "sync")["conflicts"]], [2, 3])
        self.expect(DONE, "resolve", "--all", "keep_db")
        self.assertEqual(self.psql(self.name, "select string_agg(skill_name, ' ' order by id) from scheduled_tasks"),
                         "file_backup database database")
        self.assert_in_step()

    def test_what_is_committed_before_the_triggers_are_made_is_not_overlooked(self):
        self.start()
        self.expect(DONE, "init", "--remove-triggers")
        # While somebody writes, triggers cannot be made; the start-up sync does not see what is not committed.
        writer = subprocess.Popen(["psql", "-X", "-q", "-h", self.socket, "-U", "postgres", "-d", self.name], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
        self.addCleanup(writer.wait, PATIENCE)
        self.addCleanup(writer.stdin.close)
        writer.stdin.write("begin; update scheduled_tasks set skill_name = 'late' where id = 1;\n")
        writer.stdin.flush()
        eventually(lambda: self.psql(self.name, "select count(*) from pg_stat_activity where state = 'idle in transaction'"
                                                " and datname = current_database()") == "1")
        url = f"postgresql://postgres@/{self.name}?host={self.socket}"
        daemon = Daemon(self.folder, ["--yaml", "schedule.yml", "--db", url, "serve", "--listen", "localhost:0"], self.environment())
        self.addCleanup(daemon.clean_up)
        daemon.wait_until_listening()
        eventually(lambda: daemon.get("/api/sync/status")[1]["in_sync"])
        writer.stdin.write("commit;\n")
        writer.stdin.flush()
        eventually(lambda: "skill_name: late" in self.yaml.read_text())
        self.assertEqual(daemon.stop(), 0)

    def test_a_sync_that_finds_nothing_writes_nothing(self):
        self.start()
        self.expect(DONE, "sync")  # compares everything once the triggers are there
        state = "select xmin, full_check, unsettled from lockstep.replicas"
        before = self.psql(self.name, state)
        self.assertTrue(before.endswith("{}"), before)
        self.expect(DONE, "sync")
        self.assertEqual(self.psql(self.name, state), before)
        self.psql(self.name, "update scheduled_tasks set skill_name = 'seen' where id = 2")
        self.assertEqual(self.json(DONE, "sync")["yaml"]["updated"], 1)
        self.assert_in_step()

    def test_a_server_that_is_not_there(self):
        self.write(THREE_TASKS)
        outcome = self.bare("--yaml", "schedule.yml", "--db", f"postgresql://u:geheim@/d?host={self.folder}", "--json", "sync")
        self.assertEqual((outcome.status, outcome.json["status"]), (FAILED, 503))
        self.assertNotIn("geheim", outcome.out + outcome.err)

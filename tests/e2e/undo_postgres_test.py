from postgres_support import PostgresWorkspace
from support import CONFLICTS, DONE

ROLE = "undo_scheduler"


class UndoOnPostgres(PostgresWorkspace):
    def setUp(self):
        super().setUp()
        self.psql("postgres", f"do $$ begin create role {ROLE} login superuser; exception when duplicate_object then null; end $$")
        self.start()
        self.expect(DONE, "sync")  # from here on the triggers tell

    def as_scheduler(self, statement):
        self.psql(self.name, f"set session authorization {ROLE}; {statement}")

    def test_the_role_that_committed_the_row(self):
        self.as_scheduler("update scheduled_tasks set user_id = 'dba' where id = 1")
        run = self.json(DONE, "sync")["run_id"]
        (change,) = self.json(DONE, "history", str(run))["changes"]
        self.assertEqual((change["side"], change["author"]), ("yaml", ROLE))

    def test_a_resolution_goes_back_and_its_conflict_names_both(self):
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.as_scheduler("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        self.expect(CONFLICTS, "sync")
        (conflict,) = self.json(DONE, "conflicts")
        self.assertEqual(conflict["db_author"], ROLE)
        self.assertIsNotNone(conflict["yaml_author"])
        before = self.yaml.read_bytes()
        for version, choice in ((2, "keep_yaml"), (3, "keep_db"), (4, "merge")):
            self.expect(DONE, "resolve", "1", choice)
            self.assert_in_step()
            self.json(DONE, "undo", str(self.json(DONE, "history", "-n", "1")[0]["run_id"]))
            self.assertEqual(self.yaml.read_bytes(), before)
            self.assertEqual(self.psql(self.name, "select schedule_cron from scheduled_tasks where id = 1"), "0 4 * * *")
            (again,) = self.json(DONE, "conflicts")
            self.assertEqual((again["conflict_id"], again["version"]), (conflict["conflict_id"], version))
            self.assertEqual((again["yaml_author"], again["db_author"]), (conflict["yaml_author"], ROLE))
            self.json(CONFLICTS, "sync")
            self.assertEqual(self.yaml.read_bytes(), before)

    def test_a_deleted_task_comes_back_to_the_byte(self):
        before = self.yaml.read_bytes()
        self.as_scheduler("delete from scheduled_tasks where id = 2")
        run = self.json(DONE, "sync")["run_id"]
        self.json(DONE, "undo", str(run))
        self.assertEqual(self.yaml.read_bytes(), before)
        self.assert_in_step()

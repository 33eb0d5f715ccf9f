import subprocess

from postgres_support import PostgresWorkspace
from support import DONE, FAILED, SOURCE, THREE_TASKS


class DoctorPostgres(PostgresWorkspace):
    def setUp(self):
        super().setUp()
        self.user, self.host = "postgres", self.socket
        (self.folder / "lockstep.yml").write_text("listen: 'unix:none'\n")

    def url(self):
        return f"postgresql://{self.user}@{'/' if self.host == self.socket else ':6432/'}{self.name}?host={self.host}"

    def lockstep(self, *arguments, **options):
        return self.bare("--yaml", "schedule.yml", "--db", self.url(), *arguments, **options)

    def doctor(self, status, **options):
        """The checks by name."""
        return {check["check"]: check for check in self.json(status, "doctor", **options)["checks"]}

    def expect_check(self, checks, name, result, *words):
        check = checks[name]
        self.assertEqual(check["result"], result, check)
        for word in words:
            self.assertIn(word, f"{check['message']} → {check['advice']}")

    def test_all_is_well(self):
        self.start()
        checks = self.doctor(DONE)
        self.assertEqual({check["result"] for check in checks.values()}, {"ok"}, checks)
        self.expect_check(checks, "server", "ok", "PostgreSQL 1")
        self.expect_check(checks, "triggers", "ok", "in place")
        self.expect_check(checks, "clock", "ok")
        self.expect_check(checks, "database events", "ok", "notified of changes")

    def test_before_the_first_sync(self):
        self.write(THREE_TASKS)
        self.expect_check(self.doctor(DONE), "triggers", "ok", "made by the first sync")
        self.assertEqual(self.psql(self.name, "select count(*) from pg_namespace where nspname = 'lockstep'"), "0")

    def test_the_server_is_away(self):
        self.start()
        self.host = self.folder
        checks = self.doctor(FAILED)
        self.expect_check(checks, "database", "fault", "start it")
        self.expect_check(checks, "YAML", "ok")
        self.assertNotIn("database events", checks)

    def test_triggers(self):
        self.start()
        self.expect_check(self.doctor(DONE, env={"LOCKSTEP_TRIGGERS": "false"}), "triggers", "ok", "not wanted")
        self.psql(self.name, "drop trigger lockstep_update on scheduled_tasks")
        self.expect_check(self.doctor(DONE), "triggers", "warning", "not in place yet", "next sync")

    def test_triggers_on_a_view(self):
        self.start()
        self.psql(self.name, "create view current_tasks as select * from scheduled_tasks")
        self.expect_check(self.doctor(DONE, env={"LOCKSTEP_TABLE": "current_tasks"}), "triggers", "warning", "it is a view")

    def test_a_user_who_owns_nothing(self):
        self.start()
        self.user = f"app_{self.name}"
        self.psql(self.name, f"create role {self.user} login")
        self.addCleanup(self.psql, "postgres", f"drop role {self.user}")
        self.addCleanup(self.psql, self.name, f"drop owned by {self.user}")
        self.expect_check(self.doctor(FAILED), "database", "fault", "no right", "GRANT USAGE")
        self.psql(self.name, f"grant usage on schema lockstep to {self.user};"
                             f" grant select, insert, update, delete on all tables in schema lockstep to {self.user};"
                             f" grant select, insert on scheduled_tasks to {self.user}")
        checks = self.doctor(FAILED)
        self.expect_check(checks, "database rights", "fault", "UPDATE on ", "DELETE on ", "init --print-sql")
        self.assertNotIn("INSERT on", checks["database rights"]["message"])
        self.psql(self.name, f"grant update, delete on scheduled_tasks to {self.user}")
        checks = self.doctor(DONE)
        self.expect_check(checks, "database rights", "warning", "may not move the sequence")
        self.expect_check(checks, "triggers", "ok", "in place")
        self.psql(self.name, "drop trigger lockstep_update on scheduled_tasks")
        self.expect_check(self.doctor(DONE), "triggers", "warning", "does not own the table", "init --print-sql")

    def test_a_server_that_takes_no_writes(self):
        self.start()
        self.psql("postgres", f"alter database {self.name} set default_transaction_read_only = on")
        self.expect_check(self.doctor(FAILED), "server", "fault", "takes no writes", "target_session_attrs")

    def test_a_clock_that_is_off(self):
        self.start()
        # A server whose clock is an hour ahead, as far as a session with this search path can tell.
        self.psql(self.name, "create function public.clock_timestamp() returns timestamptz language sql as"
                             " $$ select pg_catalog.clock_timestamp() + interval '1 hour' $$")
        self.psql("postgres", f"alter database {self.name} set search_path = public, pg_catalog")
        self.expect_check(self.doctor(DONE), "clock", "warning", "ahead of this machine's", "NTP")

    def test_a_pooler_that_swallows_notifications(self):
        self.start()
        started = subprocess.run(["sh", SOURCE / "tests/store/postgres_cluster.sh", "pooler", self.socket, "transaction"],
                                 capture_output=True, text=True, timeout=60)
        if started.returncode == 77:
            self.skipTest("PgBouncer is not installed")
        self.assertEqual(started.returncode, 0, started.stderr)
        self.host = started.stdout.strip()
        # The pooler keeps a connection, which would keep the database from being dropped gently; it is dropped with force.
        self.expect_check(self.doctor(DONE), "database events", "warning", "notifications do not arrive", "past the pooler")

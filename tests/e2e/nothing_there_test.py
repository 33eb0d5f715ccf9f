"""Paths that lead nowhere, and other failures: they say so, and leave nothing behind."""

import os

from support import DONE, FAILED, INVALID_YAML, THREE_TASKS, USAGE, Workspace


class NothingThere(Workspace):
    def assert_nothing_was_created(self, *but):
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()), sorted(but))

    def test_no_file_and_nothing_to_make_it_from(self):
        for command in (["sync"], ["sync", "--dry-run"], ["plan"], ["status"], ["sync", "--direction", "db_to_yaml"],
                        ["serve", "--listen", "unix:s.sock"]):
            with self.subTest(command=command):
                outcome = self.lockstep(*command)
                self.assertEqual(outcome.status, FAILED, outcome.err)
                self.assertIn("no such file: schedule.yml", outcome.err)
                self.assert_nothing_was_created()

    def test_whatever_fails_creates_nothing(self):
        for command in (["undo", "1"], ["resolve", "1", "keep_yaml"], ["restore"], ["next"], ["validate"],
                        ["replicas", "--forget", "x"]):
            with self.subTest(command=command):
                self.assertNotEqual(self.lockstep(*command).status, DONE)
                self.assert_nothing_was_created()

    def test_what_is_no_file_is_named_and_gets_no_lock_file(self):
        self.yaml.mkdir()
        os.mkfifo(self.folder / "pipe.yml")
        for name in ("schedule.yml", "pipe.yml"):
            outcome = self.bare("--yaml", name, "--db", "sqlite:tasks.db", "sync")
            self.assertEqual(outcome.status, FAILED)
            self.assertIn(f"read {name}: not a regular file", outcome.err)
            self.assert_nothing_was_created("pipe.yml", "schedule.yml")

    def test_the_sync_names_the_path_and_the_way_out(self):
        outcome = self.bare("--yaml", "nowhere/s.yml", "sync")
        self.assertEqual(outcome.status, FAILED)
        self.assertIn("no such file: nowhere/s.yml", outcome.err)
        self.assertIn("lockstep init", outcome.err)
        self.assert_nothing_was_created()

    def test_a_daemon_ends_the_same_way(self):
        outcome = self.lockstep("serve", "--listen", "unix:s.sock")
        self.assertEqual(outcome.status, FAILED, outcome.err)
        self.assertIn("no such file: schedule.yml", outcome.err)

    def test_init_starts_a_schedule_where_there_is_none(self):
        self.expect(DONE, "init")
        self.assertIn("tasks: []", self.yaml.read_text())
        self.assert_in_step()

    def test_an_invalid_file_is_no_reason_to_make_a_database(self):
        self.write(THREE_TASKS.replace('"0 2 * * *"', '"0 2 * *"'))
        self.expect(INVALID_YAML, "sync")
        self.assert_nothing_was_created("schedule.yml")

    def test_somebody_elses_file_is_no_schedule(self):
        self.write("services:\n  web:\n    image: nginx\n")
        self.expect(INVALID_YAML, "sync")
        self.assert_nothing_was_created("schedule.yml")

    def test_an_empty_file_is_an_error_while_there_is_nothing_to_fill_it(self):
        self.write("# nothing yet\n")
        self.expect(INVALID_YAML, "sync")
        self.assert_nothing_was_created("schedule.yml")

    def test_a_database_that_cannot_be_made_leaves_no_lock_file(self):
        self.write(THREE_TASKS)
        self.assertEqual(self.bare("--yaml", "schedule.yml", "--db", "sqlite:nowhere/t.db", "sync").status, FAILED)
        self.assertEqual(self.bare("--yaml", "schedule.yml", "--db", "postgresql://localhost:1/d", "sync").status, FAILED)
        self.assert_nothing_was_created("schedule.yml")

    def test_what_was_synced_before_and_is_gone_is_not_deleted(self):
        self.start()
        self.yaml.unlink()
        outcome = self.expect(INVALID_YAML, "sync")
        self.assertIn("no such file", outcome.err)
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(3,)])


class MadeFromTheDatabase(Workspace):
    def setUp(self):
        super().setUp()
        self.start()
        self.expect(DONE, "replicas", "--forget", "default")
        self.yaml.unlink()
        (self.folder / "schedule.yml.lock").unlink()

    def other(self, path, *arguments):
        return self.bare("--yaml", path, "--db", "sqlite:tasks.db", *arguments)

    def test_missing_folders_are_made_along_with_the_file(self):
        for command in ("status", "plan"):
            outcome = self.other("a/b/s.yml", command)
            self.assertNotIn("in step", outcome.out)
        self.assertFalse((self.folder / "a").exists())
        outcome = self.other("a/b/s.yml", "sync")
        self.assertEqual(outcome.status, DONE, outcome.err)
        self.assertIn("skill_name: backup", (self.folder / "a/b/s.yml").read_text())

    def test_an_empty_file_takes_the_rows(self):
        self.write("# to be filled\n")
        self.expect(DONE, "sync")
        self.assertIn("skill_name: backup", self.yaml.read_text())

    def test_a_file_that_cannot_be_made_is_a_failure_that_says_why(self):
        (self.folder / "plain").write_text("")
        outcome = self.other("plain/s.yml", "sync")
        self.assertEqual(outcome.status, FAILED, outcome.out)
        self.assertIn("plain", outcome.err)


class Places(Workspace):
    """The name `default` belongs to the path as it was given."""

    def release(self, number, text=THREE_TASKS):
        folder = self.folder / "releases" / str(number)
        folder.mkdir(parents=True)
        (folder / "s.yml").write_text(text)
        return folder

    def point(self, number):
        link = self.folder / "next"
        link.symlink_to(f"releases/{number}")
        os.replace(link, self.folder / "current")

    def sync(self, path="current/s.yml", cwd=None):
        return self.bare("--yaml", path, "--db", f"sqlite:{self.database}", "sync", cwd=cwd)

    def test_a_link_that_moves_on_leads_to_the_same_place(self):
        self.release(1)
        self.release(2, THREE_TASKS.replace("skill_name: report", "skill_name: changed"))
        self.point(1)
        self.assertEqual(self.sync().status, DONE)
        self.point(2)
        outcome = self.sync()
        self.assertEqual(outcome.status, DONE, outcome.err)
        self.assertEqual(self.sql("select skill_name from scheduled_tasks where id = 2"), [("changed",)])

    def test_a_config_maps_swap_is_the_same_place(self):
        mount = self.folder / "mount"
        for number, name in ((1, "report"), (2, "changed")):
            (mount / f"..{number}").mkdir(parents=True)
            (mount / f"..{number}" / "s.yml").write_text(THREE_TASKS.replace("skill_name: report", f"skill_name: {name}"))
        (mount / "..data").symlink_to("..1")
        (mount / "s.yml").symlink_to("..data/s.yml")
        self.assertEqual(self.sync("mount/s.yml").status, DONE)
        (mount / "..new").symlink_to("..2")
        os.replace(mount / "..new", mount / "..data")
        outcome = self.sync("mount/s.yml")
        self.assertEqual(outcome.status, DONE, outcome.err)

    def test_a_place_that_was_stored_with_its_links_resolved_is_known_again(self):
        self.release(1)
        self.point(1)
        self.assertEqual(self.sync().status, DONE)
        self.sql("update lockstep_replicas set path = ?", str((self.folder / "releases/1/s.yml").resolve()))
        (self.folder / "releases/1/s.yml").write_text(THREE_TASKS.replace("skill_name: report", "skill_name: x"))
        self.assertEqual(self.sync().status, DONE)
        self.assertEqual(self.sql("select path from lockstep_replicas"), [(str(self.folder / "current/s.yml"),)])

    def test_another_file_is_still_refused(self):
        self.release(1)
        self.release(2, THREE_TASKS.replace("skill_name: report", "skill_name: other"))
        self.assertEqual(self.sync("releases/1/s.yml").status, DONE)
        self.assertEqual(self.sync("releases/2/s.yml").status, USAGE)


class OwnTables(Workspace):
    def names(self):
        return [name for name, in self.sql("select name from sqlite_schema where type = 'table' and name like 'lockstep_%'")]

    def test_any_one_that_was_dropped_is_made_again(self):
        self.start()
        names = self.names()
        self.assertIn("lockstep_base", names)
        for table in names:
            with self.subTest(table=table):
                self.sql(f"drop table {table}")
                self.expect(DONE, "status")
                outcome = self.expect(DONE, "sync")
                self.assertEqual(sorted(self.names()), sorted(names))
                if table != "lockstep_texts":
                    self.assertIn("warning", outcome.err)
                self.assert_in_step()
                self.edit("skill_name: report", f"skill_name: report # {table}")
                self.expect(DONE, "sync")
                self.edit(f"skill_name: report # {table}", "skill_name: report")
                self.expect(DONE, "sync")

    def test_all_of_them_dropped(self):
        self.start()
        for table in self.names():
            self.sql(f"drop table {table}")
        self.expect(DONE, "sync")
        self.assert_in_step()

    def test_the_base_alone_leaves_differences_to_a_person(self):
        self.start()
        self.sql("drop table lockstep_base")
        self.edit("skill_name: report", "skill_name: mine")
        outcome = self.lockstep("sync")
        self.assertIn("empty base", outcome.err)
        self.assertEqual(outcome.status, 3, outcome.err)

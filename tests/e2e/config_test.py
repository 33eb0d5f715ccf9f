import json

from support import DONE, THREE_TASKS, USAGE, Workspace


class Configuration(Workspace):
    def write_config(self, text, name="lockstep.yml"):
        (self.folder / name).write_text(text)

    def test_local_file_is_found(self):
        self.write(THREE_TASKS)
        self.write_config("yaml: schedule.yml\ndatabase: sqlite:tasks.db\n")
        self.assertEqual(self.bare("sync", "--json").json["database"]["inserted"], 3)
        self.assertTrue(self.database.exists())

    def test_defaults_without_any(self):
        (self.folder / "config").mkdir()
        (self.folder / "config" / "schedule_config.yml").write_text(THREE_TASKS)
        self.assertEqual(self.bare("sync").status, DONE)
        self.assertTrue((self.folder / "lockstep.db").exists())

    def test_paths_are_relative_to_the_file(self):
        (self.folder / "etc").mkdir()
        (self.folder / "etc" / "s.yml").write_text(THREE_TASKS)
        self.write_config("yaml: s.yml\ndatabase: sqlite:s.db\n", "etc/own.yml")
        self.assertEqual(self.bare("--config", "etc/own.yml", "sync").status, DONE)
        self.assertTrue((self.folder / "etc" / "s.db").exists())

    def test_environment_and_flags(self):
        self.write(THREE_TASKS)
        self.write_config("yaml: none.yml\ndatabase: sqlite:none.db\n")
        env = {"LOCKSTEP_YAML": "schedule.yml", "LOCKSTEP_DATABASE_URL": "sqlite:tasks.db"}
        self.assertEqual(self.bare("sync", env=env).status, DONE)
        self.assertTrue(self.database.exists())
        self.assertEqual(self.bare("--db", "sqlite:flag.db", "sync", env=env).status, DONE)
        self.assertTrue((self.folder / "flag.db").exists())

    def test_unknown_key(self):
        self.write_config("yaml: schedule.yml\ndatabse: sqlite:tasks.db\n")
        outcome = self.bare("sync")
        self.assertEqual((outcome.status, outcome.out), (USAGE, ""))
        self.assertIn('lockstep.yml:2:1: unknown key', outcome.err)
        self.assertIn('did you mean "database"?', outcome.err)
        self.assertIn("databse: sqlite:tasks.db\n^", outcome.err)
        problem = json.loads(self.bare("sync", "--json").out)
        self.assertEqual(problem["status"], 400)
        self.assertEqual((problem["errors"][0]["line"], problem["errors"][0]["column"]), (2, 1))

    def test_wrong_type(self):
        self.write_config("auto_merge: [true]\n")
        outcome = self.bare("sync")
        self.assertEqual(outcome.status, USAGE)
        self.assertIn("lockstep.yml:1:13: auto_merge: expected true or false", outcome.err)

    def test_a_named_file_that_is_not_there(self):
        outcome = self.bare("--config", "none.yml", "sync")
        self.assertEqual(outcome.status, USAGE)
        self.assertIn("none.yml", outcome.err)


class Usage(Workspace):
    def test_unknown_command_names_the_nearest(self):
        outcome = self.bare("snyc")
        self.assertEqual((outcome.status, outcome.out), (USAGE, ""))
        self.assertIn('did you mean "sync"?', outcome.err)

    def test_json_from_the_first_mistake_on(self):
        for arguments in (["--json", "snyc"], ["sync", "--sideways", "--json"], ["--json"], ["--json", "sync", "--direction", "up"]):
            outcome = self.bare(*arguments)
            self.assertEqual(outcome.status, USAGE)
            self.assertEqual(outcome.json["status"], 400)
            self.assertEqual(set(outcome.json) >= {"type", "title", "status", "detail"}, True)

    def test_bad_values(self):
        for arguments in (["sync", "--direction", "up"], ["sync", "--max-delete", "200"], ["sync", "extra"],
                          ["init", "--profile", "none"], ["undo", "x"], ["completion", "fish"], ["--yaml"], []):
            outcome = self.bare(*arguments)
            self.assertEqual((outcome.status, outcome.out), (USAGE, ""), arguments)
            self.assertTrue(outcome.err.startswith("error: "), outcome.err)

    def test_global_options_before_and_after(self):
        self.write(THREE_TASKS)
        for arguments in (["--json", "validate"], ["validate", "--json"]):
            self.assertTrue(self.bare(*arguments, "--yaml", "schedule.yml").json["valid"])

    def test_version_and_help(self):
        self.assertRegex(self.bare("--version").out, r"^lockstep \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["-h"], ["sync", "--help"]):
            outcome = self.bare(*arguments)
            self.assertEqual((outcome.status, outcome.err), (DONE, ""))
            self.assertIn("--json", self.bare("--help").out)
        self.assertIn("--dry-run", self.bare("sync", "--help").out)

    def test_full_disk(self):
        self.write(THREE_TASKS)
        import subprocess
        from support import PROGRAM
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "--yaml", "schedule.yml", "validate"], cwd=self.folder, stdout=full,
                                  stderr=subprocess.PIPE, env=self.environment(), timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

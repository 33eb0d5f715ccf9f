import json

from support import DONE, INVALID_YAML, THREE_TASKS, USAGE, Workspace

FAULTY = THREE_TASKS.replace('"@hourly"', '"@hourly, maybe"')


class Validate(Workspace):
    def test_valid(self):
        self.write(THREE_TASKS)
        outcome = self.expect(DONE, "validate")
        self.assertEqual(outcome.out, "schedule.yml: valid, 3 tasks\n")
        answer = self.json(DONE, "validate")
        self.assertEqual((answer["valid"], answer["errors"]), (True, []))
        self.assertEqual(answer["files"], [{"file": "schedule.yml", "valid": True, "tasks": 3, "warnings": []}])
        self.assertFalse(self.database.exists())

    def test_caret_under_the_fault(self):
        self.write(FAULTY)
        outcome = self.expect(INVALID_YAML, "validate")
        lines = outcome.err.splitlines()
        self.assertEqual(lines[0], "YAML validation failed")
        self.assertRegex(lines[1], r"^schedule\.yml:12:20: ")
        self.assertEqual(lines[2], '    schedule_cron: "@hourly, maybe"')
        self.assertTrue(lines[3].startswith(" " * 19 + "^"), lines[3])
        self.assertEqual(outcome.out, "")

    def test_several_files_and_all_their_faults(self):
        self.write(FAULTY)
        (self.folder / "good.yml").write_text(THREE_TASKS)
        (self.folder / "bad.yml").write_text("tasks: 5\n")
        problem = self.json(INVALID_YAML, "validate", "schedule.yml", "good.yml", "bad.yml", "missing.yml")
        self.assertEqual((problem["status"], problem["valid"]), (422, False))
        self.assertEqual([file["valid"] for file in problem["files"]], [False, True, False, False])
        self.assertEqual({error["file"] for error in problem["errors"]}, {"schedule.yml", "bad.yml", "missing.yml"})
        self.assertEqual(json.loads(self.expect(INVALID_YAML, "validate", "--format", "json", "bad.yml").out)["status"], 422)

    def test_standard_input(self):
        self.assertIn("standard input: valid", self.expect(DONE, "validate", "-", stdin=THREE_TASKS).out)
        self.assertIn("standard input:12:", self.expect(INVALID_YAML, "validate", "-", stdin=FAULTY).err)

    def test_github_annotations_are_escaped(self):
        name = self.folder / "odd,name:100%.yml"
        name.write_text(FAULTY)
        line = self.expect(INVALID_YAML, "validate", "--format", "github", name.name).out
        self.assertTrue(line.startswith("::error file=odd%2Cname%3A100%25.yml,line=12,col=20,endColumn="), line)
        self.assertEqual(line.count("\n"), 1)

    def test_nothing_else_on_standard_output_of_github(self):
        self.write(THREE_TASKS)
        self.assertEqual(self.expect(DONE, "validate", "--format", "github").out, "")

    def test_missing_file(self):
        self.assertIn("schedule.yml: there is no such file", self.expect(INVALID_YAML, "validate").err)

    def test_folder(self):
        self.assertIn("error: ", self.expect(1, "validate", self.folder).err)

    def test_unknown_format(self):
        self.expect(USAGE, "validate", "--format", "xml")

    def test_yaml_version_of_the_configuration(self):
        self.write(THREE_TASKS.replace("user_id: ops", "user_id: on"))
        self.expect(INVALID_YAML, "validate")
        self.expect(DONE, "validate", env={"LOCKSTEP_YAML_VERSION": "1.2"})

    def test_unknown_keys_are_asked_about_and_refused_where_that_is_wanted(self):
        self.write(THREE_TASKS.replace("    skill_name: report", "    staus: disabled\n    skill_name: report"))
        outcome = self.expect(DONE, "validate")
        self.assertIn('did you mean "status"?', outcome.err)
        strict = self.json(INVALID_YAML, "validate", "--strict")
        self.assertEqual([error["field"] for error in strict["errors"]], ["staus"])
        self.write(THREE_TASKS)
        self.expect(DONE, "validate", "--strict")

    def test_somebody_elses_file(self):
        self.write("services:\n  web: {image: nginx}\n")
        self.assertIn("not a schedule; add `tasks: []` if it is meant to be one", self.expect(INVALID_YAML, "validate").err)

    def test_a_merge_that_nobody_finished(self):
        lines = THREE_TASKS.splitlines(keepends=True)
        self.write("".join(lines[:1] + ["<<<<<<< HEAD\n", "=======\n", ">>>>>>> theirs\n"] + lines[1:]))
        outcome = self.expect(INVALID_YAML, "validate")
        self.assertIn("schedule.yml:2:1: unresolved merge conflict (lines 2–4)", outcome.err)
        self.assertEqual(outcome.err.count("schedule.yml:"), 1)

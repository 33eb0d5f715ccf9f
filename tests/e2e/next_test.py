from support import DONE, FAILED, INVALID_YAML, THREE_TASKS, USAGE, Workspace

FROM = ("--from", "2026-11-22T08:00:00Z")


class Next(Workspace):
    def test_expression(self):
        answer = self.json(DONE, "next", "--cron", "0 2 * * *", "-n", "2", *FROM)
        self.assertEqual(answer, {"cron": "0 2 * * *", "timezone": "UTC",
                                  "next": ["2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"]})

    def test_zone(self):
        answer = self.json(DONE, "next", "--cron", "0 2 * * *", "-n", "1", "--tz", "Europe/Berlin", *FROM)
        self.assertEqual((answer["timezone"], answer["next"]), ("Europe/Berlin", ["2026-11-23T01:00:00Z"]))
        text = self.expect(DONE, "next", "--cron", "0 2 * * *", "-n", "1", "--tz", "Europe/Berlin", *FROM).out
        self.assertIn("2026-11-23 02:00:00 +01:00", text)

    def test_zone_of_the_configuration(self):
        answer = self.json(DONE, "next", "--cron", "0 2 * * *", "-n1", *FROM, env={"LOCKSTEP_TIMEZONE": "Asia/Tokyo"})
        self.assertEqual(answer["next"], ["2026-11-22T17:00:00Z"])

    def test_five_by_default(self):
        self.assertEqual(len(self.json(DONE, "next", "--cron", "@daily")["next"]), 5)

    def test_tasks(self):
        self.write(THREE_TASKS)
        answer = self.json(DONE, "next", "3", "1", "-n", "1", *FROM)
        self.assertEqual(answer, [
            {"task_id": 3, "cron": "30 7 * * mon", "timezone": "UTC", "next": ["2026-11-23T07:30:00Z"]},
            {"task_id": 1, "cron": "0 2 * * *", "timezone": "UTC", "next": ["2026-11-23T02:00:00Z"]}])
        self.assertEqual([entry["task_id"] for entry in self.json(DONE, "next")], [1, 2, 3])
        self.assertIn("task 2  report  @hourly", self.expect(DONE, "next", "2").out)
        self.assertFalse(self.database.exists())

    def test_what_cannot_be_answered(self):
        self.write(THREE_TASKS)
        self.assertEqual(self.json(FAILED, "next", "99")["status"], 404)
        for words in (["x"], ["-1"], ["0"], ["--cron", "61 * * * *"], ["--cron", "0 0 31 2 *"], ["--from", "soon"],
                      ["--tz", "Europe/Atlantis"], ["-n", "0"], ["-n", "many"], ["1", "--cron", "@daily"]):
            self.expect(USAGE, "next", *words)
        self.write(THREE_TASKS.replace("@hourly", "@never"))
        self.expect(INVALID_YAML, "next", "1")
        self.yaml.unlink()
        self.expect(FAILED, "next", "1")

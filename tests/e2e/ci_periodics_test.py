import shutil

from support import DONE, SOURCE, Workspace


class CiPeriodics(Workspace):
    """The real schedule: 688 jobs, edited by many hands."""

    def setUp(self):
        super().setUp()
        shutil.copy(SOURCE / "examples" / "ci_periodics.yml", self.yaml)

    def test_one_changed_row_changes_one_line(self):
        original = self.yaml.read_bytes()
        self.assertEqual(self.json(DONE, "sync")["database"]["inserted"], 688)
        self.assertEqual(self.yaml.read_bytes(), original)
        self.assert_in_step()

        self.sql("update scheduled_tasks set schedule_cron = '17 5 * * 2' where id = 100")
        self.assertEqual(self.json(DONE, "sync")["yaml"]["updated"], 1)
        before, after = original.split(b"\n"), self.yaml.read_bytes().split(b"\n")
        self.assertEqual(len(before), len(after))
        changed = [(old, new) for old, new in zip(before, after) if old != new]
        self.assertEqual(changed[0], (b"    schedule_cron: '@weekly'   # every 168h", b"    schedule_cron: '17 5 * * 2'   # every 168h"))
        # Besides that line only the file's own record of its last sync, which it keeps at its end.
        self.assertEqual([old for old, new in changed[1:]], [b"  last_sync: null", b"  sync_source: null"])
        self.assert_in_step()

        self.assertEqual((self.folder / "schedule.yml.bak").read_bytes(), original)
        self.expect(DONE, "restore")
        self.assertEqual(self.yaml.read_bytes(), original)
        self.assert_in_step()

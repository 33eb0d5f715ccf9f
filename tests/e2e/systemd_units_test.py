import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import PROGRAM, SOURCE

UNITS = SOURCE / "packaging/systemd"
SERVICES = ["lockstep.service", "lockstep-sync.service"]
# Of 100: what `systemd-analyze security` calls OK ends at 50. A directive that gets lost costs 2 to 10.
EXPOSURE_ALLOWED = 17


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
class SystemdUnits(unittest.TestCase):
    def setUp(self):
        """The units as they are installed, with their drop-ins, and with the program that was built."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-units-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for unit in [*SERVICES, "lockstep-sync.timer"]:
            (self.folder / unit).write_text((UNITS / unit).read_text().replace("/usr/local/bin/lockstep", PROGRAM))
        for service in SERVICES:
            (self.folder / f"{service}.d").mkdir()
            shutil.copy(UNITS / "hardening.conf", self.folder / f"{service}.d")

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", "--no-pager", *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=120)
        return done.returncode, done.stdout + done.stderr

    def verify(self):
        return self.analyze("verify", "--man=no", *(f"./{unit.name}" for unit in self.folder.iterdir() if unit.is_file()))

    def test_units_are_valid(self):
        self.assertEqual(self.verify(), (0, ""))

    def test_a_word_that_systemd_does_not_know_would_be_told(self):
        with open(self.folder / "lockstep.service.d/hardening.conf", "a") as drop_in:
            drop_in.write("ProtectSistem=strict\n")
        self.assertIn("ProtectSistem", self.verify()[1])

    def test_services_are_hardened(self):
        for service in SERVICES:
            status, text = self.analyze("security", "--offline=true", f"--threshold={EXPOSURE_ALLOWED}", f"./{service}")
            self.assertEqual(status, 0, text)

    def test_the_timer_starts_every_five_minutes(self):
        calendar = [line for line in (UNITS / "lockstep-sync.timer").read_text().splitlines() if line.startswith("OnCalendar=")]
        status, text = self.analyze("calendar", "--iterations=3", "--base-time=2026-11-22 08:01:00 UTC",
                                    calendar[0].removeprefix("OnCalendar="))
        self.assertEqual(status, 0, text)
        for minute in ("08:05:00", "08:10:00", "08:15:00"):
            self.assertIn(f"2026-11-22 {minute} UTC", text)

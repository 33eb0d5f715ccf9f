"""`pip install ./python` as docs/PYTHON.md tells it, offline, into an environment of its own; then the package is used."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["LOCKSTEP_SOURCE"])
# Always the same, so that a compiler cache knows it again.
COPY = pathlib.Path(os.environ["LOCKSTEP_PIP_FOLDER"])
PATIENCE = 1500  # seconds: a build from nothing on a small machine

USE = """
import pathlib, sys
import lockstep
assert lockstep.__file__.startswith(sys.prefix), lockstep.__file__
pathlib.Path("schedule.yml").write_text('''tasks:
  - id: 1
    skill_name: backup
    schedule_cron: "0 2 * * *"
    next_run_at: "2026-11-23T02:00:00Z"
''')
result = lockstep.SyncEngine("schedule.yml", "sqlite:///tasks.db").sync()
assert result["database"]["inserted"] == 1, result
"""


def copy_of_the_source():
    """What a build needs of it: pip works inside the folder that it is given."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ("CMakeLists.txt", "LICENSE", "README.md"):
        shutil.copy2(SOURCE / name, COPY)
    for name in ("cmake", "config", "docs", "include", "packaging", "python", "src", "web"):
        shutil.copytree(SOURCE / name, COPY / name,
                        ignore=shutil.ignore_patterns("node_modules", "__pycache__", "build", "*.egg-info"))
    if (SOURCE / "web/node_modules").exists():
        (COPY / "web/node_modules").symlink_to(SOURCE / "web/node_modules")


class PipInstall(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-pip-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_in(self, folder, *words):
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(list(map(str, words)), cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, f"{words}:\n{done.stdout[-8000:]}")
        return done.stdout

    def test_builds_installs_and_goes_again(self):
        copy_of_the_source()
        self.run_in(self.folder, sys.executable, "-m", "venv", "--system-site-packages", "env")
        python = self.folder / "env/bin/python"
        self.run_in(COPY, self.folder / "env/bin/pip", "install", "--no-build-isolation", "--no-index", "./python")
        self.run_in(self.folder, python, "-c", USE)
        self.run_in(self.folder, python, "-m", "pip", "uninstall", "--yes", "lockstep-sync")
        gone = subprocess.run([python, "-c", "import lockstep"], cwd=self.folder, stderr=subprocess.PIPE, text=True,
                              timeout=PATIENCE, env={"PATH": os.environ["PATH"]})
        self.assertIn("ModuleNotFoundError", gone.stderr)


if __name__ == "__main__":
    unittest.main()

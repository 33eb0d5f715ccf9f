import subprocess

from support import PROGRAM, DONE, Workspace


class Completion(Workspace):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = self.bare("completion", "bash").out
        quoted = " ".join(f"'{word}'" for word in words)
        run = (f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _lockstep; "
               'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", run], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("lockstep", "re"), ["resolve", "restore", "replicas"])
        self.assertIn("sync", self.complete("lockstep", "--json", ""))

    def test_options_of_the_command_and_of_all(self):
        self.assertEqual(self.complete("lockstep", "sync", "--d"), ["--direction", "--dry-run", "--db", "--database"])
        self.assertEqual(self.complete("lockstep", "plan", "--det"), ["--detailed-exitcode"])

    def test_values(self):
        self.assertEqual(self.complete("lockstep", "sync", "--direction", "y"), ["yaml_to_db"])
        self.assertEqual(self.complete("lockstep", "resolve", "3", "keep_"), ["keep_yaml", "keep_db", "keep_both"])
        self.assertEqual(self.complete("lockstep", "validate", "--format", "g"), ["github"])

    def test_files(self):
        self.write("tasks: []\n")
        self.assertEqual(self.complete("lockstep", "--yaml", "sch"), ["schedule.yml"])
        self.assertEqual(self.complete("lockstep", "validate", "sch"), ["schedule.yml"])

    def test_every_command_is_offered(self):
        offered = self.complete("lockstep", "")
        for command in offered:
            if not command.startswith("-"):
                self.assertEqual(self.bare(command, "--help").status, DONE, command)

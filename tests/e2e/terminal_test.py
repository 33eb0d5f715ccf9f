import fcntl
import os
import pty
import select
import struct
import termios
import time

from support import CONFLICTS, DONE, FAILED, PROGRAM, Workspace


class Terminal(Workspace):
    """The program on a pseudo-terminal, answered as a person would."""

    def setUp(self):
        super().setUp()
        self.start()

    def on_terminal(self, *arguments, answers=(), env=None, columns=120):
        """`answers`: pairs of what is waited for and what is typed then. Status and all that was shown."""
        child, master = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve(PROGRAM, [PROGRAM, "--yaml", "schedule.yml", "--db", "sqlite:tasks.db", *arguments],
                      self.environment(TERM="xterm", **(env or {})))
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        shown, seen, pending = "", 0, list(answers)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 1)[0]:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece.decode(errors="replace")
            while pending and pending[0][0] in shown[seen:]:
                question, answer = pending.pop(0)
                seen = shown.index(question, seen) + len(question)
                os.write(master, answer.encode())
        os.close(master)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        self.assertEqual(pending, [], shown)
        return status, shown.replace("\r\n", "\n")

    def test_colours_only_here_and_only_if_wanted(self):
        self.edit("skill_name: report", "skill_name: x")
        self.assertIn("\033[", self.on_terminal("plan")[1])
        self.assertNotIn("\033[", self.on_terminal("plan", "--no-color")[1])
        self.assertNotIn("\033[", self.on_terminal("plan", env={"NO_COLOR": "1"})[1])
        self.assertNotIn("\033[", self.expect(DONE, "plan").out)

    def test_a_person_is_a_manual_trigger(self):
        self.edit("skill_name: report", "skill_name: x")
        self.on_terminal("sync")
        self.assertEqual(self.json(DONE, "history")[0]["trigger"], "manual")

    def test_resolve_asks_field_by_field(self):
        self.edit("keep: 30", "keep: 31")
        self.sql("""update scheduled_tasks set params_json = '{"keep": 32}' where id = 1""")
        self.conflict_on_cron()
        status, shown = self.on_terminal(
            "resolve", "1",
            answers=[("[q]uit: ", "v\n"), ("new value for schedule_cron: ", "99 * * * *\n"),
                     ("new value for schedule_cron: ", "0 9 * * *\n"), ("[q]uit: ", "x\n"), ("[q]uit: ", "d\n")])
        self.assertEqual(status, DONE, shown)
        self.assertIn("99", shown)
        self.assertIn("Please answer", shown)
        self.assertEqual(self.sql("select schedule_cron, params_json from scheduled_tasks where id = 1")[0][0], "0 9 * * *")
        self.assertIn("keep: 32", self.yaml.read_text())
        self.assert_in_step()

    def test_resolve_can_be_given_up(self):
        self.conflict_on_cron()
        for answer in ("q\n", "\x04"):
            self.assertEqual(self.on_terminal("resolve", "1", answers=[("[q]uit: ", answer)])[0], FAILED)
        self.assertEqual(len(self.json(DONE, "conflicts")), 1)

    def test_resolve_a_deletion(self):
        self.sql("delete from scheduled_tasks where id = 1")
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.expect(CONFLICTS, "sync")
        self.assertEqual(self.on_terminal("resolve", "1", answers=[("[q]uit: ", "y\n")])[0], DONE)
        self.assertEqual(self.sql("select schedule_cron from scheduled_tasks where id = 1"), [("0 3 * * *",)])

    def test_width_of_the_terminal(self):
        self.conflict_on_cron()
        self.assertIn("database  0 4 * * *", self.on_terminal("conflicts", "1", "--no-color", columns=40)[1])

#!/usr/bin/python3
"""
What a server may do once it serves: no more than it needs, and never again.
What begins as root is skipped for other users.
"""

import grp
import os
import pwd
import socket
import subprocess
import unittest

from harness import (DEADLINE, HOST, ServerTest, environment, main,
    on_both_twins, program)

IS_ROOT = os.geteuid() == 0
SOMEBODY = "nobody"
# Root without what it takes to become somebody else.
SETPRIV = "/usr/bin/setpriv"
POWERLESS = (SETPRIV, "--bounding-set=-setuid,-setgid",
    "--inh-caps=-setuid,-setgid", "--")


@on_both_twins
class Privileges(ServerTest):
    """Of both programs."""

    # A process that has changed its user cannot look for leaks.
    variables = {
        "ASAN_OPTIONS": environment()["ASAN_OPTIONS"] + ":detect_leaks=0"}

    def status(self, server):
        """What the system knows of its privileges."""
        with open(f"/proc/{server.pid}/status") as status:
            lines = (line.rstrip("\n").split(":\t", 1) for line in status)
            return dict(line for line in lines if len(line) == 2)

    def refused(self, *options, wrapper=(), name="guess-server"):
        """Start a server that must not start; return its complaint."""
        done = subprocess.run([*wrapper, program(self.twin, name),
                "--port", "0", *options], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=DEADLINE,
            env={**environment(), **self.variables})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"\A{name}: [^\n]+\n\Z")
        return done.stderr

    def test_no_program_of_it_gains_privileges(self):
        for start in self.serve, self.find:
            server = start()
            self.assertEqual(self.status(server)["NoNewPrivs"], "1")

    def test_it_listens_to_this_machine_only_unless_told(self):
        # The harness names its host; here nobody does.
        for name, *more in ("guess-server",), ("charfinder", "--http-port",
                "0"):
            with subprocess.Popen(
                    [program(self.twin, name), "--port", "0", *more], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    env={**environment(), **self.variables}) as process:
                line = process.stdout.readline().decode()
                process.terminate()
                process.stdout.read()
                self.assertEqual(process.wait(DEADLINE), 0)
            self.assertTrue(line.startswith(f"Serving on {HOST}:"), line)

    def test_a_user_that_there_is_not(self):
        for user in "no-such-user", "4000000000", "-1", "99999999999999", "":
            self.assertIn(f"cannot become user {user}: there is no such user",
                self.refused("--user", user))
        self.assertIn("there is no such user", self.refused(
            "--http-port", "0", "--user", "no-such-user", name="charfinder"))

    def test_root_is_no_user_to_become(self):
        for user in "root", "0":
            self.assertIn("that would be root again",
                self.refused("--user", user))

    @unittest.skipUnless(IS_ROOT, "not root")
    def test_root_becomes_the_user_for_good(self):
        entry = pwd.getpwnam(SOMEBODY)
        for user in SOMEBODY, str(entry.pw_uid):
            for start in self.serve, self.find:
                server = start("--user", user, variables=self.variables)
                status = self.status(server)
                self.assertEqual(status["Uid"].split(),
                    [str(entry.pw_uid)] * 4)
                self.assertEqual(status["Gid"].split(),
                    [str(entry.pw_gid)] * 4)
                self.assertEqual(set(status["Groups"].split()),
                    {str(entry.pw_gid)} | {str(group.gr_gid)
                        for group in grp.getgrall()
                        if SOMEBODY in group.gr_mem})
                for kind in "CapPrm", "CapEff":
                    self.assertEqual(int(status[kind], 16), 0, kind)
                server.play()

    @unittest.skipUnless(IS_ROOT, "not root")
    def test_a_port_that_is_roots_is_taken_before(self):
        for port in range(1023, 900, -1):
            try:
                socket.create_server((HOST, port)).close()
                break
            except OSError:
                pass
        server = self.serve("--user", SOMEBODY, port=port,
            variables=self.variables)
        self.assertEqual(server.port, port)
        server.play()

    @unittest.skipUnless(IS_ROOT and os.access(SETPRIV, os.X_OK),
        "not root, or no setpriv")
    def test_where_it_is_not_allowed_it_does_not_start(self):
        self.assertIn(f"cannot become user {SOMEBODY}: Operation not permitted",
            self.refused("--user", SOMEBODY, wrapper=POWERLESS))


if __name__ == "__main__":
    main()

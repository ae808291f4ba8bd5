#!/usr/bin/python3
"""
What a server may do once it serves: no more than it needs, and never again.
What begins as root is skipped for other users.
"""

import os
import pwd
import re
import socket
import subprocess
import unittest

from harness import (DEADLINE, HOST, ServerTest, environment, main,
    on_both_twins, program)

IS_ROOT = os.geteuid() == 0
SOMEBODY = "nobody"
ENTRY = pwd.getpwnam(SOMEBODY)
SETPRIV = "/usr/bin/setpriv"
CAN_SETPRIV = IS_ROOT and os.access(SETPRIV, os.X_OK)
# Root without what it takes to become somebody else.
POWERLESS = (SETPRIV, "--bounding-set=-setuid,-setgid",
    "--inh-caps=-setuid,-setgid", "--")


def has_setpcap():
    """Whether what is begun here may empty its bounding set."""
    with open("/proc/self/status") as status:
        found = re.search(r"CapEff:\s+(\w+)", status.read())
    return bool(int(found[1], 16) & 1 << 8)


def as_somebody(*groups, gid=ENTRY.pw_gid, capabilities=""):
    """A command that becomes a program of that user already, in these
    supplementary groups, with these capabilities ("+chown,+kill")."""
    return (SETPRIV, "--reuid", str(ENTRY.pw_uid), "--regid", str(gid),
        *(["--groups", ",".join(map(str, groups))] if groups
            else ["--clear-groups"]),
        *(["--inh-caps", capabilities, "--ambient-caps", capabilities]
            if capabilities else []), "--")


def low_port():
    """A port that is root's, and free."""
    for port in range(1023, 900, -1):
        try:
            socket.create_server((HOST, port)).close()
            return port
        except OSError:
            pass
    raise AssertionError("no port is free")


@on_both_twins
class Privileges(ServerTest):
    """Of both programs."""

    # A process that has changed its user cannot look for leaks.
    variables = {
        "ASAN_OPTIONS": environment()["ASAN_OPTIONS"] + ":detect_leaks=0"}

    # A server whose threads are there before the first client is.
    WORKERS = {"threaded": ("--threads", "3"),
        "evented": ("--loops", "2", "--pool", "3")}

    def status(self, server, thread=None):
        """What the system knows of the privileges of a thread."""
        with open(f"/proc/{server.pid}/task/{thread or server.pid}/status"
                ) as status:
            lines = (line.rstrip("\n").split(":\t", 1) for line in status)
            return dict(line for line in lines if len(line) == 2)

    def check_rights(self, server, user=True, bounding=True):
        """Fail unless each of its threads has no capability and, with a user,
        is that user and in no group that is not that user's. bounding: it began
        with the capabilities of this process, not with others."""
        for thread in os.listdir(f"/proc/{server.pid}/task"):
            try:
                status = self.status(server, thread)
            except OSError:
                continue  # a client's, which has gone
            if status["Name"] == "trim":
                continue  # ours, preloaded
            self.check_thread(status, user, bounding)
        server.play()

    def check_thread(self, status, user, bounding):
        """The same of one thread."""
        for kind in "CapInh", "CapPrm", "CapEff", "CapAmb":
            self.assertEqual(int(status[kind], 16), 0, kind)
        if bounding and has_setpcap():
            self.assertEqual(int(status["CapBnd"], 16), 0)
        self.assertEqual(status["NoNewPrivs"], "1")
        if user:
            self.assertEqual(status["Uid"].split(), [str(ENTRY.pw_uid)] * 4)
            self.assertEqual(status["Gid"].split(), [str(ENTRY.pw_gid)] * 4)
            self.assertLessEqual(set(status["Groups"].split()),
                {str(group) for group in os.getgrouplist(
                    SOMEBODY, ENTRY.pw_gid)})

    def start_both(self, *options, **how):
        """Start one server after the other, one of them with workers."""
        how["variables"] = self.variables
        yield self.serve(*options, **how)
        yield self.serve(*self.WORKERS[self.twin], *options, **how)
        yield self.find(*options, **how)

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
        for user in SOMEBODY, str(ENTRY.pw_uid):
            for server in self.start_both("--user", user):
                self.check_rights(server)
                # It may set them, so it has all of them.
                self.assertEqual(
                    set(map(int, self.status(server)["Groups"].split())),
                    set(os.getgrouplist(SOMEBODY, ENTRY.pw_gid)))

    @unittest.skipUnless(IS_ROOT, "not root")
    def test_a_port_that_is_roots_is_taken_before(self):
        port = low_port()
        server = self.serve("--user", SOMEBODY, port=port,
            variables=self.variables)
        self.assertEqual(server.port, port)
        self.check_rights(server)

    def test_without_a_user_it_keeps_no_capability_either(self):
        for server in self.start_both():
            self.check_rights(server, user=False)
            self.assertEqual(self.status(server)["Uid"].split(),
                [str(os.geteuid())] * 4)

    @unittest.skipUnless(CAN_SETPRIV, "not root, or no setpriv")
    def test_where_it_is_not_allowed_it_does_not_start(self):
        self.assertRegex(self.refused("--user", SOMEBODY, wrapper=POWERLESS),
            f": cannot become user {SOMEBODY}: cannot set its [^:]+: "
            "Operation not permitted\n")

    @unittest.skipUnless(CAN_SETPRIV, "not root, or no setpriv")
    def test_where_a_change_of_user_keeps_privileges_it_does_not_start(self):
        self.assertIn(f"cannot become user {SOMEBODY}: securebits keep "
            "privileges", self.refused("--user", SOMEBODY, wrapper=(
                SETPRIV, "--securebits", "+no_setuid_fixup", "--")))


@unittest.skipUnless(CAN_SETPRIV, "not root, or no setpriv")
@on_both_twins
class BegunAsThatUser(ServerTest):
    """The process is that user already, and has rights besides."""

    variables = Privileges.variables
    status = Privileges.status
    check_rights = Privileges.check_rights
    check_thread = Privileges.check_thread
    WORKERS = Privileges.WORKERS
    start_both = Privileges.start_both
    refused = Privileges.refused

    def setUp(self):
        super().setUp()
        if subprocess.run([*as_somebody(), "test", "-x",
                program(self.twin, "guess-server")]).returncode != 0:
            self.skipTest(f"{SOMEBODY} cannot run the programs")

    def test_without_others_it_serves(self):
        for groups in (), (ENTRY.pw_gid,):
            for server in self.start_both("--user", SOMEBODY,
                    wrapper=as_somebody(*groups)):
                self.check_rights(server, bounding=False)

    def test_groups_that_it_may_not_leave(self):
        for name in "guess-server", "charfinder":
            for groups in (0, 4), (4,), (ENTRY.pw_gid, 4):
                self.assertIn(f"cannot become user {SOMEBODY}: cannot set its "
                    "supplementary groups: Operation not permitted\n",
                    self.refused("--user", SOMEBODY, name=name,
                        wrapper=as_somebody(*groups)))
            for groups in (), (ENTRY.pw_gid,):
                self.assertIn(f"cannot become user {SOMEBODY}: cannot set its "
                    "group ID: Operation not permitted\n",
                    self.refused("--user", SOMEBODY, name=name,
                        wrapper=as_somebody(*groups, gid=0)))

    def test_groups_that_it_may_leave(self):
        for server in self.start_both("--user", SOMEBODY, wrapper=as_somebody(
                0, 4, gid=0, capabilities="+setgid")):
            self.check_rights(server, bounding=False)

    def test_an_id_to_come_back_to(self):
        for ids in (("--ruid", "0", "--euid", str(ENTRY.pw_uid), "--regid",
                str(ENTRY.pw_gid)), ("--reuid", str(ENTRY.pw_uid), "--rgid",
                "0", "--egid", str(ENTRY.pw_gid))):
            server = self.serve("--user", SOMEBODY, variables=self.variables,
                wrapper=(SETPRIV, *ids, "--clear-groups", "--"))
            self.check_rights(server, bounding=False)

    def test_capabilities(self):
        # As a service manager gives a port below 1024 to somebody.
        for user in (), ("--user", SOMEBODY):
            for capabilities in ("+net_bind_service",
                    "+net_bind_service,+dac_override,+setuid,+setgid"):
                port = low_port()
                server = self.serve(*user, port=port,
                    variables=self.variables,
                    wrapper=as_somebody(capabilities=capabilities))
                self.assertEqual(server.port, port)
                self.check_rights(server, bounding=False)
                server.stop()
                server = self.find(*user, port=port,
                    variables=self.variables,
                    wrapper=as_somebody(capabilities=capabilities))
                self.check_rights(server, bounding=False)

    def test_what_it_could_gain(self):
        for user in (), ("--user", SOMEBODY):
            for server in self.start_both(*user,
                    wrapper=as_somebody(capabilities="+setpcap")):
                self.check_rights(server)


if __name__ == "__main__":
    main()

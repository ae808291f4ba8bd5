#!/usr/bin/python3
"""
System calls that fail or take long, by strace's fault injection: what fails
for one connection ends at most that connection. Skipped without strace.
"""

import os
import signal
import subprocess
import tempfile
import unittest

from harness import (DEADLINE, EVENTED_OPTIONS, FULL_HOUSE, HOST, PLAIN,
    STRACE, UNDER_THREAD_SANITIZER, Client, Finder, Server, ServerTest,
    environment, main, on_both_twins, only_if_full, program, traced, wait_until)
from torture import Disturbed

NO_MEMORY = b"ERROR out of memory"


class TracedServer(Server):
    """A server under strace. What it must not do is fail for good; its
    descriptors are not counted, and the leak checker cannot work there."""

    def __init__(self, twin, *options, inject, path=None, wrapper=()):
        self.twin = twin
        self.host = HOST
        self.output = []
        self.injected = [part for rule in inject
            for part in ("-e", "inject=" + rule)]
        calls = ",".join(rule.partition(":")[0] for rule in inject)
        self.trace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls]
        if path:
            self.trace += ["-P", path]
        variables = environment()
        variables["ASAN_OPTIONS"] += ":detect_leaks=0"
        more = EVENTED_OPTIONS if twin == "evented" else []
        self.process = subprocess.Popen(
            [STRACE, *self.trace, *self.injected, *wrapper,
                program(twin, "guess-server"), "--port", "0", *more,
                *self.limits, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=variables, text=True)
        try:
            first = self.process.stdout.readline()
            match = self.READY.fullmatch(first.rstrip())
            if not match:
                raise AssertionError(
                    f"no server: {first}{self.process.stderr.read()}")
            self.port = int(match[2])
            self.pid = self._children()[0]
        except BaseException:
            self.kill()
            raise

    def _children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as children:
            return [int(pid) for pid in children.read().split()]

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self):
        """End it; nothing may have been said on standard error."""
        self.signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=DEADLINE)
        if self.process.returncode != 0 or errors:
            raise AssertionError(f"the {self.twin} server has ended with "
                f"{self.process.returncode}: {errors}")

    def kill(self):
        if self.process.poll() is None:
            # Without its tracer it would go on.
            for pid in self._children():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class FaultTest(unittest.TestCase):
    """A test of servers whose system calls are disturbed."""

    twin = None

    def serve(self, *inject, options=(), **how):
        """A server whose system calls are disturbed by these rules, if need be
        only those that concern a path."""
        server = TracedServer(
            self.twin, "--quiet", *options, inject=inject, **how)
        self.addCleanup(server.kill)
        return server

    def talk(self, server, requests=3):
        """Talk with it; return what came, b"" if the connection failed."""
        received = b""
        try:
            with Client(server.port) as client:
                client.send(b"PARAMS 5 5\nNUMBER\nREPORT Correct\n")
                received = client.read_line()
                for _ in range(requests - 1):
                    received += client.ask(b"NUMBER\n")
                client.finish()
                received += client.read_all()
        except TimeoutError:
            raise
        except OSError:
            pass
        return received


@unittest.skipUnless(STRACE, "no strace")
@on_both_twins
class Faults(FaultTest):
    """Each server with one kind of fault."""

    def test_accept_that_fails_for_one_client_is_tried_again(self):
        errors = ["ECONNABORTED", "EPROTO", "EPERM", "ENOBUFS", "ENOMEM",
            "ENETDOWN", "EINTR", "EOPNOTSUPP"]
        if UNDER_THREAD_SANITIZER:
            del errors[2:]
        for error in errors:
            with self.subTest(error=error):
                server = self.serve(f"accept4:error={error}:when=2+4")
                served = 0
                for _ in range(12):
                    answer = self.talk(server)
                    # Who came when memory ran out may be turned away.
                    self.assertIn(answer,
                        (b"5\n5\n5\n", FULL_HOUSE, b""))
                    served += answer == b"5\n5\n5\n"
                self.assertGreaterEqual(served, 6)
                server.stop()

    def test_a_spare_descriptor_that_was_lost_is_taken_again(self):
        # When the whole system has none, for a moment.
        server = self.serve("openat:error=ENFILE:when=1", path="/dev/null",
            options=("--max-connections", "1000"),
            wrapper=("/usr/bin/prlimit", "--nofile=40:40"))
        answer = b"1\n"
        while answer == b"1\n":
            client = Client(server.port)
            self.addCleanup(client.close)
            answer = client.ask(b"PARAMS 1 1\nNUMBER\n")
        self.assertEqual(answer, FULL_HOUSE)
        server.stop()

    def test_interrupted_calls_go_unnoticed(self):
        for calls in ("recvfrom,readv,read", "sendto,sendmsg,writev",
                "epoll_wait,poll"):
            with self.subTest(calls=calls):
                server = self.serve(*(f"{call}:error=EINTR:when=40+3"
                    if call in ("read", "poll") else
                    f"{call}:error=EINTR:when=2+3"
                    for call in calls.split(",")))
                for _ in range(10):
                    self.assertEqual(self.talk(server), b"5\n5\n5\n")
                server.stop()

    def test_a_broken_connection_breaks_no_other(self):
        for rule in ("recvfrom:error=ECONNRESET:when=6+5",
                "readv:error=ECONNRESET:when=6+5",
                "sendto:error=EPIPE:when=5+5",
                "sendto:error=ETIMEDOUT:when=5+5",
                "shutdown:error=ENOTCONN:when=1+2",
                "setsockopt:error=EINVAL:when=20+2"):
            with self.subTest(rule=rule):
                server = self.serve(rule)
                answers = [self.talk(server) for _ in range(10)]
                for answer in answers:
                    self.assertIn(answer,
                        (b"5\n5\n5\n", b"5\n5\n", b"5\n", b""))
                server.stop()

    def test_a_thread_that_ends_slowly_is_waited_for(self):
        # Only the first close of each thread: that of its client. The exit
        # of the process is delayed, to see what that thread still touches.
        server = self.serve("close:delay_enter=500000:when=1",
            "exit_group:delay_enter=1200000")
        with Client(server.port) as client:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
            server.signal(signal.SIGTERM)
            self.assertEqual(client.read_all(), b"")
        _, errors = server.process.communicate(timeout=DEADLINE)
        self.assertEqual((server.process.returncode, errors), (0, ""))

    def test_what_was_read_when_its_time_was_up_is_not_late(self):
        # On a busy machine it may come late itself, but not each time.
        wait_until(self.is_not_late, "it is not late")

    def is_not_late(self):
        """Whether a client was answered after its time was up."""
        # Between a reading and what follows it, the reader is away. (Who
        # looks whether more has come reads, too; its first time is quick.)
        server = self.serve("recvfrom:delay_exit=5000000:when=2",
            options=("--idle-timeout", "2.5"))
        answers = []
        with Client(server.port) as client:
            for text in b"PARAMS 5 5\n", b"REPORT Correct\n", \
                    b"REPORT Correct\n":
                if client.send_if_open(text + b"NUMBER\n"):
                    answers.append(client.read_line())
        server.stop()
        return answers == [b"5\n"] * 3

    @only_if_full
    def test_interrupted_writing_loses_nothing(self):
        server = self.serve("sendto:error=EINTR:when=1+2",
            "sendmsg:error=EINTR:when=1+2", "writev:error=EINTR:when=1+2")
        with Client(server.port, receive_buffer=4096) as client:
            client.send_what_fits(b"PARAMS 0 999999999\n"
                + b"NUMBER\n" * 9000)
            client.finish()
            self.assertEqual(len(set(client.read_all().split())), 9000)
        wait_until(lambda: self.talk(server) == b"5\n5\n5\n", "it serves")
        server.stop()


@unittest.skipUnless(STRACE, "no strace")
class ThreadedOnly(FaultTest):
    """What only a server with a thread per connection can run out of."""

    twin = "threaded"

    def test_a_client_without_a_thread_is_refused(self):
        server = self.serve("clone3:error=EAGAIN:when=4+3")
        answers = [self.talk(server) for _ in range(12)]
        self.assertLessEqual(set(answers), {b"5\n5\n5\n", FULL_HOUSE})
        self.assertGreaterEqual(answers.count(b"5\n5\n5\n"), 6)
        self.assertGreaterEqual(answers.count(FULL_HOUSE), 2)
        server.stop()


# What the kernel may say to a server that runs, also where the C library asks
# for itself; test_torture.py makes the library's calls fail. Not close:
# strace would leave the descriptor open, which no system does.
SYSTEM_CALLS = {
    "accept4": ("EMFILE", "ECONNABORTED", "ENOBUFS", "ENOMEM", "EPERM"),
    "recvfrom": ("ECONNRESET", "EINTR", "ENOMEM", "ETIMEDOUT"),
    "sendto": ("EPIPE", "EINTR", "ECONNRESET", "ENOBUFS", "ENOMEM"),
    "writev": ("EPIPE", "EINTR", "EAGAIN", "ENOBUFS"),
    "poll": ("EINTR", "ENOMEM"),
    "epoll_wait": ("EINTR",),
    "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "clone3": ("EAGAIN", "ENOMEM"),
    "mmap": ("ENOMEM",),
    "munmap": ("ENOMEM",),
    "mprotect": ("ENOMEM",),
    "madvise": ("EAGAIN",),
    "brk": ("ENOMEM",),
    "getrandom": ("EINTR",),
    "setsockopt": ("EINVAL", "ENOMEM"),
    "shutdown": ("ENOTCONN",),
    "ioctl": ("EINVAL",),
    "getpeername": ("ENOTCONN", "ENOBUFS"),
    "openat": ("EMFILE", "ENFILE", "ENOMEM"),
    "rt_sigtimedwait": ("EINTR", "EAGAIN"),
}


# Sanitizers ask for memory by themselves, and end the program without it.
MEMORY_CALLS = ("mmap", "munmap", "mprotect", "madvise", "brk")


class DisturbedServer(Disturbed, Server):
    """A server of the game that strace will disturb."""


class DisturbedFinder(Disturbed, Finder):
    """A finder that strace will disturb."""


@unittest.skipUnless(STRACE, "no strace")
@on_both_twins
class EverySystemCall(ServerTest):
    """Each system call of a server that runs fails once, in turn."""

    def disturb(self, server, rule, talk):
        """Talk with a server while strace has one of its calls fail."""
        with traced(server, "-e", "trace=" + rule.partition(":")[0],
                "-e", "inject=" + rule):
            for _ in range(3):
                talk(server)

    def talk(self, server):
        """Whatever is read, it must be the beginning of the answer."""
        whole = server.SESSION[1] if server.http_port else b"7\n7\n"
        refusal = FULL_HOUSE[:-1]
        try:
            with server.connect() as client:
                client.send(server.SESSION[0] if server.http_port
                    else b"PARAMS 7 7\nNUMBER\nREPORT Correct\nNUMBER\n")
                client.finish()
                received = client.read_all()
        except TimeoutError:
            raise
        except OSError:
            return
        self.assertTrue(whole.startswith(received) or
            received.startswith(refusal) or NO_MEMORY in received, received)

    def torment(self, kind):
        """Have each call fail with each of its errors."""
        server = kind(self.twin, "--quiet", "--stall-timeout", "5")
        self.servers.append(server)
        for call, errors in SYSTEM_CALLS.items():
            if call in MEMORY_CALLS and not PLAIN:
                continue
            for error in errors:
                for number in range(1, 6):
                    self.assertIsNone(server.process.poll(), "it has ended")
                    with self.subTest(call=call, error=error, number=number):
                        self.disturb(server, f"{call}:error={error}:"
                            f"when={number}", self.talk)
                        # It serves as before.
                        server.play()

    @only_if_full
    def test_the_game_goes_on(self):
        self.torment(DisturbedServer)

    @only_if_full
    def test_the_finder_goes_on(self):
        self.torment(DisturbedFinder)


SOMEBODY = "nobody"
KEPT = f"cannot become user {SOMEBODY}: the old privileges would come back"
CANNOT_SET = f"cannot become user {SOMEBODY}: cannot set its "
# What the system may answer to a server that gives up its rights: an error, or
# "done" where nothing was; and what the server says then.
RIGHTS = {
    "setgroups:error=EPERM": CANNOT_SET
        + "supplementary groups: Operation not permitted",
    "setgroups:error=ENOMEM": CANNOT_SET
        + "supplementary groups: Cannot allocate memory",
    "setgroups:retval=0": KEPT,
    "getgroups:error=EINVAL": KEPT,
    "setresgid:error=EPERM": CANNOT_SET + "group ID: Operation not permitted",
    "setresgid:retval=0": KEPT,
    "getresgid:error=EFAULT": KEPT,
    "setgid:retval=0": KEPT,
    "setresuid:error=EAGAIN": CANNOT_SET
        + "user ID: Resource temporarily unavailable",
    "setresuid:retval=0": KEPT,
    "getresuid:error=EFAULT": KEPT,
    "setuid:retval=0": KEPT,
}
# The same without a user.
CAPABILITIES = {
    "capset:error=EPERM":
        "cannot give up capabilities: Operation not permitted",
    "capset:retval=0": "cannot give up capabilities: Operation not permitted",
    "capget:error=EINVAL": "cannot give up capabilities: Invalid argument",
}
# The same of prctl, by what it is asked for, and how.
PRCTL = (
    ("PR_CAPBSET_DROP", "error=EACCES",
        "cannot give up capabilities: Permission denied"),
    ("PR_GET_SECUREBITS", "error=EACCES",
        f"cannot become user {SOMEBODY}: securebits keep privileges when the "
        "user changes"),
    ("PR_CAP_AMBIENT", "error=EACCES",
        "cannot give up ambient capabilities: Permission denied"),
    ("PR_SET_NO_NEW_PRIVS", "error=EACCES",
        "cannot rule out new privileges: Permission denied"),
    ("PR_SET_NO_NEW_PRIVS", "retval=0",
        "cannot rule out new privileges: Operation not permitted"),
    ("PR_GET_NO_NEW_PRIVS", "error=EACCES",
        "cannot rule out new privileges: Permission denied"),
)


@unittest.skipUnless(STRACE and os.geteuid() == 0, "no strace, or not root")
@on_both_twins
class GivingUpRights(unittest.TestCase):
    """Each call by which root gives up its rights fails, or does nothing: the
    server ends with one line that says so, before it serves."""

    def start(self, trace, *options):
        """Start a server that is traced so, in groups of root's, and end it if
        it serves; return what it said on standard error if not."""
        variables = environment()
        variables["ASAN_OPTIONS"] += ":detect_leaks=0"
        with subprocess.Popen([STRACE, "-f", "-qq", *trace,
                program(self.twin, "guess-server"), "--port", "0", *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=variables, text=True,
                extra_groups=[0, 4]) as process:
            serves = process.stdout.readline() != ""
            if serves:
                path = f"/proc/{process.pid}/task/{process.pid}/children"
                with open(path) as children:
                    os.kill(int(children.read()), signal.SIGTERM)
            _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0 if serves else 1, errors)
        return errors

    def check(self, rule, complaint, *options):
        """Fail unless a server that is disturbed so ends with these words."""
        with self.subTest(rule=rule):
            self.assertEqual(self.start(["-o", "/dev/null", "-e",
                    "trace=" + rule.partition(":")[0], "-e",
                    "inject=" + rule], *options),
                f"guess-server: {complaint}\n")

    def test_it_does_not_serve_with_rights_that_it_cannot_give_up(self):
        for rule, complaint in RIGHTS.items():
            self.check(rule, complaint, "--user", SOMEBODY)
        for rule, complaint in CAPABILITIES.items():
            self.check(rule, complaint)
        with tempfile.NamedTemporaryFile("r") as trace:
            self.assertEqual(self.start(["-o", trace.name, "-e",
                "trace=prctl"], "--user", SOMEBODY), "")
            calls = [line for line in trace if "prctl(" in line]
        for what, outcome, complaint in PRCTL:
            number = 1 + next(
                i for i, call in enumerate(calls) if what in call)
            self.check(f"prctl:{outcome}:when={number}", complaint,
                "--user", SOMEBODY)


@unittest.skipUnless(STRACE, "no strace")
class Clients(unittest.TestCase):
    """The clients with faults of the network."""

    def play(self, twin, inject, *arguments):
        """A client's exit code and what it says on standard error."""
        variables = environment()
        variables["ASAN_OPTIONS"] += ":detect_leaks=0"
        done = subprocess.run([STRACE, "-f", "-qq", "-o", "/dev/null", "-e",
                "trace=connect", "-e", "inject=connect:" + inject,
                program(twin, "guess-client"), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, env=variables,
            text=True, timeout=DEADLINE)
        return done.returncode, done.stderr

    def test_they_name_the_reason_of_a_connect_that_fails_at_once(self):
        for twin in "threaded", "evented":
            with self.subTest(twin):
                self.assertEqual(
                    self.play(twin, "error=ENETUNREACH", "--port", "9"),
                    (1, "guess-client: cannot connect to 127.0.0.1:9: "
                        "Network is unreachable\n"))


if __name__ == "__main__":
    main()

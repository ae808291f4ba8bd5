#!/usr/bin/python3
"""
The downloader whose calls fail, each in turn, or end it as SIGKILL does, or
wait for a disk or a name server: what has a name is whole, every flag is
counted once, one line says what went wrong, and a second run completes the
first. And how much memory it takes.

Runs against programs without sanitizers, whose allocations cannot fail.
"""

import errno
import itertools
import os
import random
import re
import shutil
import signal
import threading
import time

from harness import (COVERAGE, DEADLINE, FULL, HOST, main, needs_no_profile,
    on_both_twins, wait_until)
from test_flags import CLOSE, OK, FlagsTest, answer
from torture import Disturbed, Faults

# With what each call may fail. Which of them each twin makes is its own
# affair: what is not called does not fail.
CALLS = {
    "memory": (errno.ENOMEM,),
    "pthread_create": (errno.EAGAIN,),
    "eventfd": (errno.EMFILE,), "signalfd": (errno.EMFILE,),
    "epoll_ctl": (errno.ENOMEM, errno.ENOSPC), "epoll_wait": (errno.EINTR,),
    "poll": (errno.EINTR, errno.ENOMEM),
    "sigtimedwait": (errno.EINTR, errno.EAGAIN),
    "getaddrinfo": (errno.ENOMEM,),
    "socket": (errno.EMFILE, errno.ENOBUFS),
    "connect": (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EADDRNOTAVAIL),
    "getsockopt": (errno.ENOBUFS,),
    "setsockopt": (errno.ENOMEM,), "ioctl": (errno.EINVAL,),
    "send": (errno.ECONNRESET, errno.ENOBUFS, errno.EINTR),
    "writev": (errno.ECONNRESET, errno.ENOBUFS, errno.EINTR),
    "recv": (errno.ECONNRESET, errno.EINTR, errno.ETIMEDOUT),
    "readv": (errno.ECONNRESET, errno.EINTR, errno.ETIMEDOUT),
    "read": (errno.EAGAIN,), "ring": (errno.EAGAIN,),
    "write": (errno.EIO, errno.ENOSPC, errno.EINTR),
    "open": (errno.EMFILE, errno.EACCES), "mkdir": (errno.ENOSPC,),
    "openat64": (errno.ENOSPC, errno.EMFILE, errno.EEXIST, errno.ENOENT),
    "save": (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EINTR),
    "pread64": (errno.EIO,), "fsync": (errno.EIO, errno.ENOSPC),
    "close": (errno.EIO, errno.EINTR),
    "renameat": (errno.ENOSPC, errno.ENOENT, errno.EISDIR),
}
# Of each call's errors, and of its failures, so many are tried.
ERRORS, MOST = (99, 2000) if FULL else (1, 40)
# How often it is ended without a warning.
DEATHS = 200 if FULL else 40


class TorturedFlags(FlagsTest):
    """A test of the downloader that has preload/torture.c loaded."""

    CODES = "AD", "BR", "CN", "ZZ"

    def setUp(self):
        super().setUp()
        self.faults = Faults()
        self.addCleanup(self.faults.close)

    def start(self, url, *options, **how):
        return super().start(
            url, *options, variables=self.faults.variables, **how)

    def run_tortured(self, url, *options):
        """The exit code of a run, its lines, and what it complains of."""
        process = self.start(url, *options)
        output, errors = process.communicate(timeout=DEADLINE)
        return (process.returncode, output.decode().splitlines(),
            Disturbed.without_warnings(errors.decode()).splitlines())

    def forget_files(self):
        """Begin with an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


@on_both_twins
class Calls(TorturedFlags):
    """A call fails, once, whichever it is."""

    OPTIONS = "-v", "--names", "--times", "2", "--fsync", "--timeout", "0.5"

    def observe(self, url, *options):
        """Run it as it should, and keep what came of it."""
        code, self.lines, errors = self.run_tortured(url, *options)
        self.assertEqual((code, errors), (0, []))
        self.whole = self.files()

    def check(self, code, lines, errors):
        """Fail unless a run with failing calls may end like this."""
        try:
            files = self.files()
        except FileNotFoundError:
            files = {}
        for name, data in files.items():
            self.assertTrue(data == self.whole.get(name), f"{name} is not whole")
        self.assertLessEqual(len(errors), 1, errors)
        for line in errors:
            self.assertRegex(line, r"\Aflags: \S.*\S\Z")
        if errors:
            self.assertIn(code, (1, 2))
            return
        self.assertEqual(lines[:3], self.lines[:3])
        self.assertRegex(lines[-1], r"\AElapsed time: ")
        said = [line for line in lines[3:]
            if re.fullmatch(r".. OK|.. not found|\*\*\* Error for ..: .+", line)]
        unasked = sum(int(line.split()[0]) for line in lines
            if line.endswith(" not asked for."))
        self.assertEqual(
            len(said) + unasked, int(lines[1].split()[2]), lines)
        # Nobody says so of a file that is not safe.
        self.assertLessEqual(
            sum(line.endswith(" OK") for line in said), len(files))
        self.assertIn(code, (1, 2) if any("Error" in line for line in said)
            else (0,), lines)

    def torment(self, calls, host="localhost"):
        """Make each of these calls fail with each of its errors."""
        server = self.flag_server("--size", "100000")
        url = f"http://{host}:{server.port}/flags"
        command = *self.OPTIONS, "-m", "3", *self.CODES
        # Here it must not be late.
        self.observe(url, *command, "--timeout", "60")
        self.assertEqual(
            [len(data) for data in self.whole.values()], [200000] * 3)
        for call in calls:
            for error, number in itertools.product(
                    CALLS[call][:ERRORS], range(1, MOST + 1)):
                self.forget_files()
                self.faults.arm(call, number, error)
                with self.subTest(
                        call=call, number=number, error=errno.errorcode[error]):
                    self.check(*self.run_tortured(url, *command))
                if not self.faults.disarm(call):
                    break

    def test_memory(self):
        # By address: the C library itself aborts where it lacks memory to look up names.
        self.torment(["memory"][COVERAGE:], HOST)

    @needs_no_profile
    def test_memory_that_stays_scarce(self):
        server = self.flag_server("--size", "100000")
        command = "-v", "-a", "-l", "60"
        self.observe(server.port, *command)
        for every, number in itertools.product(
                (1, 2, 3, 5, 7, 20, 50), (50, 100, 200, 400)):
            self.forget_files()
            self.faults.arm("memory", number, errno.ENOMEM, every)
            with self.subTest(every=every, number=number):
                self.check(*self.run_tortured(server.port, *command))
            self.faults.disarm("memory")

    def test_threads_and_waits(self):
        self.torment(["pthread_create", "eventfd", "signalfd", "epoll_ctl",
            "epoll_wait", "poll", "sigtimedwait", "read", "ring"])

    def test_connections(self):
        self.torment(["getaddrinfo", "socket", "connect", "getsockopt",
            "setsockopt", "ioctl", "send", "writev", "recv", "readv"])

    def test_files(self):
        self.torment(["open", "mkdir", "openat64", "save", "pread64", "fsync",
            "close", "renameat"])

    def test_what_it_prints(self):
        self.torment(["write"])

    def test_short_counts(self):
        server = self.flag_server("--size", "20000")
        whole = self.flags(server.port).files
        self.forget_files()
        self.faults.shorten(True)
        self.assertEqual(self.flags(server.port).files, whole)
        self.assertGreater(self.faults.cuts(), 10000)


@on_both_twins
class Deaths(TorturedFlags):
    """It is killed, at any call."""

    def test_what_has_a_name_is_whole_and_a_second_run_completes_it(self):
        server = self.flag_server("--size", "100000")
        options = "-m", "5", "--names", "--times", "2"
        whole = self.flags(server.port, *options).files
        chance = random.Random(os.environ.get("TEST_SEED", "1"))
        for _ in range(DEATHS):
            call = chance.choice(
                ["recv", "readv", "send", "writev", "close", "openat64",
                    "save", "pread64", "renameat", "memory"])
            number = chance.randrange(1, 60)
            self.forget_files()
            self.faults.arm(call, number, Faults.DEADLY)
            with self.subTest(call=call, number=number):
                code, _, _ = self.run_tortured(server.port, *options)
                died = self.faults.disarm(call)
                self.assertEqual(code, -signal.SIGKILL if died else 0)
                try:
                    files = self.files()
                except FileNotFoundError:
                    files = {}  # it died before there was a folder
                for name, data in files.items():
                    # What has not its name yet is nobody's.
                    if not re.fullmatch(r"\..+\.part", name):
                        self.assertTrue(data == whole[name], name)
                code, _, _ = self.run_tortured(server.port, *options)
                files = self.files()
                self.assertEqual((code, {name: data
                    for name, data in files.items()
                    if not name.endswith(".part")} == whole), (0, True))


@on_both_twins
class Slow(TorturedFlags):
    """What it waits for takes its time."""

    PLACES = 10

    def test_a_disk_slower_than_the_net_holds_up_the_net(self):
        server = self.script(lambda path, nth: OK)
        self.faults.hold("openat64", True)
        process = self.start(server.url, "-e", "-m", str(self.PLACES))

        def asked():
            return sum(server.asked.values())
        wait_until(lambda: asked() >= self.PLACES, "it has asked by all places")
        # It asks for no more when it has not done so for a while.
        quiet = 0
        while quiet < 20:
            before = asked()
            time.sleep(0.01)
            quiet = quiet + 1 if asked() == before else 0
        self.assertEqual(asked(), self.PLACES)
        self.faults.hold("openat64", False)
        result = self.finish(process)
        self.assertEqual((result.code, len(result.files)), (0, 676))

    def test_a_disk_that_hangs_does_not_hold_up_an_interruption(self):
        server = self.script(lambda path, nth: OK)
        os.mkdir(self.folder)
        self.faults.hold("openat64", True)
        process = self.start(server.url, "-m", "3")
        wait_until(lambda: self.faults.waited("openat64") >= 3, "all save")
        process.send_signal(signal.SIGINT)
        result = self.finish(process)
        self.assertEqual((result.code, result.files), (130, {}))
        self.assertIn("Interrupted: 20 not asked for.", result.lines)

    def test_a_name_server_that_hangs_holds_up_no_other(self):
        def script(path, nth):
            if path.startswith("/flags/a"):
                return answer(b"", "Location: http://elsewhere/\r\n",
                    "302 Found")
            return [OK, CLOSE]
        server = self.script(script)
        self.faults.hold("getaddrinfo", True)
        process = self.start(server.url, "-m", "27", "-v", "A", "B", "C")
        lines = [process.stdout.readline() for _ in range(3 + 2 * 26)]
        self.assertEqual({line[2:] for line in lines[3:]}, {b" OK\n"})
        wait_until(lambda: self.faults.waited("getaddrinfo"), "it looks up")
        process.send_signal(signal.SIGINT)
        result = self.finish(process)
        self.assertEqual((result.code, len(result.files)), (130, 2 * 26))
        self.assertIn("Interrupted: 26 not asked for.", result.lines)


@on_both_twins
class Memory(FlagsTest):
    """It does not grow with what it downloads."""

    SIZE = 2 ** (30 if FULL else 26)
    MOST_KIB = 4096

    def test_a_large_body_is_never_held(self):
        rest = threading.Event()
        piece = bytes(2 ** 20)

        def script(path, nth):
            yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.SIZE
            for _ in range(self.SIZE // len(piece) - 1):
                yield piece
            yield piece[1:]
            rest.wait(DEADLINE)
            yield b"x"
        process = self.start(self.script(script).url, "AD", "--max-bytes",
            str(self.SIZE))

        def has_written():
            files = os.listdir(self.folder) if os.path.exists(
                self.folder) else []
            return files and os.stat(os.path.join(self.folder,
                files[0])).st_size >= self.SIZE - 2 ** 17
        wait_until(has_written, "all but the end is written", 10 * DEADLINE)
        with open(f"/proc/{process.pid}/status") as status:
            anonymous = int(re.search(r"RssAnon:\s+(\d+)", status.read())[1])
        rest.set()
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertLessEqual(anonymous, self.MOST_KIB)
        self.assertEqual(
            os.stat(os.path.join(self.folder, "ad.gif")).st_size, self.SIZE)


if __name__ == "__main__":
    main()

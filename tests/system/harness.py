"""
harness - what the tests of running programs share.

A test starts servers of both twins on free ports of 127.0.0.1, talks to them
through Client, and ends each of them by SIGTERM. After every test each server
must still be well: alive, no descriptor and no thread more than at its start,
no forgotten socket, at rest, ready for a new client, and (without sanitizers,
which keep what was freed) once it has given back what it freed not larger by
more than 2 MiB, or 4 where stacks are kept; then it must stop with exit code 0
and with nothing on standard error, so no sanitizer report either.

Tests wait for events, never for time: every wait has the same generous
deadline, which only a failure ever reaches.

From the environment:
    TEST_BUILD            the folder of the programs
                          (default build/address-undefined)
    TEST_EVENTED_OPTIONS  more options for every evented server ("--loops 2")
    TEST_FULL             set: the long tests too
"""

import contextlib
import os
import random
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
ROOT = os.path.dirname(TESTS)
BUILD = os.path.join(
    ROOT, os.environ.get("TEST_BUILD", "build/address-undefined"))
FULL = bool(os.environ.get("TEST_FULL"))
STRACE = shutil.which("strace")
UNDER_THREAD_SANITIZER = BUILD.endswith("thread")
# Without a sanitizer, which keeps memory that was freed.
PLAIN = os.path.basename(BUILD) in ("build", "coverage")
# Where each process writes at its end what was reached, for which it needs
# memory, descriptors and files of any size.
COVERAGE = os.path.basename(BUILD) == "coverage"
needs_no_profile = unittest.skipIf(COVERAGE,
    "what was reached could not be written")
EVENTED_OPTIONS = shlex.split(os.environ.get("TEST_EVENTED_OPTIONS", ""))
TWINS = ("threaded", "evented")
HOST = "127.0.0.1"

# What a shell runs in the background ignores the first two, and what nohup(1)
# runs the third; so would all that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Seconds after which what should have happened has not.
DEADLINE = 60

FULL_HOUSE = b"ERROR too many connections\n"
# KiB by which a server may have grown in a test, once it has given back what
# it has freed. The C library keeps 40 MB of ended threads' stacks for the next
# ones: 160, and of each up to three pages.
GROWTH = {"threaded": 2 * 1024 + 160 * 12, "evented": 2 * 1024}
# Preloaded into servers without sanitizers: SIGRTMAX has it give that back.
TRIM = os.path.join(BUILD, "tests", "preload", "trim.so")

COUNTERS = ("accepted", "active", "served", "requests", "rejected",
    "timed_out", "stalled", "dropped_log", "bytes_in", "bytes_out")

SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:exitcode=99:"
        "detect_stack_use_after_return=1:strict_string_checks=1:"
        "check_initialization_order=1:quarantine_size_mb=16",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
    "TSAN_OPTIONS": "halt_on_error=1:exitcode=99:second_deadlock_stack=1:"
        "history_size=4",
}


def environment():
    """What every tested program runs in."""
    # Where the machine is busy, a unit test may take ten times as long.
    return {**os.environ, "LC_ALL": "C.UTF-8", "CK_TIMEOUT_MULTIPLIER": "10",
        **SANITIZERS}


def program(twin, name):
    """The path of a twin's program."""
    return os.path.join(BUILD, twin, name)


def wait_until(condition, what, deadline=DEADLINE):
    """Look until the condition holds, and return what it returned."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(0.003)


@contextlib.contextmanager
def traced(server, *options):
    """Have strace follow a server, with these options; what it writes is a list
    of lines, which is there when the block has ended."""
    lines = []
    with tempfile.NamedTemporaryFile("r") as trace, \
            tempfile.NamedTemporaryFile("r") as said:
        with open(said.name, "w") as errors, subprocess.Popen([STRACE, "-f",
                "--quiet=personality,exit", "-o", trace.name, *options, "-p",
                str(server.pid)], stdin=subprocess.DEVNULL,
                stderr=errors) as tracer:
            try:
                # It says so when it has all threads, not only the first.
                wait_until(lambda: said.seek(0) or " attached" in said.read(),
                    "strace is attached")
                yield lines
            finally:
                tracer.terminate()
        lines += trace.readlines()


def link_tools(folder, *names):
    """Make a PATH of a folder: put those of these programs there that are
    installed. python3 is the one that runs this; that of PATH may be a script
    which needs a shell."""
    for name in names:
        tool = sys.executable if name == "python3" else shutil.which(name)
        if tool:
            os.symlink(tool, os.path.join(folder, name))


def as_telnet(text):
    """Bytes that mean the same to who speaks Telnet and who does not: an IAC is
    sent twice, and no CR NUL, which ends a line there."""
    return re.sub(rb"\r\0+", b"\r", text).replace(b"\xff", b"\xff\xff")


def without_progress(output):
    """What compare has printed, without what it says every half a minute of
    how far it is: on a busy machine it takes so long."""
    return re.sub(r"(?m)^ *\d+ %  .*, about \d+ s left\n", "", output)


def kept_back(status):
    """Which of the signals that a failing write or a terminal brings a process
    ignores or blocks, by two masks of its /proc/PID/status."""
    blocked, ignored = (int(mask, 16) for mask in status.split()[1::2])
    return [sig for sig in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTTOU)
        if (blocked | ignored) >> (sig - 1) & 1]


def free_port():
    """A port that nobody listened on a moment ago, and that the kernel gives
    to nobody else meanwhile: those that it chooses begin at 32768."""
    while True:
        port = random.SystemRandom().randrange(20000, 32768)
        try:
            with socket.create_server((HOST, port)):
                return port
        except OSError:
            pass


class Client:
    """One connection to a server, and what came back through it."""

    def __init__(self, port, host=HOST, receive_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            # Only before connecting does it bound the window.
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(DEADLINE)
        try:
            self.socket.connect((host, port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            self.socket.close()
            raise
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        """Send all of it."""
        self.socket.sendall(data)

    def send_if_open(self, data):
        """Send, unless the server has already closed; False then."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def send_what_fits(self, data, server=None):
        """Send until the server takes no more; return how much it took. To one
        that is given, until it waits, too: without a processor it takes no
        more for a while."""
        self.socket.setblocking(False)
        sent = 0
        try:
            while sent < len(data):
                try:
                    sent += self.socket.send(data[sent:sent + 65536])
                except BlockingIOError:
                    if not self.becomes_writable(0.3) and (
                            server is None or server.waits()):
                        break
        finally:
            self.socket.settimeout(DEADLINE)
        return sent

    def becomes_writable(self, seconds):
        """Whether the socket takes bytes within this time."""
        return bool(select.select([], [self.socket], [], seconds)[1])

    def becomes_readable(self, seconds):
        """Whether bytes or the end arrive within this time."""
        return bool(
            self.unread or select.select([self.socket], [], [], seconds)[0])

    def finish(self):
        """Send no more: a half close. A server that has ended the connection
        already may have reset it, which is seen by who reads."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def read_line(self):
        """The next line with its end; at the end of input, what is left."""
        while b"\n" not in self.unread:
            data = self.socket.recv(65536)
            if not data:
                line, self.unread = self.unread, b""
                return line
            self.unread += data
        line, _, self.unread = self.unread.partition(b"\n")
        return line + b"\n"

    def read_lines(self, count):
        """So many lines."""
        return [self.read_line() for _ in range(count)]

    def read_all(self):
        """Everything up to the end of input; a reset is an exception."""
        pieces, self.unread = [self.unread], b""
        while True:
            data = self.socket.recv(65536)
            if not data:
                return b"".join(pieces)
            pieces.append(data)

    def ask(self, request):
        """Send a request that is answered by one line, and read it."""
        self.send(request)
        return self.read_line()

    def reset(self):
        """Close by a reset, as a crashed machine would."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        """Close as a program that ends does."""
        self.socket.close()


class Server:
    """A running server of one twin."""

    http_port = None
    has_loops = True
    # Whether clients may keep connections when a test ends, as a browser does.
    is_kept = False
    # What no test reaches but one that sets it: who is slow on a busy machine
    # is not what is tested.
    limits = ("--line-timeout", "600", "--stall-timeout", "600",
        "--drain-timeout", "600")
    READY = re.compile(r"Serving on (.+):(\d+)\. Hit CTRL-C to stop\.")

    def __init__(self, twin, *options, name="guess-server", port=0,
            wrapper=(), stdout=subprocess.PIPE, host=HOST, variables=None,
            descriptors=()):
        """
        Start it and wait until it serves. wrapper: a command that becomes
        the program. stdout: where its console goes; unless that is a pipe of
        ours the port must be given, and the first connect tells readiness.
        variables: more of its environment. descriptors: those that it, or
        its wrapper, inherits.
        """
        self.twin = twin
        self.host = host
        self.errors = tempfile.TemporaryFile()
        self.output = []
        more = EVENTED_OPTIONS if twin == "evented" and self.has_loops else []
        variables = dict(variables or {})
        # A wrapper may have its own opinion of threads, or of memory.
        self.trims = PLAIN and not wrapper
        if self.trims:
            if not os.path.exists(TRIM):
                raise AssertionError(f"make {TRIM}")
            variables["LD_PRELOAD"] = " ".join(
                filter(None, (variables.get("LD_PRELOAD"), TRIM)))
        self.process = subprocess.Popen(
            [*wrapper, program(twin, name), "--port", str(port), "--host",
                host, *more, *self.limits, *options],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.errors,
            pass_fds=descriptors, env={**environment(), **variables})
        self.pid = self.process.pid
        try:
            if stdout == subprocess.PIPE:
                self.reader = threading.Thread(target=self._read, daemon=True)
                self.reader.start()
                self._read_port()
            else:
                self.reader = None
                self.port = port
                wait_until(self._accepts, "the server accepts")
            self._take_baseline()
        except BaseException:
            self.kill()
            raise

    def _read(self):
        for line in self.process.stdout:
            self.output.append(line.decode(errors="backslashreplace"))

    def _read_port(self):
        wait_until(lambda: self.output or self.process.poll() is not None,
            "the server says that it serves")
        match = self.output and self.READY.fullmatch(self.output[0].rstrip())
        if not match:
            self.process.kill()
            raise AssertionError("no server: "
                f"{''.join(self.output)}{self.error_text()}")
        self.address = match[1]
        self.host = self.address.strip("[]")
        self.port = int(match[2])

    def _accepts(self):
        try:
            Client(self.port, self.host).close()
        except ConnectionRefusedError:
            if self.process.poll() is not None:
                raise AssertionError("no server: " + self.error_text())
            return False
        return True

    def _take_baseline(self):
        # After one whole session whatever is set up once is set up; the
        # least of several looks leaves out a thread that is just ending.
        with self.connect() as client:
            client.finish()
            try:
                client.read_all()
            except ConnectionResetError:
                pass
        wait_until(lambda: not self.sockets("01", "08") and self.waits(),
            "the first session is over")
        descriptors, threads = [], []
        for _ in range(10):
            descriptors.append(self.descriptors())
            threads.append(self.threads())
            time.sleep(0.003)
        self.baseline = min(descriptors), min(threads)
        self.small = self.own_kib()

    # Talking to it.

    def connect(self, receive_buffer=None):
        """A new client."""
        return Client(self.port, self.host, receive_buffer)

    def play(self):
        """A whole small session; it fails unless the server is well."""
        with self.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\nREPORT Correct\nNUMBER\n\n")
            answer = client.read_all()
            if answer != b"7\n7\n":
                raise AssertionError(f"a fresh session read {answer}")

    def play_when_possible(self):
        """Play as soon as the house is no longer full."""
        def play():
            with self.connect() as client:
                client.send(b"PARAMS 7 7\nNUMBER\n\n")
                try:
                    answer = client.read_all()
                except ConnectionResetError:
                    return False
                if answer not in (b"7\n", FULL_HOUSE, b""):
                    raise AssertionError(f"a fresh session read {answer}")
                return answer == b"7\n"
        wait_until(play, "a new client is served")

    def signal(self, number):
        """Send it a signal."""
        self.process.send_signal(number)

    def freeze(self):
        """Stop it as a debugger would, and wait until it stands still."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self._all_are("T"), "the process is stopped")

    def thaw(self):
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def counters(self):
        """The counters that SIGUSR1 makes it print, as a dictionary."""
        start = len(self.output)
        self.signal(signal.SIGUSR1)

        def block():
            lines = self.output[start:]
            for at, line in enumerate(lines):
                if line.startswith("accepted "):
                    found = lines[at:at + len(COUNTERS) + 1]
                    return found if len(found) > len(COUNTERS) else None
            return None

        lines = wait_until(block, "the counters are printed")
        names = tuple(line.split(" ")[0] for line in lines[:-1])
        if names != COUNTERS or lines[-1] != "\n":
            raise AssertionError(f"the counters are {lines}")
        return {line.split(" ")[0]: int(line.split(" ")[1])
            for line in lines[:-1]}

    def wait_for_counters(self, **expected):
        """Wait until counters have these values; return them all."""
        def reached():
            time.sleep(0.01)
            nonlocal found
            found = self.counters()
            return all(found[name] == value
                for name, value in expected.items())

        found = {}
        try:
            wait_until(reached, "the counters fit")
        except AssertionError:
            raise AssertionError(
                f"the counters are {found}, not {expected}") from None
        return found

    # What the system knows of it.

    def _state(self, thread):
        with open(f"/proc/{self.pid}/task/{thread}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def _all_are(self, state):
        """Whether all its threads are in this state."""
        try:
            return all(self._state(thread) == state
                for thread in os.listdir(f"/proc/{self.pid}/task"))
        except (FileNotFoundError, ProcessLookupError):
            return False  # one has ended meanwhile

    def waits(self):
        """Whether all its threads wait, none of them for a processor."""
        return self._all_are("S")

    def descriptors(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        """How many threads it has."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def sleepers(self):
        """How many of its threads sleep for a time, as a call that blocks."""
        count = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with contextlib.suppress(OSError), open(
                    f"/proc/{self.pid}/task/{thread}/wchan") as call:
                count += "nanosleep" in call.read()
        return count

    def resident_kib(self):
        """Memory in use, KiB."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def own_kib(self):
        """Memory in use that is its own, not a file's, KiB."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
        return 0

    def is_small(self):
        """Whether it has no more memory than at its start, but for some."""
        self.signal(signal.SIGRTMAX)
        return self.own_kib() - self.small <= GROWTH[self.twin]

    def is_at_rest(self):
        """Whether it uses next to no processor time for a tenth of a second:
        some windows are, unless it spins."""
        used = self.processor_seconds()
        time.sleep(0.1)
        return self.processor_seconds() - used < 0.025

    def processor_seconds(self):
        """Processor time used so far."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def processor_ns(self):
        """The same, exactly: the process's own clock."""
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def doors(self):
        """The ports that it serves at."""
        return {self.port, self.http_port}

    def sockets(self, *states):
        """How many sockets at its doors are in one of these TCP states (hex),
        in the network that it is in."""
        count, doors = 0, self.doors()
        for table in "tcp", "tcp6":
            path = f"/proc/{self.pid}/net/{table}"
            if not os.path.exists(path):
                continue
            with open(path) as table:
                for line in table.readlines()[1:]:
                    fields = line.split()
                    port = int(fields[1].rpartition(":")[2], 16)
                    count += port in doors and fields[3] in states
        return count

    def error_text(self):
        """What it wrote on standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="backslashreplace")

    # Its end.

    def _kept(self):
        """How many connections its clients keep."""
        return self.sockets("01") if self.is_kept else 0

    def check(self):
        """Fail unless it is as well as at its start."""
        if self.process.poll() is not None:
            raise AssertionError(f"the {self.twin} server has ended with "
                f"{self.process.returncode}: {self.error_text()}")
        self.play_when_possible()
        descriptors, threads = self.baseline
        wait_until(lambda: self.sockets("08") == 0, "no socket is forgotten")
        wait_until(lambda: self.descriptors() - self._kept() <= descriptors,
            f"only {descriptors} descriptors are open, as at the start")
        wait_until(lambda: self.threads() - self._kept() <= threads,
            f"only {threads} threads are alive, as at the start")
        wait_until(self.is_at_rest, "it is at rest")
        if self.trims:
            wait_until(self.is_small, f"the {self.twin} server, which had "
                f"{self.small} KiB, has given back what it freed")

    def stop(self):
        """End it as a service manager does; it must end cleanly."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        self.wait()

    def wait(self, code=0):
        """Wait for its end, which must be clean."""
        try:
            found = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"the {self.twin} server does not end") from None
        if self.reader:
            self.reader.join(DEADLINE)
        errors = self.error_text()
        if found != code or errors:
            raise AssertionError(f"the {self.twin} server has ended with "
                f"{found} and said on standard error: {errors!r}")

    def kill(self):
        """End it at once, whatever its state."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            if self.reader:
                self.reader.join(DEADLINE)
            self.process.stdout.close()
        self.errors.close()


class Finder(Server):
    """A running charfinder: port is the terminal's, http_port the web's."""

    limits = (*Server.limits, "--http-idle-timeout", "600")
    SESSION = (b"king of hearts\n",
        b"?> U+1F0BE\t\xf0\x9f\x82\xbe\tPLAYING CARD KING OF HEARTS\r\n"
        b"1 match for 'king of hearts'\r\n?> ")

    def __init__(self, twin, *options, http="0", **how):
        self.http_port = None
        self.serves_web = http != "off"
        super().__init__(twin, "--http-port", http, *options,
            name="charfinder", **how)

    def _read_port(self):
        super()._read_port()
        if self.serves_web:
            wait_until(lambda: len(self.output) > 1, "it serves the web")
            self.http_port = int(self.READY.fullmatch(
                self.output[1].rstrip())[2])

    def connect_web(self, receive_buffer=None):
        """A new client of the web."""
        return Client(self.http_port, self.host, receive_buffer)

    def play(self):
        """A whole small session; it fails unless the server is well."""
        with self.connect() as client:
            client.send(self.SESSION[0])
            client.finish()
            answer = client.read_all()
            if answer != self.SESSION[1]:
                raise AssertionError(f"a fresh session read {answer}")

    def play_when_possible(self):
        """Play as soon as the house is no longer full."""
        def play():
            with self.connect() as client:
                try:
                    client.send(self.SESSION[0])
                    client.finish()
                    answer = client.read_all()
                except OSError:
                    return False
                # Only the prompt, if it was cut before it had asked.
                if answer not in (self.SESSION[1], b"", self.SESSION[1][-3:],
                        FULL_HOUSE.replace(b"\n", b"\r\n")):
                    raise AssertionError(f"a fresh session read {answer}")
                return answer == self.SESSION[1]
        wait_until(play, "a new client is served")


class FlagServer(Server):
    """A running flag-server: port, delay_port and error_port are its doors."""

    HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    def __init__(self, twin, *options, seed=1, **how):
        self.delay_port = self.error_port = None
        super().__init__(twin, "--delay-port", "0", "--error-port", "0",
            "--seed", str(seed), *options, name="flag-server", **how)

    def _read_port(self):
        super()._read_port()
        wait_until(lambda: len(self.output) > 2, "it serves at all doors")
        self.delay_port, self.error_port = (
            int(self.READY.fullmatch(line.rstrip())[2])
            for line in self.output[1:3])

    def play_when_possible(self):
        """A whole small session, once more if it was too slow for a limit of
        the server."""
        def play():
            with self.connect() as client:
                client.send(self.HEALTHY)
                answer = client.read_all()
            if answer and not answer.startswith(b"HTTP/1.1 200 OK\r\n"):
                raise AssertionError(f"a fresh session read {answer}")
            return answer
        wait_until(play, "a new client is served")

    def doors(self):
        return {self.port, self.delay_port, self.error_port}

    def flying(self):
        """How many requests are in flight, and the most that there were."""
        with self.connect() as client:
            client.send(self.HEALTHY.replace(b"healthz", b"metrics"))
            found = re.findall(rb"^flag_server_requests_in_flight(?:_max)? "
                rb"(\d+)$", client.read_all(), re.MULTILINE)
        return tuple(map(int, found))

    def wait_for_flying(self, count):
        """Wait until so many requests are in flight."""
        wait_until(lambda: self.flying()[0] == count,
            f"{count} requests are in flight")


class Pusher(Server):
    """A running push-server. Its ids begin with 1-1."""

    # A stop takes half of its time, so that not all clients return at once.
    limits = ("--line-timeout", "600", "--stall-timeout", "600", "--max-wait",
        "600", "--beat", "600")

    def __init__(self, twin, *options, **how):
        super().__init__(twin, "--epoch", "1", *options, name="push-server",
            **how)

    def play(self):
        """A whole small session; it fails unless the server is well."""
        with self.connect() as client:
            client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                b"Connection: close\r\n\r\n")
            answer = client.read_all()
            if not answer.endswith(b"\r\n\r\nok\n"):
                raise AssertionError(f"a fresh session read {answer}")

    def play_when_possible(self):
        """Play as soon as the house is no longer full."""
        def play():
            try:
                self.play()
            except (AssertionError, OSError):
                return False
            return True
        wait_until(play, "a new client is served")


class Echo(Server):
    """A running echo-server."""

    has_loops = False
    limits = ()

    def __init__(self, twin, *options, **how):
        super().__init__(twin, *options, name="echo-server", **how)

    def play(self):
        """A whole small session; it fails unless the server is well."""
        with self.connect() as client:
            client.send(b"hello\n")
            client.finish()
            answer = client.read_all()
            if answer != b"hello\n":
                raise AssertionError(f"a fresh session read {answer}")

    def play_when_possible(self):
        """Play as soon as the house is no longer full."""
        def play():
            try:
                self.play()
            except (AssertionError, OSError):
                return False
            return True
        wait_until(play, "a new client is served")


class ServerTest(unittest.TestCase):
    """A test of servers; it starts them by self.serve()."""

    twin = None

    def setUp(self):
        self.servers = []
        self.clients = []

    def serve(self, *options, **how):
        """Start a server of this test's twin."""
        server = Server(self.twin, *options, **how)
        self.servers.append(server)
        return server

    def find(self, *options, **how):
        """Start a charfinder of this test's twin."""
        server = Finder(self.twin, *options, **how)
        self.servers.append(server)
        return server

    def push(self, *options, **how):
        """Start a push-server of this test's twin."""
        server = Pusher(self.twin, *options, **how)
        self.servers.append(server)
        return server

    def connect(self, server, receive_buffer=None):
        """A client that is closed when the test ends."""
        client = server.connect(receive_buffer)
        self.clients.append(client)
        return client

    def send_without_end(self, connect, clients):
        """Let so many clients, one after the other, send a line that does not
        end; the server must end each of them."""
        for _ in range(clients):
            with connect() as client:
                for _ in range(50):
                    if not client.send_if_open(b"A" * 1000000):
                        break
                else:
                    self.fail("the server reads for ever")

    def tearDown(self):
        for client in self.clients:
            client.close()
        result = self._outcome.result
        failed = any(getattr(test, "test_case", test) is self
            for test, _ in result.failures + result.errors)
        try:
            for server in self.servers:
                if failed:
                    self.explain(server)
                elif server.process.returncode is None:
                    server.check()
                    server.stop()
        except AssertionError:
            self.explain(server)
            raise
        finally:
            for server in self.servers:
                server.kill()

    def explain(self, server):
        """Show how a server was doing when its test failed."""
        shown = "".join(server.output[-10:])
        print(f"--- {server.twin} server of {self.id()}: "
            f"exit code {server.process.poll()}\n"
            f"last lines of its console:\n{shown}"
            f"standard error:\n{server.error_text()}---", flush=True)


class CableTest(ServerTest):
    """A test of servers with a network of their own, at the other end of a
    cable."""

    def lay_cable(self):
        """A network for the server, with a cable to ours."""
        self.assertTrue(shutil.which("ip"), "it cannot run: no iproute2")
        # Other suites may have theirs at the same time.
        high, low = divmod(os.getpid() % 16384, 64)
        near, far = (f"198.18.{high}.{4 * low + n}" for n in (1, 2))
        self.far = far
        self.network = f"cable{os.getpid()}"
        self.ours, theirs = f"ours{os.getpid()}", f"their{os.getpid()}"
        self.ip("netns", "add", self.network)
        self.addCleanup(self.ip, "netns", "del", self.network)
        self.ip("link", "add", self.ours, "type", "veth", "peer", "name",
            theirs, "netns", self.network)
        # A network that is deleted goes later.
        self.addCleanup(self.ip, "link", "del", self.ours)
        self.ip("address", "add", near + "/30", "dev", self.ours)
        self.mend_cable()
        for words in (("address", "add", far + "/30", "dev", theirs),
                ("link", "set", theirs, "up")):
            self.ip("-n", self.network, *words)

    def cut_cable(self):
        """Let nothing through any more, in either direction."""
        self.ip("link", "set", self.ours, "down")

    def mend_cable(self):
        """Let everything through."""
        self.ip("link", "set", self.ours, "up")

    def serve_at_cable(self):
        """Where a server is to be started, as the arguments of its class."""
        return {"host": self.far,
            "wrapper": ("ip", "netns", "exec", self.network)}

    def ip(self, *words):
        """Run ip; a test that may not is a test that failed."""
        done = subprocess.run(["ip", *words], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, "it cannot run: networks are "
            f"not ours to make: {done.stderr}")


def template(test_class):
    """Mark a class whose tests run only in the classes made of it."""
    test_class.is_template = True
    return test_class


def on_both_twins(test_class, twins=TWINS):
    """Make two test classes of one: Threaded... and Evented..."""
    module = sys.modules[test_class.__module__]
    for twin in twins:
        name = twin.capitalize() + test_class.__name__
        made = type(name, (test_class,),
            {"twin": twin, "__module__": test_class.__module__,
                "__doc__": test_class.__doc__})
        setattr(module, name, made)
    return template(test_class)


def on_both_if_full(test_class):
    """For what a browser makes of bytes that other tests hold alike: on the
    evented twin, with --full on both."""
    return on_both_twins(test_class, TWINS if FULL else TWINS[1:])


def only_if_full(test):
    """Mark a long test, run by --full alone."""
    return test if FULL else None


class _Result(unittest.TextTestResult):
    """Counts tests, not their parts."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.failed_tests = set()
        self.times = []

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.times.append((time.monotonic() - self.started, test.id()))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed_tests.add(test.id())

    def addError(self, test, err):
        super().addError(test, err)
        self.failed_tests.add(test.id())

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed_tests.add(test.id())


class _Loader(unittest.TestLoader):
    """Leaves out the classes that others are made of."""

    def loadTestsFromTestCase(self, test_class):
        if "is_template" in vars(test_class):
            return self.suiteClass()
        return super().loadTestsFromTestCase(test_class)


def main():
    """
    Run the tests of the calling file, or those named on its command line.
    The last line is `N passed, N failed, N skipped`.
    """
    module = sys.modules["__main__"]
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    loader = _Loader()
    suite = unittest.TestSuite(loader.loadTestsFromName(n, module)
        for n in names) if names else loader.loadTestsFromModule(module)
    runner = unittest.TextTestRunner(sys.stdout, resultclass=_Result,
        verbosity=2 if "-v" in sys.argv else 1)
    result = runner.run(suite)
    for seconds, test in sorted(result.times, reverse=True):
        if "-v" in sys.argv:
            print(f"{seconds:8.2f} s  {test}")
    failed = len(result.failed_tests)
    skipped = len(result.skipped)
    # A class whose setUpClass fails counts, though no test of it ran.
    passed = max(0, result.testsRun - failed - skipped)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)

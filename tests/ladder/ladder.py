#!/usr/bin/python3
"""
ladder - the steps of a porting exercise, climbed by a program.

    ladder.py [--folder DIR] [--to TWIN] [--step N] NAME COMMAND

NAME says which program it is; for each there is a file here, but this one and
ladder_web.py. COMMAND starts it; {port} in it becomes a free port, {web} the
one of the finder's second door, {options} the options that a step needs. A
command without {port} is that of a twin: options are appended, and it prints
its port. The steps are climbed in order, up to the first that fails: it is
named, with what was sent, expected and received, and with what to read. The
exit code is 0 when all are passed.

`make exercise` (report/porting/exercise.py) lays out what is to be climbed
with; the steps of NAME stand in NAME.py. A step is a function that talks to the
program. It waits for events; the time limit, --patience, is reached only by a
failure.
"""

import argparse
import fcntl
import importlib.util
import os
import random
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "report", "porting"))
import twins

NAMES = ("echo_server", "guess_server", "guess_client", "charfinder", "spinner",
    "flag_server", "flags", "push_server")
HOST = "127.0.0.1"
PATIENCE = 5.0  # seconds after which what should have come will not
WIDTH = 79
SLOW_BUFFER = 16384
PORTS_FROM = 20000
# A program that waits uses less processor time than this in a while, and is
# found asleep by most looks at it; by some, where the machine is busy.
WHILE, IDLE = 0.2, 0.01  # seconds
LOOKS, ASLEEP = 10, 3

# The options for the ports of a twin that has more than one.
DOORS = {"charfinder": ["--port", "--http-port"],
    "flag_server": ["--port", "--delay-port", "--error-port"]}

# What only the programs of this project have: their counters, and --block.
TWIN = "twin"

# What a function of a skeleton says when it is called.
UNWRITTEN = re.compile(r"^(\w+/\w+\.[ch]):(\d+): (\w+) is not written yet$",
    re.MULTILINE)


class Failed(Exception):
    """A step is not passed."""

    def __init__(self, what, sent=None, expected=None, received=None):
        super().__init__(what)
        self.what = what
        self.sent = sent  # bytes, or None
        self.expected = expected  # texts
        self.received = received


class Step:
    """One step: what it is called, what it asks for, and what to read."""

    def __init__(self, title, climb, needs, lessons, read):
        self.title = title
        self.climb = climb
        self.needs = needs  # what the command must have: "{options}"
        self.lessons = lessons  # {twin ported to: paragraph}
        self.read = read  # [(file:function in threaded/, in evented/)]

    def lesson(self, to):
        """What is to be learned, as paragraphs."""
        return [self.lessons[to]] if to in self.lessons else [
            f"With {model}: {self.lessons[twin]}" for twin, model in (
                ("threaded", "threads"), ("evented", "events"))]


STEPS = []


def step(title, evented, threaded, read=(), needs=()):
    """Make a step of the function that follows: it gets a Program. evented and
    threaded are what there is to learn where that twin is written; read are
    functions, "stream.c:linger", or pairs of them where the twins' names
    differ, the threaded one first; needs is what the command must have unless
    it is a twin's."""
    def add(climb):
        STEPS.append(Step(title, climb, needs,
            {"evented": " ".join(evented.split()),
                "threaded": " ".join(threaded.split())},
            [names if isinstance(names, tuple) else (names, names)
                for names in read]))
        return climb
    return add


def load(name):
    """The steps of a program."""
    # They import this file by its name, also when it is the main program.
    sys.modules.setdefault("ladder", sys.modules[__name__])
    STEPS.clear()
    sys.modules.pop(f"steps_{name}", None)
    spec = importlib.util.spec_from_file_location(f"steps_{name}",
        os.path.join(HERE, f"{name}.py"))
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return list(STEPS)


# --- Showing what went over the wire ---------------------------------------

def escape(line):
    """A line as text in which everything can be seen."""
    return "".join(c if c.isprintable() else repr(c)[1:-1]
        for c in line.decode(errors="backslashreplace"))


def show(data):
    """Bytes as rows of text, a line of the protocol each; of many the last."""
    lines = data.splitlines(keepends=True)
    rows = [escape(line) for line in lines[-5:]]
    rows = [row if len(row) < 66 else f"{row[:60]}... ({len(line)} bytes)"
        for row, line in zip(rows, lines[-5:])]
    if len(lines) > 5:
        more = len(lines) - 5
        rows.insert(0, f"({more} line{'s' if more > 1 else ''}, then)")
    return rows or ["nothing"]


def and_then(data, ending):
    """The same, and what followed."""
    rows = show(data)
    return [*rows, ending] if ending else rows


class Client:
    """A connection to the program, which remembers what was sent."""

    def __init__(self, program, connection):
        self.patience = program.patience
        self.sent = b""
        self.unread = b""
        self.ending = None  # "the end" or "a reset", once it has come
        self.socket = connection
        self.socket.settimeout(self.patience)

    @staticmethod
    def connect(program, port, is_slow=False):
        """Connect to a port."""
        connection = socket.socket()
        connection.settimeout(program.patience)
        if is_slow:
            # Only before connecting does it bound the windows.
            for buffer in socket.SO_RCVBUF, socket.SO_SNDBUF:
                connection.setsockopt(socket.SOL_SOCKET, buffer, SLOW_BUFFER)
        try:
            connection.connect((HOST, port))
        except OSError as error:
            connection.close()
            raise Failed("A client could not connect.", None,
                ["a connection"], [str(error)]) from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Client(program, connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        """Send all of it."""
        self.sent += data
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise Failed("The program takes no more.", self.sent,
                ["that it is read"], ["no room"]) from None
        except OSError:
            pass  # What was received before tells more.

    def send_in_pieces(self, data):
        """Send it byte by byte, each in a segment of its own."""
        for byte in data:
            self.send(bytes([byte]))
            self._until(lambda: unacknowledged(self.socket) == 0)

    def _until(self, condition):
        end = time.monotonic() + self.patience
        while not condition() and time.monotonic() < end:
            time.sleep(0.0005)

    def send_what_fits(self, data):
        """Send until no more is taken for a while; how much was taken."""
        self.socket.setblocking(False)
        sent = 0
        try:
            while sent < len(data):
                try:
                    sent += self.socket.send(data[sent:sent + 65536])
                except BlockingIOError:
                    if not select.select([], [self.socket], [], 0.5)[1]:
                        break
        except OSError:
            pass
        finally:
            self.socket.settimeout(self.patience)
        return sent

    def finish(self):
        """Send no more: a half close."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _receive(self, end):
        """Receive some bytes; False: none come."""
        try:
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            self.ending = "a reset"
            return False
        if not data:
            self.ending = "the end"
        self.unread += data
        return bool(data)

    def _fail(self, what, expected, ending):
        raise Failed(what, self.sent, and_then(expected, ending),
            and_then(self.unread, f"then {self.ending}" if self.ending
                else f"then nothing more for {self.patience:g} s"
                if ending or len(self.unread) < len(expected) else None))

    def expect(self, wanted, what=None):
        """Read these bytes; fail when others come."""
        end = time.monotonic() + self.patience
        while len(self.unread) < len(wanted) and \
                wanted.startswith(self.unread):
            if not self._receive(end):
                break
        if not self.unread.startswith(wanted):
            self._fail(what or ("The answer is another." if self.unread
                else "There is no answer."), wanted, None)
        self.unread = self.unread[len(wanted):]

    def expect_end(self, wanted=b"",
            what="The conversation does not end as it should."):
        """Read these bytes and then a clean end."""
        end = time.monotonic() + self.patience
        while not self.ending and wanted.startswith(self.unread):
            if not self._receive(end):
                break
        if self.unread != wanted or self.ending != "the end":
            self._fail(what, wanted, "then the end")
        self.unread = b""

    def expect_length(self, length, beginning):
        """Read so many bytes, which begin like this."""
        end = time.monotonic() + self.patience
        while len(self.unread) < length and self._receive(end):
            pass
        if len(self.unread) < length or not self.unread.startswith(beginning):
            raise Failed("The body is another.", self.sent, [f"{length} bytes",
                *show(beginning)], [f"{len(self.unread)} bytes",
                *show(self.unread[:len(beginning)])])
        self.unread = self.unread[length:]

    def read_to(self, mark, what):
        """Read up to this, and return what is before it."""
        end = time.monotonic() + self.patience
        while mark not in self.unread:
            if not self._receive(end):
                self._fail(what, b"HTTP/1.1 ...", None)
        before, _, self.unread = self.unread.partition(mark)
        return before

    def read_to_the_end(self):
        """Read all there is, however long that takes in pieces."""
        while not self.ending:
            if not self._receive(time.monotonic() + self.patience):
                break
        if self.ending != "the end":
            self._fail("The answers do not end.", b"", "all, then the end")
        data, self.unread = self.unread, b""
        return data

    def has_received(self, length):
        """Whether so many bytes have come, without waiting for them."""
        while len(self.unread) < length and select.select(
                [self.socket], [], [], 0)[0] and self._receive(
                    time.monotonic() + self.patience):
            pass
        return len(self.unread) >= length

    def is_cut(self):
        """Whether the program ends the connection, be it by a reset."""
        end = time.monotonic() + self.patience
        while not self.ending and self._receive(end):
            self.unread = b""
        return self.ending is not None

    def hears_nothing(self, seconds):
        """Whether nothing comes for so long, not even the end."""
        return not self.unread and not select.select(
            [self.socket], [], [], seconds)[0]

    def close(self):
        """Close as a program that ends does."""
        self.socket.close()

    def reset(self):
        """Close as a program that crashes may."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
            struct.pack("ii", 1, 0))
        self.close()


def unacknowledged(connection):
    """How many bytes the other side has not taken yet."""
    return struct.unpack("i", fcntl.ioctl(
        connection, termios.TIOCOUTQ, b"\0\0\0\0"))[0]


ESTABLISHED, CLOSE_WAIT, LISTENING = "01", "08", "0A"


def sockets(port, *states):
    """How many sockets at a port a program has in these states: connections
    that it has not accepted belong to the kernel, without an inode."""
    count = 0
    for table in "/proc/net/tcp", "/proc/net/tcp6":
        if not os.path.exists(table):
            continue
        with open(table) as rows:
            for row in rows.readlines()[1:]:
                fields = row.split()
                count += (int(fields[1].rpartition(":")[2], 16) == port and
                    fields[3] in states and fields[9] != "0")
    return count


def accepted(port):
    """How many connections to a port a program holds."""
    return sockets(port, ESTABLISHED, CLOSE_WAIT)


# --- Running the program ---------------------------------------------------

class Process:
    """The program while it runs. On the way out of its `with` it is ended."""

    def __init__(self, program, command, stdin=subprocess.DEVNULL,
            leaks=False):
        self.program = program
        self.patience = program.patience
        self.may_end = False
        self.output = tempfile.TemporaryFile()
        self.errors = tempfile.TemporaryFile()
        try:
            # Whatever it starts is ended with it.
            self.process = subprocess.Popen(command, stdin=stdin,
                stdout=self.output, stderr=self.errors, start_new_session=True,
                env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1",
                    "ASAN_OPTIONS": f"detect_leaks={int(leaks)}"})
        except OSError as error:
            raise Failed("The program could not be started.", None,
                [shlex.join(command)], [str(error)]) from None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        try:
            if isinstance(error, Failed):
                # One that crashes may just be at it.
                self.wait_until(lambda: self.process.poll() is not None, 0.2)
            code = self.process.poll()
            # Not what the end calls: that is no matter of this step.
            called = self.unwritten()
            if code is None:
                self.end()
            self.program.called.update(dict.fromkeys(called))
            self.program.said = self.complaints()
            if code is None or (self.may_end and code >= 0):
                return
            if isinstance(error, Failed):
                error.what += f" The program has {ended_with(code)}."
            elif error is None:
                raise Failed("The program did not survive this step.", None,
                    ["that it runs on"], [ended_with(code)])
        finally:
            self.output.close()
            self.errors.close()

    def end(self):
        """End it and what it has started: politely, then by force."""
        if not self.program.is_watched:
            self.signal(signal.SIGTERM)
            self.wait_until(lambda: self.process.poll() is not None, 2)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_until(self, condition, patience=None):
        """Look until it is so; whether it was in time."""
        end = time.monotonic() + (patience or self.patience)
        while not condition():
            if time.monotonic() > end:
                return condition()
            time.sleep(0.003)
        return True

    def signal(self, number):
        """Send it a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)

    def printed(self):
        """What it has printed so far."""
        return self._peek(self.output)

    @staticmethod
    def _peek(file):
        # Not by the shared position, at which the program writes.
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0).decode(
            errors="backslashreplace")

    def unwritten(self):
        """The functions that were called though they are not written yet."""
        return [(match[1], int(match[2]), match[3])
            for match in UNWRITTEN.finditer(self._peek(self.errors))]

    def complaints(self):
        """What else it wrote on standard error."""
        return UNWRITTEN.sub("", self._peek(self.errors)).strip()

    def expect_exit(self, code, when):
        """Wait for its end, which must be clean."""
        self.may_end = True
        self.wait_until(lambda: self.process.poll() is not None)
        found = self.process.poll()
        if found != code:
            raise Failed(f"It does not end as it should {when}.", None,
                [f"exit code {code}"],
                ["it runs on"] if found is None else [ended_with(found)])

    def expect_printed(self, wanted, what):
        """Wait until it has printed this."""
        if not self.wait_until(lambda: wanted in self.printed()):
            raise Failed(what, None, show(wanted.encode()),
                show(self.printed().encode()))


def ended_with(code):
    """What became of a process, in words."""
    return f"ended with exit code {code}" if code >= 0 \
        else f"died of {signal.Signals(-code).name}"


class Server(Process):
    """A server while it runs."""

    READY = re.compile(r"^Serving on \S+:(\d+)\. Hit CTRL-C to stop\.$",
        re.MULTILINE)

    def __init__(self, program, options, leaks):
        self.ports = [free_port(), free_port()]
        super().__init__(program, program.command(*self.ports, options),
            leaks=leaks)
        self.clients = []
        try:
            if program.is_foreign():
                self._await_door()
            else:
                self._read_ports(len(program.doors))
            self.own_sockets = self.count_sockets()
        except Failed as failed:
            self.__exit__(Failed, failed, None)
            raise

    def __exit__(self, *how):
        try:
            super().__exit__(*how)
        finally:
            for client in self.clients:
                client.close()

    def _has_ended(self):
        return self.process.poll() is not None

    def _read_ports(self, count):
        """Wait for the Serving lines of a twin."""
        self.wait_until(lambda: self._has_ended() or
            len(self.READY.findall(self.printed())) >= count)
        self.ports = [int(port) for port in
            self.READY.findall(self.printed())]
        if len(self.ports) < count:
            raise Failed("The server does not say that it serves.", None,
                ["Serving on 127.0.0.1:PORT. Hit CTRL-C to stop."] * count,
                show(self.printed().encode()))

    def _await_door(self):
        """Wait until a server in another language can be reached."""
        # Not by a connection, which would count.
        self.wait_until(lambda: self._has_ended() or
            sockets(self.ports[0], LISTENING), 2 * self.patience)
        if not sockets(self.ports[0], LISTENING):
            raise Failed(f"Nobody listens on {HOST}:{self.ports[0]}.", None,
                ["a server"], ["no connection"])

    def count_sockets(self):
        """How many sockets it has, in whatever state they are."""
        folder, count = f"/proc/{self.process.pid}/fd", 0
        try:
            for number in os.listdir(folder):
                count += os.readlink(f"{folder}/{number}").startswith("socket:")
        except OSError:
            pass  # One was closed meanwhile, or it has ended.
        return count

    def expect_released(self, what):
        """Wait until it has the sockets that it began with: one whose
        connection was reset, or half closed, is no connection any more."""
        if not self.wait_until(
                lambda: self.count_sockets() == self.own_sockets):
            raise Failed(what, None, [f"{self.own_sockets} open sockets"],
                [f"{self.count_sockets()} of them"])

    def processor_seconds(self):
        """Processor time used so far."""
        try:
            return time.clock_gettime(~self.process.pid << 3 | 2)
        except OSError:
            return 0  # It has ended, which is told elsewhere.

    def is_asleep(self):
        """Whether none of its threads runs, or would if there were a
        processor for it."""
        folder = f"/proc/{self.process.pid}/task"
        try:
            for thread in os.listdir(folder):
                with open(f"{folder}/{thread}/stat") as stat:
                    if stat.read().rpartition(")")[2].split()[0] == "R":
                        return False
        except OSError:
            pass  # A thread has ended meanwhile.
        return True

    def expect_idle(self, what, patience=None):
        """Wait until it does nothing to speak of for a while."""
        end = time.monotonic() + (patience or self.patience)
        while True:
            before, asleep = self.processor_seconds(), 0
            for _ in range(LOOKS):
                time.sleep(WHILE / LOOKS)
                asleep += self.is_asleep()
            used = self.processor_seconds() - before
            if used < IDLE and asleep >= ASLEEP:
                return
            if time.monotonic() > end:
                raise Failed(what, None, ["that it sleeps"], [f"asleep in "
                    f"{asleep} of {LOOKS} looks, {used * 1000:.0f} ms of "
                    "processor time"])

    def memory(self):
        """How much memory of its own it uses, KiB."""
        try:
            with open(f"/proc/{self.process.pid}/status") as status:
                return int(re.search(r"RssAnon:\s+(\d+)", status.read())[1])
        except (OSError, TypeError):
            return 0  # It has ended, which is told elsewhere.

    def expect_counters(self, wanted):
        """Ask for the counters until they are these."""
        def fit():
            self.signal(signal.SIGUSR1)
            time.sleep(0.02)
            return wanted in self.printed()
        if not self.wait_until(fit):
            raise Failed("SIGUSR1 prints the counters.", None,
                show(wanted.encode()),
                show("".join(self.printed().rpartition("accepted ")[1:])
                    .encode()))

    def connect(self, is_slow=False, door=0):
        """A new client; one that is slow leaves little to the kernel."""
        client = Client.connect(self.program, self.ports[door], is_slow)
        self.clients.append(client)
        return client

    def expect_accepted(self, count, what, door=0):
        """Wait until the server holds so many connections."""
        port = self.ports[door]
        if not self.wait_until(lambda: accepted(port) == count):
            raise Failed(what, None, [f"{count} connections accepted"],
                [f"{accepted(port)} of them"])


def free_port():
    """A port that nobody listens on just now, and that the kernel gives to
    nobody who asks for any: it takes a while until the program has it."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as ports:
        end = int(ports.read().split()[0])
    while True:
        port = random.randrange(PORTS_FROM, max(end, PORTS_FROM + 1000))
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        return port


class Door:
    """A listener, at which the program calls."""

    def __init__(self, program):
        self.program = program
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(program.patience)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def has_more(self, seconds):
        """Whether the program calls once more within this time."""
        return bool(select.select([self.listener], [], [], seconds)[0])

    def accept(self):
        """The program, as one that is talked to."""
        try:
            connection, _ = self.listener.accept()
        except TimeoutError:
            raise Failed("The client does not connect.", None,
                ["a connection"], ["none"]) from None
        return Client(self.program, connection)


class Program:
    """The program that climbs."""

    def __init__(self, command, name, to="any", patience=PATIENCE):
        self.words = shlex.split(command)
        self.to = to  # which twin it is
        self.doors = DOORS.get(name, ["--port"])
        self.patience = patience
        self.called = {}  # functions, though they are not written, in order
        self.is_watched = False  # for these: no step ends by a stop
        self.said = ""  # on standard error, when a step failed

    def is_foreign(self):
        """Whether it is a program in another language, on a port of ours."""
        return any("{port}" in word for word in self.words)

    def takes(self, mark):
        """Whether its command has this, or is a twin's, which has all."""
        return not self.is_foreign() or any(mark in w for w in self.words)

    def lacks(self, needs):
        """What keeps it from a step that needs this, in words, or None."""
        for mark in needs:
            if not self.takes(mark):
                return "it is for the twins" if mark == TWIN \
                    else f"the command has no {mark}"
        return None

    def command(self, port, web, options):
        """Its command line."""
        if not self.is_foreign():
            own = [word for door in self.doors for word in (door, "0")]
            return [*self.words, *own, *options]
        return [part for word in self.words for part in (
            options if word == "{options}"
            else [word.replace("{port}", str(port))
                .replace("{web}", str(web))])]

    def serve(self, *options, leaks=False):
        """Start it as a server, for `with`; leaks says whether it complains of
        memory that it did not free."""
        return Server(self, options, leaks)

    def run(self, *options, port=None, stdin=subprocess.DEVNULL):
        """Start it as a client of this port, if any; for `with`."""
        command = [word.replace("{port}", str(port)) for word in self.words] \
            if self.is_foreign() or port is None \
            else [*self.words, "--port", str(port)]
        process = Process(self, [*command, *options], stdin)
        # As soon as it is not spoken to any more.
        process.may_end = True
        return process


# --- Telling ---------------------------------------------------------------

class Guide:
    """Knows where to read: in the learner's folder, or in the sources."""

    def __init__(self, folder, to):
        self.folder = folder
        self.to = to

    def place(self, twin, name):
        """"evented/stream.c:301 stream_wait", or None."""
        file, function = name.split(":")
        path = f"{twin}/{file}"
        for folder in filter(None, (self.folder, ROOT)):
            if os.path.exists(os.path.join(folder, path)):
                with open(os.path.join(folder, path),
                        encoding="utf-8") as text:
                    lines = text.read().splitlines()
                for number, line in enumerate(lines, 1):
                    if line.startswith(function + "("):
                        return f"{path}:{number} {function}"
        return None

    def rows(self, found):
        """What to read for a step, as lines."""
        rows = []
        for names in found.read:
            places = [self.place(twin, name)
                for twin, name in zip(twins.TWINS, names) if name]
            if self.to == "threaded":
                places.reverse()
            rows.append("  > ".join(filter(None, places)))
        return [row for row in rows if row]


def indented(rows, heading):
    """Rows behind a heading."""
    return [f"  {heading if n == 0 else '':10}{row}"
        for n, row in enumerate(rows)]


def explain(failed, found, program, guide):
    """What to say about a step that was not passed, as lines."""
    lines = textwrap.wrap(failed.what, WIDTH - 2, initial_indent="  ",
        subsequent_indent="  ")
    if failed.sent:
        lines += indented(show(failed.sent), "sent")
    if failed.expected:
        lines += indented(failed.expected, "expected")
    if failed.received:
        lines += indented(failed.received, "received")
    if program.said:
        lines += indented(program.said.splitlines()[:12], "it said")
    if program.called:
        lines += indented([f"{path}:{line} {name}"
            for path, line, name in program.called][:8],
            "to write")
    for paragraph in found.lesson(guide.to):
        lines += ["", *textwrap.wrap(paragraph, WIDTH - 2,
            initial_indent="  ", subsequent_indent="  ")]
    lines.append("")
    return lines + indented(guide.rows(found), "read")


def expect_written(found, program):
    """Fail when a step was passed by chance: what it is about is not written
    yet."""
    names = {f"{program.to}/{name}" for pair in found.read for name in pair
        if name}
    missing = sorted(name for path, _, name in program.called
        if f"{path}:{name}" in names)
    if missing:
        raise Failed("It looks well, but what this step is about is not "
            "written yet.", None, ["a body"],
            [f"UNWRITTEN() in {name}" for name in missing])


def climb(steps, program, guide, only=None, tell=print):
    """Climb; the number of the first step that was not passed, or None."""
    skipped = 0
    for number, found in enumerate(steps, 1):
        if only and number != only:
            continue
        lacks = program.lacks(found.needs)
        if lacks:
            tell(f"-      {number:2} {found.title}: skipped, {lacks}")
            skipped += 1
            continue
        program.called.clear()
        try:
            found.climb(program)
            expect_written(found, program)
        except Failed as failed:
            tell(f"FAILED {number:2} {found.title}")
            tell("")
            for line in explain(failed, found, program, guide):
                tell(line.rstrip())
            return number
        tell(f"ok     {number:2} {found.title}")
    tell("")
    tell(f"Step {only} is passed." if only else "All steps are passed" +
        (f", but for {skipped} skipped." if skipped else "."))
    return None


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="ladder.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", metavar="DIR",
        help="the folder of the exercise")
    parser.add_argument("--to", choices=(*twins.TWINS, "any"), default="any",
        help="what it is ported to")
    parser.add_argument("--step", type=int, metavar="N", help="only this one")
    parser.add_argument("--patience", type=float, default=PATIENCE,
        metavar="S", help=f"seconds to wait (default {PATIENCE:g})")
    parser.add_argument("name", choices=NAMES, metavar="NAME")
    parser.add_argument("command", metavar="COMMAND")
    options = parser.parse_args()
    program = Program(
        options.command, options.name, options.to, options.patience)
    return climb(load(options.name), program,
        Guide(options.folder, options.to), options.step) is not None


if __name__ == "__main__":
    sys.exit(main())

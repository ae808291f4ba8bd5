#!/usr/bin/python3
"""
Every call that can fail is made to fail, one after the other: while a server
starts, while it talks with clients of several kinds, while it stops. Whatever
fails, the server lives, its other clients notice nothing, the client that was
hit gets no wrong byte, and neither memory nor descriptors are lost. Then reads
and writes are cut to a few bytes, and every byte still arrives.

Runs against programs without sanitizers, whose allocations cannot fail.
"""

import errno
import itertools
import re
import signal
import struct
import subprocess
import tempfile
import unittest

import test_push
from harness import (COVERAGE, DEADLINE, EVENTED_OPTIONS, FULL, FULL_HOUSE,
    Client, Finder, ServerTest, environment, free_port, main, on_both_twins,
    program, template, wait_until)
from test_push import frame, read_head, request, upgrade
from torture import STALE, Faults, Tortured, TorturedFinder, TorturedPusher, \
    TorturedServer

GAME = b"PARAMS 0 9223372036854775806\n"

# With what each call may fail once a server runs. Which of them each twin
# makes is its own affair: what is not called does not fail.
RUNNING = {
    "memory": (errno.ENOMEM,),
    "pthread_create": (errno.EAGAIN, errno.ENOMEM),
    "accept4": (errno.EMFILE, errno.ECONNABORTED, errno.ENFILE, errno.ENOBUFS,
        errno.ENOMEM, errno.EPROTO, errno.EPERM, errno.EINTR,
        errno.ENETDOWN, errno.EOPNOTSUPP),
    "recv": (errno.ECONNRESET, errno.EINTR, errno.ETIMEDOUT, errno.ENOMEM,
        errno.EHOSTUNREACH),
    "send": (errno.EPIPE, errno.EINTR, errno.ECONNRESET, errno.ENOBUFS,
        errno.ENOMEM, errno.ETIMEDOUT, errno.EHOSTUNREACH),
    "read": (errno.EINTR, errno.EAGAIN),
    "write": (errno.EINTR, errno.EAGAIN, errno.EPIPE, errno.ENOSPC),
    "readv": (errno.ECONNRESET, errno.EINTR, errno.EAGAIN, errno.ETIMEDOUT),
    "writev": (errno.EPIPE, errno.ECONNRESET, errno.EINTR, errno.EAGAIN,
        errno.ENOBUFS),
    "setsockopt": (errno.EINVAL, errno.ENOMEM),
    "shutdown": (errno.ENOTCONN, errno.ENOBUFS),
    "close": (errno.EINTR, errno.EIO),
    "ioctl": (errno.EINVAL, errno.ENOMEM),
    "poll": (errno.EINTR, errno.ENOMEM),
    "epoll_ctl": (errno.ENOMEM, errno.ENOSPC),
    "epoll_wait": (errno.EINTR,),
    "open": (errno.EMFILE, errno.ENFILE),
    "sigtimedwait": (errno.EINTR, errno.EAGAIN),
    "getsockname": (errno.ENOBUFS,),
}
# And while it starts.
STARTING = {
    "memory": errno.ENOMEM, "pthread_create": errno.EAGAIN,
    "eventfd": errno.EMFILE, "open": errno.EMFILE, "socket": errno.EMFILE,
    "bind": errno.EACCES, "listen": errno.EADDRINUSE,
    "getsockname": errno.ENOBUFS, "setsockopt": errno.ENOPROTOOPT,
    "epoll_ctl": errno.ENOSPC, "close": errno.EIO, "write": errno.EIO,
    "poll": errno.ENOMEM, "ioctl": errno.EINVAL,
}
# And in a program that serves nobody.
ALONE = {
    "memory": errno.ENOMEM, "pthread_create": errno.EAGAIN,
    "signalfd": errno.EMFILE, "epoll_ctl": errno.ENOSPC,
    "epoll_wait": errno.EINTR, "poll": errno.EINTR, "read": errno.EAGAIN,
    "write": errno.EIO, "open": errno.EMFILE, "ioctl": errno.EINVAL,
    "socket": errno.EMFILE,
    "connect": errno.ECONNREFUSED, "getsockopt": errno.ENOBUFS,
    "setsockopt": errno.ENOMEM, "send": errno.ECONNRESET,
    "writev": errno.ECONNRESET, "recv": errno.ECONNRESET,
    "readv": errno.ECONNRESET, "shutdown": errno.ENOTCONN,
    "close": errno.EIO,
}
# Of each call's errors, and of its failures in one kind of talk, so many are
# tried.
ERRORS, MOST = (99, 200) if FULL else (2, 6)


class Talk:
    """A client's conversation, and how it goes about it."""

    def __init__(self, text, receive_buffer=None, finish=True, web=False):
        self.text = text
        self.receive_buffer = receive_buffer
        self.finish = finish
        self.web = web

    def hold(self, server):
        """What comes back, up to the end or a reset."""
        received = b""
        try:
            with (server.connect_web if self.web else server.connect)(
                    self.receive_buffer) as client:
                client.send(self.text)
                if self.finish:
                    client.finish()
                while True:
                    data = client.socket.recv(65536)
                    if not data:
                        break
                    received += data
        except TimeoutError:
            raise
        except OSError:
            pass
        return re.sub(rb"\r\nDate: [^\r]*", b"", received)


def get(target, fields=b""):
    """A request of the web."""
    return b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n"


class TortureTest(ServerTest):
    """A test of servers of the game that have preload/torture.c loaded."""

    TALKS = {
        "a game": Talk(b"PARAMS 5 5\nNUMBER\nREPORT Correct\nNUMBER\nNUMBER"),
        "an error": Talk(b"PARAMS 6 6\nNUMBER\nHELLO\n" + b"A" * 3000,
            finish=False),
        "a slow reader": Talk(GAME + b"NUMBER\n" * 9000, 4096),
        "an end": Talk(b"PARAMS 8 8\nNUMBER\n\n", finish=False),
    }
    # What a client may read instead of, or after a part of, its answer.
    REFUSALS = (FULL_HOUSE,)
    NO_MEMORY = (b"ERROR out of memory\n",)
    # What the witness asks, and is always answered.
    QUESTION, REPLY = b"PARAMS 3 3\nNUMBER\n", b"3\n"
    SHORTEST = "an end"

    def torture(self, *options):
        """A server whose calls can be made to fail."""
        server = TorturedServer(self.twin, "--seed", "1", *options)
        self.servers.append(server)
        return server

    def greet(self, client):
        """Do what comes before the witness's first question."""

    def ask(self, client):
        """Ask the witness's question, which must be answered."""
        client.send(self.QUESTION)
        received = b""
        while len(received) < len(self.REPLY):
            data = client.socket.recv(65536)
            self.assertTrue(data, "the witness is cut")
            received += data
        self.assertEqual(received, self.REPLY)


class FinderTest(TortureTest):
    """The same for the finder."""

    TALKS = {
        "a search": Talk(b"rocket\nzzz\nchess black"),
        "a control character": Talk(b"sun\n\3\nrocket\n", finish=False),
        "a slow reader": Talk(b"hangul\n", 16384),
        "a page": Talk(get(b"/?query=cat+face"), web=True),
        "some requests": Talk(get(b"/search?query=cat") + get(b"/nothing")
            + get(b"/style.css", b"Connection: close\r\n"), finish=False,
            web=True),
        "a slow page": Talk(get(b"/search?query=hangul&stop=all"), 16384,
            web=True),
        "an attack": Talk(b"GET /\n", finish=False, web=True),
    }
    REFUSALS = (FULL_HOUSE.replace(b"\n", b"\r\n"), b"HTTP/1.1 503 ")
    NO_MEMORY = (b"HTTP/1.1 500 ",)
    # After the prompt, which came before.
    QUESTION, REPLY = Finder.SESSION[0], Finder.SESSION[1][3:]
    SHORTEST = "a page"

    def torture(self, *options):
        """A finder whose calls can be made to fail."""
        server = TorturedFinder(self.twin, *options)
        self.servers.append(server)
        return server

    def greet(self, client):
        self.assertEqual(client.socket.recv(100), b"?> ")


class PushTest(TortureTest):
    """The same for the push server."""

    TALKS = {
        "a stream": Talk(get(b"/stream", b"Connection: close\r\n"),
            finish=False),
        "a job": Talk(get(b"/fetch?n=3&every=0", b"Connection: close\r\n"),
            finish=False),
        "a poll": Talk(get(b"/poll?wait=0") + get(b"/healthz",
            b"Connection: close\r\n"), finish=False),
        "events": Talk(get(b"/events")),
        "an echo": Talk(upgrade("/echo") + frame(0x81, b"x" * 9000)
            + frame(0x88, b"\x03\xe8"), finish=False),
        "a chat": Talk(upgrade("/chat?since=2-1")
            + frame(0x88, b"\x03\xe8"), finish=False),
        "a wrong post": Talk(request("/publish", "Connection: close",
            method="POST", body=b"x" * 5000), finish=False),
    }
    REFUSALS = (b"HTTP/1.1 503 ",)
    NO_MEMORY = (b"HTTP/1.1 500 ", b"\x88\x02\x03\xf3")
    QUESTION, REPLY = frame(0x81, b"well?"), b"\x81\x05well?"
    SHORTEST = "a poll"

    def torture(self, *options):
        """A push server whose calls can be made to fail."""
        server = TorturedPusher(self.twin, "--stream-delays", "0,0",
            "--beat", "0", *options)
        self.servers.append(server)
        return server

    def greet(self, client):
        client.send(upgrade("/echo"))
        self.assertEqual(read_head(client)[0], 101)


@template
class Running(TortureTest):
    """A call fails while clients are served."""

    def is_acceptable(self, received, whole):
        """Whether a client whose call failed may have read this: a part of
        its answer, or that it is refused, or why no more came."""
        return whole.startswith(received) or any(
            received.startswith(text) or text.startswith(received)
            for text in self.REFUSALS) or any(
            whole.startswith(received.partition(text)[0])
            for text in self.NO_MEMORY if text in received)

    def rest_of(self, server):
        """Wait until nothing of the last client is left."""
        faults, (descriptors, _) = server.faults, server.baseline
        # The witness has one descriptor, and what is its own.
        wait_until(lambda: server.descriptors() <= descriptors + 1,
            "the descriptors are closed")
        wait_until(lambda: faults.blocks() <= self.blocks,
            f"only {self.blocks} blocks of memory are in use")

    def suffer(self, server, call, error):
        """Make the first, second, ... call fail in every kind of talk."""
        faults = server.faults
        for name, talk in self.TALKS.items():
            for number in range(1, MOST + 1):
                where = (f"{call} number {number} failed with "
                    f"{errno.errorcode[error]} in {name}")
                # All wait, so the next call is one for this talk.
                server.wait_for_rest()
                faults.arm(call, number, error)
                try:
                    received = talk.hold(server)
                except TimeoutError:
                    self.fail(f"{where}: it hangs")
                failed = faults.disarm(call)
                self.assertTrue(self.is_acceptable(received,
                    self.whole[name]), f"{where}: {received[-300:]}")
                self.ask(self.witness)
                self.rest_of(server)
                if not failed:
                    self.assertEqual(received, self.whole[name], where)
                    break

    def witnessed(self, *options):
        """A server, with a witness who must not notice anything."""
        server = self.torture("--quiet", *options)
        self.witness = self.connect(server)
        self.greet(self.witness)
        self.ask(self.witness)
        return server

    def torment(self, calls, *options):
        """Make each of these calls fail with each of its errors."""
        server = self.witnessed(*options)
        for _ in range(3):
            self.whole = {name: talk.hold(server)
                for name, talk in self.TALKS.items()}
        wait_until(lambda: server.descriptors() <= server.baseline[0] + 1,
            "the descriptors are closed")
        server.wait_for_rest()
        self.blocks = server.faults.blocks()
        for call in calls:
            for error in RUNNING[call][:ERRORS]:
                with self.subTest(call=call, error=errno.errorcode[error]):
                    self.suffer(server, call, error)

    def test_memory(self):
        self.torment(["memory"])

    def test_accepting(self):
        self.torment(["accept4", "pthread_create", "open", "close"])

    def test_reading(self):
        self.torment(["recv", "read", "readv", "poll", "ioctl"])

    def test_writing(self):
        self.torment(["send", "write", "writev", "shutdown", "setsockopt"])

    def test_waiting(self):
        self.torment(["epoll_ctl", "epoll_wait", "sigtimedwait",
            "getsockname"])

    def test_memory_that_stays_scarce(self):
        server = self.witnessed()
        talk = self.TALKS[self.SHORTEST]
        whole = talk.hold(server)
        for every in (1, 2, 3, 5, 7):
            server.faults.arm("memory", 1, errno.ENOMEM, every)
            for _ in range(20):
                received = talk.hold(server)
                self.assertTrue(self.is_acceptable(received, whole), received)
            # A search may need some itself.
            self.assertGreater(server.faults.disarm("memory"), 0)
            self.ask(self.witness)
            wait_until(lambda: talk.hold(server) == whole, "it recovers")

    def test_refusals(self):
        server = self.witnessed("--max-connections", "1")
        talk = self.TALKS[self.SHORTEST]
        for call in ("memory", "pthread_create", "send", "recv", "shutdown",
                "epoll_ctl", "setsockopt", "ioctl", "poll"):
            for number in range(1, 9):
                server.wait_for_rest()
                server.faults.arm(call, number, RUNNING[call][0])
                received = talk.hold(server)
                server.faults.disarm(call)
                self.assertTrue(self.is_acceptable(received, b""),
                    f"{call}: {received}")
                self.ask(self.witness)


@on_both_twins
class Game(Running):
    """A call fails while a game is played."""

    def test_memory_for_a_search(self):
        self.torment(["memory"], "--strategy", "bisect")


@on_both_twins
class Search(Running, FinderTest):
    """A call fails while characters are searched for."""


@on_both_twins
class Push(Running, PushTest):
    """A call fails while clients wait."""


class Threads(TortureTest):
    """Threads that are not to be had, which only one twin asks for."""

    twin = "threaded"

    def test_every_third_is_refused_and_the_others_are_served(self):
        server = self.torture("--quiet")
        server.faults.arm("pthread_create", 3, errno.EAGAIN, 3)
        for number in range(60):
            with server.connect() as client:
                if number % 3 == 2:
                    self.assertEqual(client.read_all(), FULL_HOUSE)
                else:
                    self.assertEqual(
                        client.ask(b"PARAMS 4 4\nNUMBER\n"), b"4\n")
        self.assertEqual(server.faults.disarm("pthread_create"), 20)
        server.wait_for_counters(rejected=20, active=0)


class Loops(TortureTest):
    """Several loops that wake each other, which only one twin has."""

    twin = "evented"

    def test_what_a_loop_does_not_hear_it_finds(self):
        server = self.torture("--quiet", "--loops", "3")
        server.faults.arm("ring", 1, errno.EAGAIN, 1)
        clients = [self.connect(server) for _ in range(6)]
        for client in clients:
            self.assertEqual(client.ask(b"PARAMS 4 4\nNUMBER\n"), b"4\n")
        server.signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual(client.read_all(), b"")
            client.close()
        server.wait()
        self.assertGreater(server.faults.disarm("ring"), 4)


@template
class ShortCounts(TortureTest):
    """Reads and writes that do only a few bytes."""

    def test_every_byte_arrives_in_order(self):
        server = self.torture("--quiet", "--drain-timeout", "600")
        whole = [talk.hold(server) for talk in self.TALKS.values()]
        server.faults.shorten(True)
        for first, talk in zip(whole, self.TALKS.values()):
            self.assertTrue(first == talk.hold(server), talk.text[:99])
        server.faults.shorten(False)
        self.assertGreater(server.faults.cuts(), 10000)


@on_both_twins
class ShortCountsOfTheGame(ShortCounts):
    """The same for the game, and at its end."""

    def test_a_stop_waits_for_them(self):
        server = self.torture("--quiet", "--drain-timeout", "600")
        client = self.connect(server)
        self.assertTrue(client.ask(GAME + b"NUMBER\n"))
        server.faults.shorten(True)
        client.send(b"NUMBER\n" * 3000)
        wait_until(lambda: client.becomes_readable(1), "answers arrive")
        server.freeze()
        server.signal(signal.SIGTERM)
        server.thaw()
        received = client.read_all()
        client.close()
        server.wait()
        self.assertTrue(received.endswith(b"\n"))


@on_both_twins
class ShortCountsOfTheFinder(ShortCounts, FinderTest):
    """The same for the finder."""


@template
class Starting(unittest.TestCase):
    """A call fails while a server starts."""

    twin = None
    name = "guess-server"
    options = []
    question, reply = b"PARAMS 1 1\nNUMBER\n", b"1\n"

    def start(self, faults):
        """Start a server, and stop it once it serves; its exit code and what
        it said on standard error."""
        more = EVENTED_OPTIONS if self.twin == "evented" else ["--threads",
            "3"]
        port = free_port()
        with tempfile.TemporaryFile() as errors, subprocess.Popen(
                [program(self.twin, self.name), "--port", str(port),
                    *self.options, *more], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors,
                env={**environment(), **faults.variables}) as process:

            def serves_or_has_ended():
                # An answer: when only its console fails, it says nothing.
                try:
                    with Client(port) as client:
                        client.send(self.question)
                        if client.read_line() == self.reply:
                            return True
                except (ConnectionError, BrokenPipeError):
                    pass
                return process.poll() is not None

            try:
                wait_until(serves_or_has_ended, "it serves or ends")
                process.terminate()
                process.wait(DEADLINE)
            finally:
                process.kill()
            errors.seek(0)
            return process.returncode, errors.read().decode()

    def test_it_ends_with_one_line_or_serves(self):
        for call, error in STARTING.items():
            if COVERAGE and call == "memory":
                continue
            for number in itertools.count(1):
                faults = Faults()
                self.addCleanup(faults.close)
                faults.arm(call, number, error)
                with self.subTest(call=call, number=number):
                    code, errors = self.start(faults)
                    errors = Tortured.without_warnings(errors)
                    if code == 0:
                        self.assertEqual(errors, "")
                    else:
                        self.assertEqual(code, 1, errors)
                        self.assertRegex(errors,
                            rf"\A{self.name}: [^\n]+\Z")
                if not faults.disarm(call):
                    break


@on_both_twins
class StartingTheGame(Starting):
    """A call fails while the game's server starts."""


@on_both_twins
class StartingTheFinder(Starting):
    """A call fails while the finder starts."""

    name = "charfinder"
    options = ["--http-port", "0"]
    question = Finder.SESSION[0]
    reply = Finder.SESSION[1].splitlines(True)[0]


@on_both_twins
class Alone(ServerTest):
    """A call of a program that serves nobody fails, once."""

    def torment(self, name, *arguments):
        """Fail unless it does what it is to, or ends with one line."""
        for call, error in list(ALONE.items())[COVERAGE:]:
            for number in range(1, 200 if FULL else 30):
                faults = Faults()
                self.addCleanup(faults.close)
                faults.arm(call, number, error)
                with self.subTest(name=name, call=call, number=number):
                    done = subprocess.run(
                        [program(self.twin, name), *arguments],
                        stdin=subprocess.DEVNULL, capture_output=True,
                        env={**environment(), **faults.variables},
                        timeout=DEADLINE)
                    self.assertIn(done.returncode, (0, 1))
                    self.assertRegex(done.stderr.decode(), r"\A\Z"
                        if done.returncode == 0 else rf"\A{name}: .+\n\Z")
                if not faults.disarm(call):
                    break

    def test_a_spinner(self):
        self.torment("spinner", "--seconds", "0.01", "--interval", "0.002")

    def test_a_client_of_the_game(self):
        server = self.serve("--quiet")
        self.torment("guess-client", "--port", str(server.port), "1", "5", "3")


@on_both_twins
class Stopping(TortureTest):
    """A call fails while a server stops."""

    CALLS = ("memory", "accept4", "send", "recv", "shutdown", "close", "poll",
        "ioctl", "epoll_ctl", "setsockopt")

    def stop_once(self, call, number):
        """Stop a server that has clients of some kinds; whether the call
        failed."""
        server = self.torture("--quiet", "--drain-timeout", "2")
        clients = [self.connect(server) for _ in range(3)]
        clients[1].send(b"PARAMS 5 5\nNUM")
        self.assertTrue(clients[2].ask(GAME + b"NUMBER\n"))
        server.freeze()
        late = self.connect(server)
        late.send(b"PARAMS 5 5\nNUMBER\n")
        clients[2].send(b"NUMBER\n" * 100)
        server.faults.arm(call, number, RUNNING[call][0])
        server.signal(signal.SIGTERM)
        server.thaw()
        try:
            self.assertIn(late.read_all(), (b"5\n", FULL_HOUSE, b""))
        except ConnectionResetError:
            pass
        for client in (late, *clients):
            client.close()
        server.wait()
        failed = server.faults.disarm(call)
        server.kill()
        self.servers.remove(server)
        return failed

    def test_it_ends_all_the_same(self):
        for call in self.CALLS[COVERAGE:]:
            for number in range(1, 30 if FULL else 5):
                with self.subTest(call=call, number=number):
                    if not self.stop_once(call, number):
                        break


@on_both_twins
class StaleClock(test_push.PushTest):
    """The coarse clock ticks between two looks at it."""

    def test_all_are_told_of_the_stop(self):
        server = self.push("--drain-timeout", "12", "--quiet",
            variables={"LD_PRELOAD": STALE})
        polls = [self.poll(server) for _ in range(8)]
        chats = [self.socket(server, "/chat") for _ in range(8)]
        self.wait_for_metrics(server, waiting=8, subscribers=8)
        server.signal(signal.SIGTERM)
        for client in polls:
            self.assertEqual(self.read_poll(client)["messages"], [])
        for client in chats:
            self.assertEqual(client.read(), (0x88, struct.pack("!H", 1001)))
        for client in self.clients:
            client.close()
        server.wait()


if __name__ == "__main__":
    main()

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
import signal
import subprocess
import tempfile
import unittest

from harness import (DEADLINE, EVENTED_OPTIONS, FULL, FULL_HOUSE, Client,
    ServerTest, environment, free_port, main, on_both_twins, program,
    wait_until)
from torture import Faults, TorturedServer

GAME = b"PARAMS 0 9223372036854775806\n"
NO_MEMORY = b"ERROR out of memory\n"

# With what each call may fail once a server runs. Which of them each twin
# makes is its own affair: what is not called does not fail.
RUNNING = {
    "memory": (errno.ENOMEM,),
    "pthread_create": (errno.EAGAIN, errno.ENOMEM),
    "accept4": (errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.ENOBUFS,
        errno.ENOMEM, errno.EPROTO, errno.EPERM, errno.EINTR,
        errno.ENETDOWN, errno.EOPNOTSUPP),
    "recv": (errno.ECONNRESET, errno.ETIMEDOUT, errno.EINTR, errno.ENOMEM,
        errno.EHOSTUNREACH),
    "send": (errno.EPIPE, errno.ECONNRESET, errno.EINTR, errno.ENOBUFS,
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
# Of each call's failures in one kind of talk, so many are tried.
MOST = 200 if FULL else 12


class TortureTest(ServerTest):
    """A test of servers that have tests/torture.c loaded."""

    def torture(self, *options):
        """A server whose calls can be made to fail."""
        server = TorturedServer(self.twin, "--seed", "1", *options)
        self.servers.append(server)
        return server


def received_of(server, text, receive_buffer=None, finish=True):
    """What comes back for this text, up to the end or a reset."""
    received = b""
    try:
        with server.connect(receive_buffer) as client:
            client.send(text)
            if finish:
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
    return received


@on_both_twins
class Running(TortureTest):
    """A call fails while clients are served."""

    TALKS = {
        "a game": (b"PARAMS 5 5\nNUMBER\nREPORT Correct\nNUMBER\nNUMBER",
            None, True),
        "an error": (b"PARAMS 6 6\nNUMBER\nHELLO\n" + b"A" * 3000, None,
            False),
        "a slow reader": (GAME + b"NUMBER\n" * 9000, 4096, True),
        "an end": (b"PARAMS 8 8\nNUMBER\n\n", None, False),
    }

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
            whole = self.whole[name]
            for number in range(1, MOST + 1):
                # All wait, so the next call is one for this talk.
                server.wait_for_rest()
                faults.arm(call, number, error)
                try:
                    received = received_of(server, *talk)
                except TimeoutError:
                    self.fail(f"{call} number {number} failed with "
                        f"{errno.errorcode[error]} in {name}: it hangs")
                failed = faults.disarm(call)
                where = (f"{call} number {number} failed with "
                    f"{errno.errorcode[error]} in {name}")
                cut = received.removesuffix(NO_MEMORY)
                self.assertTrue(whole.startswith(cut) or
                    received in (FULL_HOUSE, FULL_HOUSE[:len(received)]),
                    f"{where}: {received[-300:]}")
                self.assertEqual(
                    self.witness.ask(b"PARAMS 3 3\nNUMBER\n"), b"3\n", where)
                self.rest_of(server)
                if not failed:
                    self.assertEqual(received, whole, where)
                    break

    def torment(self, calls, *options):
        """Make each of these calls fail with each of its errors."""
        server = self.torture("--quiet", *options)
        self.witness = self.connect(server)
        for _ in range(3):
            self.whole = {name: received_of(server, *talk)
                for name, talk in self.TALKS.items()}
        self.witness.ask(b"PARAMS 3 3\nNUMBER\n")
        self.assertEqual(self.whole["a slow reader"].count(b"\n"), 9000)
        wait_until(lambda: server.descriptors() <= server.baseline[0] + 1,
            "the descriptors are closed")
        # What is cached once, is; the least of some looks is without guests.
        self.blocks = max(server.faults.blocks() for _ in range(5))
        for call in calls:
            for error in RUNNING[call]:
                with self.subTest(call=call, error=errno.errorcode[error]):
                    self.suffer(server, call, error)

    def test_memory(self):
        self.torment(["memory"], "--strategy", "random")

    def test_memory_for_a_search(self):
        self.torment(["memory"], "--strategy", "bisect")

    def test_accepting(self):
        self.torment(["accept4", "pthread_create", "open", "close"])

    def test_reading(self):
        self.torment(["recv", "read", "readv", "poll", "ioctl"])

    def test_writing(self):
        self.torment(["send", "write", "writev", "shutdown", "setsockopt"])

    def test_waiting(self):
        self.torment(["epoll_ctl", "epoll_wait", "sigtimedwait"])

    def test_memory_that_stays_scarce(self):
        server = self.torture("--quiet")
        witness = self.connect(server)
        self.assertEqual(witness.ask(b"PARAMS 3 3\nNUMBER\n"), b"3\n")
        for every in (1, 2, 3, 5, 7):
            server.faults.arm("memory", 1, errno.ENOMEM, every)
            for _ in range(20):
                self.assertIn(received_of(server, b"PARAMS 4 4\nNUMBER\n\n"),
                    (b"4\n", FULL_HOUSE, b"", NO_MEMORY))
                self.assertEqual(
                    witness.ask(b"PARAMS 3 3\nNUMBER\n"), b"3\n")
            self.assertGreater(server.faults.disarm("memory"), 0)
            wait_until(lambda: received_of(
                server, b"PARAMS 4 4\nNUMBER\n\n") == b"4\n", "it recovers")

    def test_refusals(self):
        server = self.torture("--quiet", "--max-connections", "1")
        witness = self.connect(server)
        self.assertEqual(witness.ask(b"PARAMS 3 3\nNUMBER\n"), b"3\n")
        for call in ("memory", "pthread_create", "send", "recv", "shutdown",
                "epoll_ctl", "setsockopt", "ioctl", "poll"):
            for number in range(1, 9):
                server.wait_for_rest()
                server.faults.arm(call, number, RUNNING[call][0])
                received = received_of(server, b"NUMBER\n")
                server.faults.disarm(call)
                self.assertTrue(FULL_HOUSE.startswith(received), received)
                self.assertEqual(
                    witness.ask(b"PARAMS 3 3\nNUMBER\n"), b"3\n", call)


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


@on_both_twins
class ShortCounts(TortureTest):
    """Reads and writes that do only a few bytes."""

    def test_every_byte_arrives_in_order(self):
        server = self.torture("--quiet", "--drain-timeout", "600")
        texts = [talk for talk in Running.TALKS.values()]
        whole = [received_of(server, *talk) for talk in texts]
        server.faults.shorten(True)
        cut = [received_of(server, *talk) for talk in texts]
        for first, second in zip(whole, cut):
            self.assertEqual(first, second)
        server.faults.shorten(False)
        self.assertGreater(server.faults.cuts(), 10000)

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
class Starting(unittest.TestCase):
    """A call fails while a server starts."""

    twin = None

    def start(self, faults):
        """Start a server, and stop it once it serves; its exit code and what
        it said on standard error."""
        more = EVENTED_OPTIONS if self.twin == "evented" else ["--threads",
            "3"]
        port = free_port()
        with tempfile.TemporaryFile() as errors, subprocess.Popen(
                [program(self.twin, "guess-server"), "--port", str(port),
                    *more], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors,
                env={**environment(), **faults.variables}) as process:

            def serves_or_has_ended():
                # An answer: when only its console fails, it says nothing.
                try:
                    with Client(port) as client:
                        client.send(b"PARAMS 1 1\nNUMBER\n")
                        if client.read_line() == b"1\n":
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
            for number in itertools.count(1):
                faults = Faults()
                self.addCleanup(faults.close)
                faults.arm(call, number, error)
                with self.subTest(call=call, number=number):
                    code, errors = self.start(faults)
                    errors = TorturedServer.without_warnings(errors)
                    if code == 0:
                        self.assertEqual(errors, "")
                    else:
                        self.assertEqual(code, 1, errors)
                        self.assertRegex(errors,
                            r"\Aguess-server: [^\n]+\Z")
                if not faults.disarm(call):
                    break


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
        for call in self.CALLS:
            for number in range(1, 30 if FULL else 5):
                with self.subTest(call=call, number=number):
                    if not self.stop_once(call, number):
                        break


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""
Answers that are not there yet: the waits of waiter.h, and guess-server's
blocking calls. How a wait ends, that nobody else waits meanwhile, and what a
stop does to both.
"""

import signal
import time

import harness
from harness import ServerTest, main, on_both_twins, wait_until

GAME = b"PARAMS 0 9223372036854775806\n"


class Waiter(harness.Server):
    """A running waiter.h."""

    def __init__(self, twin, *options, **how):
        super().__init__(
            twin, *options, name=f"../tests/{twin}/waiter", **how)

    def play_when_possible(self):
        """A whole small session, once more if it was too slow for a limit of
        the server."""
        def play():
            with self.connect() as client:
                answer = client.send_if_open(b"WAIT 1\n") \
                    and client.read_line()
            if answer not in (b"timeout\n", b"", False):
                raise AssertionError(f"a fresh session read {answer}")
            return answer
        wait_until(play, "a new client is served")


def are_begun(server, count):
    """Whether so many calls that block have begun, and last."""
    # The ThreadSanitizer has a thread of its own, which mostly sleeps.
    return server.sleepers() == count + harness.UNDER_THREAD_SANITIZER


def wait_for_farewell(server):
    """Wait until the server knows that it is to stop."""
    wait_until(lambda: "Server shutting down.\n" in server.output,
        "it says farewell")


def arrived(client):
    """What a client can read without waiting."""
    text = b""
    while client.becomes_readable(0):
        data = client.socket.recv(65536)
        if not data:
            break
        text += data
    return text


@on_both_twins
class Waits(ServerTest):
    """A wait for something else than the peer's input."""

    def wait(self, *options):
        """Start a waiter."""
        server = Waiter(self.twin, *options)
        self.servers.append(server)
        return server

    def waiting(self, server, text=b"WAIT 0\n"):
        """A client that waits."""
        client = self.connect(server)
        before = server.counters()["requests"]
        client.send(text)
        server.wait_for_counters(requests=before + 1)
        # What is counted may not wait yet.
        wait_until(server.waits, "it waits")
        return client

    def test_it_ends_when_its_time_is_over(self):
        server = self.wait()
        client = self.connect(server)

        def is_in_time():
            start = time.monotonic()
            self.assertEqual(client.ask(b"WAIT 30\n"), b"timeout\n")
            late = time.monotonic() - start - 0.030
            self.assertGreater(late, -0.001)
            return late < 0.005
        # Never early; and if the machine is busy, not every time.
        for _ in range(20):
            is_in_time()
        wait_until(is_in_time, "it ends in time")

    def test_it_ends_when_it_is_roused(self):
        server = self.wait()
        waiting = [self.waiting(server) for _ in range(5)]
        with server.connect() as client:
            self.assertEqual(client.ask(b"ROUSE\n"), b"5\n")
            for one in waiting:
                self.assertEqual(one.read_line(), b"roused\n")
            self.assertEqual(client.ask(b"ROUSE\n"), b"0\n")

    def test_no_rousing_is_lost(self):
        server = self.wait()
        one, other = self.connect(server), self.connect(server)
        for _ in range(300):
            one.send(b"WAIT 0\n")
            wait_until(lambda: other.ask(b"ROUSE\n") == b"1\n", "it waits")
            self.assertEqual(one.read_line(), b"roused\n")

    def test_it_ends_when_the_peer_has_sent_all(self):
        server = self.wait()
        with self.waiting(server) as client:
            client.finish()
            self.assertEqual(client.read_all(), b"left\n")

    def test_also_behind_what_is_still_to_be_read(self):
        server = self.wait()
        with self.waiting(server, b"WAIT 0\nROUSE\nROUSE\n") as client:
            client.finish()
            self.assertEqual(client.read_all(), b"left\n")

    def test_it_ends_when_the_peer_resets(self):
        server = self.wait()
        for text in b"WAIT 0\n", b"WAIT 0\nROUSE\n":
            client = self.waiting(server, text)
            server.wait_for_counters(active=1)
            client.reset()
            server.wait_for_counters(active=0)

    def test_what_is_sent_meanwhile_is_answered_after_it(self):
        server = self.wait()
        client = self.waiting(server, b"WAIT 0\nWAIT 1\nROUSE\n")
        with server.connect() as other:
            self.assertEqual(other.ask(b"ROUSE\n"), b"1\n")
        self.assertEqual(client.read_lines(3),
            [b"roused\n", b"timeout\n", b"0\n"])

    def test_who_sends_much_meanwhile_costs_nothing(self):
        server = self.wait()
        client = self.waiting(server)
        client.send_what_fits(b"WAIT 1\n" * 100000)
        wait_until(server.is_at_rest, "it is at rest")
        self.assertLess(server.own_kib() - server.small,
            1024 if harness.PLAIN else 8192)
        # Its end would wait behind what is not read; a reset does not.
        client.reset()
        server.wait_for_counters(active=0)

    def test_the_limits_of_a_peer_do_not_run_meanwhile(self):
        server = self.wait("--idle-timeout", "0.2", "--line-timeout", "0.2",
            "--stall-timeout", "0.2")

        def waits_to_its_end():
            with server.connect() as client:
                return client.send_if_open(b"WAIT 1000\n") \
                    and client.read_line() == b"timeout\n"
        # They run before it, for a client on a busy machine too quickly.
        wait_until(waits_to_its_end, "a wait ends")

    def test_a_stop_ends_all_waits(self):
        server = self.wait("--drain-timeout", "600")
        waiting = [self.waiting(server) for _ in range(10)]
        server.signal(signal.SIGTERM)
        for client in waiting:
            self.assertEqual(client.read_all(), b"stops\n")
            client.close()
        server.wait()

    def test_and_those_that_begin_after_it(self):
        server = self.wait("--drain-timeout", "600")
        client = self.waiting(server, b"WAIT 0\n" + b"WAIT 0\n")
        server.signal(signal.SIGTERM)
        self.assertEqual(client.read_all(), b"stops\n")
        server.wait()

    def test_being_stopped_is_no_time_lost(self):
        server = self.wait()
        client = self.waiting(server, b"WAIT 0\n")
        server.freeze()
        server.thaw()
        with server.connect() as other:
            self.assertEqual(other.ask(b"ROUSE\n"), b"1\n")
        self.assertEqual(client.read_line(), b"roused\n")


@on_both_twins
class Blocking(ServerTest):
    """--work, --block and --pool of guess-server."""

    # How a server is started so that a call holds up nobody else.
    ASIDE = {"threaded": (), "evented": ("--pool", "4")}
    # So that calls are made one after the other.
    ONE = {"threaded": ("--threads", "1"), "evented": ("--pool", "1")}

    def asking(self, server):
        """A client whose call has begun, or waits for its turn."""
        client = self.connect(server)
        before = server.counters()["requests"]
        client.send(GAME + b"NUMBER\n")
        server.wait_for_counters(requests=before + 2)
        return client

    def test_the_bytes_are_the_same(self):
        text = b"PARAMS 1 9\n" + b"NUMBER\nREPORT Warmer\n" * 9 + b"NUMBER\n"
        answers = set()
        for options in (), ("--work", "50"), ("--block", "1"), \
                ("--work", "50", "--block", "1", *self.ASIDE[self.twin]):
            server = self.serve("--seed", "7", *options)
            for pieces in [text], [text[:30], text[30:]]:
                with server.connect() as client:
                    for piece in pieces:
                        client.send(piece)
                    client.finish()
                    answers.add(client.read_all())
        self.assertEqual(len(answers), 1)
        self.assertEqual(len(answers.pop().splitlines()), 10)

    def test_a_number_takes_as_long_as_the_call(self):
        server = self.serve("--block", "40", *self.ASIDE[self.twin])
        with server.connect() as client:
            start = time.monotonic()
            client.ask(GAME + b"NUMBER\n")
            self.assertGreaterEqual(time.monotonic() - start, 0.040)

    def test_work_is_processor_time(self):
        server = self.serve("--work", "20000")
        before = server.processor_ns()
        with server.connect() as client:
            client.send(GAME)
            for _ in range(10):
                client.ask(b"NUMBER\n")
        self.assertGreaterEqual(server.processor_ns() - before, 190000000)

    def test_other_clients_do_not_wait(self):
        server = self.serve("--block", "1000", *self.ASIDE[self.twin])

        def is_answered_first():
            slow = self.asking(server)
            with server.connect() as client:
                self.assertEqual(client.ask(b"HELLO\n"),
                    b"ERROR unknown command\n")
            is_first = not slow.becomes_readable(0)
            self.assertNotEqual(slow.read_line(), b"")
            return is_first
        wait_until(is_answered_first, "another is answered meanwhile")

    def test_a_half_close_does_not_take_the_answer_away(self):
        server = self.serve("--block", "100", *self.ASIDE[self.twin])
        client = self.asking(server)
        client.finish()
        self.assertEqual(client.read_all().count(b"\n"), 1)

    def test_who_leaves_is_forgotten(self):
        server = self.serve("--block", "1000", *self.ASIDE[self.twin])
        for _ in range(3):
            self.asking(server).reset()
        server.wait_for_counters(active=0)

    def test_a_stop_waits_for_a_call_that_has_begun(self):
        server = self.serve("--block", "500", "--drain-timeout", "600",
            *self.ASIDE[self.twin])
        client = self.connect(server)
        client.send(GAME)

        def has_begun():
            """Ask again when a call was over before it was seen."""
            if client.becomes_readable(0):
                client.read_line()
                client.send(b"NUMBER\n")
            return are_begun(server, 1)
        client.send(b"NUMBER\n")
        wait_until(has_begun, "a call has begun")
        server.signal(signal.SIGTERM)
        self.assertEqual(client.read_all().count(b"\n"), 1)
        server.wait()

    def test_and_begins_no_other(self):
        server = self.serve("--block", "500", "--drain-timeout", "600",
            *self.ASIDE[self.twin])
        client = self.connect(server)
        client.send(GAME + b"NUMBER\n" * 1000)
        wait_until(lambda: are_begun(server, 1), "a call has begun")
        server.signal(signal.SIGTERM)
        wait_for_farewell(server)
        before = arrived(client).count(b"\n")
        after = client.read_all().count(b"\n")
        self.assertLessEqual(after, 1)
        self.assertGreaterEqual(before + after, 1)
        server.wait()


class EventedCalls(ServerTest):
    """Where the evented twin makes its calls."""

    twin = "evented"

    def asking(self, server, count):
        """So many clients that have asked for a number."""
        clients = [self.connect(server) for _ in range(count)]
        for client in clients:
            client.send(GAME + b"NUMBER\n")
        return clients

    def test_in_the_loop_everybody_waits(self):
        server = self.serve("--loops", "1", "--block", "1000")
        slow, = self.asking(server, 1)
        wait_until(lambda: are_begun(server, 1) or slow.becomes_readable(0),
            "the call has begun")
        with server.connect() as client:
            self.assertEqual(client.ask(b"HELLO\n"),
                b"ERROR unknown command\n")
        self.assertTrue(slow.becomes_readable(0))

    def test_a_stop_begins_no_call_in_the_loop(self):
        for loops in 1, 3:
            server = self.serve("--loops", str(loops), "--block", "1000",
                "--drain-timeout", "600")
            clients = self.asking(server, 12)
            server.signal(signal.SIGTERM)
            wait_for_farewell(server)
            for client in clients:
                arrived(client)
            self.assertLessEqual(
                sum(client.read_all() != b"" for client in clients), loops)
            server.wait()

    def test_a_stop_begins_no_call_that_waits_for_a_thread(self):
        server = self.serve("--block", "1000", "--pool", "2",
            "--drain-timeout", "600")
        clients = self.asking(server, 100)
        server.wait_for_counters(requests=200)
        wait_until(lambda: are_begun(server, 2), "calls have begun")
        server.signal(signal.SIGTERM)
        wait_for_farewell(server)
        before = sum(arrived(client) != b"" for client in clients)
        after = sum(client.read_all() != b"" for client in clients)
        self.assertLessEqual(after, 2)
        self.assertGreaterEqual(before + after, 2)
        server.wait()

    def test_who_leaves_takes_the_call_along_that_has_not_begun(self):
        server = self.serve("--block", "1000", "--pool", "1")
        slow, = self.asking(server, 1)
        server.wait_for_counters(requests=2)
        for client in self.asking(server, 200):
            client.reset()
        server.wait_for_counters(active=1)
        # Behind the calls of those it would come too late.
        last, = self.asking(server, 1)
        self.assertNotEqual(last.read_line(), b"")
        self.assertNotEqual(slow.read_line(), b"")


if __name__ == "__main__":
    main()

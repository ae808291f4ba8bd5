#!/usr/bin/python3
"""
How much and how long the servers put up with: connections, descriptors, long
lines, slow lines, silence, clients that do not read.
"""

import re
import select
import socket
import subprocess
import time
import unittest

from harness import (DEADLINE, FULL_HOUSE, PLAIN, STRACE, CableTest, ServerTest,
    environment, free_port, main, on_both_twins, only_if_full, program, traced,
    wait_until)

GAME = b"PARAMS 0 9223372036854775806\n"


@on_both_twins
class FullHouse(ServerTest):
    """--max-connections, and descriptors that run out."""

    def fill(self, server, count):
        """So many clients that are being served."""
        clients = [self.connect(server) for _ in range(count)]
        for client in clients:
            self.assertEqual(client.ask(b"PARAMS 4 4\nNUMBER\n"), b"4\n")
        return clients

    def test_refusal_is_readable_by_a_client_that_goes_on_talking(self):
        server = self.serve("--max-connections", "3")
        guests = self.fill(server, 3)
        for _ in range(20):
            with server.connect() as client:
                for _ in range(16):
                    client.send_if_open(b"PARAMS 1 5\nNUMBER\n" * 50)
                client.finish()
                self.assertEqual(client.read_all(), FULL_HOUSE)
        server.wait_for_counters(rejected=20, active=3)
        for guest in guests:
            self.assertEqual(guest.ask(b"PARAMS 5 5\nNUMBER\n"), b"5\n")

    def test_refusal_is_readable_by_a_client_that_only_listens(self):
        server = self.serve("--max-connections", "1")
        self.fill(server, 1)
        with server.connect() as client:
            self.assertEqual(client.read_all(), FULL_HOUSE)

    def test_a_place_is_free_again_when_a_client_leaves(self):
        server = self.serve("--max-connections", "2")
        guests = self.fill(server, 2)
        guests[0].close()
        server.play_when_possible()
        server.wait_for_counters(active=1)

    def test_many_refusals_at_once_disturb_nobody(self):
        server = self.serve("--max-connections", "2")
        guests = self.fill(server, 2)
        crowd = [self.connect(server) for _ in range(200)]
        for _ in range(20):
            for guest in guests:
                self.assertEqual(guest.ask(b"PARAMS 6 6\nNUMBER\n"), b"6\n")
        for client in crowd:
            try:
                self.assertIn(client.read_all(), (FULL_HOUSE, b""))
            except ConnectionResetError:
                pass
        server.wait_for_counters(rejected=200)

    def test_without_descriptors_the_early_clients_are_served(self):
        # More connections are allowed than descriptors.
        server = self.serve("--max-connections", "1000",
            wrapper=("/usr/bin/prlimit", "--nofile=48:48"))
        early = self.fill(server, 5)
        crowd = [self.connect(server) for _ in range(80)]
        for client in crowd:
            client.send(b"PARAMS 8 8\nNUMBER\n")
        used, start = server.processor_seconds(), time.monotonic()
        while time.monotonic() - start < 1.5:
            for client in early:
                self.assertEqual(client.ask(b"PARAMS 9 9\nNUMBER\n"), b"9\n")
            time.sleep(0.02)
        # Spinning on accept would take all of it.
        self.assertLess(server.processor_seconds() - used,
            0.5 * (time.monotonic() - start), "processor time")
        # Each is served when its turn comes, or was told that it is not.
        answers = []
        for client in crowd:
            try:
                answers.append(client.read_line())
            except ConnectionResetError:
                answers.append(b"")
            client.close()
        self.assertLessEqual(set(answers), {b"8\n", FULL_HOUSE, b""})
        self.assertGreaterEqual(answers.count(b"8\n"), 30)
        server.play_when_possible()


    @unittest.skipUnless(STRACE, "no strace")
    @only_if_full
    def test_without_descriptors_it_rests(self):
        server = self.serve("--max-connections", "1000",
            wrapper=("/usr/bin/prlimit", "--nofile=48:48"))
        early = self.fill(server, 5)

        def longest_wait(seconds):
            """The longest time that an early client waited, while others
            wait to be accepted: ten a second are turned away."""
            for _ in range(40 + 15 * seconds):
                self.connect(server).send(b"PARAMS 8 8\nNUMBER\n")
            longest, start = 0, time.monotonic()
            while time.monotonic() - start < seconds:
                for client in early:
                    before = time.monotonic()
                    self.assertEqual(
                        client.ask(b"PARAMS 9 9\nNUMBER\n"), b"9\n")
                    longest = max(longest, time.monotonic() - before)
                time.sleep(0.02)
            return longest

        def rests():
            used, start = server.processor_seconds(), time.monotonic()
            longest = longest_wait(10)
            if PLAIN:
                self.assertLess(server.processor_seconds() - used,
                    0.02 * (time.monotonic() - start))
            # Not as long as a pause.
            return not PLAIN or longest < 0.5
        wait_until(rests, "the early clients are served", 5 * DEADLINE)
        start = time.monotonic()
        with traced(server, "-c", "-e", "trace=accept4") as lines:
            longest_wait(5)
        calls = re.search(
            r" (\d+) +\d* accept4$", "".join(lines), re.MULTILINE)
        # It tries ten times a second, by two calls.
        self.assertLessEqual(int(calls[1]), 24 * (time.monotonic() - start))
        self.assertLessEqual(len(server.output), 3)


@on_both_twins
class Lines(ServerTest):
    """--max-line and --line-timeout."""

    def test_max_line_bounds_a_line(self):
        server = self.serve("--max-line", "10")
        with server.connect() as client:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
            client.send(b"PARAMS 1 10\n")
            self.assertEqual(client.read_all(), b"ERROR line too long\n")

    def test_max_line_may_be_large(self):
        server = self.serve("--max-line", "100000")
        with server.connect() as client:
            client.send(b"PARAMS 3 " + b"0" * 99989 + b"3\n" + b"NUMBER\n")
            self.assertEqual(client.read_line(), b"3\n")
            client.send(b"A" * 100001)
            self.assertEqual(client.read_all(), b"ERROR line too long\n")

    def test_a_byte_costs_the_same_however_long_its_line_is(self):
        server = self.serve("--max-line", "1048576", "--line-timeout", "0")

        def cost(length):
            """Processor time for 200 bytes, one by one, after a beginning."""
            before = server.counters()["bytes_in"]
            with server.connect() as client:
                client.send(b"A" * length)
                server.wait_for_counters(bytes_in=before + length)
                used = server.processor_ns()
                for _ in range(200):
                    client.send(b"A")
                    time.sleep(0.001)
                    wait_until(server.waits, "it is read by itself")
                used = server.processor_ns() - used
                server.wait_for_counters(bytes_in=before + length + 200)
                return used

        # The least of some is without what the machine does besides.
        short = min(cost(1000) for _ in range(3))
        self.assertLess(min(cost(1000000) for _ in range(3)), 2.5 * short)

    def test_a_line_that_does_not_end_is_cut_with_a_word(self):
        server = self.serve("--line-timeout", "0.5")
        with server.connect() as client:
            start = time.monotonic()
            client.send(b"PARAMS 1 1\nNUMBER\nNUM")
            self.assertEqual(client.read_line(), b"1\n")
            self.assertEqual(client.read_all(), b"ERROR line timeout\n")
            self.assertGreater(time.monotonic() - start, 0.45)
        server.wait_for_counters(timed_out=1)

    def drip(self, client):
        """Send a byte now and then until the server says something."""
        sent = 0
        end = time.monotonic() + DEADLINE
        while not client.becomes_readable(0.05):
            self.assertLess(time.monotonic(), end, "the line goes on")
            client.send_if_open(b"A")
            sent += 1
            if sent % 900 == 0:
                self.fail("a slow line is not cut")
        return sent

    def test_slow_bytes_do_not_extend_the_line_timeout(self):
        server = self.serve("--line-timeout", "0.6", "--idle-timeout", "30")
        with server.connect() as client:
            start = time.monotonic()
            self.drip(client)
            self.assertGreater(time.monotonic() - start, 0.5)
            self.assertEqual(client.read_all(), b"ERROR line timeout\n")

    def test_many_slow_lines_are_cut(self):
        server = self.serve("--line-timeout", "0.5")
        clients = [self.connect(server) for _ in range(100)]
        for client in clients:
            client.send(b"PARA")
        for client in clients:
            self.assertEqual(client.read_all(), b"ERROR line timeout\n")
        server.wait_for_counters(timed_out=100)

    def test_each_line_has_its_own_time(self):
        server = self.serve("--line-timeout", "2")

        def lasts():
            """Whether it goes on for longer than a line may take."""
            with server.connect() as client:
                client.send(b"PARAMS 0 99999\nNUM")
                start = time.monotonic()
                while time.monotonic() - start < 3:
                    client.becomes_readable(0.1)
                    if not client.send_if_open(b"BER\nNUM") or not re.fullmatch(
                            rb"\d+\n", client.read_line()):
                        return False
            return True
        # Where this process is away too long, not at the first attempt.
        wait_until(lasts, "each line has its own time")

    def test_zero_is_no_limit(self):
        server = self.serve("--line-timeout", "0", "--idle-timeout", "0",
            "--stall-timeout", "0")
        with server.connect() as client:
            client.send(b"PARAMS 1 1\nNUM")
            self.assertFalse(client.becomes_readable(0.7))
            client.send(b"BER\n")
            self.assertEqual(client.read_line(), b"1\n")


@on_both_twins
class Drips(ServerTest):
    """Two hundred clients that send a byte a second, and no line end."""

    CROWD, LIMIT = 200, 5
    # Seconds: a normal client comes, and what is only said of the programs as
    # they are installed, on a machine that may have other suites to run.
    EVERY, TOLERANCE, QUICK = 0.05, 1, 1

    def cut_times(self, server, connect, clients):
        """When each of the crowd was cut, in seconds from its first byte;
        and how long normal clients took meanwhile. The crowd is added to the
        clients."""
        crowd = {}
        for _ in range(self.CROWD):
            client = connect()
            clients.append(client)
            start = time.monotonic()
            client.send(b"A")
            crowd[client.socket] = start
        cut, taken = [], []
        start = dripped = time.monotonic()
        while crowd:
            before = time.monotonic()
            self.assertLess(before - start, self.LIMIT + DEADLINE)
            server.play()
            taken.append(time.monotonic() - before)
            if before - dripped >= 1:
                dripped = before
                for each in crowd:
                    try:
                        each.send(b"A")
                    except OSError:
                        pass  # it is cut, which shows below
            for each in select.select(list(crowd), [], [], 0)[0]:
                cut.append(time.monotonic() - crowd.pop(each))
            time.sleep(max(0, before + self.EVERY - time.monotonic()))
        return cut, taken

    def check_cuts(self, server, connect, last_words):
        """All are cut in time, and with these words."""
        def in_time():
            before = server.counters()["timed_out"]
            clients = []
            cut, taken = self.cut_times(server, connect, clients)
            self.assertEqual(len(cut), self.CROWD)
            self.assertGreater(min(cut), self.LIMIT - self.TOLERANCE)
            for client in clients:
                self.assertTrue(client.read_all().startswith(last_words))
                client.close()
            server.wait_for_counters(timed_out=before + self.CROWD)
            taken.sort()
            return not PLAIN or (max(cut) < self.LIMIT + self.TOLERANCE
                and taken[len(taken) * 99 // 100] < self.QUICK)
        # Which a machine that has more to do can prevent, but not each time.
        wait_until(in_time, "all are cut in time", 5 * DEADLINE)

    @only_if_full
    def test_lines_of_the_game(self):
        server = self.serve("--quiet", "--line-timeout", str(self.LIMIT))
        self.check_cuts(server, server.connect, b"ERROR line timeout\n")

    @only_if_full
    def test_queries(self):
        server = self.find("--quiet", "--line-timeout", str(self.LIMIT))

        def connect():
            client = server.connect()
            self.assertEqual(client.socket.recv(3), b"?> ")
            return client

        self.check_cuts(server, connect, b"")

    @only_if_full
    def test_heads(self):
        server = self.find("--quiet", "--line-timeout", str(self.LIMIT))
        self.check_cuts(server, server.connect_web, b"HTTP/1.1 408 ")


@on_both_twins
class Cable(CableTest):
    """A cable that is cut: a client whose end nobody ever hears of."""

    @only_if_full
    def test_who_is_cut_off_is_gone_in_time(self):
        self.lay_cable()
        server = self.find("--quiet", "--stall-timeout", "5",
            "--idle-timeout", "5", http="off", **self.serve_at_cable())

        def gone_in_time():
            before = server.counters()
            start = time.monotonic()
            idle, reader = self.connect(server), self.connect(server, 4096)
            self.assertEqual(idle.socket.recv(100), b"?> ")
            reader.send(b"cjk\n")
            self.assertTrue(reader.becomes_readable(DEADLINE))
            self.cut_cable()
            was_in_time = server.counters()["active"] == 2
            server.wait_for_counters(active=0, stalled=before["stalled"] + 1,
                timed_out=before["timed_out"] + 1)
            taken = time.monotonic() - start
            self.mend_cable()
            self.assertGreater(taken, 4)
            return was_in_time and taken < 9
        wait_until(gone_in_time, "they are gone in time", 5 * DEADLINE)


@on_both_twins
class Silence(ServerTest):
    """--idle-timeout."""

    def test_a_silent_client_is_closed_without_a_word(self):
        server = self.serve("--idle-timeout", "0.5")
        before = server.wait_for_counters(active=0)["timed_out"]
        # The server's clock may start before connect() has returned.
        start = time.monotonic()
        with server.connect() as client:
            self.assertEqual(client.read_all(), b"")
            self.assertGreater(time.monotonic() - start, 0.45)
        server.wait_for_counters(timed_out=before + 1)

    def test_who_was_cut_for_silence_was_not_served(self):
        # It does not close either: the server ends the lingering, too.
        server = self.serve("--idle-timeout", "0.3")
        before = server.wait_for_counters(active=0)
        client = self.connect(server)
        self.assertEqual(client.read_all(), b"")
        server.wait_for_counters(active=0, served=before["served"],
            timed_out=before["timed_out"] + 1)

    def test_a_reset_after_the_end_does_not_undo_it(self):
        server = self.serve()
        served = server.counters()["served"]
        client = self.connect(server)
        client.send(GAME + b"\n")
        client.read_all()
        client.reset()
        server.wait_for_counters(active=0, served=served + 1)

    def test_a_client_that_falls_silent_is_closed(self):
        server = self.serve("--idle-timeout", "0.5")
        client, start = None, -1
        while time.monotonic() - start > 0.4:  # once more: it was away
            start = time.monotonic()
            client = self.connect(server)
            client.send_if_open(b"PARAMS 2 2\nNUMBER\n")
        self.assertEqual(client.read_all(), b"2\n")

    def test_a_client_that_talks_is_kept(self):
        server = self.serve("--idle-timeout", "1.5")

        def lasts():
            """Whether it goes on for longer than a client may be silent."""
            with server.connect() as client:
                start = time.monotonic()
                while time.monotonic() - start < 3:
                    if not client.send_if_open(b"PARAMS 2 2\nNUMBER\n") or \
                            client.read_line() != b"2\n":
                        return False
                    client.becomes_readable(0.1)
            return True
        # Where this process is away too long, not at the first attempt.
        wait_until(lasts, "a client that talks is kept")

    def test_a_silent_client_does_not_disturb_the_others(self):
        server = self.serve("--idle-timeout", "0.4")
        silent = [self.connect(server) for _ in range(50)]
        # Not play(): this process may be away for as long as it may be silent.
        server.play_when_possible()
        for client in silent:
            self.assertEqual(client.read_all(), b"")
        server.play_when_possible()


@on_both_twins
class Stalled(ServerTest):
    """--stall-timeout."""

    def stall(self, server):
        """A client that asks for much and reads nothing."""
        client = self.connect(server, receive_buffer=4096)
        try:
            sent = client.send_what_fits(
                GAME + b"NUMBER\n" * 1000000, server)
            self.assertLess(sent, 7000000, "the server reads without end")
        except (BrokenPipeError, ConnectionResetError):
            pass  # this process was away, and the client is cut already
        return client

    def test_a_client_that_does_not_read_is_cut(self):
        server = self.serve("--stall-timeout", "0.5")
        clients = [self.stall(server) for _ in range(3)]
        server.wait_for_counters(stalled=3, active=0, timed_out=0)
        server.play()
        for client in clients:
            try:
                client.read_all()
            except ConnectionResetError:
                pass

    def test_neither_idle_nor_line_limits_hit_who_is_owed_an_answer(self):
        server = self.serve("--stall-timeout", "60", "--idle-timeout", "2",
            "--line-timeout", "2")

        def is_kept():
            before = server.wait_for_counters(active=0)["timed_out"]
            client = self.stall(server)
            time.sleep(3)
            after = server.counters()
            if after["timed_out"] == before:
                self.assertEqual(after["active"], 1)
                self.assertRegex(client.read_line(), rb"\A\d+\n\Z")
            client.close()
            return after["timed_out"] == before
        # It may be this process that is silent too long.
        wait_until(is_kept, "they do not hit it")

    def test_who_is_owed_nothing_has_not_stalled(self):
        server = self.serve("--stall-timeout", "0.4")
        with server.connect() as client:
            start = time.monotonic()
            while time.monotonic() - start < 2:
                client.send(b"CLEAR\n" * 20000)
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        server.wait_for_counters(stalled=0)

    @only_if_full
    def test_a_slow_reader_gets_everything(self):
        server = self.serve("--stall-timeout", "3")

        def gets_everything():
            client = self.connect(server, receive_buffer=4096)
            client.send(GAME + b"NUMBER\n" * 8000)
            client.finish()
            received = b""
            try:
                while data := client.socket.recv(1500):
                    received += data
                    time.sleep(0.05)
            except ConnectionResetError:
                pass  # it was cut
            return received.count(b"\n") == 8000
        # Where this process is away too long, not at the first attempt.
        wait_until(gets_everything, "a slow reader gets all", 5 * DEADLINE)


class ThreadedPool(ServerTest):
    """--threads, which only the threaded twin has."""

    twin = "threaded"

    def test_a_pool_serves_as_many_as_it_has_threads(self):
        server = self.serve("--threads", "2")
        threads = server.threads()
        first, second = self.connect(server), self.connect(server)
        for client in first, second:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        third = self.connect(server)
        third.send(b"PARAMS 3 3\nNUMBER\n")
        self.assertFalse(third.becomes_readable(0.3))
        server.wait_for_counters(active=2)
        first.close()
        self.assertEqual(third.read_line(), b"3\n")
        self.assertEqual(server.threads(), threads)

    def test_a_pool_without_descriptors_goes_on(self):
        # The pool is larger than what is left of the descriptors.
        server = self.serve("--threads", "16", "--max-connections", "1000",
            wrapper=("/usr/bin/prlimit", "--nofile=14:14"))
        for _ in range(3):
            crowd = [self.connect(server) for _ in range(40)]
            for client in crowd:
                client.send(b"PARAMS 8 8\nNUMBER\n")
            # Each is answered or refused, once those before it have gone.
            for client in crowd:
                try:
                    self.assertIn(client.read_line(),
                        (b"8\n", FULL_HOUSE, b""))
                except ConnectionResetError:
                    pass
                client.close()
            server.play_when_possible()

    def test_a_pool_refuses_nobody_while_a_thread_is_free(self):
        # Most of its threads have no descriptor to accept with.
        server = self.serve("--threads", "16", "--max-connections", "1000",
            wrapper=("/usr/bin/prlimit", "--nofile=10:10"))
        descriptors = server.descriptors()
        for _ in range(200):
            with server.connect() as client:
                self.assertEqual(client.ask(b"PARAMS 8 8\nNUMBER\n"), b"8\n")
                client.send(b"\n")
                self.assertEqual(client.read_all(), b"")
            # Or a thread that has the last client still is not free.
            wait_until(lambda: server.descriptors() <= descriptors,
                "the client is forgotten")

    def test_a_pool_without_descriptors_tells_who_comes(self):
        server = self.serve("--threads", "40", "--max-connections", "1000",
            wrapper=("/usr/bin/prlimit", "--nofile=24:24"))
        answer, served = b"1\n", 0
        while answer == b"1\n":
            answer = self.connect(server).ask(b"PARAMS 1 1\nNUMBER\n")
            served += 1
        self.assertEqual(answer, FULL_HOUSE)
        self.assertGreater(served, 5)
        server.wait_for_counters(rejected=1)


class EventedLoops(ServerTest):
    """--loops, which only the evented twin has."""

    twin = "evented"

    def test_loops_share_the_clients(self):
        one = self.serve("--loops", "1").threads()
        server = self.serve("--loops", "3")
        self.assertGreaterEqual(server.threads(), one + 2)
        clients = [self.connect(server) for _ in range(12)]
        for client in clients:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        server.wait_for_counters(active=12)

    def test_zero_loops_are_one_per_processor(self):
        server = self.serve("--loops", "0")
        for _ in range(10):
            server.play()


@on_both_twins
class Addresses(ServerTest):
    """Where the servers listen."""

    def test_the_line_printed_names_the_port(self):
        port = free_port()
        server = self.serve(port=port)
        self.assertEqual(server.output[0],
            f"Serving on 127.0.0.1:{port}. Hit CTRL-C to stop.\n")
        server.play()

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 here")
        for host in "::1", "[::1]":
            server = self.serve(host=host)
            self.assertEqual(server.address, "[::1]")
            server.play()
            done = subprocess.run([program(self.twin, "guess-client"),
                "--host", host, "--port", str(server.port), "7", "7", "7"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                env=environment(), timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_name(self):
        server = self.serve(host="localhost")
        self.assertIn(server.address, ("127.0.0.1", "[::1]"))
        server.play()


if __name__ == "__main__":
    main()

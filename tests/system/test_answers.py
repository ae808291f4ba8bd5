#!/usr/bin/python3
"""
Long answers of the finder, 4 MB in the terminal and more over the web, and
clients that take them slowly, not at all, or go away in the middle.
"""

import concurrent.futures
import hashlib
import random
import re
import signal
import time
import unittest

from harness import (DEADLINE, FULL, PLAIN, STRACE, UNDER_THREAD_SANITIZER,
    ServerTest, main, on_both_twins, only_if_full, traced, wait_until)
from published import PROMPT, Finder

SOME = 500 if FULL else 10 if UNDER_THREAD_SANITIZER else 30
CROWD = 200 if FULL and PLAIN else 60 if PLAIN else 20

ANSWER = PROMPT + Finder().answer("cjk") + PROMPT
# How each door is asked for it, and what is not the same each time.
DOORS = {
    "terminal": b"cjk\n",
    "web": b"GET /search?query=cjk&start=0&stop=all HTTP/1.1\r\nHost: a\r\n"
        b"Connection: close\r\n\r\n",
}


def digest(data):
    """What must be equal of an answer."""
    return hashlib.sha256(re.sub(rb"\r\nDate: [^\r]+", b"", data)).hexdigest()


def on_several_threads(count, work):
    """Run work(i) for each i below count, eight at a time; return results."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, range(count)))


class AnswerTest(ServerTest):
    """A test of a finder's long answers."""

    def connect_at(self, server, door, receive_buffer=None):
        """A client at one of the doors, closed when the test ends."""
        client = server.connect(receive_buffer) if door == "terminal" \
            else server.connect_web(receive_buffer)
        self.clients.append(client)
        return client

    def ask(self, server, door, receive_buffer=None, times=1):
        """A client that has asked for a long answer and has it coming."""
        client = self.connect_at(server, door, receive_buffer)
        client.send(DOORS[door] * times)
        wait_until(lambda: client.becomes_readable(1), "the answer comes")
        return client

    def whole(self, server, door):
        """The digest of an answer, taken at full speed."""
        client = self.connect_at(server, door)
        client.send(DOORS[door])
        client.finish()
        data = client.read_all()
        if door == "terminal":
            self.assertTrue(data == ANSWER, "the answer is wrong")
        else:
            self.assertGreater(len(data), 5000000)
            self.assertTrue(data.endswith(b"]}\n\r\n0\r\n\r\n"), data[-40:])
        return digest(data)

    def is_quick(self, server, count=20):
        """Whether a neighbour is served; an answer at a time."""
        for _ in range(count):
            server.play()


@on_both_twins
class SlowReaders(AnswerTest):
    """Clients that take their time, or do not read at all."""

    def pace(self, client, size, wait, until):
        """Read so many bytes a time until the condition holds; return them."""
        data = []
        while not until():
            piece = client.socket.recv(size)
            if not piece:
                break
            data.append(piece)
            time.sleep(wait)
        return b"".join(data)

    def test_a_slow_reader_gets_every_byte(self):
        # For longer than three times the limit that cuts who does not read.
        patient = self.find("--quiet")
        server = self.find("--quiet", "--stall-timeout", "2")
        for door in DOORS:
            whole = self.whole(patient, door)

            def gets_all():
                client = self.ask(server, door, 4096)
                client.finish()
                end = time.monotonic() + 6.5
                try:
                    data = self.pace(client, 8192, 0.05,
                        lambda: time.monotonic() > end)
                    data += client.read_all()
                except ConnectionResetError:
                    return False  # this process was away
                return digest(data) == whole
            wait_until(gets_all, f"all arrives at the {door}", 2 * DEADLINE)

    @only_if_full
    def test_readers_of_64_and_of_16_kib_a_second_get_every_byte(self):
        server = self.find("--quiet", "--stall-timeout", "10")
        whole = self.whole(server, "terminal")

        def read(number):
            client = self.connect_at(server, "terminal",
                (None, 4096)[number // 2])
            client.send(DOORS["terminal"])
            client.finish()
            end = time.monotonic() + 60
            data = self.pace(client, (4096, 1024)[number % 2], 1 / 16,
                lambda: time.monotonic() > end)
            return digest(data + client.read_all())

        self.assertEqual(set(on_several_threads(4, read)), {whole})
        server.wait_for_counters(stalled=0)

    def test_who_does_not_read_is_cut(self):
        server = self.find("--quiet", "--stall-timeout", "0.6")
        for stalled, door in enumerate(DOORS, 1):
            start = time.monotonic()
            client = self.ask(server, door, 4096)
            server.wait_for_counters(stalled=stalled, active=0)
            self.assertGreater(time.monotonic() - start, 0.55)
            try:
                self.assertLess(len(client.read_all()), len(ANSWER))
            except ConnectionResetError:
                pass

    def test_who_does_not_read_costs_little(self):
        server = self.find("--quiet")
        self.whole(server, "terminal")
        before = server.resident_kib()
        crowd = [self.ask(server, ("terminal", "web")[i % 2], 4096, 5)
            for i in range(CROWD)]
        self.is_quick(server)
        grown = server.resident_kib() - before
        if PLAIN:
            self.assertLess(grown, CROWD * 300, "KiB more memory")
        # And what the kernel took for them: TCP_NOTSENT_LOWAT bounds it.
        client = crowd[0]
        server.freeze()
        client.socket.settimeout(0.5)
        waited = 0
        try:
            while True:
                waited += len(client.socket.recv(65536))
        except TimeoutError:
            pass
        server.thaw()
        self.assertLess(waited, 1024 * 1024, "bytes waited in the kernel")
        client.socket.settimeout(DEADLINE)

    def test_what_waits_of_an_answer_is_not_copied(self):
        server = self.find("--quiet", http="off")
        self.whole(server, "terminal")
        before = server.own_kib()
        for _ in range(CROWD):
            self.ask(server, "terminal", 4096)
        self.is_quick(server)
        grown = server.own_kib() - before
        # A piece has 64 KiB. What a thread takes sanitizers multiply.
        if PLAIN or server.twin == "evented":
            self.assertLess(grown, CROWD * 48, "KiB more memory")

    def test_a_neighbour_is_served_meanwhile(self):
        server = self.find("--quiet")
        readers = [self.ask(server, door)
            for door in DOORS for _ in range(10)]

        def read(number):
            readers[number].finish()
            return digest(readers[number].read_all())

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            done = pool.submit(on_several_threads, len(readers), read)
            self.is_quick(server, 5)
            self.assertEqual(len(set(done.result())), 2)

    def test_a_flood_is_answered_in_order_however_late_it_is_read(self):
        server = self.find("--quiet", http="off")
        count = 100000 if FULL else 20000
        with server.connect() as client:
            client.send(b"rocket\n")
            client.finish()
            answer = client.read_all()[len(PROMPT):]
        before = server.resident_kib()
        client = self.connect_at(server, "terminal", 4096)
        data = b"rocket\n" * count
        sent = client.send_what_fits(data)
        grown = server.resident_kib() - before

        def send_rest(_):
            client.send(data[sent:])
            client.finish()

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send_rest, 0)
            received = client.read_all()
            sending.result()
        self.assertTrue(received == PROMPT + answer * count,
            "an answer is missing, or in the wrong place")
        self.assertLess(grown, (2 if PLAIN else 40) * 1024, "KiB more memory")


@on_both_twins
class Endings(AnswerTest):
    """How long answers end."""

    def test_the_last_byte_arrives_after_a_half_close(self):
        server = self.find("--quiet")
        for door in DOORS:
            whole = self.whole(server, door)

            def one(_):
                client = server.connect() if door == "terminal" \
                    else server.connect_web()
                with client:
                    client.send(DOORS[door])
                    client.finish()
                    return digest(client.read_all())

            self.assertEqual(set(on_several_threads(SOME, one)), {whole})

    def test_clients_that_reset_leave_nothing_behind(self):
        server = self.find("--quiet")

        def one(number):
            chance = random.Random(number)
            door = chance.choice(list(DOORS))
            client = server.connect() if door == "terminal" \
                else server.connect_web()
            client.send(DOORS[door])
            left = chance.choice((0, 10, 5000, 300000, 3000000))
            while left > 0:
                left -= len(client.socket.recv(min(left, 65536)))
            client.reset() if chance.random() < 0.7 else client.close()

        on_several_threads(1000 if FULL else 4 * SOME, one)
        server.wait_for_counters(active=0)
        self.is_quick(server, 1)

    def test_each_way_to_go_costs_no_processor_time_afterwards(self):
        server = self.find("--quiet")
        for door in DOORS:
            for ask in (0, 1):
                for read in (0, 100000):
                    for go in "close", "reset", "finish":
                        client = self.connect_at(server, door)
                        client.send(DOORS[door] * ask)
                        left = read * ask
                        while left > 0:
                            left -= len(client.socket.recv(min(left, 65536)))
                        getattr(client, go)()
        # The ones that have only half closed are owed the rest.
        for client in self.clients:
            client.close()
        server.wait_for_counters(active=0)


@unittest.skipUnless(STRACE, "no strace")
@on_both_twins
class SystemCalls(AnswerTest):
    """What the kernel is asked besides."""

    def test_only_a_long_answer_asks_for_the_size_of_segments(self):
        server = self.find("--quiet", http="off")
        small = b"cat face\n" * 1000

        with traced(server, "-e", "trace=getsockopt") as lines, \
                server.connect() as client:
            client.send(small + b"cjk\n" + small)
            client.finish()
            data = client.read_all()
        self.assertEqual(data.count(PROMPT), 2002)
        asked = sum("TCP_MAXSEG" in line for line in lines)
        # Once for each of its 62 segments, or more while they are small.
        self.assertGreater(asked, 50)
        self.assertLess(asked, 500)


@on_both_twins
class Stops(AnswerTest):
    """A stop while long answers are on their way."""

    def test_a_stop_lets_them_arrive_and_closes_the_idle_at_once(self):
        server = self.find("--quiet", "--drain-timeout", "600")
        whole = {door: self.whole(server, door) for door in DOORS}
        # Whoever would not read the prompt would be owed it.
        idle = [self.connect_at(server, "terminal") for _ in range(5)]
        for client in idle:
            self.assertEqual(client.socket.recv(100), PROMPT)
        idle += [self.connect_at(server, "web") for _ in range(5)]
        server.wait_for_counters(active=10)
        readers = [(door, self.ask(server, door, 65536))
            for door in DOORS for _ in range(3)]
        server.signal(signal.SIGTERM)
        for client in idle:
            self.assertEqual(client.read_all(), b"")
        for door, client in readers:
            self.assertEqual(digest(client.read_all()), whole[door], door)
            client.close()
        for client in idle:
            client.close()
        server.wait()
        self.assertNotIn("Connections cut", "".join(server.output))

    def test_the_drain_timeout_cuts_who_does_not_read(self):
        for door in DOORS:
            server = self.find("--quiet", "--drain-timeout", "0.6")
            self.ask(server, door, 4096)
            start = time.monotonic()
            server.signal(signal.SIGTERM)
            server.wait()
            self.assertGreater(time.monotonic() - start, 0.55)
            self.assertIn("Connections cut: 1.\n", server.output)

    def test_a_second_signal_cuts_at_once(self):
        for door in DOORS:
            server = self.find("--quiet", "--drain-timeout", "600")
            self.ask(server, door, 4096)
            server.signal(signal.SIGTERM)
            wait_until(lambda: "Server shutting down.\n" in server.output,
                "it says farewell")
            server.signal(signal.SIGTERM)
            server.wait()

    def test_answers_go_on_after_a_debugger(self):
        patient = self.find("--quiet")
        server = self.find("--quiet", "--stall-timeout", "0.5")
        for door in DOORS:
            whole = self.whole(patient, door)

            def goes_on():
                client = self.ask(server, door)
                client.finish()
                data = b""
                try:
                    for _ in range(2):
                        server.freeze()
                        time.sleep(1.2)
                        server.thaw()
                        data += client.socket.recv(100000)
                    data += client.read_all()
                except ConnectionResetError:
                    return False  # this process was away
                return digest(data) == whole
            wait_until(goes_on, f"all arrives at the {door}")


if __name__ == "__main__":
    main()

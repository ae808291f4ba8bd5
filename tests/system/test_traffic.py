#!/usr/bin/python3
"""
Clients that send much at once, leave in the middle, or come in crowds: every
answer that can arrive does, in order, and nothing is left behind.
"""

import concurrent.futures
import random
import signal
import socket
import threading

from harness import (FULL, UNDER_THREAD_SANITIZER, ServerTest, main,
    on_both_twins)

GAME = b"PARAMS 0 9223372036854775806\n"
FLOOD = 20000 if UNDER_THREAD_SANITIZER else 100000
SOME = 200 if UNDER_THREAD_SANITIZER else 1000 if FULL else 300


def on_several_threads(count, work):
    """Run work(i) for each i below count, eight at a time; return results."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(work, range(count)))


@on_both_twins
class Floods(ServerTest):
    """Many lines without waiting for their answers."""

    def flood(self, server, receive_buffer, wait_until_full):
        """Send FLOOD requests; return what comes back. When told to, begin
        to read only when the server takes no more."""
        client = self.connect(server, receive_buffer)
        text = GAME + b"NUMBER\n" * FLOOD
        sent = client.send_what_fits(text) if wait_until_full else 0

        def send_rest():
            client.send(text[sent:])
            client.finish()

        sender = threading.Thread(target=send_rest)
        sender.start()
        received = client.read_all()
        sender.join()
        client.close()
        return received

    def test_all_answers_come_in_order_whoever_waits_for_whom(self):
        server = self.serve("--seed", "11", "--quiet")
        before = server.resident_kib()
        late = self.flood(server, 4096, True)
        grown = server.resident_kib() - before
        numbers = late.splitlines()
        self.assertEqual(len(numbers), FLOOD)
        self.assertEqual(len(set(numbers)), FLOOD, "a number came twice")
        eager = self.flood(server, None, False)
        self.assertTrue(late == eager, "the order differs")
        # What is not read is not kept either; sanitizers keep freed memory.
        self.assertLess(grown, 40 * 1024, "KiB more memory")

    def test_a_neighbour_is_answered_during_a_flood(self):
        server = self.serve("--quiet")
        client = self.connect(server, receive_buffer=4096)
        client.send_what_fits(GAME + b"NUMBER\n" * FLOOD)
        for _ in range(50):
            server.play()

    def test_commands_without_answers_are_taken_in_any_number(self):
        server = self.serve("--quiet")
        with server.connect() as client:
            client.send(b"CLEAR\n" * FLOOD + b"PARAMS 3 3\nNUMBER\n")
            self.assertEqual(client.read_line(), b"3\n")

    def test_requests_are_counted(self):
        server = self.serve("--quiet")
        before = server.counters()
        with server.connect() as client:
            client.send(b"PARAMS 1 1\n" + b"NUMBER\nREPORT Correct\n" * 100)
            client.finish()
            self.assertEqual(client.read_all(), b"1\n" * 100)
        after = server.wait_for_counters(served=before["served"] + 1)
        self.assertEqual(after["accepted"], before["accepted"] + 1)
        self.assertEqual(after["requests"], before["requests"] + 201)
        self.assertEqual(after["bytes_in"] - before["bytes_in"],
            11 + 100 * (7 + 15))
        self.assertEqual(after["bytes_out"] - before["bytes_out"], 200)


@on_both_twins
class Endings(ServerTest):
    """How conversations end."""

    def test_half_close_gets_every_answer_and_a_clean_end(self):
        server = self.serve("--quiet")

        def one(number):
            with server.connect() as client:
                client.send(b"PARAMS 0 999999\n" + b"NUMBER\n" * 50)
                client.finish()
                return client.read_all().count(b"\n")

        self.assertEqual(set(on_several_threads(SOME, one)), {50})

    def test_a_large_answer_is_complete_after_a_half_close(self):
        server = self.serve("--quiet")
        client = self.connect(server, receive_buffer=4096)
        client.send(GAME + b"NUMBER\n" * 9000)
        client.finish()
        self.assertEqual(len(set(client.read_all().splitlines())), 9000)

    def test_error_text_reaches_a_client_that_goes_on_sending(self):
        server = self.serve("--quiet")

        def one(number):
            with server.connect() as client:
                # 64 KiB in all, most of it behind the error.
                for _ in range(16):
                    client.send_if_open(b"A" * 4096)
                return client.read_all()

        self.assertEqual(set(on_several_threads(SOME, one)),
            {b"ERROR line too long\n"})

    def test_an_endless_line_costs_neither_memory_nor_time(self):
        server = self.serve("--quiet")
        before, used = server.resident_kib(), server.processor_seconds()
        self.send_without_end(server.connect, 10)
        self.assertLess(server.resident_kib() - before, 8 * 1024)
        self.assertLess(server.processor_seconds() - used, 5)

    def test_clients_that_reset_leave_nothing_behind(self):
        server = self.serve("--quiet")

        def one(number):
            chance = random.Random(number)
            client = server.connect(receive_buffer=4096)
            client.send_what_fits(GAME + b"NUMBER\n" * chance.choice(
                (0, 1, 10, 1000, 9000)))
            for _ in range(chance.choice((0, 0, 1, 5))):
                if client.becomes_readable(0.01):
                    client.socket.recv(chance.randrange(1, 5000))
            client.reset()

        on_several_threads(SOME, one)
        server.play()

    def test_connections_that_close_at_once_leave_nothing_behind(self):
        server = self.serve("--quiet")
        count = 500 if UNDER_THREAD_SANITIZER else 2000
        on_several_threads(count, lambda number: server.connect().close())
        server.wait_for_counters(accepted=count + 1, active=0)
        server.play()

    def test_short_sessions_one_after_the_other(self):
        server = self.serve("--quiet")
        for _ in range(10000 if FULL else 300):
            server.play()

    def test_a_client_that_closes_with_answers_unread(self):
        server = self.serve("--quiet")

        def one(number):
            with server.connect() as client:
                client.send(GAME + b"NUMBER\n" * 500)
                client.read_line()

        on_several_threads(SOME, one)


@on_both_twins
class Crowds(ServerTest):
    """Many clients at once."""

    def test_a_burst_waits_in_the_queue_and_none_is_lost(self):
        server = self.serve("--quiet")
        server.freeze()
        clients = [self.connect(server) for _ in range(1000)]
        for client in clients:
            client.send(b"PARAMS 5 5\nNUMBER\n")
        server.thaw()
        for client in clients:
            self.assertEqual(client.read_line(), b"5\n")

    def test_clients_do_not_get_each_others_answers(self):
        server = self.serve("--quiet")
        clients = [self.connect(server) for _ in range(200)]
        chance = random.Random(7)
        for _ in range(5):
            order = list(enumerate(clients))
            chance.shuffle(order)
            for number, client in order:
                client.send(b"PARAMS %d %d\n" % (number, number))
            chance.shuffle(order)
            for number, client in order:
                client.send(b"NUMBER\n")
            for number, client in order:
                self.assertEqual(client.read_line(), b"%d\n" % number)

    def test_crowds_come_and_go(self):
        server = self.serve("--quiet")
        for _ in range(5):
            clients = [self.connect(server) for _ in range(100)]
            for client in clients[:50]:
                client.send(GAME + b"NUMBER\n")
            for client in clients[:50]:
                self.assertRegex(client.read_line(), rb"\A\d+\n\Z")
            for client in clients:
                client.close()


@on_both_twins
class Disturbances(ServerTest):
    """What the network and the system do besides."""

    def test_urgent_data_is_not_in_the_stream(self):
        server = self.serve()
        with server.connect() as client:
            client.send(b"PARAMS 1 1\nNUM")
            client.socket.send(b"!", socket.MSG_OOB)
            client.send(b"BER\n")
            self.assertEqual(client.read_line(), b"1\n")

    def test_a_storm_of_signals_disturbs_nobody(self):
        server = self.serve("--quiet")
        client = self.connect(server)
        client.send(GAME)
        for _ in range(500):
            server.signal(signal.SIGUSR1)
            client.send(b"NUM")
            server.signal(signal.SIGCONT)
            client.send(b"BER\n")
            self.assertRegex(client.read_line(), rb"\A\d+\n\Z")

    def test_sighup_is_ignored(self):
        server = self.serve()
        client = self.connect(server)
        server.signal(signal.SIGHUP)
        server.counters()
        self.assertEqual(client.ask(b"PARAMS 2 2\nNUMBER\n"), b"2\n")


@on_both_twins
class Guesses(ServerTest):
    """Which numbers come."""

    def sequence(self, server):
        with server.connect() as client:
            client.send(b"PARAMS 1 1000000\n" + b"NUMBER\n" * 10)
            return client.read_lines(10)

    def test_a_seed_repeats_them(self):
        first = self.sequence(self.serve("--seed", "5"))
        again = self.serve("--seed", "5")
        self.assertEqual(self.sequence(again), first)
        self.assertEqual(self.sequence(again), first)
        self.assertNotEqual(self.sequence(self.serve("--seed", "6")), first)

    def test_without_a_seed_they_never_repeat(self):
        # Ten of 2^63 - 1 numbers each: by chance any two of these share one
        # in less than one run of 10^14.
        known = set()
        for _ in range(2):
            server = self.serve()
            for number in range(10):
                with server.connect() as client:
                    client.send(GAME + b"NUMBER\n" * 10)
                    numbers = set(client.read_lines(10))
                self.assertEqual(len(numbers), 10)
                self.assertFalse(numbers & known, number)
                known |= numbers
            # The next is the same server, restarted.
            server.stop()

    def test_bisecting_closes_in(self):
        server = self.serve("--strategy", "bisect")
        for secret in (1, 2, 500, 999999, 1000000, 123456):
            with server.connect() as client:
                client.send(b"PARAMS 1 1000000\n")
                distance, guesses = None, 0
                while distance != 0:
                    guess = int(client.ask(b"NUMBER\n"))
                    guesses += 1
                    before, distance = distance, abs(guess - secret)
                    word = b"Correct" if distance == 0 else \
                        b"Unsure" if before is None else \
                        b"Warmer" if distance < before else \
                        b"Colder" if distance > before else b"Same"
                    client.send(b"REPORT " + word + b"\n")
                    # 2 log2(N) + 2, which bisect.h promises.
                    self.assertLessEqual(guesses, 42)

    def test_numbers_are_even_handed(self):
        # The first of each game, each client with a seed of its own.
        server = self.serve("--quiet")
        games, clients = 10000, 10000 if FULL else 100

        def play(number):
            with server.connect() as client:
                client.send(b"PARAMS 1 6\nNUMBER\n" * (games // clients))
                client.finish()
                return client.read_all().split()

        answers = sum(on_several_threads(clients, play), [])
        self.assertEqual(len(answers), games)
        expected = games / 6
        chi = sum((answers.count(b"%d" % n) - expected) ** 2 / expected
            for n in range(1, 7))
        # Five degrees of freedom: one run in two million is above.
        self.assertLess(chi, 38)


if __name__ == "__main__":
    main()

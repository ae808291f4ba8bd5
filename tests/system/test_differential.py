#!/usr/bin/python3
"""
Thousands of random conversations, each with both servers: what is received
must be the same to the byte, and what the model allows.

A conversation is made of lines of the protocol, broken ones and noise, cut
into pieces at random places, sent with and without waiting for the answers
that are due, and ended by a half close or by the server.

A failure names its seed; TEST_SEED=N makes the same conversations again.
"""

import concurrent.futures
import os
import random
import time
import unittest

import harness
from model import Model, fault

COUNT = 30000 if harness.FULL else 1000 \
    if harness.UNDER_THREAD_SANITIZER else 6000
WORKERS = 8
SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))

WORDS = [word.encode() for word in ("Warmer", "Colder", "Unsure", "Same",
    "Correct", "더 따뜻함", "더 차가움", "잘 모르겠음", "맞음")]
EDGES = [0, 1, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 63 - 1, -2 ** 63, 2 ** 63,
    -2 ** 63 - 1, 2 ** 64, 10 ** 19, 10 ** 20]
BROKEN = [b"", b" ", b"HELP", b"number", b"PARAMS", b"PARAMS 1",
    b"PARAMS 1 2 3", b"PARAMS a 5", b"PARAMS 1  5", b"NUMBER 1", b"REPORT",
    b"REPORT hot", b"REPORT Correct ", b"CLEAR 1", b"PARAMS - +",
    b"GET / HTTP/1.1", b"\xff\xf4\xff\xfd\x06", b"REPORT \xeb\x8d",
    b"NUMBER\0", b"PARAMS 1 5\r"]


class Script:
    """One random conversation: pieces to send, each with whether the client
    then waits for what is due, and whether it half-closes at the end."""

    def __init__(self, number):
        self.chance = random.Random(f"{SEED}/{number}")
        text = self._text()
        self.pieces = [(piece, self.chance.random() < 0.3)
            for piece in self._cut(text)]
        model = Model()
        model.feed(text)
        # Who does not half-close must be sure that the server ends it.
        self.finish = not model.closed or self.chance.random() < 0.5

    def _line(self, game):
        chance = self.chance
        kind = chance.random()
        careful = chance.random() < 0.97
        if careful and kind < 0.9 and game is None:
            return self._params()
        if kind < 0.62 or careful and kind < 0.9 and game.guesses == 0:
            return b"NUMBER"
        if kind < 0.9:
            return b"REPORT " + chance.choice(WORDS[:4] + WORDS[5:8]
                if chance.random() < 0.85 else WORDS)
        if kind < 0.965:
            return self._params()
        if kind < 0.975:
            return b"CLEAR"
        if kind < 0.98:
            return chance.choice(BROKEN)
        if kind < 0.985:
            return b"REPORT " + b"A" * chance.choice(
                (100, 1016, 1017, 1018, 1019, 1100, 3000))
        # The model knows nothing of Telnet.
        if kind < 0.99:
            return harness.as_telnet(bytes(chance.randrange(256)
                for _ in range(chance.randrange(1, 40))))
        line = bytearray(chance.choice((b"NUMBER", self._params(),
            b"REPORT " + chance.choice(WORDS))))
        line[chance.randrange(len(line))] = chance.randrange(256)
        return harness.as_telnet(bytes(line))

    def _params(self):
        chance = self.chance
        kind = chance.random()
        if kind < 0.6:
            lower = chance.randrange(-50, 50)
            upper = lower + chance.choice(
                (0, 2, 5, 20, 20, 100, 100, 1000))
        elif kind < 0.75:
            lower = chance.randrange(-2 ** 63, 2 ** 62)
            upper = chance.randrange(lower, 2 ** 63)
        elif kind < 0.8:
            lower, upper = -2 ** 63, 2 ** 63 - 1
        elif kind < 0.99:
            lower, upper = chance.choice(EDGES[:7]), chance.choice(EDGES[:7])
        else:
            lower, upper = chance.choice(EDGES), chance.choice(EDGES)
        sign = chance.choice(("", "", "", "+", "0"))
        return f"PARAMS {sign if lower >= 0 else ''}{lower} {upper}".encode()

    def _text(self):
        chance = self.chance
        text, model = b"", Model()
        for _ in range(chance.choice((1, 3, 10, 20, 40, 80))):
            line = self._line(model.game) + (
                b"\r\n" if chance.random() < 0.1 else b"\n")
            model.feed(line)
            text += line
            if model.closed and chance.random() < 0.5:
                break
        if chance.random() < 0.15:
            text = text[:-1]
        return text

    def _cut(self, text):
        if not text:
            return []
        many = self.chance.choice((0, 0, 1, 3, 10, min(len(text), 60)))
        marks = sorted(self.chance.randrange(1, len(text) + 1)
            for _ in range(many))
        return [text[a:b] for a, b in zip([0] + marks, marks + [len(text)])
            if a < b]

    def play(self, port):
        """Hold the conversation; return (bytes received, how it ended, the
        model of it)."""
        model = Model()
        received = b""
        start = time.monotonic()
        with harness.Client(port) as client:
            try:
                for piece, wait in self.pieces:
                    model.feed(piece)
                    client.send(piece)
                    while wait and not model.closed \
                            and received.count(b"\n") < len(model.due):
                        line = client.read_line()
                        if not line:
                            break
                        received += line
                if self.finish:
                    model.finish()
                    client.finish()
                received += client.read_all()
                end = "end"
            except TimeoutError:
                end = "nothing more came"
            except OSError as error:
                # A server reads on for a second after its last word; this
                # process may have been away for longer.
                if model.closed and time.monotonic() - start > 0.9:
                    return None
                end = f"{error}"
        return received, end, model

    def play_in_time(self, port):
        """As play, again when this process was not given its time."""
        while True:
            result = self.play(port)
            if result is not None:
                return result

    def __str__(self):
        lines = [f"  send {piece!r}" + (", wait" if wait else "")
            for piece, wait in self.pieces]
        return "\n".join(lines + ["  half close"] * self.finish)


class Differential(harness.ServerTest):
    """Both servers, the same conversations."""

    def compare(self, first, count, *options):
        """Hold conversations and compare what comes."""
        servers = []
        for self.twin in harness.TWINS:
            servers.append(self.serve(
                "--seed", str(SEED), "--quiet", *options))

        def one(number):
            script = Script(number)
            received = []
            for server in servers:
                data, end, model = script.play_in_time(server.port)
                wrong = fault(model.due, data)
                if wrong is not None or end != "end":
                    return (f"TEST_SEED={SEED}, conversation {number}, "
                        f"{server.twin}: {wrong}; {end}\n{script}\n"
                        f"received {data!r}")
                received.append(data)
            if received[0] != received[1]:
                return (f"TEST_SEED={SEED}, conversation {number}: the twins "
                    f"differ\n{script}\nthreaded {received[0]!r}\n"
                    f"evented  {received[1]!r}")
            return None

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            found = [text for text in pool.map(
                one, range(first, first + count)) if text]
        if found:
            self.fail(f"{len(found)} of {count} conversations went wrong, "
                "the first of them:\n" + "\n".join(found[:3]))

    def test_random_strategy(self):
        self.compare(0, COUNT * 3 // 4)

    def test_bisect_strategy(self):
        self.compare(COUNT, COUNT // 4, "--strategy", "bisect")


class Bookkeeping(harness.ServerTest):
    """Both servers count the same."""

    # Seconds that a client may be silent; and for which this process may be
    # away, or the server cuts who was about to speak.
    SILENCE, AWAY = 1, 0.9

    def live_through_in_time(self, twin):
        """As live_through, again when this process was not given its time."""
        while True:
            self.longest = 0
            counters = self.live_through(twin)
            if self.longest < self.AWAY:
                return counters

    def live_through(self, twin):
        """Let a server see everything once; return its counters."""
        self.twin = twin
        server = self.serve("--max-connections", "2", "--idle-timeout",
            str(self.SILENCE), "--line-timeout", str(self.SILENCE),
            "--stall-timeout", "0.6", "--quiet")
        # That is how the harness's own session went.
        self.longest += self.AWAY * server.counters()["timed_out"]

        def since(start):
            self.longest = max(self.longest, time.monotonic() - start)

        def talk(text, half_close=False):
            start = time.monotonic()
            with server.connect() as client:
                client.send_if_open(text)
                if half_close:
                    client.finish()
                since(start)
                client.read_all()
            server.wait_for_counters(active=0)

        for text in (b"PARAMS 1 1\nNUMBER\nREPORT Correct\nNUMBER\n\n",
                b"PARAMS 1 1\r\nNUMBER\r\n\r\n", b"HELLO\n",
                b"A" * 2000, b"GET / HTTP/1.1\r\n\r\n", b"NUMBER\nNUMBER\n",
                b"PARAMS 1 5\n", b"PARAMS 1", b""):
            talk(text)
        for text in b"", b"PARAMS 1 1\nNUMBER", b"PARAMS 1 1\n", b"NUMBER\r":
            talk(text, True)
        start = time.monotonic()
        with server.connect() as client:
            client.ask(b"PARAMS 1 1\nNUMBER\n")
            client.reset()
        since(start)
        server.wait_for_counters(active=0)
        start = time.monotonic()
        with server.connect() as first, server.connect() as second:
            first.ask(b"PARAMS 1 1\nNUMBER\n")
            second.ask(b"PARAMS 1 1\nNUMBER\n")
            with server.connect() as third:
                third.read_all()
        since(start)
        return server.wait_for_counters(active=0)

    def test_both_count_the_same(self):
        threaded, evented = (self.live_through_in_time(twin)
            for twin in harness.TWINS)
        self.assertEqual(threaded, evented)
        self.assertEqual(threaded["rejected"], 1)
        self.assertEqual(threaded["timed_out"], 3)


class ModelItself(unittest.TestCase):
    """The model finds what is wrong."""

    def judge(self, sent, received):
        model = Model()
        model.feed(sent)
        model.finish()
        return fault(model.due, received)

    def test_accepts_a_right_answer(self):
        self.assertIsNone(self.judge(
            b"PARAMS 1 2\nNUMBER\nNUMBER\nNUMBER",
            b"2\n1\nERROR every number already guessed\n"))

    def test_rejects_wrong_answers(self):
        for received in (b"", b"3\n2\n", b"1\n1\n", b"1\n", b"1\n2\n1\n",
                b"1\n02\n", b"1\n2", b"ERROR no game\n"):
            self.assertIsNotNone(self.judge(
                b"PARAMS 1 2\nNUMBER\nNUMBER\n", received), received)

    def test_the_same_seed_makes_the_same_conversation(self):
        self.assertEqual(str(Script(5)), str(Script(5)))


if __name__ == "__main__":
    harness.main()

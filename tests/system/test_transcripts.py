#!/usr/bin/python3
r"""
The conversations in transcripts/ replayed to both servers: each whole, byte
by byte, and cut at random places.

Whoever writes a third server can replay the same files to it. A file holds
conversations; each is one connection and ends with `= end`. Its lines:

    # text      a remark; an empty line is one too
    == title    a conversation begins; what the title says is what it shows
    > text      the client sends this line, with LF at its end
    >> text     the client sends this without LF
    < text      the server answers this line, with LF at its end
    = finish    the client half-closes: it sends no more, and goes on reading
    = end       the server closes; it has sent nothing but the lines above,
                and the client reads the end of input, not a reset

In a text to send:

    \r \0 \\    a CR, a NUL, a backslash
    \xHH        the byte HH (a space at the end of a line is \x20)
    \{x*1024}   the character x so often

In a text to read:

    {1..5}      an integer from 1 to 5 in plain decimal that was not answered
                in this game
    {again}     the integer that was answered last
"""

import glob
import os
import random
import re
import time
import unittest

from harness import (FULL, TESTS, ServerTest, main, on_both_twins,
    only_if_full)

ESCAPE = re.compile(r"\\(r|0|\\|x[0-9A-Fa-f]{2}|\{.\*\d+\})")
RANGE = re.compile(r"\{([+-]?\d+)\.\.([+-]?\d+)\}")

# What is cut at random is cut in so many ways.
CUTS = 20 if FULL else 4


def unescape(text):
    """The bytes that a text to send stands for."""
    def one(match):
        what = match[1]
        if what == "r":
            return "\r"
        if what == "0":
            return "\0"
        if what == "\\":
            return "\\"
        if what[0] == "x":
            # A lone surrogate stands for a byte until it is encoded.
            value = int(what[1:], 16)
            return chr(value) if value < 0x80 else chr(0xdc00 + value)
        return what[1] * int(what[3:-1])
    return ESCAPE.sub(one, text).encode("utf-8", "surrogateescape")


class Conversation:
    """One conversation of a file: steps of (mark, text)."""

    def __init__(self, title):
        self.title = title
        self.steps = []

    def turns(self):
        """The steps in turns: (bytes to send, finish, answers to read), an
        answer being (number of the game, text)."""
        sent, answers, finish, game = b"", [], False, 0
        for mark, text in self.steps:
            if mark in (">", ">>"):
                if answers or finish:
                    yield sent, finish, answers
                    sent, answers, finish = b"", [], False
                game += text.startswith("PARAMS")
                sent += unescape(text) + (b"\n" if mark == ">" else b"")
            elif mark == "<":
                answers.append((game, text))
            elif text == "finish":
                if answers:
                    yield sent, finish, answers
                    sent, answers = b"", []
                finish = True
        yield sent, finish, answers


def read_file(path):
    """The conversations of a file."""
    conversations = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            mark, _, text = line.partition(" ")
            if mark == "==":
                conversations.append(Conversation(text))
            elif mark in (">", ">>", "<") \
                    or mark == "=" and text in ("finish", "end"):
                conversations[-1].steps.append((mark, text))
            else:
                raise ValueError(f"{path}:{number}: {line!r} is no step")
    for conversation in conversations:
        if conversation.steps[-1] != ("=", "end"):
            raise ValueError(f"{path}: {conversation.title}: no end")
    return conversations


class Reader:
    """Compares what is read with what was expected."""

    def __init__(self, test):
        self.test = test
        self.known = set()
        self.last = None

    def compare(self, expected, line):
        """Fail unless a line is the expected answer."""
        game, text = expected
        match = RANGE.fullmatch(text)
        if match:
            self.test.assertRegex(line, rb"\A(0|-?[1-9][0-9]*)\n\Z")
            value = int(line)
            self.test.assertTrue(int(match[1]) <= value <= int(match[2]),
                f"{value} is not in {text}")
            self.test.assertNotIn((game, value), self.known, "came before")
            self.known.add((game, value))
        elif text == "{again}":
            self.test.assertEqual(line, self.last)
        else:
            self.test.assertEqual(line, text.encode() + b"\n")
        self.last = line


@on_both_twins
class Transcripts(ServerTest):
    """Each file, in each way of cutting what is sent."""

    def replay_once(self, server, conversation, cut):
        """Replay in turns; cut makes pieces of what a turn sends."""
        reader = Reader(self)
        with server.connect() as client:
            for sent, finish, answers in conversation.turns():
                for piece in cut(sent):
                    client.send(piece)
                if finish:
                    client.finish()
                for expected in answers:
                    reader.compare(expected, client.read_line())
            self.assertEqual(client.read_all(), b"", "after the last line")

    def replay(self, server, conversation, cut):
        """Replay in turns, again if this process did not come to it."""
        while True:
            start = time.monotonic()
            try:
                return self.replay_once(server, conversation, cut)
            except ConnectionError:
                # A server reads on for a second after its last word; who
                # still sends after that may be reset.
                if time.monotonic() - start < 0.9:
                    raise

    def replay_at_once(self, server, conversation):
        """Send everything in one piece, then read everything."""
        reader = Reader(self)
        turns = list(conversation.turns())
        with server.connect() as client:
            client.send(b"".join(sent for sent, _, _ in turns))
            if any(finish for _, finish, _ in turns):
                client.finish()
            lines = client.read_all().splitlines(keepends=True)
        for _, _, answers in turns:
            for expected in answers:
                reader.compare(expected, lines.pop(0) if lines else b"")
        self.assertEqual(lines, [], "after the last line")

    def each_conversation(self, replay):
        """Replay every conversation of every file."""
        server = self.serve("--quiet")
        for path in sorted(glob.glob(os.path.join(
                TESTS, "transcripts", "*.txt"))):
            for conversation in read_file(path):
                with self.subTest(file=os.path.basename(path),
                        conversation=conversation.title):
                    replay(server, conversation)

    def test_turn_by_turn(self):
        self.each_conversation(lambda server, conversation: self.replay(
            server, conversation, lambda sent: [sent]))

    def test_all_at_once(self):
        self.each_conversation(self.replay_at_once)

    def test_byte_by_byte(self):
        self.each_conversation(lambda server, conversation: self.replay(
            server, conversation,
            lambda sent: [sent[i:i + 1] for i in range(len(sent))]))

    def test_in_pieces_of_any_size(self):
        for size in 2, 3, 7, 64:
            with self.subTest(size=size):
                self.each_conversation(lambda server, conversation:
                    self.replay(server, conversation, lambda sent: [
                        sent[i:i + size] for i in range(0, len(sent), size)]))

    @only_if_full
    def test_in_pieces_with_pauses(self):
        def cut(sent):
            # Who sends on for a second after an error would be reset.
            size = max(size_now, len(sent) // 200)
            for i in range(0, len(sent), size):
                yield sent[i:i + size]
                time.sleep(0.002)

        for size_now in 1, 2, 3, 7, 64:
            with self.subTest(size=size_now):
                self.each_conversation(lambda server, conversation:
                    self.replay(server, conversation, cut))

    def test_cut_at_random(self):
        seed = random.randrange(2 ** 32)
        chance = random.Random(seed)

        def cut(sent):
            marks = sorted(chance.sample(range(1, len(sent)),
                min(chance.randrange(6), len(sent) - 1))) if sent else []
            return [sent[a:b] for a, b in zip([0] + marks, marks + [len(sent)])]

        def replay(server, conversation):
            for _ in range(CUTS):
                self.replay(server, conversation, cut)

        with self.subTest(seed=seed):
            self.each_conversation(replay)


class Format(unittest.TestCase):
    """The files' own language."""

    def test_escapes(self):
        self.assertEqual(unescape(r"a\r\0\\\xff\x41\{b*3}가"),
            b"a\r\0\\\xffAbbb" + "가".encode())

    def test_turns_end_where_the_client_speaks_again(self):
        conversation = Conversation("")
        conversation.steps = [(">", "PARAMS 1 1"), (">", "NUMBER"),
            ("<", "1"), (">>", "X"), ("=", "finish"), ("=", "end")]
        self.assertEqual(list(conversation.turns()), [
            (b"PARAMS 1 1\nNUMBER\n", False, [(1, "1")]),
            (b"X", True, [])])


if __name__ == "__main__":
    main()

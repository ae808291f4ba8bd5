#!/usr/bin/python3
"""
The finder in a terminal: every byte as the published program sends it, the
console, and all ends of a session; and thousands of random conversations.

A failure of the random ones names its seed; TEST_SEED=N makes them again.
"""

import concurrent.futures
import hashlib
import os
import random
import re
import unittest

import harness
from published import PROMPT, Finder

COUNT = 10000 if harness.FULL else 400 \
    if harness.UNDER_THREAD_SANITIZER else 2000
WORKERS = 8
SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))

published = Finder()
WORDS = sorted(published.index)
# Not so frequent that an answer is long.
RARE = [word for word in WORDS if len(published.index[word]) < 300]


def answers(*queries):
    """What is received for these queries, prompts included."""
    return PROMPT + b"".join(
        published.answer(query) + PROMPT for query in queries)


@harness.on_both_twins
class Sessions(harness.ServerTest):
    """What a client reads, to the byte."""

    def converse(self, server, sent):
        """All that is received by a client that sends this and no more."""
        with server.connect() as client:
            client.send(sent)
            client.finish()
            return client.read_all()

    def test_the_published_session(self):
        server = self.find("--quiet", http="off")
        with server.connect() as client:
            client.send(b"chess black\r\nsun\r\n")
            expected = answers("chess black", "sun")
            received = b""
            while len(received) < len(expected):
                received += client.socket.recv(65536)
            self.assertEqual(received, expected)
            self.assertIn(b"\r\nU+265F \t\xe2\x99\x9f\tBLACK CHESS PAWN\r\n",
                received)
            self.assertTrue(received.endswith(
                b" matches for 'sun'\r\n?> "))
            client.send(b"\x03\r\n")
            self.assertEqual(client.read_all(), b"")

    def test_the_prompt_comes_first(self):
        server = self.find("--quiet", http="off")
        with server.connect() as client:
            self.assertEqual(client.socket.recv(100), PROMPT)

    def test_queries_of_all_kinds(self):
        server = self.find("--quiet", http="off")
        for query in ("rocket", "Rocket ROCKET", "zzz", "cat face", "it's",
                'say "it\'s"', "\\", "a-b", "ſign", "straße", "\u265a",
                "U+265A", "u+265a", "U+110000", "U+D800", "U+0041 x", "_",
                "U+B010", "\u00e9", "CAT\u00a0FACE", "\u3000cat", "ЖЕНА",
                "IDEOGRAPH-4E00", "4E00", "cjk compatibility", "x" * 1024,
                "é" * 512, "1", "face " * 200, "\u200b", "a\x00b", "a\x1bb"):
            with self.subTest(query=query):
                self.assertEqual(self.converse(server,
                    query.encode() + b"\n"), answers(query.strip()))

    def test_an_empty_query_prompts_again(self):
        server = self.find("--quiet", http="off")
        self.assertEqual(self.converse(server, b"\n \r\n\t\n\x1c\n\xc2\xa0\n"),
            PROMPT * 6)

    def test_a_control_character_ends_the_session(self):
        server = self.find("--quiet", http="off")
        for sent in (b"\x03\n", b"\x00\n", b" \x1b[A\n", b"\xff\xf4\xff\xfd\6\n",
                b"caf\xe9\n", b"\xed\xa0\x80\n", b"\x04"):
            with self.subTest(sent=sent):
                self.assertEqual(self.converse(server, sent + b"rocket\n"),
                    PROMPT)

    def test_the_end_of_input_ends_it(self):
        server = self.find("--quiet", http="off")
        self.assertEqual(self.converse(server, b""), PROMPT)
        self.assertEqual(self.converse(server, b"rocket\n"),
            answers("rocket"))

    def test_an_unterminated_last_line_is_answered(self):
        server = self.find("--quiet", http="off")
        self.assertEqual(self.converse(server, b"sun\nrocket"),
            answers("sun", "rocket"))
        self.assertEqual(self.converse(server, b"rocket\r"),
            answers("rocket"))

    def test_a_line_too_long_ends_it_without_a_word(self):
        server = self.find("--quiet", http="off")
        self.assertEqual(self.converse(server, b"x" * 1025 + b"\nrocket\n"),
            PROMPT)
        self.assertEqual(self.converse(server, b"sun\n" + b"x" * 60000),
            answers("sun"))

    def test_a_late_line_ends_it_without_a_word(self):
        server = self.find("--quiet", "--line-timeout", "0.4", http="off")
        before = server.counters()["timed_out"]
        with server.connect() as client:
            client.send(b"sun\nrock")
            self.assertEqual(client.read_all(), answers("sun"))
        server.wait_for_counters(active=0, timed_out=before + 1)

    def test_an_idle_client_is_let_go(self):
        server = self.find("--quiet", "--idle-timeout", "0.4", http="off")
        before = server.counters()["timed_out"]
        with server.connect() as client:
            self.assertEqual(client.read_all(), PROMPT)
        server.wait_for_counters(active=0, timed_out=before + 1)

    def test_a_browser_is_not_answered(self):
        server = self.find("--quiet", http="off")
        self.assertEqual(self.converse(server,
            b"GET /search?query=cat HTTP/1.1\r\nHost: x\r\n\r\nrocket\n"),
            PROMPT)
        self.assertEqual(self.converse(server, b"sun\nGET / HTTP/1.1\n"),
            answers("sun", "GET / HTTP/1.1"))

    def test_a_full_house_is_told(self):
        server = self.find("--quiet", "--max-connections", "1", http="off")
        server.wait_for_counters(active=0)
        with server.connect() as first:
            self.assertEqual(first.socket.recv(100), PROMPT)
            with server.connect() as second:
                second.send_if_open(b"rocket\n")
                self.assertEqual(second.read_all(),
                    b"ERROR too many connections\r\n")

    def test_many_queries_at_once(self):
        server = self.find("--quiet", http="off")
        count = 3000
        with server.connect() as client:
            client.send(b"rocket\n" * count)
            client.finish()
            self.assertEqual(client.read_all(),
                answers(*["rocket"] * count))

    def test_the_longest_answer(self):
        expected = answers("cjk", "cjk")
        server = self.find("--quiet", http="off")
        received = self.converse(server, b"cjk\ncjk")
        self.assertEqual(hashlib.sha256(received).digest(),
            hashlib.sha256(expected).digest())
        self.assertEqual(received.count(b"\r\n"), 2 * 98264)

    def test_every_row(self):
        server = self.find("--quiet", http="off")
        for words in ("ideograph", "syllable", "letter", "sign", "a",
                "with", "component", "cuneiform"):
            self.assertEqual(self.converse(server, words.encode() + b"\n"),
                answers(words))


@harness.on_both_twins
class Console(harness.ServerTest):
    """What the server prints meanwhile."""

    def test_the_published_records(self):
        server = self.find(http="off")
        # The session of the harness.
        harness.wait_until(lambda: len(server.output) >= 2, "it prints")
        start = len(server.output)
        with server.connect() as client:
            name = "%s:%d" % client.socket.getsockname()
            client.send(b"chess black\n\nit's\n\x03\n")
            client.read_all()
        harness.wait_until(
            lambda: len(server.output) >= start + 7, "it prints")
        self.assertEqual(server.output[start:], [line + "\n" for line in (
            f"Received from {name}: 'chess black'",
            f"Sent {len(published.find('chess black'))} results",
            f"Received from {name}: ''",
            f"Received from {name}: \"it's\"",
            "Sent 0 results",
            f"Received from {name}: '\\x03'",
            "Close the client socket")])

    def test_whatever_is_sent_a_terminal_is_safe(self):
        server = self.find(http="off")
        for byte in range(256):
            with server.connect() as client:
                client.send(b"a" + bytes((byte,)) * 3 + b"b\n\x03\n")
                client.read_all()
        with server.connect() as client:
            client.send("\u202e \u2066 \ufeff \U000e0041 \u200b \x9b"
                .encode() + b"\n" + "\u202e".encode() * 341 + b"\n\x03\n")
            client.read_all()
        server.stop()
        for line in server.output:
            self.assertTrue(line.endswith("\n") and line[:-1].isprintable(),
                repr(line))
            self.assertLessEqual(len(line.encode()), 512)

    def test_ipv6_peers_are_shown_in_brackets(self):
        server = self.find(http="off", host="::1")
        with server.connect() as client:
            port = client.socket.getsockname()[1]
            client.send(b"rocket\n\x03\n")
            client.read_all()
        harness.wait_until(lambda: f"Received from [::1]:{port}: 'rocket'\n"
            in server.output, "it prints")


@harness.on_both_twins
class Doors(harness.ServerTest):
    """One process at two ports."""

    def ask_web(self, server):
        with server.connect_web() as client:
            client.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
                b"Connection: close\r\n\r\n")
            return client.read_all().splitlines()

    def test_both_are_served(self):
        server = self.find("--quiet")
        self.assertNotEqual(server.port, server.http_port)
        self.assertEqual(self.ask_web(server)[0], b"HTTP/1.1 200 OK")
        server.play()
        self.assertEqual(self.ask_web(server)[-1], b"ok")

    def test_clients_of_both_count(self):
        server = self.find("--quiet", "--max-connections", "2")
        server.wait_for_counters(active=0)
        with server.connect() as terminal, server.connect_web() as web:
            self.assertEqual(terminal.socket.recv(100), PROMPT)
            web.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertIn(b"200 OK", web.socket.recv(1000))
            server.wait_for_counters(active=2)
            lines = self.ask_web(server)
            self.assertEqual(lines[0], b"HTTP/1.1 503 Service Unavailable")
            self.assertIn(b"Retry-After: 1", lines)
            self.assertIn(b"Connection: close", lines)
            with server.connect() as late:
                self.assertEqual(late.read_all(),
                    b"ERROR too many connections\r\n")

    def test_a_pool_stands_at_both_doors(self):
        if self.twin != "threaded":
            return
        server = self.find("--quiet", "--threads", "2")
        for _ in range(20):
            self.assertEqual(self.ask_web(server)[-1], b"ok")
            server.play()
        with server.connect_web(), server.connect_web(), \
                server.connect() as waiting:
            # Both threads are taken; the third waits, and is served then.
            server.wait_for_counters(active=2)
        self.clients.append(waiting)
        with server.connect() as client:
            self.assertEqual(client.socket.recv(100), PROMPT)

    def test_a_stop_answers_at_both_doors(self):
        server = self.find("--quiet")
        with server.connect() as terminal, server.connect_web() as web:
            self.assertEqual(terminal.socket.recv(100), PROMPT)
            server.wait_for_counters(active=2)
            terminal.send(b"rocket\n")
            web.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            server.signal(harness.signal.SIGTERM)
            self.assertEqual(PROMPT + terminal.read_all(), answers("rocket"))
            self.assertTrue(web.read_all().endswith(b"\r\n\r\nok\n"))
        server.wait()


def nasty_lines():
    """Lines that a finder may misunderstand."""
    lines = [bytes((byte,)) for byte in range(256) if byte != 10]
    lines += [b"a" + line + b"b" for line in lines]
    lines += [b"rocket" + line for line in lines[:255]]
    lines += [text.encode() for text in ("\u0085", "\u00a0", "\u00ad",
        "\u1680", "\u200b", "\u200d", "\u2028", "\u2029", "\u202e",
        "\u2066", "\u3000", "\ufeff", "\ufffd", "\uffff", "\U0001f600",
        "\U000e0041", "\U0010ffff", "\u0345", "\u0130", "\u0131",
        "\u1e9e", "\ufb03", "\u01c6", "\u2126", "\u212a", "\u1fb3", "e\u0301",
        "\u0660", "\u00b2", "\u2160", "\u203f", "CAT\u2028FACE",
        "\u3000sun\u3000", "\x1csun\x1d", "\x1fsun", "U+41", "U+041",
        "U+0041", "U+00041", "U+000041", "U+0000041", "U+10FFFF", "U+110000",
        "U+DFFF", "U+-041", "U+ 041", "U +0041", "u+005a x", "+0041",
        "U+\u0660\u0660\u0664\u0661", "0041", "\\u0041", "a'b\"c", "\\",
        "'", '"', "''", "?> ", "cat\tface", "cat  face", " cat", "cat ",
        "CHESS-BLACK", "HANGUL SYLLABLE GAG", "TANGUT IDEOGRAPH-17000",
        "4e00", "a_b", "_", "__", "-", "--", "a-", "-a", "\x7f", "GET /",
        "x GET / HTTP/1.1", "HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/2.0",
        "POST / HTTP/1.0", "a b c d e f g h i j k l m n o p q r s t u v w")]
    # What is no UTF-8: truncated, overlong, surrogates, beyond the last.
    lines += [b"a\xc3", b"\xe2\x99", b"\xf0\x9f\x98", b"\xc0\xaf",
        b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80",
        b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80",
        b"\xfe\xff", b"\xe2\x28\xa1", b"\x80", b"a\xffb"]
    lines += [b"sun\r", b"sun\r\r", b"\rsun", b"s\run", b"\r", b"\r\r",
        b"sun\0", b"\0sun", b" \0", b"x" * 1023, b"x" * 1024, b"x" * 1025,
        b"x" * 1023 + b"\r", b"x" * 1024 + b"\r", b" " * 1024 + b"x",
        b" " * 1024, b"x" * 1022 + b"\xc3\xa9", b"x" * 1023 + b"\xc3\xa9"]
    return lines


@harness.on_both_twins
class Lines(harness.ServerTest):
    """What a line means, wherever it is cut, against the published finder."""

    # Each is held whole and in pieces of every size.
    SESSIONS = [b"", b"\n", b"rocket\n", b"rocket", b"sun\r\nrocket\r\n",
        b"sun\r", b"\r\nsun", b"chess black\nzzz\n", b"\xe2\x99\x9a\n",
        b"\xe2\x99\x9a\r\n\xe2\x99\x9a", b"caf\xc3\xa9\nsun\n", b"\3\n",
        b"sun\n\3\nrocket\n", b"caf\xe9\nsun\n", b"\xff\xf4\xff\xfd\6\nsun\n",
        b"U+265A\nu+265a\n", b"it's\n\"it's\"\n", b" sun \n\t\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nsun\n", b"sun\nGET / HTTP/1.1\n",
        b"x" * 1024 + b"\nsun\n", b"x" * 1025 + b"\nsun\n",
        b"x" * 1024 + b"\r\nsun", b"sun\n" * 40, b"sun\0\nrocket\n",
        b"king of hearts\n\n\nking of hearts", b"a\rb\nsun\n", b"-\n_\n",
        b"braille dots-12345678\n", b"\x1csun\n\x1d\nsun\n"]

    def converse(self, server, sent, size, wait):
        """All that is received by a client that sends pieces of this size,
        and waits between them or not."""
        with server.connect() as client:
            for at in range(0, len(sent), size):
                if not client.send_if_open(sent[at:at + size]):
                    break
                if wait:
                    # Not for the answer: so that it is a segment of its own.
                    client.becomes_readable(0)
                    harness.time.sleep(0.002)
            client.finish()
            return client.read_all()

    def test_wherever_a_session_is_cut_it_is_the_same(self):
        server = self.find("--quiet", http="off")
        wanted = [(session, size, wait) for session in self.SESSIONS
            for size in (1, 2, 3, 7, 64, 4096) for wait in (False, True)
            if not wait or len(session) < 100 * size]

        def one(number):
            session, size, wait = wanted[number]
            received = self.converse(server, session, size, wait)
            if received == published.converse(session)[0]:
                return None
            return f"{session!r} by {size}, {wait}: {received!r}"

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            self.assertEqual(list(filter(
                None, pool.map(one, range(len(wanted))))), [])

    def test_nasty_lines(self):
        server = self.find("--quiet", http="off")
        lines = nasty_lines()
        self.assertGreater(len(lines), 300)

        def one(line):
            # As the first, as a later, and as the last without an end.
            for sent in line + b"\nsun\n", b"sun\n" + line + b"\n", line:
                received = self.converse(server, sent, len(sent), False)
                if received != published.converse(sent)[0]:
                    return f"{sent!r}: {received!r}"
            return None

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            self.assertEqual(list(filter(None, pool.map(one, lines))), [])

    def test_an_endless_line_costs_neither_memory_nor_time(self):
        server = self.find("--quiet", http="off")
        before, used = server.own_kib(), server.processor_seconds()
        self.send_without_end(server.connect, 20)
        self.assertLess(server.own_kib() - before,
            (1 if harness.PLAIN else 8) * 1024)
        self.assertLess(server.processor_seconds() - used, 5)


class Conversation:
    """A random conversation: pieces to send, which must all be sent."""

    def __init__(self, number):
        chance = random.Random(f"{SEED}/{number}")
        text = b""
        for _ in range(chance.choice((0, 1, 2, 5, 12))):
            text += self.line(chance) + chance.choice((b"\n", b"\r\n"))
        if chance.random() < 0.2:
            text = text[:-1]
        marks = sorted(chance.randrange(len(text) + 1)
            for _ in range(chance.choice((0, 0, 1, 4, 20))))
        self.text = text
        self.pieces = [text[a:b] for a, b in zip([0] + marks,
            marks + [len(text)]) if a < b]

    @staticmethod
    def line(chance):
        kind = chance.random()
        if kind < 0.35:
            name = published.names[chance.choice(list(published.names))] \
                if kind < 0.02 else chance.choice(RARE)
            words = chance.sample(re.findall(r"\w+", name),
                1) + [chance.choice(WORDS)] * (kind < 0.1)
            return " ".join(words).lower().encode()
        if kind < 0.8:
            return chance.choice(RARE).encode()
        if kind < 0.85:
            return b"U+%04X" % chance.randrange(0x1000)
        if kind < 0.9:
            return chr(chance.randrange(0x20, 0x3000)).encode()
        if kind < 0.94:
            return chance.choice((b"", b" ", b"\x03", b"\xff\xf4", b"'\"\\",
                b"GET / HTTP/1.1", b"zzz", b"cat", b"\x1c"))
        if kind < 0.97:
            return b"x" * chance.choice((10, 1023, 1024, 1025, 1026, 3000))
        # The published one knows nothing of Telnet.
        return harness.as_telnet(bytes(chance.randrange(256)
            for _ in range(chance.randrange(1, 30))).replace(b"\n", b""))

    def hold(self, port):
        """Hold it; return what was received."""
        with harness.Client(port) as client:
            for piece in self.pieces:
                if not client.send_if_open(piece):
                    break
            client.finish()
            return client.read_all()


class Differential(harness.ServerTest):
    """Both servers and the published one, the same conversations."""

    def test_random_conversations(self):
        servers = []
        for self.twin in harness.TWINS:
            servers.append(self.find("--quiet", http="off"))

        def one(number):
            script = Conversation(number)
            expected, _ = published.converse(script.text)
            for server in servers:
                received = script.hold(server.port)
                if received != expected:
                    return (f"TEST_SEED={SEED}, conversation {number}, "
                        f"{server.twin}:\nsent     {script.pieces!r}\n"
                        f"expected {expected!r}\nreceived {received!r}")
            return None

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            found = [text for text in pool.map(one, range(COUNT)) if text]
        if found:
            self.fail(f"{len(found)} of {COUNT} conversations went wrong, "
                "the first of them:\n" + "\n".join(found[:3]))


class PublishedItself(unittest.TestCase):
    """The oracle, where it can be checked by eye."""

    def test_a_conversation(self):
        self.assertEqual(published.converse(b"rock et\n\nking of hearts\r\n"),
            (b"?> No match for 'rock et'\r\n?> ?> "
            b"U+1F0BE\t\xf0\x9f\x82\xbe\tPLAYING CARD KING OF HEARTS\r\n"
            b"1 match for 'king of hearts'\r\n?> ", False))

    def test_ends(self):
        for sent in b"\x03\n", b"\xff\n", b"x" * 1025, b"GET / HTTP/1.0\n":
            self.assertEqual(published.converse(sent + b"x"),
                (PROMPT, True))

    def test_all_names_are_there(self):
        self.assertEqual(len(published.names), 149186)


if __name__ == "__main__":
    harness.main()

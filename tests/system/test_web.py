#!/usr/bin/python3
"""
The finder's door to the web, from outside: what is refused and how, that
nothing can be smuggled behind it, sizes to the byte, pipelining, paging, and
that whatever is asked for stays text in a page.
"""

import concurrent.futures
import html.parser
import json
import os
import random
import re
import time
import unittest
import urllib.parse

import harness
from published import Finder

COUNT = 4000 if harness.FULL else 150 \
    if harness.UNDER_THREAD_SANITIZER else 500
SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))
MARKER = b"GET /search?query=marker HTTP/1.1\r\nHost: a\r\n\r\n"

published = Finder()


class Response:
    """An answer, taken apart as strictly as it must be written."""

    def __init__(self, reader, head_only=False):
        head = reader.until(b"\r\n\r\n")
        lines = head[:-4].decode("ascii").split("\r\n")
        version, self.status, self.reason = lines[0].split(" ", 2)
        if version != "HTTP/1.1":
            raise AssertionError(f"the answer begins with {lines[0]}")
        self.status = int(self.status)
        self.fields = {}
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            if name in self.fields:
                raise AssertionError(f"{name} comes twice")
            self.fields[name] = value
        self.head = "\r\n".join(
            line for line in lines if not line.startswith("Date: "))
        self.closes = self.fields["Connection"] == "close"
        chunked = self.fields.get("Transfer-Encoding") == "chunked"
        if self.status == 304:
            if chunked or "Content-Length" in self.fields:
                raise AssertionError(f"there is no body to frame: {lines}")
            head_only = True
        elif chunked == ("Content-Length" in self.fields) and not self.closes:
            raise AssertionError(f"the body has no single length: {lines}")
        self.body = b"" if head_only else self._chunks(reader) if chunked \
            else reader.bytes(int(self.fields["Content-Length"])) \
            if "Content-Length" in self.fields else reader.rest()

    @staticmethod
    def _chunks(reader):
        body = []
        while True:
            line = reader.until(b"\r\n")
            size = int(re.fullmatch(rb"([0-9a-f]+)\r\n", line)[1], 16)
            body.append(reader.bytes(size))
            if reader.bytes(2) != b"\r\n":
                raise AssertionError("a chunk does not end")
            if size == 0:
                return b"".join(body)


class Reader:
    """Takes from what a client has received, and from its socket."""

    def __init__(self, client):
        self.client = client
        self.data = b""

    def _more(self):
        data = self.client.socket.recv(65536)
        if not data:
            raise EOFError(f"after {self.data[-200:]}")
        self.data += data

    def until(self, mark):
        """Bytes up to and with the mark."""
        while mark not in self.data:
            self._more()
        taken, _, self.data = self.data.partition(mark)
        return taken + mark

    def bytes(self, size):
        """So many bytes."""
        pieces, missing = [], size
        while missing > len(self.data):
            pieces.append(self.data)
            missing -= len(self.data)
            self.data = b""
            self._more()
        taken, self.data = self.data[:missing], self.data[missing:]
        return b"".join(pieces) + taken

    def rest(self):
        """All up to the end."""
        taken, self.data = self.data, b""
        return taken + self.client.read_all()


def head(target="/healthz", fields="", method="GET", version="HTTP/1.1",
        host="Host: a\r\n"):
    """A request's head."""
    return (f"{method} {target} {version}\r\n{host}{fields}\r\n"
        .encode("latin-1"))


class WebTest(harness.ServerTest):
    """A test of the web door."""

    def web(self, *options):
        """A finder of this test's twin."""
        return self.find("--quiet", *options)

    def send(self, server, data, half_close=True):
        """All that comes back for these bytes."""
        with server.connect_web() as client:
            client.send_if_open(data)
            if half_close:
                client.finish()
            return client.read_all()

    def ask(self, server, target, **how):
        """The response to one request of its own connection."""
        with server.connect_web() as client:
            client.send(head(target, "Connection: close\r\n", **how))
            reader = Reader(client)
            response = Response(reader, how.get("method") == "HEAD")
            self.assertEqual(reader.rest(), b"")
            return response

    def statuses(self, answer):
        """The statuses of several answers; each begins a line."""
        return [int(status) for status in
            re.findall(rb"^HTTP/1\.1 (\d{3}) ", answer, re.MULTILINE)]


CHUNKED, FIVE = "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n"
# What two servers in a row could understand differently.
SMUGGLED = [FIVE + CHUNKED, CHUNKED + FIVE, "Content-Length: 0\r\n" + CHUNKED,
    CHUNKED * 2, FIVE * 2, FIVE + "Content-Length: 6\r\n",
    "Content-Length: 0\r\n" + FIVE, "CONTENT-LENGTH: 5\r\n" + FIVE,
    CHUNKED + "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: identity\r\n" + CHUNKED,
    "Transfer-Encoding : chunked\r\n", " Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding\r\n: chunked\r\n", "Transfer-Encoding: chunked\n",
    "X: y\nTransfer-Encoding: chunked\r\n",
    "X: y\rTransfer-Encoding: chunked\r\n", "Content-Length : 5\r\n",
    "Content-Length: 5\n"] + [
    f"Transfer-Encoding:{value}\r\n" for value in ("", " ", " xchunked",
        " chunkedx", " chunke", " chun ked", " chunked, identity",
        " identity, chunked", " chunked, chunked", " chunked,", " , chunked",
        " gzip, chunked", " gzip", " identity", ' "chunked"', " chunked;q=1",
        "\r\n chunked", " \x0bchunked", " \0chunked", " chunked\0",
        "\tchunked\t, identity")] + [
    f"Content-Length:{value}\r\n" for value in ("", " ", " 5, 5", " 5,5",
        " 5,", " 5;x", " +5", " -5", " -0", " + 5", " 5 5", " 5\t5", " 0x5",
        " 5a", " 5.0", " 5e0", ' "5"', " 1_0", " \xb2", "\r\n 5", " \x005",
        " 5\0", "\t5\t\r\nContent-Length: 5",
        " 5 \r\nTransfer-Encoding:\tchunked\t", " 9223372036854775808",
        " 18446744073709551615", " 18446744073709551616",
        " 18446744073709551621", " " + "9" * 40)]

# Heads, and the status that each gets.
HEADS = [(head(*how[:-1]), how[-1]) for how in (
    # Field lines.
    ("/healthz", "X: a\r\n b\r\n", 400), ("/healthz", "X : b\r\n", 400),
    ("/healthz", "X\r\n", 400), ("/healthz", ": b\r\n", 400),
    ("/healthz", "X: b\n", 400), ("/healthz", "X: b\rY: c\r\n", 400),
    ("/healthz", "X: b\r\r\n", 400), ("/healthz", "X(: b\r\n", 400),
    ("/healthz", "X\xe9: b\r\n", 400), ("/healthz", " X: b\r\n", 400),
    ("/healthz", "X: a: b, \"c\"\td\r\n", 200), ("/healthz", "X:\r\n", 200),
    ("/healthz", "X: \xc3\xa9\xff\r\n", 200),
    *(("/healthz", f"X: a{chr(c)}b\r\n", 200 if c == 9 else 400)
        for c in [*range(32), 127] if c not in (10, 13)),
    # The request line.
    ("/healthz", "", "GET", "HTTP/1.0", 200),
    ("/healthz", "", "GET", "HTTP/1.2", 200),
    ("/healthz", "", "GET", "HTTP/0.9", 505),
    ("/healthz", "", "GET", "HTTP/2.0", 505),
    ("/healthz", "", "GET", "HTTP/3.0", 505),
    ("/healthz", "", "GET", "http/1.1", 400),
    ("/healthz", "", "GET", "HTTP/1.1 ", 400),
    ("/healthz", "", "GET", "HTTP/1", 400),
    ("/healthz", "", "GET ", 400), ("/healthz", "", " GET", 400),
    ("/healthz", "", "get", 501), ("/healthz", "", "FROB", 501),
    ("/healthz", "", "POST", 405), ("/healthz", "", "PUT", 405),
    ("/healthz", "", "DELETE", 405), ("/healthz", "", "TRACE", 405),
    ("/healthz", "", "OPTIONS", 405), ("a:80", "", "CONNECT", 405),
    ("http://a/healthz", "", 200), ("https://a:8889/healthz", "", 200),
    ("http://u@a/healthz", "", 400), ("ftp://a/healthz", "", 400),
    ("healthz", "", 400), ("*", "", 400), ("/a#b", "", 400),
    ("/a b", "", 400), ("/\x7f", "", 400), ("/\xe9", "", 400),
    # Host.
    ("/healthz", "", "GET", "HTTP/1.1", "", 400),
    ("/healthz", "", "GET", "HTTP/1.1", "Host:\r\n", 400),
    ("/healthz", "", "GET", "HTTP/1.1", "Host: a\r\nHost: a\r\n", 400),
    ("/healthz", "", "GET", "HTTP/1.1", "Host: a b\r\n", 400),
    ("/healthz", "", "GET", "HTTP/1.1", "Host: [::1]:80\r\n", 200),
    ("/healthz", "", "GET", "HTTP/1.0", "", 200),
    # Bodies.
    ("/healthz", CHUNKED, 501), ("/healthz", CHUNKED, "POST", 501),
    ("/healthz", "Content-Length: 16385\r\n", 413),
    ("/healthz", FIVE, "POST", 405),
    ("/healthz", "Content-Length:\t0 \r\n", 200),
    ("/healthz", "Transfer-Encoding:\tchunked \r\n", 501),
    # Resources.
    ("/", "", 200), ("/page.js", "", 200), ("/style.css", "", 200),
    ("/blocks", "", 200), ("/blocks?x=%zz", "", 200), ("/blocks/", "", 404),
    ("/?query=U%2B2665", "", 200), ("/?query=block%3AArrows", "", 200),
    ("/metrics", "", 200), ("/search", "", 200), ("/nothing", "", 404),
    ("/search/", "", 404), ("//", "", 404), ("/..", "", 404),
    ("/%2e%2e/etc/passwd", "", 404), ("/page.js%00", "", 404))] + [
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), (b"GET /\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (b"\r\n\r\n" + head(), 200), (b"\r\n\r\n\r\n" + head(), 400),
    (b"\n" + head(), 400), (b"GET / HTTP/1.1\nHost: a\n\n", 400)]

# Parameters of a query, and the status that each gets.
QUERIES = [(f"/search?{query}", status) for query, status in (
    ("query=cat", 200), ("query=cat&query=%zz", 400), ("query=", 200),
    ("query=%zz", 400), ("query=%0", 400), ("query=%", 400),
    ("query=%00", 400), ("query=%ff", 400), ("query=%c0%af", 400),
    ("query=%ed%a0%80", 400), ("x=%ff", 400), ("query=%E2%99%9A", 200),
    ("query=cat&" + "&".join(["a=b"] * 900), 200),
    *((f"query=cat&{name}={number}", status) for name in ("start", "stop")
        for number, status in (("-1", 400), ("0", 200), ("1", 200),
            ("+3", 400), ("%2B3", 200), (2 ** 31, 200), (2 ** 32, 200),
            (2 ** 63, 200), (2 ** 64 - 1, 200), (2 ** 64, 200), ("", 200),
            ("abc", 400), ("1e3", 400), ("0x10", 400), ("%31", 200),
            ("-0", 200), ("1.5", 400), ("9" * 100, 200))),
    ("query=infinty&order=relevance", 200), ("query=cat&order=name", 400),
    ("query=block%3Abasic-latin&order=relevance&start=30&stop=130", 200),
    ("query=block%3Aarrows", 200), ("query=cat&stop=all", 200), ("query=cat&start=all", 400))]

# Conditions, and the status that they make of 200.
CONDITIONS = [
    ("If-Match: *\r\n", 200), ('If-Match: "x"\r\n', 412),
    ('If-Match: "x", W/"y"\r\n', 412), ("If-Match:\r\n", 412),
    ('If-Match: "x"\r\nIf-Match: "y"\r\n', 412),
    ('If-Match: "*"\r\n', 412), ("If-Match: x\r\n", 400),
    ('If-Match: "x" "y"\r\n', 400), ('If-Match: *, "x"\r\n', 400),
    ("If-Match: *\r\nIf-Match: *\r\n", 400),
    ("If-None-Match: *\r\n", 304), ('If-None-Match: "x"\r\n', 200),
    ('If-None-Match:\tW/"x" , "y"\r\n', 200), ("If-None-Match: x\r\n", 400),
    # By RFC 9110, 13.2.2, If-Match is judged first.
    ('If-None-Match: *\r\nIf-Match: "x"\r\n', 412),
    ("If-None-Match: *\r\nIf-Match: *\r\n", 304),
    ('If-None-Match: "x"\r\nIf-Match: *\r\n', 200),
    # Nothing here has a date, so none counts.
    ("If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT\r\n", 200),
    ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200),
    ('If-Match: "x"\r\nIf-Unmodified-Since: Sun, 06 Nov 2044 08:49:37 GMT'
        "\r\n", 412),
    ("If-None-Match: *\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"
        "\r\n", 304),
    ('If-Range: "x"\r\nRange: bytes=0-1\r\n', 200)]


@harness.on_both_twins
class Refusals(WebTest):
    """What is refused, with which status, and what becomes of the rest."""

    def test_nothing_is_smuggled_behind_a_refused_head(self):
        server = self.find()
        body = b"0\r\n\r\n"
        for fields in SMUGGLED:
            for method in "POST", "GET":
                with self.subTest(fields=fields, method=method):
                    answer = self.send(server,
                        head(fields=fields, method=method) + body + MARKER)
                    self.assertEqual(self.statuses(answer), [400])
                    self.assertIn(b"\r\nConnection: close\r\n", answer)
        server.stop()
        self.assertNotIn("marker", "".join(server.output))

    def test_a_body_is_never_a_request(self):
        server = self.find()
        for method in "GET", "HEAD":
            answer = self.send(server, head(method=method,
                fields=f"Content-Length: {len(MARKER)}\r\n") + MARKER
                + head(fields="Connection: close\r\n"))
            self.assertEqual(self.statuses(answer), [200, 200])
        server.stop()
        self.assertNotIn("marker", "".join(server.output))

    def test_blanks_around_a_value_are_not_part_of_it(self):
        server = self.web()
        for before in "", " ", "\t", "  ", " \t ":
            for after in "", " ", "\t", "\t ":
                for name, value, statuses in (
                        ("Content-Length", len(MARKER), [200, 404]),
                        ("Content-Length", "5 5", [400]),
                        ("Content-Length", "", [400]),
                        ("Transfer-Encoding", "chunked", [501]),
                        ("Transfer-Encoding", "chun ked", [400]),
                        ("Connection", "close", [200])):
                    field = f"{name}:{before}{value}{after}\r\n"
                    with self.subTest(field=field):
                        answer = self.send(server,
                            head(fields=field) + MARKER + head("/nothing"))
                        self.assertEqual(self.statuses(answer), statuses)

    def test_each_head_gets_its_status(self):
        server = self.web()
        for data, status in HEADS:
            with self.subTest(data=data):
                answer = self.send(server, data)
                self.assertEqual(self.statuses(answer), [status])
                if status not in (200, 404):
                    self.assertIn(b"\r\nConnection: close\r\n", answer)
                if status == 405:
                    self.assertIn(b"\r\nAllow: GET, HEAD\r\n", answer)

    def test_each_query_gets_its_status(self):
        server = self.web()
        for target, status in QUERIES:
            with self.subTest(target=target):
                self.assertEqual(self.ask(server, target).status, status)

    def test_only_a_raw_target_is_told_to_be_encoded(self):
        server = self.web()
        advice = b"Percent-encode the characters of the URL that are not " \
            b"ASCII.\n"
        for target in "/search?query=\u265a", "/\xe9", "\u265a", "/?a=\xff#":
            answer = self.send(server, b"GET " + target.encode()
                + b" HTTP/1.1\r\nHost: a\r\n\r\n" + MARKER)
            self.assertEqual(self.statuses(answer), [400])
            self.assertTrue(answer.endswith(b"\r\n\r\n" + advice), answer)
        for data in (head("/#a"), head("*"), head(host=""),
                head("/ \xe9"), head(fields="X: b\n")):
            answer = self.send(server, data)
            self.assertEqual(self.statuses(answer), [400])
            self.assertTrue(answer.endswith(
                b"\r\n\r\nThe request is malformed.\n"), answer)

    def test_conditions_are_evaluated_for_what_there_is(self):
        server = self.web()
        targets = {"/": 200, "/search?query=cat": 200, "/page.js": 200,
            "/healthz": 200, "/nothing": 404, "/search?query=%zz": 400}
        for target, alone in targets.items():
            for fields, status in CONDITIONS:
                wanted = alone if alone != 200 and status != 400 else status
                for method in "GET", "HEAD":
                    with self.subTest(target=target, fields=fields,
                            method=method):
                        data = head(target, fields, method)
                        with server.connect_web() as client:
                            client.send(data + head())
                            client.finish()
                            reader = Reader(client)
                            answer = Response(reader, method == "HEAD")
                            self.assertEqual(answer.status, wanted)
                            self.assertEqual(answer.closes, status == 400)
                            if status != 400:
                                after = Response(reader)
                                self.assertEqual(after.body, b"ok\n")
                            self.assertEqual(reader.rest(), b"")

    def test_sizes_to_the_byte(self):
        server = self.web()
        line = len("GET / HTTP/1.1")
        for size, status in (4096, 200), (4097, 414), (100000, 414):
            answer = self.send(server, head("/?" + "a" * (size - line - 1)))
            self.assertEqual(self.statuses(answer), [status], size)
        for count, status in (64, 200), (65, 431), (5000, 431):
            answer = self.send(server, head(fields="X: y\r\n" * (count - 1)))
            self.assertEqual(self.statuses(answer), [status], count)
        whole = len("Host: a\r\nX: \r\n\r\n")
        for size, status in (16384, 200), (16385, 431), (70000, 431):
            answer = self.send(server,
                head(fields="X: " + "y" * (size - whole) + "\r\n"))
            self.assertEqual(self.statuses(answer), [status], size)

    def test_an_error_is_readable_by_a_client_that_goes_on_sending(self):
        server = self.web()
        for data, status in ((b"A" * 4098, 414), (b"\0", 400),
                (head(method="POST"), 405)):
            for _ in range(60 if harness.FULL else 8):
                with server.connect_web() as client:
                    client.send(data)
                    for _ in range(16):
                        client.send_if_open(b"A" * 4096)
                    answer = client.read_all()
                self.assertEqual(self.statuses(answer), [status])
                self.assertRegex(answer, rb"\r\n\r\n[A-Z][^\n]+\.\n\Z")

    def test_an_endless_request_line_costs_no_memory(self):
        server = self.web()
        before = server.resident_kib()
        self.send_without_end(server.connect_web, 5)
        self.assertLess(server.resident_kib() - before, 8 * 1024)


@harness.on_both_twins
class Limits(WebTest):
    """How long the web is waited for."""

    def test_a_slow_head_is_answered_with_408(self):
        server = self.web("--line-timeout", "0.5")
        for data in (b"GET", b"GET / HTTP/1.1\r\nHost: a\r\n"):
            with server.connect_web() as client:
                client.send(data)
                answer = client.read_all()
                self.assertEqual(self.statuses(answer), [408])
                self.assertIn(b"\r\nConnection: close\r\n", answer)

    def test_many_slow_heads_are_cut_whatever_drips(self):
        server = self.web("--line-timeout", "0.6")
        clients = [server.connect_web() for _ in range(100)]
        self.clients += clients
        waiting = list(clients)
        end = time.monotonic() + harness.DEADLINE
        while waiting:
            self.assertLess(time.monotonic(), end, "slow heads last")
            for client in waiting:
                client.send_if_open(b"A")
            waiting = [client for client in waiting
                if not client.becomes_readable(0)]
            time.sleep(0.05)
        for client in clients:
            self.assertEqual(self.statuses(client.read_all()), [408])
        server.wait_for_counters(timed_out=100)

    def test_a_client_may_be_silent_between_requests_for_a_while(self):
        server = self.web("--http-idle-timeout", "0.5", "--line-timeout", "9")
        late, start = -1, -1
        while time.monotonic() - start > 0.4:  # once more: it was away
            late, start = late + 1, time.monotonic()
            client = server.connect_web()
            self.clients.append(client)
            client.send_if_open(head())
        reader = Reader(client)
        self.assertEqual(Response(reader).body, b"ok\n")
        self.assertEqual(reader.rest(), b"")
        server.wait_for_counters(timed_out=late + 1)

    def test_a_slow_body_does_not_last_for_ever(self):
        server = self.web("--line-timeout", "0.5", "--http-idle-timeout", "9")
        with server.connect_web() as client:
            client.send(head(fields="Content-Length: 100\r\n") + b"x")
            reader = Reader(client)
            self.assertEqual(Response(reader).status, 200)
            self.assertIn(self.statuses(reader.rest()), ([], [408]))

    def test_a_full_house_is_told_by_503(self):
        server = self.web("--max-connections", "2")
        server.wait_for_counters(active=0)
        guests = [server.connect_web() for _ in range(2)]
        self.clients += guests
        server.wait_for_counters(active=2)
        for _ in range(10):
            answer = self.send(server, head() * 20)
            self.assertEqual(self.statuses(answer), [503])
            self.assertIn(b"\r\nRetry-After: ", answer)
            self.assertIn(b"\r\nConnection: close\r\n", answer)
        server.wait_for_counters(rejected=10)
        guests[0].close()
        harness.wait_until(lambda: self.statuses(self.send(server, head()))
            == [200], "there is room again")


@harness.on_both_twins
class Conversations(WebTest):
    """Several requests on one connection."""

    def test_head_is_get_without_its_body(self):
        server = self.web()
        for target in ("/", "/?query=cat", "/search?query=cjk&stop=all",
                "/healthz", "/nothing", "/style.css", "/search?query=%zz"):
            get = self.ask(server, target)
            answer = self.ask(server, target, method="HEAD")
            self.assertEqual(answer.head, get.head, target)

    def test_an_old_client_gets_the_body_up_to_the_end(self):
        server = self.web()
        with server.connect_web() as client:
            client.send(head("/search?query=cjk&stop=all",
                version="HTTP/1.0"))
            old = Response(Reader(client))
        self.assertTrue(old.closes)
        self.assertNotIn("Transfer-Encoding", old.fields)
        new = self.ask(server, "/search?query=cjk&stop=all")
        self.assertEqual(new.fields["Transfer-Encoding"], "chunked")
        self.assertEqual(old.body, new.body)

    def test_pipelined_requests_are_answered_in_order(self):
        chance = random.Random(SEED)
        server = self.web()
        targets = ["/healthz", "/search?query=chess", "/nothing",
            "/?query=rocket", "/search?query=cjk&start=5&stop=300", "/page.js"]
        alone = {(method, target): self.ask(server, target, method=method)
            for target in targets for method in ("GET", "HEAD")}
        for _ in range(5):
            wanted = [chance.choice(list(alone)) for _ in range(100)]
            data = b"".join(head(target, method=method)
                for method, target in wanted)
            with server.connect_web() as client:
                at = 0
                while at < len(data):
                    size = chance.choice((1, 7, 60, 1000, len(data)))
                    client.send(data[at:at + size])
                    at += size
                client.finish()
                reader = Reader(client)
                for method, target in wanted:
                    response = Response(reader, method == "HEAD")
                    expected = alone[method, target]
                    self.assertEqual(response.status, expected.status)
                    self.assertEqual(response.body, expected.body)
                    self.assertFalse(response.closes)
                self.assertEqual(reader.rest(), b"", f"TEST_SEED={SEED}")

    def test_a_client_that_wants_to_close_gets_nothing_more(self):
        server = self.web()
        answer = self.send(server, head() + head(
            fields="Connection: close\r\n") + MARKER)
        self.assertEqual(self.statuses(answer), [200, 200])

    def test_many_requests_before_any_answer_is_read(self):
        server = self.web()
        count = 2000
        before = server.resident_kib()
        with server.connect_web(receive_buffer=4096) as client:
            data = head("/search?query=chess+black") * count
            sent = client.send_what_fits(data)
            grown = server.resident_kib() - before
            self.assertLess(grown, 40 * 1024, "KiB more memory")
            sender = harness.threading.Thread(target=lambda: (
                client.send(data[sent:]), client.finish()))
            sender.start()
            reader = Reader(client)
            first = Response(reader)
            for _ in range(count - 1):
                self.assertEqual(Response(reader).body, first.body)
            self.assertEqual(reader.rest(), b"")
            sender.join()


class _Places(html.parser.HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, tuple(sorted(name
            for name, _ in attributes))))


@harness.on_both_twins
class Pages(WebTest):
    """What is in the answers."""

    PAYLOADS = ("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)", "</title><svg onload=alert(1)>",
        "javascript:alert(1)", "<!--", "-->", "]]>", "&lt;b&gt;", "&#60;b>",
        "<<b>>", "</input>", "\" autofocus onfocus=\"alert(1)", "{{query}}",
        "{{rows}}", "${alert(1)}", "<b\x00>", "\u2028alert(1)", "`", "\\",
        "\\u003cb\\u003e", "<b", "</", "<?php ?>", "%3Cb%3E", "+ADw-b+AD4-",
        "\ufeff<b>", "<\u200bb>", "\u202e<b>", "'\"<>&", "</table><table>",
        "<style>*{}</style>", "<base href=//a>", "<meta http-equiv=refresh>",
        "<a href=a>", "onload=1", "\x01<b>", "</tbody>", "&amp", "\t<i>\t")

    def places(self, page):
        parser = _Places()
        parser.feed(page.decode())
        parser.close()
        return parser.found

    def test_a_query_stays_text(self):
        server = self.web()
        harmless = self.places(self.ask(server, "/?query=qqqq9").body)
        for payload in self.PAYLOADS:
            if "\x00" in payload:
                continue
            with self.subTest(payload=payload):
                quoted = urllib.parse.quote(payload)
                page = self.ask(server, f"/?query={quoted}")
                self.assertEqual(page.status, 200)
                self.assertIn("Content-Security-Policy", page.fields)
                self.assertEqual(
                    page.fields["X-Content-Type-Options"], "nosniff")
                if b'data-count="0"' in page.body:
                    self.assertEqual(self.places(page.body), harmless)
                answer = self.ask(server, f"/search?query={quoted}")
                self.assertTrue(answer.fields["Content-Type"].startswith(
                    "application/json"))
                self.assertEqual(json.loads(answer.body)["query"],
                    payload.strip())

    def test_dangerous_characters_as_rows_stay_text(self):
        server = self.web()
        for query, character in (("less-than sign", "<"),
                ("ampersand", "&"), ("quotation mark", '"'),
                ("apostrophe", "'"), ("greater-than sign", ">")):
            page = self.ask(server,
                f"/?query={urllib.parse.quote(query)}&order=code").body
            rows = len(published.find(query))
            self.assertGreater(rows, 0)
            tags = [tag for tag, _ in self.places(page)]
            self.assertEqual(tags.count("tr"), min(rows, 200) + 1, query)
            items = json.loads(self.ask(server,
                f"/search?query={urllib.parse.quote(query)}").body)["items"]
            self.assertIn(character, [item["char"] for item in items])

    def test_pages_together_are_the_whole(self):
        server = self.web()
        whole = json.loads(self.ask(
            server, "/search?query=cjk&stop=all").body)
        self.assertEqual(whole["count"], len(whole["items"]))
        self.assertEqual([item["code"] for item in whole["items"]],
            [f"U+{code:04X}" for code in published.find("cjk")])
        for step in (1, 100, 999):
            count = 300 if step == 1 else whole["count"]
            items = []
            with server.connect_web() as client:
                reader = Reader(client)
                for start in range(0, count, step):
                    client.send(head(f"/search?query=cjk&start={start}"
                        f"&stop={start + step}"))
                    items += json.loads(Response(reader).body)["items"]
            self.assertEqual(items, whole["items"][:len(items)])
            self.assertGreaterEqual(len(items), count)

    def test_slices_are_cut_to_what_there_is(self):
        server = self.web()
        count = len(published.find("chess black"))
        for start in (0, 1, count - 1, count, count + 1, 2 ** 31, 2 ** 32,
                2 ** 64):
            for stop in (0, 1, count - 1, count, count + 1, 2 ** 32, 2 ** 63,
                    "all"):
                answer = json.loads(self.ask(server,
                    f"/search?query=chess+black&start={start}&stop={stop}")
                    .body)
                last = count if stop == "all" else min(stop, count)
                self.assertEqual(len(answer["items"]),
                    max(0, last - min(start, count)), (start, stop))
                self.assertEqual(answer["count"], count)


    def test_blocks_lead_to_their_characters(self):
        server = self.web()
        links = re.findall(r'href="(/\?query=block[^"]+)"',
            self.ask(server, "/blocks").body.decode())
        self.assertGreater(len(links), 300)
        for link in links[:3] + links[-3:]:
            page = self.ask(server, link).body.decode()
            name = urllib.parse.unquote(link.split("%3A")[1])
            codes = re.findall(r"<tr><th scope=row>U\+([0-9A-F]+)", page)
            self.assertTrue(codes, link)
            self.assertIn(f"matches for &#39;block:{name}&#39;", page)

    def test_a_block_is_paged(self):
        server = self.web()
        codes, at = [], "/?query=block%3AGreek-Extended&stop=100"
        while at:
            page = self.ask(server, at).body.decode()
            codes += [int(code, 16) for code in
                re.findall(r"<tr><th scope=row>U\+([0-9A-F]+)", page)]
            link = re.search(r'rel="next" href="([^"]+)" >', page)
            at = html.unescape(link[1]) if link else None
        self.assertEqual(codes, [code for code in published.names
            if 0x1f00 <= code < 0x2000])


@harness.on_both_twins
class Console(WebTest):
    """What the server prints of all this."""

    STRANGE = [chr(code) for code in (*range(1, 0x100), 0x200b, 0x200e, 0x2028,
        0x2029, 0x202e, 0x2066, 0x2069, 0xfeff, 0xfff9, 0xe0041, 0x10ffff)]

    def test_whatever_is_sent_a_terminal_is_safe(self):
        server = self.find()
        for character in self.STRANGE:
            quoted = urllib.parse.quote(character * 3 + "b")
            for path in "/", "/search":
                self.ask(server, f"{path}?query={quoted}")
            self.send(server, b"GET /" + character.encode()
                + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        self.ask(server, "/?query=" + "%E2%80%AE" * 400)
        server.stop()
        self.assertGreater(len(server.output), len(self.STRANGE))
        for line in server.output:
            self.assertTrue(line.endswith("\n") and line[:-1].isprintable(),
                repr(line))
            self.assertLessEqual(len(line.encode()), 512)


BEFORE_CHUNKS = re.compile(
    rb"(Transfer-Encoding: chunked\r\n(?:[^\r]+\r\n)*\r\n)")


def joined(answers):
    """The same with the chunks of each answer in one: where one ends depends on
    how many requests came at once."""
    first, *rest = BEFORE_CHUNKS.split(answers)
    for head, body in zip(rest[::2], rest[1::2]):
        first += head
        while size := re.match(rb"([0-9a-f]+)\r\n", body):
            end = size.end() + int(size[1], 16)
            first += body[size.end():end]
            body = body[end + 2:]
            if int(size[1], 16) == 0:
                break
        first += body
    return first


class Differential(WebTest):
    """Both servers, the same bytes, however they are cut."""

    def test_random_requests(self):
        servers = []
        for self.twin in harness.TWINS:
            servers.append(self.web())
        # Counters tell what else each server was asked.
        whole = [data for data, _ in HEADS if b"/metrics" not in data] + [
            head(target)
            for target, _ in QUERIES] + [head(fields=fields) + MARKER
            for fields in SMUGGLED] + [head("/search?query=cat", fields)
            for fields, _ in CONDITIONS]

        def one(number):
            chance = random.Random(f"{SEED}/{number}")
            data = b"".join(chance.choice(whole)
                for _ in range(chance.choice((1, 1, 2, 4))))
            if chance.random() < 0.3:
                at = chance.randrange(len(data))
                data = data[:at] + bytes((chance.randrange(256),)) \
                    + data[at + chance.choice((0, 1, 1, 9)):]
            marks = sorted(chance.randrange(len(data) + 1)
                for _ in range(chance.choice((0, 1, 3, 20))))
            answers = []
            for server in servers:
                with server.connect_web() as client:
                    for a, b in zip([0] + marks, marks + [len(data)]):
                        if not client.send_if_open(data[a:b]):
                            break
                    client.finish()
                    answer = client.read_all()
                answers.append(joined(
                    re.sub(rb"\r\nDate: [^\r]+", b"", answer)))
            if answers[0] != answers[1]:
                return (f"TEST_SEED={SEED}, number {number}: {data!r} cut at "
                    f"{marks}\nthreaded {answers[0]!r}\n"
                    f"evented  {answers[1]!r}")
            return None

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = [text for text in pool.map(one, range(COUNT)) if text]
        if found:
            self.fail(f"{len(found)} of {COUNT} went wrong, the first of "
                "them:\n" + "\n".join(found[:3]))


if __name__ == "__main__":
    harness.main()

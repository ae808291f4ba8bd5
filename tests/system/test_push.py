#!/usr/bin/python3
"""
The push server: answers that come later, to clients that wait for each other,
for workers, or for the server's end; what they miss, and what is refused.
"""

import base64
import collections
import itertools
import json
import os
import re
import struct
import threading
import time
import unittest

from harness import DEADLINE, FULL, PLAIN, STRACE, TESTS, ServerTest, main, \
    on_both_twins, traced, wait_until

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = b"\x37\xfa\x21\x3d"
FLOODS = 10  # clients that flood, for the memory of each


def request(target, *fields, method="GET", body=None, host="localhost"):
    """The bytes of a request."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode() + (body or b"")


def upgrade(target):
    """The bytes of a request for a WebSocket."""
    return request(target, "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13")


class Gone(AssertionError):
    """The server has ended the connection."""


def read_head(client):
    """The status of an answer, and its fields by name."""
    line = client.read_line()
    fields = {}
    while (field := client.read_line()) not in (b"\r\n", b""):
        name, _, value = field.decode().partition(":")
        fields[name.lower()] = value.strip()
    return (int(line.split()[1]) if line else 0), fields


def read_bytes(client, count):
    """So many bytes."""
    while len(client.unread) < count:
        data = client.socket.recv(65536)
        if not data:
            raise Gone(f"an end after {client.unread}")
        client.unread += data
    data, client.unread = client.unread[:count], client.unread[count:]
    return data


def read_chunk(client):
    """The next chunk of a body; b"" at its end."""
    data = read_bytes(client, int(client.read_line(), 16))
    if client.read_line() != b"\r\n":
        raise AssertionError("a chunk has no end")
    return data


def read_answer(client):
    """A whole answer: its status and its body."""
    status, fields = read_head(client)
    if fields.get("transfer-encoding") == "chunked":
        return status, b"".join(iter(lambda: read_chunk(client), b""))
    return status, read_bytes(client, int(fields.get("content-length", 0)))


def ids(first, last):
    """Ids of consecutive messages."""
    return [f"1-{n}" for n in range(first, last + 1)]


class Events:
    """A client of /events."""

    def __init__(self, client, query=""):
        self.client = client
        self.text = b""
        client.send(request(f"/events{query}"))

    def begin(self):
        """Wait until it is listened to."""
        status, _ = read_head(self.client)
        if status != 200 or self.read() != {"retry": "2000"}:
            raise AssertionError("no stream of events")
        return self

    def read(self):
        """The next event, a comment left out; None at the end."""
        while True:
            while b"\n\n" not in self.text:
                chunk = read_chunk(self.client)
                if not chunk:
                    return None
                self.text += chunk
            event, _, self.text = self.text.partition(b"\n\n")
            if event != b":":
                return dict(line.split(": ", 1)
                    for line in event.decode().split("\n"))


class Socket:
    """A client of a WebSocket."""

    def __init__(self, client, target):
        self.client = client
        client.send(upgrade(target))

    def begin(self):
        """Wait until it is accepted."""
        status, fields = read_head(self.client)
        if not status:
            raise Gone("an end before an answer")
        if status != 101 or fields["sec-websocket-accept"] != \
                "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=":
            raise AssertionError(f"no WebSocket: {status} {fields}")
        return self

    def send(self, first, payload=b"", mask=MASK):
        """Send a frame."""
        self.client.send(frame(first, payload, mask))

    def read(self):
        """The next frame: its first byte and its payload."""
        first, length = read_bytes(self.client, 2)
        if length == 126:
            length, = struct.unpack("!H", read_bytes(self.client, 2))
        elif length == 127:
            length, = struct.unpack("!Q", read_bytes(self.client, 8))
        return first, read_bytes(self.client, length)

    def read_text(self):
        """The next message, as JSON, pings left out."""
        while (found := self.read())[0] == 0x89:
            self.send(0x8a, found[1])
        if found[0] != 0x81:
            raise AssertionError(f"no text, but {found}")
        return json.loads(found[1])


def frame(first, payload=b"", mask=MASK):
    """The bytes of a frame as a client sends it."""
    size = len(payload)
    head = bytes((first, 128 | size)) if size < 126 else struct.pack(
        "!BBH", first, 128 | 126, size) if size < 65536 else struct.pack(
        "!BBQ", first, 128 | 127, size)
    masks = (mask * (size // 4 + 1))[:size]
    return head + mask + (int.from_bytes(payload, "big") ^
        int.from_bytes(masks, "big")).to_bytes(size, "big")


class PushTest(ServerTest):
    """A test of a push server."""

    def ask(self, server, *arguments, **how):
        """The answer to one request."""
        with server.connect() as client:
            client.send(request(*arguments, **how))
            return read_answer(client)

    def publish(self, server, text, target="/publish"):
        """Publish a message; its id."""
        status, body = self.ask(server, target, method="POST", body=text)
        self.assertEqual(status, 200, body)
        return json.loads(body)["id"]

    def metrics(self, server):
        """The server's numbers."""
        _, body = self.ask(server, "/metrics")
        return {name: int(value) for name, value in re.findall(
            r"^push_(\S+) (\d+)$", body.decode(), re.MULTILINE)}

    def wait_for_metrics(self, server, **expected):
        """Wait until the server's numbers are these."""
        def reached():
            found = self.metrics(server)
            return all(found[name] == n for name, n in expected.items())
        wait_until(reached, f"the metrics are {expected}")

    def events(self, server, query="", receive_buffer=None):
        """A client of /events that listens."""
        return Events(self.connect(server, receive_buffer), query).begin()

    def socket(self, server, target, receive_buffer=None):
        """A client of a WebSocket."""
        return Socket(self.connect(server, receive_buffer), target).begin()

    def poll(self, server, query=""):
        """A client of /poll that has asked."""
        client = self.connect(server)
        client.send(request(f"/poll{query}"))
        return client

    def read_poll(self, client):
        """The answer to a poll."""
        status, body = read_answer(client)
        self.assertEqual(status, 200, body)
        return json.loads(body)


@on_both_twins
class Timed(PushTest):
    """Answers that come piece by piece."""

    def test_a_stream_is_as_published(self):
        server = self.push("--stream-delays", "0.1,0.2")
        with server.connect() as client:
            start = time.monotonic()
            client.send(request("/stream"))
            status, fields = read_head(client)
            self.assertEqual(status, 200)
            self.assertEqual(fields["content-type"],
                "text/html; charset=UTF-8")
            self.assertEqual(fields["transfer-encoding"], "chunked")
            times = []
            for piece in b"START", b"MIDDLE", b"END":
                self.assertEqual(read_chunk(client), piece)
                times.append(time.monotonic() - start)
            self.assertEqual(read_chunk(client), b"")
            # The server's clock is behind by a tick of up to 10 ms.
            self.assertGreater(times[1], 0.09)
            self.assertGreater(times[2], 0.29)
            client.send(request("/healthz"))
            self.assertEqual(read_answer(client), (200, b"ok\n"))

    def test_an_old_client_gets_it_up_to_the_close(self):
        server = self.push("--stream-delays", "0,0")
        with server.connect() as client:
            client.send(b"GET /stream HTTP/1.0\r\n\r\n")
            read_head(client)
            self.assertEqual(client.read_all(), b"STARTMIDDLEEND")

    def test_hundreds_of_streams_wait_at_the_same_time(self):
        server = self.push("--stream-delays", "0.5,0.5")
        start = time.monotonic()
        clients = [self.connect(server) for _ in range(1000 if FULL else 100)]
        for client in clients:
            client.send(request("/stream"))
        for client in clients:
            self.assertEqual(read_answer(client), (200, b"STARTMIDDLEEND"))
        # One after the other they would take a second each.
        self.assertLess(time.monotonic() - start, DEADLINE)

    def test_pieces_come_in_order_and_end(self):
        server = self.push()
        for n in 0, 1, 3, 100:
            self.assertEqual(self.ask(server, f"/fetch?n={n}&every=0"),
                (200, b"".join(b"piece %d of %d\n" % (i + 1, n)
                    for i in range(n))))

    def test_each_piece_comes_when_it_is_made(self):
        server = self.push()

        def first_and_second():
            """When the pieces came."""
            with server.connect() as client:
                start = time.monotonic()
                client.send(request("/fetch?n=2&every=0.3"))
                read_head(client)
                self.assertEqual(read_chunk(client), b"piece 1 of 2\n")
                first = time.monotonic() - start
                self.assertEqual(read_chunk(client), b"piece 2 of 2\n")
                return first, time.monotonic() - start

        def came_alone():
            first, second = first_and_second()
            self.assertGreater(first, 0.29)
            self.assertGreater(second, 0.59)
            return first < 0.59
        # On a busy machine not at the first attempt.
        wait_until(came_alone, "a piece comes before the next is made")

    def test_wrong_numbers_are_refused(self):
        server = self.push()
        for query in "n=101", "n=x", "n=-1", "every=61", "every=x":
            self.assertEqual(self.ask(server, f"/fetch?{query}")[0], 400, query)

    def test_few_workers_do_the_work_of_many(self):
        server = self.push("--workers", "1")
        clients = [self.connect(server) for _ in range(5)]
        for client in clients:
            client.send(request("/fetch?n=2&every=0.01"))
        for client in clients:
            self.assertEqual(
                read_answer(client), (200, b"piece 1 of 2\npiece 2 of 2\n"))

    def leave_a_worker(self, end):
        """Whoever leaves ends its work, which is in a worker's hands."""
        server = self.push("--workers", "1")
        client = self.connect(server)
        client.send(request("/fetch?n=2&every=60"))
        read_head(client)
        waiting = self.connect(server)
        waiting.send(request("/fetch?n=2&every=60"))
        read_head(waiting)
        end(waiting)
        end(client)
        self.assertEqual(self.ask(server, "/fetch?n=1&every=0"),
            (200, b"piece 1 of 1\n"))

    def test_who_leaves_ends_the_work(self):
        self.leave_a_worker(lambda client: client.finish())

    def test_who_resets_ends_the_work(self):
        self.leave_a_worker(lambda client: client.reset())


@on_both_twins
class Channels(PushTest):
    """What is published, and who gets it."""

    def test_a_poll_that_waits_gets_the_message(self):
        server = self.push()
        client = self.poll(server)
        self.wait_for_metrics(server, waiting=1)
        self.assertEqual(self.publish(server, b"hi"), "1-1")
        self.assertEqual(self.read_poll(client), {"next": "1-1", "missed": 0,
            "reset": False, "messages": [{"id": "1-1", "text": "hi"}]})
        # The connection goes on.
        client.send(request("/poll?since=1-0&wait=0"))
        self.assertEqual(self.read_poll(client)["next"], "1-1")

    def test_a_poll_ends_when_its_time_is_over(self):
        server = self.push()
        start = time.monotonic()
        client = self.poll(server, "?wait=0.2")
        self.assertEqual(self.read_poll(client)["messages"], [])
        self.assertGreater(time.monotonic() - start, 0.19)

    def test_a_message_and_the_end_of_a_poll_at_once(self):
        server = self.push("--quiet")
        client = self.connect(server)
        cursor, found, polls = "1-0", [], 200 if FULL else 60
        over = threading.Event()

        def publish():
            with server.connect() as publisher:
                while not over.is_set():
                    publisher.send(
                        request("/publish", method="POST", body=b"m"))
                    read_answer(publisher)
                    # In step with the polls: nearly as often as they end.
                    time.sleep(0.0101)

        publisher = threading.Thread(target=publish, daemon=True)
        publisher.start()
        for _ in range(polls):
            client.send(request(f"/poll?since={cursor}&wait=0.01"))
            # Exactly one answer, or the next one would not be read.
            answer = self.read_poll(client)
            self.assertEqual(answer["missed"], 0)
            found += [m["id"] for m in answer["messages"]]
            cursor = answer["next"]
        over.set()
        publisher.join(DEADLINE)
        client.send(request("/healthz"))
        self.assertEqual(read_answer(client), (200, b"ok\n"))
        self.assertEqual(found, ids(1, len(found)))
        self.assertEqual(cursor, f"1-{len(found)}")

    def test_cursors_of_all_kinds(self):
        server = self.push("--history", "3")
        for i in range(1, 6):
            self.publish(server, b"m%d" % i)
        for since, expected in (
                ("1-5", (0, False, [])),
                ("1-4", (0, False, ids(5, 5))),
                ("1-2", (0, False, ids(3, 5))),
                ("1-0", (2, False, ids(3, 5))),
                ("1-6", (0, True, [])),
                ("1-18446744073709551615", (0, True, [])),
                ("2-1", (0, True, [])),
                ("0-5", (0, True, []))):
            poll = self.read_poll(
                self.poll(server, f"?since={since}&wait=0"))
            self.assertEqual((poll["missed"], poll["reset"],
                [m["id"] for m in poll["messages"]]), expected, since)
            self.assertEqual(poll["next"], "1-5")
            # A chat says the same before the messages, where there is a gap.
            missed, reset, found = expected
            chat = self.socket(server, f"/chat?since={since}")
            if missed or reset:
                self.assertEqual(chat.read_text(), {"missed": missed,
                    "reset": reset, "next": "1-5" if reset else "1-2"})
            self.assertEqual(
                [chat.read_text()["id"] for _ in found], found, since)
        for since in "1--1", "-1-1", "1", "x", "1-1x":
            self.assertEqual(
                self.ask(server, f"/poll?since={since}")[0], 400, since)
            self.assertEqual(
                self.ask(server, f"/events?since={since}")[0], 400, since)
            self.assertEqual(
                self.refused(server, f"/chat?since={since}"), 400, since)

    def refused(self, server, target):
        """The status with which a WebSocket is refused."""
        with server.connect() as client:
            client.send(upgrade(target))
            return read_answer(client)[0]

    def test_events_begin_behind_their_cursor(self):
        server = self.push("--history", "3")
        for i in range(1, 6):
            self.publish(server, b"m%d" % i)
        events = self.events(server, "?since=1-4")
        self.assertEqual(events.read(),
            {"id": "1-5", "data": '{"id":"1-5","text":"m5"}'})
        events = self.events(server, "?since=1-1")
        missed = events.read()
        self.assertEqual((missed["event"], missed["id"]), ("missed", "1-2"))
        self.assertEqual([events.read()["id"] for _ in range(3)], ids(3, 5))
        events = self.events(server, "?since=9-9")
        reset = events.read()
        self.assertEqual((reset["event"], reset["id"]), ("reset", "1-5"))
        self.publish(server, b"m6")
        self.assertEqual(events.read()["id"], "1-6")

    def test_a_channel_is_no_other(self):
        server = self.push()
        events = self.events(server, "?channel=a")
        other = self.events(server, "?channel=b")
        self.publish(server, b"for a", "/publish?channel=a")
        self.publish(server, b"for b", "/publish?channel=b")
        self.assertIn("for a", events.read()["data"])
        self.assertIn("for b", other.read()["data"])

    def test_a_beat_is_a_sign_of_life(self):
        server = self.push("--beat", "0.1")
        client = self.connect(server)
        Events(client).begin()
        self.assertEqual([read_chunk(client) for _ in range(2)],
            [b":\n\n"] * 2)

    def test_a_chat_is_heard_by_all(self):
        server = self.push()
        chats = [self.socket(server, "/chat") for _ in range(3)]
        events = self.events(server)
        client = self.poll(server)
        self.wait_for_metrics(server, subscribers=4, waiting=1)
        chats[0].send(0x81, "<♚>".encode())
        for chat in chats:
            self.assertEqual(chat.read_text(), {"id": "1-1", "text": "<♚>"})
        self.assertIn("\\u003c♚\\u003e", events.read()["data"])
        self.assertEqual(self.read_poll(client)["next"], "1-1")
        chats[1].send(0x82, b"no text")
        self.assertEqual(chats[1].read(), (0x88, struct.pack("!H", 1003)))

    def test_a_chat_goes_on_behind_its_cursor(self):
        server = self.push()
        for i in range(3):
            self.publish(server, b"m")
        chat = self.socket(server, "/chat?since=1-1")
        self.assertEqual([chat.read_text()["id"] for _ in range(2)], ids(2, 3))

    def test_what_is_posted_is_checked(self):
        server = self.push()
        for fields, body, status in (
                ((), None, 411),
                (("Content-Length: x",), None, 400),
                (("Content-Length: 4", "Content-Length: 5"), None, 400),
                (("Content-Length: 999999999999",), None, 413),
                (("Transfer-Encoding: chunked",), None, 501),
                (("Expect: 100-continue",), b"hi", 417),
                ((), b"", 400),
                ((), b"\xff", 400),
                ((), b"x" * 4097, 413),
                (("Origin: http://evil.example",), b"hi", 403),
                (("Origin: http://localhost", ), b"hi", 200),
                ((), b"x" * 4096, 200)):
            self.assertEqual(self.ask(server, "/publish", *fields,
                method="POST", body=body)[0], status, (fields, body))
        self.assertEqual(self.ask(server, "/publish")[0], 405)
        self.assertEqual(
            self.ask(server, "/poll", method="POST", body=b"hi")[0], 405)
        self.assertEqual(self.ask(server, "/publish", method="POST",
            body=b"hi", host="evil.example")[0], 403)
        self.assertEqual(self.ask(server, "/publish?channel=%2F",
            method="POST", body=b"hi")[0], 400)
        self.assertEqual(self.metrics(server)["published_total"], 2)

    def test_a_foreign_page_hears_nothing(self):
        server = self.push("--origin", "http://a.example:1")
        for target in "/poll?wait=0", "/events":
            for host, fields, status in (
                    ("localhost", (), 200),
                    ("127.0.0.1:8080", (), 200),
                    ("[::1]:8080", (), 200),
                    ("a.example", (), 200),
                    # Its own name, which now stands for this server.
                    ("evil.example", (), 403),
                    ("evil.example", ("Origin: http://evil.example",), 403),
                    ("localhost.evil.example", (), 403),
                    ("127.0.0.1.evil.example:8080", (), 403),
                    ("localhost", ("Origin: http://localhost",), 200),
                    ("localhost", ("Origin: http://a.example:1",), 200),
                    ("localhost", ("Origin: http://evil.example",), 403),
                    ("localhost", ("Origin: null",), 403)):
                with server.connect() as client:
                    client.send(request(target, *fields, host=host))
                    self.assertEqual(
                        read_head(client)[0], status, (target, host, fields))
        # Whoever asks how the server is may call it as they like.
        for target in "/healthz", "/metrics", "/":
            self.assertEqual(
                self.ask(server, target, host="any.example")[0], 200)

    def test_nobody_may_publish_where_that_is_said(self):
        server = self.push("--publish", "none")
        self.assertEqual(self.ask(server, "/publish", method="POST",
            body=b"hi")[0], 403)
        chat = self.socket(server, "/chat")
        chat.send(0x81, b"hi")
        self.assertEqual(chat.read(), (0x88, struct.pack("!H", 1008)))


@on_both_twins
class Crowds(PushTest):
    """Many clients of all kinds."""

    options = ()

    def listen_on(self, read, last, found):
        """Read messages up to the last one, in a thread."""
        def listen():
            try:
                while not found or found[-1] != last:
                    found.extend(read())
            except Exception as error:
                found.append(repr(error))
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        return thread

    def reader(self, server, kind):
        """What reads the next ids of a client of this kind."""
        if kind == "events":
            events = self.events(server)
            return lambda: [events.read()["id"]]
        if kind == "chat":
            chat = self.socket(server, "/chat")
            return lambda: [chat.read_text()["id"]]
        client = self.connect(server)
        cursor = ["1-0"]

        def poll():
            client.send(request(f"/poll?since={cursor[0]}"))
            answer = self.read_poll(client)
            cursor[0] = answer["next"]
            return [m["id"] for m in answer["messages"]]
        return poll

    def test_all_get_each_message_once_in_order(self):
        count = 5000 if FULL else 400
        # All of them are kept: a reader here may be slower than the server.
        server = self.push("--history", "4096", "--quiet", *self.options)
        last = f"1-{count}"
        readers = [self.reader(server, kind)
            for kind in ["poll", "events", "chat"] * (17 if FULL else 10)]
        found = [[] for _ in readers]
        threads = [self.listen_on(read, last, ids_found)
            for read, ids_found in zip(readers, found)]
        over = threading.Event()

        def come_and_go():
            while not over.is_set():
                for kind in "events", "chat", "poll":
                    with server.connect() as client:
                        if kind == "events":
                            Events(client)
                        elif kind == "chat":
                            Socket(client, "/chat")
                        else:
                            client.send(request("/poll"))
                        client.reset()

        def publish():
            with server.connect() as client:
                for _ in range(count // 2):
                    client.send(
                        request("/publish", method="POST", body=b"message"))
                    if read_answer(client)[0] != 200:
                        raise AssertionError("not published")

        restless = threading.Thread(target=come_and_go, daemon=True)
        restless.start()
        publishers = [threading.Thread(target=publish) for _ in range(2)]
        for thread in publishers:
            thread.start()
        for thread in publishers + threads:
            thread.join(DEADLINE)
        over.set()
        restless.join(DEADLINE)
        for ids_found in found:
            self.assertEqual(ids_found, ids(1, count))
        # The messages that are kept hold pages of what was freed between them.
        server.small += 2048

    def test_nobody_gets_what_is_for_others(self):
        server = self.push("--quiet", *self.options)
        channels = [f"room{n}" for n in range(6)]
        over = threading.Event()
        wrong, heard, turns = [], [], 200 if FULL else 40

        def publish(channel):
            with server.connect() as client:
                while not over.is_set():
                    client.send(request(f"/publish?channel={channel}",
                        method="POST", body=channel.encode()))
                    if read_answer(client)[0] != 200:
                        raise AssertionError("not published")

        def come_and_go(channel):
            # Each has the descriptor of one who has just left another room.
            try:
                for turn in range(turns):
                    client = server.connect()
                    heard.append(self.hear(client, channel, turn))
                    client.reset()
            except Exception as error:
                wrong.append(repr(error))

        publishers = [threading.Thread(target=publish, args=(channel,))
            for channel in channels]
        listeners = [threading.Thread(target=come_and_go, args=(channel,))
            for channel in channels]
        for thread in publishers + listeners:
            thread.start()
        for thread in listeners:
            thread.join()
        over.set()
        for thread in publishers:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(sum(heard), turns)

    def hear(self, client, channel, turn):
        """Hear what is said in a channel, in one way or another."""
        if turn % 3 == 0:
            read = Events(client, f"?channel={channel}").begin().read
            heard = (json.loads(read()["data"]) for _ in range(4))
        elif turn % 3 == 1:
            chat = Socket(client, f"/chat?channel={channel}").begin()
            heard = itertools.islice(self.until_cut(chat), 4)
        else:
            client.send(request(f"/poll?channel={channel}"))
            heard = json.loads(read_answer(client)[1])["messages"]
        # Who is slow on a busy machine has missed some, and is told.
        texts = [message["text"] for message in heard if "missed" not in message]
        if set(texts) - {channel}:
            raise AssertionError(f"heard {texts} in {channel}")
        return len(texts)

    def until_cut(self, chat):
        """The messages of a chat, up to a close for being slow."""
        while (found := chat.read())[0] == 0x81:
            yield json.loads(found[1])
        if found != (0x88, struct.pack("!H", 1013)):
            raise AssertionError(f"no text, but {found}")

    def test_the_accounts_are_even(self):
        server = self.push("--history", "16", "--quiet", *self.options)
        readers = [self.reader(server, kind)
            for kind in ["events", "chat"] * 10]
        self.wait_for_metrics(server, subscribers=20)
        for _ in range(50):
            self.publish(server, b"m")
            # None is behind, so none misses a message.
            for read in readers:
                read()
        self.wait_for_metrics(
            server, delivered_total=50 * 20, missed_total=0)

    def test_who_is_slow_misses_and_is_told(self):
        server = self.push("--history", "8", "--quiet", *self.options)
        slow = self.events(server, receive_buffer=4096)
        cut = self.socket(server, "/chat", receive_buffer=4096)
        quick = self.events(server)
        self.wait_for_metrics(server, subscribers=3)
        text = b"x" * 4096
        # More than the ring and the sockets between us hold.
        published = 500
        for i in range(1, published + 1):
            self.publish(server, text)
            self.assertEqual(quick.read()["id"], f"1-{i}")
        last, missed = 0, 0
        while last < published:
            event = slow.read()
            number = int(event["id"].partition("-")[2])
            if event.get("event") == "missed":
                missed += json.loads(event["data"])["missed"]
                last = number
            else:
                last += 1
                self.assertEqual(number, last)
        self.assertGreater(missed, 0)
        # Its frames are whole up to the close.
        last = 0
        while (found := cut.read())[0] == 0x81:
            last += 1
            self.assertEqual(json.loads(found[1])["id"], f"1-{last}")
        self.assertEqual(found, (0x88, struct.pack("!H", 1013)))
        numbers = self.metrics(server)
        self.assertEqual(numbers["cut_slow_total"], 1)
        self.assertGreaterEqual(numbers["missed_total"], missed)

    def test_who_waits_holds_nobody_up(self):
        server = self.push(*self.options)
        for _ in range(50):
            self.poll(server)
        self.wait_for_metrics(server, waiting=50)
        self.publish(server, b"hi")
        for client in self.clients:
            self.assertEqual(self.read_poll(client)["next"], "1-1")
        self.wait_for_metrics(server, waiting=0)


class EventedLoops(EventedCrowds):
    """The same on several loops."""

    options = ("--loops", "4")


class ThreadedPool(PushTest):
    """What a pool of threads cannot do."""

    twin = "threaded"

    def test_twenty_polls_take_twenty_threads(self):
        server = self.push("--threads", "20", "--quiet")
        polls = [self.poll(server) for _ in range(20)]
        probe = self.connect(server)
        probe.send(request("/healthz"))
        self.assertFalse(probe.becomes_readable(0.3))
        polls[0].reset()
        self.assertEqual(read_answer(probe), (200, b"ok\n"))
        probe.close()
        self.publish(server, b"hi")
        for client in polls[1:]:
            self.assertEqual(self.read_poll(client)["next"], "1-1")
            client.close()


@on_both_twins
class WebSockets(PushTest):
    """Handshakes and frames."""

    def parts(self, text):
        """The frames of a line of websocket.txt."""
        for word in text.split(" ") if text else ():
            word = word.replace("\0", " ")
            payload = b""
            for part in re.findall(r"'[^']*'|[0-9a-f*]+", word[2:]):
                if part.startswith("'"):
                    payload += part[1:-1].encode()
                elif "*" in part:
                    times, byte = part.split("*")
                    payload += bytes.fromhex(byte) * int(times)
                else:
                    payload += bytes.fromhex(part)
            yield int(word[:2], 16), payload

    def cases(self):
        """The cases of Autobahn's list: a name, what is sent, and got."""
        with open(os.path.join(TESTS, "websocket.txt"),
                encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file
                if not line.startswith("#")]
        for name, sent, got in zip(*[iter(lines)] * 3):
            yield name, *(list(self.parts(re.sub(r"'[^']*'",
                lambda m: m[0].replace(" ", "\0"), line[6:])))
                for line in (sent, got))

    def test_the_cases_of_autobahn(self):
        server = self.push("--max-message", "262144", "--quiet")
        count = 0
        for name, sent, expected in self.cases():
            count += 1
            with server.connect() as client:
                echo = Socket(client, "/echo").begin()
                found = []
                for first, payload in sent:
                    if not client.send_if_open(frame(first, payload)):
                        break
                    # Of pings that come at once only the newest is answered.
                    if first == 0x89 and len(payload) < 126 and \
                            len(found) < len(expected):
                        found.append(echo.read())
                        while found[-1][0] not in (0x8a, 0x88):
                            found.append(echo.read())
                while len(found) < len(expected):
                    found.append(echo.read())
                self.assertEqual(found, expected, name)
                if expected and expected[-1][0] == 0x88:
                    self.assertEqual(client.read_all(), b"", name)
        self.assertEqual(count, 247)

    def test_what_breaks_the_protocol_is_closed_with_its_code(self):
        server = self.push("--quiet")
        rows = [(frame(first, b"x"), 1002) for first in (
            0xc1, 0xa1, 0x91, 0xf1,          # reserved bits
            0x83, 0x84, 0x85, 0x86, 0x87,    # reserved opcodes
            0x8b, 0x8c, 0x8d, 0x8e, 0x8f,
            0x08, 0x09, 0x0a,                # control frames in fragments
            0x80, 0x00)]                     # a continuation of nothing
        rows += [
            (b"\x81\x05hello", 1002),        # no mask
            (b"\x88\x02\x03\xe8", 1002),
            (frame(0x89, b"x" * 126), 1002),
            (frame(0x8a, b"x" * 126), 1002),
            (frame(0x88, b"\x03\xe8" + b"x" * 124), 1002),
            (frame(0x01, b"x") + frame(0x81, b"x"), 1002),
            (b"\x82\xfe\0\x7d", 1002),       # 125 in 16 bits
            (b"\x82\xff" + struct.pack("!Q", 65535), 1002),
            (b"\x82\xff" + struct.pack("!Q", 2 ** 63), 1002),
            (b"\x82\xff" + struct.pack("!Q", 2 ** 63 - 1), 1009),
            (b"\x82\xff" + struct.pack("!Q", 2 ** 31), 1009),
            (b"\x82\xff" + struct.pack("!Q", 65537), 1009),
            (frame(0x81, b"\xff"), 1007),
            (frame(0x81, b"\xc3"), 1007),    # an incomplete character
            (frame(0x81, b"\xed\xa0\x80"), 1007),
            (frame(0x01, b"\xf4\x90"), 1007),
            (frame(0x01, b"\xc3") + frame(0x80, b"x"), 1007),
            (frame(0x88, b"\x03"), 1002),
            (frame(0x88, b"\x03\xe8\xff"), 1007)]
        rows += [(frame(0x88, struct.pack("!H", code)), 1002) for code in
            (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)]
        rows += [(frame(0x88, struct.pack("!H", code) + b"why"), code)
            for code in (1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999)]
        for path in "/echo", "/websocket", "/chat":
            for sent, code in rows:
                with server.connect() as client:
                    socket = Socket(client, path).begin()
                    client.send(sent)
                    self.assertEqual(socket.read(),
                        (0x88, struct.pack("!H", code)), (path, sent))
                    self.assertEqual(client.read_all(), b"", (path, sent))
        echo = self.socket(server, "/echo")
        echo.send(0x88)
        self.assertEqual(echo.read(), (0x88, b""))

    def test_who_does_not_answer_a_close_is_let_go(self):
        server = self.push("--quiet")
        clients = [self.socket(server, path) for path in ("/echo", "/chat")]
        for socket in clients:
            socket.client.send(b"\x81\x00")
            self.assertEqual(socket.read(), (0x88, struct.pack("!H", 1002)))
        # Neither of them says anything more, nor leaves. Limits that are for
        # others are longer than the wait for this.
        server.wait_for_counters(active=0)

    def test_an_echo_is_as_published(self):
        server = self.push()
        socket = self.socket(server, "/websocket")
        for first, text, answer in (
                (0x81, b"Hello, world", "'Hello, world'"),
                (0x81, b"it's \"x\"", "'it\\'s \"x\"'"),
                (0x82, b"\0a", "b'\\x00a'")):
            socket.send(first, text)
            self.assertEqual(socket.read(),
                (0x81, f"Your message was: {answer}".encode()))
        socket.send(0x88, b"\x03\xe8")
        self.assertEqual(socket.read(), (0x88, b"\x03\xe8"))
        self.assertEqual(socket.client.read_all(), b"")

    def test_handshakes(self):
        server = self.push("--origin", "http://a.example:1")
        good = {"Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}
        for changes, status in (
                ({}, 101),
                ({"Upgrade": "WebSocket"}, 101),
                ({"Upgrade": "h2c, websocket"}, 101),
                ({"Upgrade": None}, 400),
                ({"Upgrade": "h2c"}, 400),
                ({"Connection": "keep-alive, Upgrade"}, 101),
                ({"Connection": None}, 400),
                ({"Connection": "keep-alive"}, 400),
                ({"Sec-WebSocket-Key": None}, 400),
                ({"Sec-WebSocket-Key": ""}, 400),
                ({"Sec-WebSocket-Key": "short"}, 400),
                ({"Sec-WebSocket-Key": KEY[:-1]}, 400),
                ({"Sec-WebSocket-Key": KEY + "="}, 400),
                ({"Sec-WebSocket-Key": "!" + KEY[1:]}, 400),
                ({"Sec-WebSocket-Key": base64.b64encode(
                    b"15 bytes are few").decode()[:-4]}, 400),
                ({"Sec-WebSocket-Version": None}, 426),
                ({"Sec-WebSocket-Version": "8"}, 426),
                ({"Sec-WebSocket-Version": "14"}, 426),
                ({"Sec-WebSocket-Version": "13, 8"}, 426),
                ({"Sec-WebSocket-Protocol": "chat"}, 101),
                ({"Sec-WebSocket-Extensions": "permessage-deflate"}, 101),
                ({"Origin": "http://localhost"}, 101),
                ({"Origin": "http://a.example:1"}, 101),
                ({"Origin": "http://a.example"}, 403),
                ({"Origin": "http://localhost:1"}, 403),
                ({"Origin": "null"}, 403),
                ({"Origin": ""}, 403),
                ({"Origin": "HTTP://LOCALHOST"}, 101),
                ({"Origin": "http://localhost/"}, 403),
                ({"Origin": "http://localhost.example"}, 403),
                ({"Origin": "ftp://localhost"}, 403),
                ({"Host": "a.example"}, 101),
                ({"Host": "b.example"}, 403),
                ({"Host": "localhost.example"}, 403),
                ({"Host": "127.0.0.1.example"}, 403),
                ({"Host": "LOCALHOST:1"}, 101),
                ({"Host": "127.0.0.1:1"}, 101),
                ({"Host": "[::1]"}, 101)):
            fields = {**good, **changes}
            host = fields.pop("Host", "localhost")
            head = request("/echo", *(f"{name}: {value}"
                for name, value in fields.items() if value is not None),
                host=host)
            self.check_handshake(server, head, status)
        whole = upgrade("/echo")
        for head, status in (
                (whole.replace(b"HTTP/1.1", b"HTTP/1.0"), 400),
                (whole.replace(b"GET", b"HEAD"), 400),
                (whole.replace(b"GET", b"POST"), 411),
                (whole.replace(b"GET", b"PUT"), 405),
                (whole.replace(b"/echo", b"/poll?wait=0"), 200),
                (whole.replace(b"Host: localhost\r\n", b""), 400),
                # Each twice, though both say the same.
                (whole.replace(b"Sec-WebSocket-Version: 13\r\n",
                    b"Sec-WebSocket-Version: 13\r\n" * 2), 426),
                (whole.replace(b"Upgrade: w", b"Sec-WebSocket-Key: "
                    + KEY.encode() + b"\r\nUpgrade: w"), 400),
                (whole.replace(b"Upgrade: w",
                    b"Origin: http://localhost\r\n" * 2 + b"Upgrade: w"), 403),
                # Lists may be in several lines.
                (whole.replace(b"Upgrade: w", b"Upgrade: h2c\r\nUpgrade: w"),
                    101),
                (whole[:-2] + b"Content-Length: 2\r\n\r\nhi", 400)):
            self.check_handshake(server, head, status)

    def check_handshake(self, server, head, status):
        """A request gets its status, and no more than was asked for."""
        with server.connect() as client:
            client.send(head)
            found, fields = read_head(client)
            self.assertEqual(found, status, head)
            self.assertNotIn("sec-websocket-protocol", fields)
            self.assertNotIn("sec-websocket-extensions", fields)
            self.assertEqual(fields.get("sec-websocket-version"),
                "13" if status == 426 else None, head)

    def test_a_frame_may_come_with_the_head(self):
        server = self.push()
        with server.connect() as client:
            client.send(upgrade("/echo") + frame(0x81, b"early"))
            self.assertEqual(read_head(client)[0], 101)
            self.assertEqual(
                read_bytes(client, 7), b"\x81\x05early")

    def test_bytes_that_drip_are_frames(self):
        server = self.push()
        echo = self.socket(server, "/echo")
        for byte in frame(0x81, b"drip"):
            echo.client.send(bytes((byte,)))
        self.assertEqual(echo.read(), (0x81, b"drip"))

    def test_a_message_that_is_too_long(self):
        server = self.push()
        echo = self.socket(server, "/echo")
        echo.send(0x82, b"x" * 65536)
        self.assertEqual(echo.read(), (0x82, b"x" * 65536))
        echo.client.send(b"\x82\xff" + struct.pack("!Q", 2 ** 62))
        self.assertEqual(echo.read(), (0x88, struct.pack("!H", 1009)))
        self.assertEqual(echo.client.read_all(), b"")

    def check_memory(self, flood, kept=0):
        """A client that floods costs its server at most 64 KiB, besides these
        of its message. Sanitizers keep all."""
        server = self.push("--quiet")
        # What a server takes once is no client's.
        floods = [flood(server)]
        before = server.own_kib()
        floods += [flood(server) for _ in range(FLOODS)]
        if PLAIN:
            self.assertLessEqual(
                server.own_kib() - before, FLOODS * (64 + kept))
        return floods

    def test_a_flood_of_pings_costs_no_memory(self):
        def flood(server):
            echo = self.socket(server, "/echo", receive_buffer=4096)
            pings = frame(0x89, b"p" * 125) * 1000
            for _ in range(100):
                if echo.client.send_what_fits(pings) < len(pings):
                    break
            return echo
        self.check_memory(flood)

    def test_a_flood_of_fragments_costs_no_memory(self):
        def flood(server):
            echo = self.socket(server, "/echo")
            before = server.counters()["bytes_in"]
            echo.client.send(frame(0x02, b"x") + frame(0x00, b"x") * 65534)
            self.wait_for_bytes(server, before + 65535 * 7)
            return echo
        for echo in self.check_memory(flood, kept=64):
            echo.send(0x80, b"x")
            self.assertEqual(echo.read(), (0x82, b"x" * 65536))
        echo.client.send(frame(0x02) + frame(0x00) * 1001)
        self.assertEqual(echo.read(), (0x88, struct.pack("!H", 1008)))

    def test_a_declared_length_costs_no_memory(self):
        def flood(server):
            echo = self.socket(server, "/echo")
            echo.client.send(b"\x82\xff" + struct.pack("!Q", 2 ** 62) + b"x")
            self.assertEqual(echo.read(), (0x88, struct.pack("!H", 1009)))
            return echo
        self.check_memory(flood)

    def test_all_messages_in_work_are_too_long(self):
        server = self.push("--max-buffered", "100000")
        one = self.socket(server, "/echo")
        one.client.send(frame(0x82, b"x" * 65000)[:64000])
        self.wait_for_bytes(server, 64000)
        other = self.socket(server, "/echo")
        other.client.send(frame(0x82, b"x" * 65000)[:64000])
        self.assertEqual(other.read(), (0x88, struct.pack("!H", 1013)))
        one.client.send(frame(0x82, b"x" * 65000)[64000:])
        self.assertEqual(one.read(), (0x82, b"x" * 65000))

    def wait_for_bytes(self, server, count):
        """Wait until the server has read so many."""
        wait_until(lambda: server.counters()["bytes_in"] >= count,
            "the bytes are read")

    def test_who_does_not_answer_a_ping_is_let_go(self):
        server = self.push("--beat", "0.2")
        echo = self.socket(server, "/echo")
        self.assertEqual(echo.read(), (0x89, b""))
        self.assertEqual(echo.client.read_all(), b"")
        # Who does is pinged again, on a busy machine not at the first attempt.
        wait_until(lambda: self.is_pinged(server, 2), "it is kept")

    def is_pinged(self, server, times):
        """Whether a client that answers its pings got so many of them."""
        with server.connect() as client:
            try:
                echo = Socket(client, "/echo").begin()
                for _ in range(times):
                    self.assertEqual(echo.read(), (0x89, b""))
                    echo.send(0x8a)
            except (Gone, OSError):
                return False
        return True

    def test_silence_is_no_idleness_where_there_is_a_beat(self):
        server = self.push("--beat", "1", "--idle-timeout", "0.3")
        wait_until(lambda: self.is_pinged(server, 2), "it is kept")

    def test_who_does_not_read_is_not_read_either(self):
        server = self.push("--quiet")
        echo = self.socket(server, "/echo", receive_buffer=4096)
        data = frame(0x82, b"x" * 60000) * 1000
        sent = echo.client.send_what_fits(data, server)
        self.assertLess(sent, len(data))
        for _ in range(sent // (60008)):
            self.assertEqual(echo.read(), (0x82, b"x" * 60000))


class EventedLoopsWebSockets(EventedWebSockets):
    """The same on several loops."""

    def push(self, *options, **how):
        return super().push("--loops", "4", *options, **how)


class ThreadedPoolWebSockets(ThreadedWebSockets):
    """The same in a pool of threads."""

    def push(self, *options, **how):
        return super().push("--threads", "20", *options, **how)


@unittest.skipUnless(STRACE, "no strace")
class ThreadedSystemCalls(PushTest):
    """What the kernel is asked for by a thread that echoes."""

    twin = "threaded"

    def test_a_message_is_received_and_sent_and_nothing_else(self):
        server = self.push("--quiet")
        for path in "/echo", "/chat":
            socket = self.socket(server, path)
            # A sanitizer has use for memory.
            with traced(server, "-e", "trace=!%memory") as lines:
                for _ in range(100):
                    socket.send(0x81, b"hello!")
                    socket.read()
            threads = collections.defaultdict(collections.Counter)
            for line in lines:
                if found := re.match(r"(\d+) +(\w+)\(", line):
                    threads[found[1]][found[2]] += 1
            calls = max(threads.values(), key=lambda calls: calls["sendto"])
            self.assertEqual(calls.keys(), {"recvfrom", "sendto"}, calls)
            # The wait in which strace found it may be counted twice.
            self.assertLessEqual(calls.total(), 204)


@on_both_twins
class Stops(PushTest):
    """A stop while clients wait."""

    options = ()

    def test_all_are_told(self):
        server = self.push("--drain-timeout", "12", "--quiet", *self.options)
        count = 200 if FULL else 20
        polls = [self.poll(server) for _ in range(count)]
        events = [self.events(server) for _ in range(count)]
        chats = [self.socket(server, "/chat") for _ in range(count)]
        echoes = [self.socket(server, "/echo") for _ in range(count)]
        streams = [self.connect(server) for _ in range(5)]
        fetches = [self.connect(server) for _ in range(5)]
        for client in streams:
            client.send(request("/stream"))
            read_head(client)
        for client in fetches:
            client.send(request("/fetch?n=3&every=50"))
            read_head(client)
        self.wait_for_metrics(server, waiting=count, subscribers=2 * count)
        start = time.monotonic()
        server.signal(15)
        for client in polls:
            self.assertEqual(self.read_poll(client), {"next": "1-0",
                "missed": 0, "reset": False, "messages": []})
        for client in events:
            self.assertIsNone(client.read())
        for client in chats + echoes:
            self.assertEqual(client.read(), (0x88, struct.pack("!H", 1001)))
        for client in streams:
            self.assertEqual(b"".join(
                iter(lambda: read_chunk(client), b"")), b"STARTMIDDLEEND")
        for client in fetches:
            self.assertEqual(b"".join(iter(lambda: read_chunk(client), b"")),
                b"piece 1 of 3\npiece 2 of 3\npiece 3 of 3\n")
        # They are spread over six, so the last is not told at once.
        self.assertGreater(time.monotonic() - start, 0.5)
        for client in self.clients:
            client.close()
        server.wait()

    def test_news_is_heard_until_then(self):
        server = self.push("--drain-timeout", "20", "--quiet", *self.options)
        chats = [self.socket(server, "/chat") for _ in range(8)]
        self.wait_for_metrics(server, subscribers=8)
        chats[0].send(0x81, b"last")
        # What had come is taken, and everybody gets it before the end.
        self.assertEqual(chats[0].read_text()["text"], "last")
        server.signal(15)
        for chat in chats[1:]:
            self.assertEqual(chat.read_text()["text"], "last")
        for chat in chats:
            chat.client.close()
        server.wait()


class EventedLoopsStop(EventedStops):
    """The same on several loops."""

    options = ("--loops", "4")


if __name__ == "__main__":
    main()

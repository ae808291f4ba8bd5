#!/usr/bin/python3
"""
push_peer - the push server once more, in Python.

    push_peer.py [--lie LIE] PORT

A whole server by common/protocols.md alone, with nothing but the standard
library: an example of what `build/compare --peer-speaks push --peer` checks and
races. What happens at a stop is not part of it: it ends on SIGTERM.

--lie makes it break a rule on purpose, so that tests can see it found out; LIES
lists them.
"""

import argparse
import asyncio
import base64
import hashlib
import ipaddress
import json
import re
import signal
import struct
import time
from collections import deque
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
BACKLOG = 4096
KEPT, KEPT_BYTES = 256, 256 << 10     # messages of a channel
TEXT_MAX, MESSAGE_MAX = 4096, 64 << 10
POLL_MAX = 16 << 10
WAIT_MAX, BEAT = 25.0, 15.0
BODY_MAX, HEAD_MAX = 16 << 10, 20 << 10
DELAYS = 3.0, 5.0
EMPTY_MAX = 1000                      # fragments without bytes
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MARKUP = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&"})

# What --lie breaks: a word for each, and the rule as compare calls it.
LIES = {
    "id": "each message of a channel gets the next id",
    "empty": "a message has a byte at least",
    "utf8": "a message is UTF-8",
    "long": "a message has 4096 bytes at most",
    "length": "a POST without its length is 411",
    "origin": "who comes from a foreign page may not publish",
    "name": "a foreign page, or one by a foreign name, may not listen",
    "since": "a poll is answered at once by all messages after since",
    "markup": "a message is its JSON, and nothing in it is markup",
    "past": "without since a poll gets what comes from now on",
    "wait": "a poll waits for the next message",
    "epoch": "a poll with a since of another start is answered by a reset",
    "beyond": "a poll with a since beyond the newest message is answered by a "
        "reset",
    "missed": "a poll says how many messages it has missed",
    "room": "a poll has 16 KiB of messages at most, and the next one the "
        "others",
    "retry": "events begin with retry, and come with their ids",
    "last": "Last-Event-ID counts more than since",
    "gap": "missed messages are an event",
    "fetch": "a worker's pieces come in their order, a chunk each",
    "stream": "the pieces of /stream come after 0, 3 and 8 s, a chunk each",
    "proof": "a WebSocket is accepted by the proof of its key",
    "version": "another version of WebSockets is 426",
    "repr": "a text is answered by its repr",
    "opcode": "an echo has the opcode and the bytes of the message",
    "pong": "fragments are one message, and a ping between them has its pong",
    "code": "a close is returned with its code",
    "mask": "a frame without a mask is 1002",
    "text": "a text that is no UTF-8 is 1007",
    "declared": "a message that is too long is 1009, as its length says",
    "chat": "what one says in a chat all hear",
    "back": "who comes back to a chat too late is told so",
    "bytes": "bytes in a chat are 1003",
}

lie = None  # the one that --lie names


class Refusal(Exception):
    """A request that is answered by an error: its status and its text."""


class Closed(Exception):
    """A WebSocket that is to be closed, with this code, or none."""


class Channel:
    """The newest messages of a channel, and who waits for the next one."""

    def __init__(self):
        self.head = 0
        self.kept = deque()  # of JSON; the last has the number `head`
        self.bytes = 0
        self.news = asyncio.Event()

    def publish(self, text):
        """Keep a message; its id."""
        self.head += 1
        quoted = json.dumps(text, ensure_ascii=False)
        message = '{"id":"%s","text":%s}' % (id_of(self.head), quoted
            if lie == "markup" else quoted.translate(MARKUP))
        self.kept.append(message.encode())
        self.bytes += len(self.kept[-1])
        while len(self.kept) > KEPT or (self.bytes > KEPT_BYTES
                and len(self.kept) > 1):
            self.bytes -= len(self.kept.popleft())
        self.news.set()
        self.news = asyncio.Event()
        return id_of(1 if lie == "id" else self.head)


class Cursor:
    """A listener's place in a channel."""

    def __init__(self, channel, since):
        self.channel, self.at, self.reset = channel, channel.head, False
        if since is None:
            self.at = 0 if lie == "past" else self.at
            return
        found = re.fullmatch(r"(\d+)-(\d+)", since, re.ASCII)
        if found and (int(found[1]) == EPOCH or lie == "epoch") and (
                int(found[2]) <= channel.head or lie == "beyond"):
            self.at = int(found[2]) + (lie == "since")
        else:
            self.reset = True

    def skip(self):
        """Go on to what is kept; how many messages that leaves out."""
        first = self.channel.head - len(self.channel.kept)
        missed = max(first - self.at, 0)
        self.at += missed
        return 0 if lie == "missed" else missed

    def take(self, most=None):
        """The messages from here on, as many as fit."""
        kept = self.channel.kept
        first = self.channel.head - len(kept)
        taken, size = [], 0
        while self.at < self.channel.head:
            message = kept[self.at - first]
            size += len(message) + bool(taken)
            if most is not None and taken and size > most:
                break
            taken.append(message)
            self.at += 1
        return taken

    def place(self, missed):
        """What a client must know beside messages."""
        return b'{"next":"%s","missed":%d,"reset":%s' % (
            id_of(self.at).encode(), missed,
            b"true" if self.reset else b"false")


EPOCH = int(time.time())
channels = {}


def id_of(number):
    """The id of a message."""
    return f"{EPOCH}-{number}"


def channel_of(asked):
    """The channel that is asked for."""
    name = asked.get("channel") or "main"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name, re.ASCII):
        raise Refusal(400)
    if name not in channels:
        if len(channels) == 1000:
            raise Refusal(503)
        channels[name] = Channel()
    return channels[name]


def since_of(asked):
    """The id that was seen last, or None."""
    since = asked.get("since") or None
    if since and not re.fullmatch(r"\d+-\d+", since, re.ASCII):
        raise Refusal(400)
    return since


def seconds_of(asked, name, usual):
    """A time."""
    text = asked.get(name)
    if not text:
        return usual
    if not re.fullmatch(r"\d+(\.\d*)?", text, re.ASCII):
        raise Refusal(400)
    return float(text)


# --- HTTP -------------------------------------------------------------------

class Request:
    """A request, and the connection that it came by."""

    def __init__(self, reader, writer, line, fields):
        self.reader, self.writer = reader, writer
        self.method, target, self.version = line
        self.fields = fields
        url = urlsplit(target)
        self.path = url.path
        self.asked = dict(reversed(
            parse_qsl(url.query, keep_blank_values=True)))
        self.chunked = self.version != "HTTP/1.0"
        self.keep = self.chunked and \
            fields.get("connection", "").lower() != "close"
        self.body = b""

    def head(self, status, *fields, kind="text/plain; charset=utf-8"):
        """Write the head of an answer."""
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", *fields,
            f"Connection: {'keep-alive' if self.keep else 'close'}"]
        if status == 200:
            lines.append("Cache-Control: no-store")
        self.writer.write("\r\n".join(lines + ["", ""]).encode())

    def answer(self, status, body, *fields, **how):
        """Write a whole answer."""
        self.head(status, f"Content-Length: {len(body)}", *fields, **how)
        if self.method != "HEAD":
            self.writer.write(body)

    def begin(self, kind):
        """Begin an answer of unknown length."""
        self.head(200, *self.chunked * ["Transfer-Encoding: chunked"],
            kind=kind)

    async def piece(self, data):
        """Write a piece of it; b"" ends it."""
        if self.chunked:
            data = b"%x\r\n%s\r\n" % (len(data), data)
        self.writer.write(data)
        await self.writer.drain()

    def may_come(self):
        """Whether the page that made the request may."""
        host = self.fields.get("host", "").lower()
        origin = self.fields.get("origin", "").lower()
        name = re.sub(r":\d+$", "", host).strip("[]")
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name != "localhost":
                return False
        return not origin or origin in ("http://" + host, "https://" + host)

    async def sees(self, awaitable, timeout):
        """Wait for something, at most so long; whether it came. The client
        may leave meanwhile."""
        left = asyncio.ensure_future(self.reader.read_more())
        news = asyncio.ensure_future(awaitable)
        try:
            done, _ = await asyncio.wait((left, news), timeout=timeout,
                return_when=asyncio.FIRST_COMPLETED)
            if left in done and not left.result():
                raise ConnectionResetError
            if left in done and news not in done:
                done, _ = await asyncio.wait((news,), timeout=timeout)
            return news in done
        finally:
            left.cancel()
            news.cancel()
            await asyncio.gather(left, news, return_exceptions=True)


class Reader:
    """What a client sends."""

    def __init__(self, stream):
        self.stream, self.unread = stream, b""

    async def read_more(self):
        """Read more; False at the end."""
        data = await self.stream.read(65536)
        self.unread += data
        return bool(data)

    async def take(self, size):
        """The next bytes, so many."""
        while len(self.unread) < size:
            if not await self.read_more():
                raise ConnectionResetError
        data, self.unread = self.unread[:size], self.unread[size:]
        return data

    async def take_head(self):
        """The head of a request; None at the end."""
        while b"\r\n\r\n" not in self.unread:
            if len(self.unread) > HEAD_MAX:
                raise Refusal(431)
            if not await self.read_more():
                return None
        return await self.take(self.unread.index(b"\r\n\r\n") + 4)


def understand(reader, writer, head):
    """A request from its head."""
    try:
        line, *lines = head.decode("ascii").split("\r\n")[:-2]
        line = line.split(" ")
        fields = {}
        for one in lines:
            name, value = re.fullmatch(r"([\w!#$%&'*+.^`|~-]+):(.*)",
                one).groups()
            fields[name.lower()] = value.strip(" \t")
        if len(line) != 3 or not line[1].startswith("/"):
            raise ValueError
    except (ValueError, AttributeError):
        raise Refusal(400) from None
    return Request(reader, writer, line, fields)


async def read_body(request):
    """Read the body of a POST."""
    fields = request.fields
    if "transfer-encoding" in fields:
        raise Refusal(501)
    if "expect" in fields:
        raise Refusal(417)
    length = fields.get("content-length")
    if length is None:
        if lie == "length":
            return
        raise Refusal(411)
    if not length.isdecimal():
        raise Refusal(400)
    if int(length) > BODY_MAX:
        raise Refusal(413)
    request.body = await request.reader.take(int(length))


async def serve(stream, writer):
    """Answer requests until one side has enough."""
    reader, keep = Reader(stream), True
    try:
        while keep:
            request = None
            try:
                head = await reader.take_head()
                if head is None:
                    break
                request = understand(reader, writer, head)
                if request.method == "POST":
                    await read_body(request)
                await answer(request)
                keep = request.keep
            except Refusal as refusal:
                keep = keep and request is not None and \
                    refusal.args[0] not in (411, 417, 501)
                request = request or Request(reader, writer,
                    ("GET", "/", "HTTP/1.1"), {})
                request.keep = keep
                request.answer(refusal.args[0], b"No.\n", *refusal.args[1:])
            await writer.drain()
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()


async def answer(request):
    """Answer a request."""
    resource = RESOURCES.get(request.path)
    if resource is None:
        raise Refusal(404)
    if request.method not in (("POST",) if resource is publish
            else ("GET", "HEAD")):
        raise Refusal(405)
    await resource(request)


# --- Resources --------------------------------------------------------------

async def health(request):
    """ok."""
    request.answer(200, b"ok\n")


async def metrics(request):
    """The one number that there is."""
    request.answer(200, b"push_channels %d\n" % len(channels))


async def stream_(request):
    """START, MIDDLE and END, each in its time."""
    request.begin("text/html; charset=utf-8")
    if request.method == "HEAD":
        return
    for piece, delay in ((b"START", 0), (b"MIDDLE", DELAYS[0]),
            (b"END", DELAYS[1] / (1 + (lie == "stream")))):
        await asyncio.sleep(delay)
        await request.piece(piece)
    await request.piece(b"")


async def fetch(request):
    """What a worker makes piece by piece."""
    count = request.asked.get("n") or "3"
    every = seconds_of(request.asked, "every", 1.0)
    if not re.fullmatch(r"\d{1,9}", count, re.ASCII) or int(count) > 100 \
            or every > 60:
        raise Refusal(400)
    request.begin("text/plain; charset=utf-8")
    if request.method == "HEAD":
        return
    for i in range(int(count)):
        await asyncio.sleep(every)
        await request.piece(b"piece %d of %d\n" % (
            i + (lie != "fetch"), int(count)))
    if request.chunked:
        await request.piece(b"")


async def publish(request):
    """Publish the body."""
    if not request.may_come() and lie != "origin":
        raise Refusal(403)
    if len(request.body) > TEXT_MAX and lie != "long":
        raise Refusal(413)
    try:
        text = request.body.decode("utf-8",
            "replace" if lie == "utf8" else "strict")
    except UnicodeDecodeError:
        raise Refusal(400) from None
    if not text and lie not in ("empty", "length"):
        raise Refusal(400)
    id_ = channel_of(request.asked).publish(text)
    request.answer(200, b'{"id":"%s"}\n' % id_.encode(),
        kind="application/json")


async def poll(request):
    """The next messages."""
    if not request.may_come() and lie != "name":
        raise Refusal(403)
    wait = min(seconds_of(request.asked, "wait", WAIT_MAX), WAIT_MAX)
    since = since_of(request.asked)
    channel = channel_of(request.asked)
    cursor = Cursor(channel, since)
    if not cursor.reset and cursor.at == channel.head \
            and request.method == "GET" and lie != "wait":
        await request.sees(channel.news.wait(), wait)
    missed = cursor.skip()
    messages = cursor.take(2 * POLL_MAX if lie == "room" else POLL_MAX)
    request.answer(200, cursor.place(missed) + b',"messages":['
        + b",".join(messages) + b"]}\n", kind="application/json")


async def events(request):
    """All messages, as server-sent events."""
    if not request.may_come() and lie != "name":
        raise Refusal(403)
    since = since_of(request.asked)
    if lie != "last":
        since = request.fields.get("last-event-id") or since
    channel = channel_of(request.asked)
    cursor = Cursor(channel, since)
    request.begin("text/event-stream")
    if request.method == "HEAD":
        return
    await request.piece(b"retry: %d\n\n" % (1000 if lie == "retry" else 2000))
    while True:
        text, missed = b"", cursor.skip()
        if cursor.reset or (missed and lie != "gap"):
            text = b"event: %s\nid: %s\ndata: %s}\n\n" % (
                b"reset" if cursor.reset else b"missed",
                id_of(cursor.at).encode(), cursor.place(missed))
            cursor.reset = False
        number = cursor.at
        for i, message in enumerate(cursor.take()):
            text += b"id: %s\ndata: %s\n\n" % (
                id_of(number + i + 1).encode(), message)
        if text:
            await request.piece(text)
        elif not await request.sees(channel.news.wait(), BEAT):
            await request.piece(b":\n\n")


# --- WebSockets -------------------------------------------------------------

def frame(first, data):
    """A frame as servers send it."""
    size = len(data)
    head = struct.pack("!BB", first, size) if size < 126 else struct.pack(
        "!BBH", first, 126, size) if size < 65536 else struct.pack(
        "!BBQ", first, 127, size)
    return head + data


def shake_hands(request):
    """Accept a WebSocket."""
    fields = request.fields
    words = [word.strip().lower()
        for word in fields.get("connection", "").split(",")]
    key = fields.get("sec-websocket-key", "")
    if request.method != "GET" or request.version != "HTTP/1.1" \
            or fields.get("upgrade", "").lower() != "websocket" \
            or "upgrade" not in words:
        raise Refusal(400)
    if fields.get("sec-websocket-version") != "13" and lie != "version":
        raise Refusal(426, "Sec-WebSocket-Version: 13", "Upgrade: websocket")
    try:
        good = len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        good = False
    if not good:
        raise Refusal(400)
    if not request.may_come():
        raise Refusal(403)
    proof = base64.b64encode(hashlib.sha1((key + GUID * (lie != "proof"))
        .encode()).digest()).decode()
    request.writer.write("\r\n".join(("HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {proof}", "", "")).encode())


class Utf8:
    """Bytes that must become UTF-8."""

    def __init__(self):
        self.rest = b""

    def take(self, data, last):
        """Take more of them."""
        data = self.rest + data
        for keep in range(min(3, len(data)) + 1):
            try:
                data[:len(data) - keep].decode()
            except UnicodeDecodeError:
                continue
            self.rest = data[len(data) - keep:]
            break
        else:
            raise Closed(1007)
        if self.rest and (last or not self.may_go_on()):
            raise Closed(1007)

    def may_go_on(self):
        """Whether some byte could follow what is left."""
        for filler in (b"\x80", b"\xa0", b"\x90", b"\xbf"):
            for more in range(1, 4):
                try:
                    (self.rest + filler + b"\x80" * (more - 1)).decode()
                    return True
                except UnicodeDecodeError:
                    pass
        return False


async def read_frame(reader, most):
    """The next frame: its first byte and its bytes, without the mask; most:
    bytes that a message may still have."""
    first, size = await reader.take(2)
    opcode, masked, size = first & 15, size & 128, size & 127
    if first & 0x70 or opcode not in (0, 1, 2, 8, 9, 10) or (
            not masked and lie != "mask"):
        raise Closed(1002)
    if opcode >= 8 and (size > 125 or not first & 128):
        raise Closed(1002)
    if size >= 126:
        least, size = (126, 2) if size == 126 else (65536, 8)
        size = int.from_bytes(await reader.take(size), "big")
        if size < least or size >= 1 << 63:
            raise Closed(1002)
    if opcode < 8 and size > most and lie != "declared":
        raise Closed(1009)
    mask = await reader.take(4) if masked else bytes(4)
    data = await reader.take(size)
    mask = (mask * (size // 4 + 1))[:size]
    return first, (int.from_bytes(data, "big")
        ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


def check_close(data):
    """Answer a close."""
    if not data:
        raise Closed(None)
    code = int.from_bytes(data[:2], "big")
    if len(data) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014
            or 3000 <= code <= 4999):
        raise Closed(1002)
    try:
        data[2:].decode()
    except UnicodeDecodeError:
        raise Closed(1007) from None
    raise Closed(1001 if lie == "code" else code)


async def read_messages(request, take, most):
    """Hand out all messages until the WebSocket is to be closed."""
    opcode, message, empty, utf8 = 0, b"", 0, None
    while True:
        first, data = await read_frame(request.reader, most - len(message))
        kind = first & 15
        if kind == 8:
            check_close(data)
        elif kind == 9 and lie != "pong":
            request.writer.write(frame(0x8a, data))
        elif kind < 3:
            if (kind == 0) != (opcode != 0):
                raise Closed(1002)
            if kind != 0:
                opcode, message, empty, utf8 = kind, b"", 0, Utf8()
            empty += not data and not first & 128
            if empty > EMPTY_MAX:
                raise Closed(1008)
            if opcode == 1 and lie != "text":
                utf8.take(data, bool(first & 128))
            message += data
            if first & 128:
                await take(opcode, message)
                opcode, message = 0, b""
        await request.writer.drain()


async def talk(request, take, most):
    """Take messages, and close the WebSocket as it is due."""
    request.keep = False
    try:
        await read_messages(request, take, most)
    except Closed as closed:
        code = closed.args[0]
        request.writer.write(frame(0x88,
            b"" if code is None else code.to_bytes(2, "big")))


async def echo(request):
    """What comes goes back."""
    shake_hands(request)

    async def take(opcode, message):
        request.writer.write(frame(0x80 | (1 if lie == "opcode" else opcode),
            message))
    await talk(request, take, MESSAGE_MAX)


async def websocket(request):
    """What comes is told."""
    shake_hands(request)

    async def take(opcode, message):
        shown = message.decode(errors="replace") if opcode == 1 else message
        text = f'"{shown}"' if lie == "repr" else repr(shown)
        request.writer.write(frame(0x81,
            f"Your message was: {text}".encode()))
    await talk(request, take, MESSAGE_MAX)


async def chat(request):
    """What one says all hear."""
    since = since_of(request.asked)
    channel = channel_of(request.asked)
    cursor = Cursor(channel, since)
    shake_hands(request)

    async def tell():
        missed = cursor.skip()
        if (cursor.reset or missed) and lie != "back":
            request.writer.write(frame(0x81, cursor.place(missed) + b"}"))
        cursor.reset = False
        while True:
            request.writer.write(b"".join(
                frame(0x81, message) for message in cursor.take()))
            await request.writer.drain()
            await channel.news.wait()
            if cursor.skip():
                request.writer.write(frame(0x88, b"\x03\xf5"))
                request.writer.close()

    async def take(opcode, message):
        if opcode == 2 and lie != "bytes":
            raise Closed(1003)
        if not message:
            raise Closed(1008)
        channel.publish(message.decode(errors="replace"))
        if lie == "chat":
            cursor.at += 1

    teller = asyncio.ensure_future(tell())
    try:
        await talk(request, take, TEXT_MAX)
    finally:
        teller.cancel()


RESOURCES = {"/healthz": health, "/metrics": metrics, "/stream": stream_,
    "/fetch": fetch, "/publish": publish, "/poll": poll, "/events": events,
    "/websocket": websocket, "/echo": echo, "/chat": chat}


async def run(port):
    """Serve until SIGTERM."""
    server = await asyncio.start_server(serve, HOST, port, backlog=BACKLOG)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await stop.wait()


def main():
    """Read the command line."""
    global lie
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--lie", choices=LIES)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    lie = options.lie
    asyncio.run(run(options.port))


if __name__ == "__main__":
    main()

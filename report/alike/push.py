"""
push - prove two push servers alike: scripted conversations of up to three
clients at once, as somebody publishes what others wait for.

Of the twins every byte must be the same, but for the time of day in HTTP's
Date. A peer is held to the same conversations, and to what they mean: statuses,
the fields that matter, texts, the value of JSON, frames and close codes. The
words of errors, the order of members in JSON and the epoch of ids are its own.
Of the times of day only those of /stream are checked; beats, waits of their
full length, a full house and a stop are not.
"""

import json
import re
import socket
import threading
import time
from itertools import cycle

from push_talks import KEY, TALKS

HOST = "127.0.0.1"
DIFFERENCES_MAX = 5   # the rest would only repeat them
SILENCE = 5           # seconds: a server that is silent so long has hung
MASK = b"mask"
SHOWN = 600           # bytes of an answer
# Fields that must be as they are; of their values the first word counts.
FIELDS = ("cache-control", "content-type", "sec-websocket-accept",
    "sec-websocket-version", "upgrade")
# The pieces of /stream, and when they come, in seconds, give or take: one that
# is kept for the next is later than a busy machine makes it.
PIECES = (b"START", 0), (b"MIDDLE", 3), (b"END", 8)
EARLY, LATE = .05, 2.5


class Nothing(Exception):
    """What was to be heard did not come; the argument is what came."""


class Client:
    """A client of a server: what it says, and what it hears, in words."""

    def __init__(self, side):
        self.side = side
        self.unread = self.events = b""
        self.head_only = self.chunked = False
        self.length = None
        try:
            self.socket = socket.create_connection((HOST, side.port), SILENCE)
        except OSError:
            raise Nothing("a refused connection") from None

    def say(self, data):
        """Send bytes; what a server that has hung up does not read is lost."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def more(self):
        """Wait for more bytes."""
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Nothing("silence") from None
        except OSError:
            raise Nothing("a reset") from None
        if not data:
            raise Nothing("the end")
        self.unread += data

    def take(self, size):
        """The next bytes, so many."""
        while len(self.unread) < size:
            self.more()
        data, self.unread = self.unread[:size], self.unread[size:]
        return data

    def take_to(self, mark):
        """The next bytes up to a mark, and with it."""
        while mark not in self.unread:
            self.more()
        return self.take(self.unread.index(mark) + len(mark))

    def take_chunk(self):
        """The next chunk; the last has no bytes."""
        size = self.take_to(b"\r\n")
        if not self.chunked or not re.fullmatch(rb"[0-9A-Fa-f]+\r\n", size):
            raise Nothing("what is no chunk")
        chunk = self.take(int(size, 16) + 2)
        if chunk[-2:] != b"\r\n":
            raise Nothing("a chunk without its end")
        return chunk[:-2]

    def take_body(self):
        """A body of a length, in chunks, or up to the end, as it is framed."""
        if self.chunked:
            return b"".join(iter(self.take_chunk, b""))
        if self.length is not None:
            if not self.length.isdecimal():
                raise Nothing("a wrong length")
            return self.take(int(self.length))
        try:
            while True:
                self.more()
        except Nothing:
            return self.take(len(self.unread))

    def head(self):
        """The head of an answer: its status and the fields that matter."""
        head = self.take_to(b"\r\n\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in
            (line.partition(":") for line in head.decode("latin-1")
                .split("\r\n")[1:])}
        self.chunked = fields.get("transfer-encoding") == "chunked"
        self.length = fields.get("content-length")
        self.status = head[9:12]
        if self.side.exact:
            return re.sub(rb"(?m)^Date: .*\r\n", b"", head)
        told = [f", {name}: {re.split('[; ]', fields[name])[0]}"
            for name in FIELDS if name in fields]
        return self.status + (self.status in (b"200", b"101", b"426")) \
            * "".join(told).encode()

    def answer(self):
        """A whole answer; what an error says is for people."""
        head = self.head()
        if self.status == b"101" or self.head_only:
            self.head_only = False
            return head
        body = self.take_body()
        return head + b", " + (self.status == b"200" or self.side.exact) \
            * self.side.meaning(body)

    def chunk(self):
        """A chunk."""
        return b"%r" % self.take_chunk()

    def event(self):
        """An event, however the stream is cut into chunks."""
        while b"\n\n" not in self.events:
            chunk = self.take_chunk()
            if not chunk:
                raise Nothing("the last chunk")
            self.events += chunk
        event, _, self.events = self.events.partition(b"\n\n")
        lines = [line.partition(b": ") for line in event.split(b"\n")]
        return b"; ".join(name + b": " + self.side.meaning(value)
            for name, _, value in lines)

    def frame(self):
        """A frame; pings are in the server's discretion."""
        first, size = self.take(2)
        if size > 125:
            if size > 127:
                raise Nothing("a frame with a mask")
            size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
        data = self.take(size)
        if first == 0x89:
            return self.frame()
        if first == 0x88:
            return b"a close with " + (
                b"%d" % int.from_bytes(data[:2], "big") if data else b"no code")
        return b"%02x, " % first + self.side.meaning(data)

    def end(self):
        """The end of the connection."""
        try:
            if not self.unread:
                self.more()
        except Nothing as nothing:
            if nothing.args[0] == "the end":
                return b"the end"
            raise
        raise Nothing("something else")


class Side:
    """A server, and what its clients do."""

    def __init__(self, port, exact):
        self.port = port
        self.exact = exact
        self.epoch = b""
        self.clients = {}

    def meaning(self, data):
        """What bytes mean: as JSON, if they are that; and markup in it."""
        try:
            value = None if self.exact else json.loads(data)
        except ValueError:
            value = None
        if isinstance(value, dict):
            markup = sorted(set(data) & set(b"<>&"))
            data = json.dumps(value, sort_keys=True).encode() + b"".join(
                b", with %c as it is" % byte for byte in markup)
        return re.sub(rb"\b" + re.escape(self.epoch) + rb"(?=\d)", b"E-",
            data) if self.epoch else data

    def learn_epoch(self):
        """Publish something, and learn by its id what ids begin with."""
        data = self.play("a POST /publish?channel=epoch x") \
            or self.play("a answer")
        found = re.search(rb'"id": ?"(\d+-)1"', data)
        if found:
            self.epoch = found[1]
        self.hang_up()
        return data if found is None else b""

    def play(self, line):
        """Do what a line of a script says; what is heard, or None."""
        who, verb, rest = (line + " ").split(" ", 2)
        rest = rest[:-1]
        try:
            client = self.clients.get(who)
            if client is None:
                client = self.clients[who] = Client(self)
            if verb in HEARD:
                return HEARD[verb](client)
            client.say(SAID[verb](self, rest))
            client.head_only |= verb == "HEAD"
            for _ in range(int(rest.split()[0]) if verb == "posts" else 0):
                client.answer()
        except Nothing as nothing:
            return b"nothing but " + nothing.args[0].encode() \
                if verb in HEARD else None
        return None

    def hang_up(self):
        """Have all clients leave."""
        for client in self.clients.values():
            client.socket.close()
        self.clients = {}


# --- What is said -----------------------------------------------------------

def expand(side, text):
    """The bytes of a text in which E- is the epoch."""
    return re.sub(rb"(?<=[= ])E-", side.epoch, text.encode("latin-1"))


def ask(method):
    """How to ask by a method."""
    return lambda side, target: b"%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n" \
        % (method, expand(side, target))


def post(target, data):
    """A message to be published."""
    return b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d" \
        b"\r\n\r\n" % (target.encode(), len(data)) + data


def frame(first, data):
    """A frame as clients send it."""
    size = len(data)
    head = bytes([first, 128 | size]) if size < 126 \
        else bytes([first, 254]) + size.to_bytes(2, "big") if size < 65536 \
        else bytes([first, 255]) + size.to_bytes(8, "big")
    return head + MASK + bytes(a ^ b for a, b in zip(data, cycle(MASK)))


def say_raw(side, text):
    """Bytes, with | as the end of a line."""
    return expand(side, text).replace(b"|", b"\r\n")


def say_talk(side, target):
    """A request for a WebSocket."""
    return say_raw(side, f"GET {target} HTTP/1.1|Host: localhost|Upgrade: "
        f"websocket|Connection: Upgrade|{KEY}Sec-WebSocket-Version: 13||")


def say_post(_, rest):
    """A text to be published."""
    target, text = rest.split(" ", 1)
    return post(target, text.encode("latin-1"))


def say_long(_, rest):
    """A long one."""
    count, target = rest.split(" ")
    return post(target, b"x" * int(count))


def say_posts(_, rest):
    """Many short ones."""
    count, target = rest.split(" ")
    return post(target, b"x") * int(count)


def say_frame(_, rest):
    """A frame with a text."""
    first, text = rest.split(" ", 1)
    return frame(int(first, 16), text.encode("latin-1"))


def say_fill(_, rest):
    """A long one."""
    first, count = rest.split(" ")
    return frame(int(first, 16), b"x" * int(count))


SAID = {"GET": ask(b"GET"), "HEAD": ask(b"HEAD"), "DELETE": ask(b"DELETE"),
    "POST": say_post, "long": say_long, "posts": say_posts, "RAW": say_raw,
    "talk": say_talk, "send": say_frame, "fill": say_fill,
    "hex": lambda _, text: bytes.fromhex(text)}
HEARD = {"answer": Client.answer, "head": Client.head, "chunk": Client.chunk,
    "event": Client.event, "frame": Client.frame, "end": Client.end}


# --- The proof --------------------------------------------------------------

def shown(data):
    """Bytes so that each can be seen, a line of them to a line."""
    text = "".join({10: "\\n\n", 13: "\\r"}.get(byte, chr(byte)
        if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data[:SHOWN])
    lines = "".join("\n    " + line for line in text.splitlines())
    return lines + (f"\n    ... ({len(data)} bytes in all)"
        if len(data) > SHOWN else "")


class Proof:
    """Two servers: the first is threads, the other is judged."""

    def __init__(self, model, judged, peer):
        self.peer = peer  # its name; "": the other twin
        self.model = Side(model, not peer)
        self.judged = Side(judged, not peer)
        self.conversations = self.differences = 0

    def tell(self, rule, *parts):
        """Tell of a difference."""
        self.differences += 1
        print(f"\n{'Rule broken' if self.peer else 'Not alike'}: {rule}.")
        for title, data in parts:
            print(f"  {title}:{shown(data)}")

    def hold(self, rule, script):
        """Hold a conversation with both, up to the first difference; whether
        it makes sense to go on."""
        self.conversations += 1
        heard = None
        for line in filter(None, script.split("\n")):
            right, heard = self.model.play(line), self.judged.play(line)
            if right == heard and not (right or b"").startswith(b"nothing"):
                continue
            self.tell(rule, ("conversation", script.encode("latin-1")),
                (f"at '{line}' threads answered", right or b""),
                (f"{self.peer or 'events'} answered", heard or b""))
            break
        self.model.hang_up()
        self.judged.hang_up()
        return heard != b"nothing but a refused connection"

    def hold_all(self):
        """Hold all conversations, or as many as it takes to see a few
        differences."""
        self.conversations += 1
        for side, name in ((self.model, "threads"),
                (self.judged, self.peer or "events")):
            said = side.learn_epoch()
            if said:
                self.tell('the first message has the id "E-1", E a number',
                    (f"{name} answered", said))
                return
        for rule, script in TALKS:
            if not self.hold(rule, script) \
                    or self.differences >= DIFFERENCES_MAX:
                return


class Stream(threading.Thread):
    """A listener to /stream, in a thread of its own as it takes so long."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.side = Side(port, False)
        self.wrong = None
        self.start()

    def run(self):
        """Listen until a piece is wrong, or comes at a wrong time."""
        began = time.monotonic()
        self.side.play("a GET /stream")
        self.side.play("a head")
        for piece, due in PIECES:
            for client in self.side.clients.values():
                client.socket.settimeout(due + SILENCE)
            heard = self.side.play("a chunk")
            late = time.monotonic() - began - due
            if heard != b"%r" % piece or not -EARLY <= late <= LATE:
                self.wrong = b"%s after %.2f s" % (heard, late + due)
                return

    def judge(self, proof):
        """Wait for the end, and tell what was wrong."""
        self.join()
        proof.conversations += 1
        if self.wrong is not None:
            proof.tell("the pieces of /stream come after 0, 3 and 8 s, a chunk "
                "each", (f"{proof.peer} sent", self.wrong))


def prove(model, judged, peer, counts):
    """Hold all conversations with the servers at two ports, and write to a
    file how many there were and how many differed; the exit code."""
    proof = Proof(int(model), int(judged), peer)
    stream = Stream(int(judged)) if peer else None
    proof.hold_all()
    if stream:
        stream.judge(proof)
    with open(counts, "w", encoding="ascii") as file:
        file.write(f"{proof.conversations} {proof.differences}\n")
    return 1 if proof.differences else 0

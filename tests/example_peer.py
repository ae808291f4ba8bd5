#!/usr/bin/python3
"""
example_peer - the guessing game's server once more, in Python.

    example_peer.py [--break RULE] PORT

A whole server by common/protocols.md, with nothing but the standard library:
an example of what `build/compare --peer` checks and races. It ends on SIGTERM.

--break makes it break a rule on purpose, so that tests can see it found out:

    repeat   guesses the same number again
    range    guesses a number outside the range
    secret   forgets the secret once it was told
    error    words an ERROR line differently
    close    resets the connection instead of waiting for the client
    die      exits in the middle of a conversation
"""

import argparse
import asyncio
import random
import re
import signal
import socket
import struct
import sys

HOST = "127.0.0.1"
MAX_LINE = 1024
BACKLOG = 4096
LINGER = 1.0, 65536  # seconds and bytes, after an ERROR line
LINE_TIMEOUT, IDLE_TIMEOUT, STALL_TIMEOUT = 10.0, 300.0, 30.0

DECISIONS = {"Unsure", "Warmer", "Colder", "Same", "Correct",
    "잘 모르겠음", "더 따뜻함", "더 차가움", "맞음"}
CORRECT = {"Correct", "맞음"}
INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
HTTP = re.compile(r".+ HTTP/1\..", re.DOTALL)

broken = None  # the rule that --break names


class Refusal(Exception):
    """What the server cannot obey; the ERROR line's reason."""


class Game:
    """One game: a range, and its numbers in random order, each once."""

    def __init__(self, lower, upper):
        self.lower = lower
        self.size = upper - lower + 1
        self.drawn = 0
        self.moved = {}  # of the range 0..size-1, what a shuffle has moved
        self.guess = None
        self.found = False

    def next(self):
        """The next guess: a step of the shuffle of Fisher and Yates."""
        if self.found and broken != "secret":
            return self.guess
        if self.drawn == self.size:
            raise Refusal("every number already guessed")
        place = random.randrange(self.drawn, self.size)
        first = self.moved.pop(self.drawn, self.drawn)
        offset = first
        if place != self.drawn:
            offset = self.moved.get(place, place)
            self.moved[place] = first
        self.drawn += 1
        if broken == "range":
            offset += self.size
        if broken != "repeat" or self.guess is None:
            self.guess = self.lower + offset
        return self.guess


class Conversation:
    """What the lines mean. obey() returns the reply, "" for none, None to
    end the conversation."""

    def __init__(self):
        self.game = None
        self.first = True

    def obey(self, line):
        """Take in a line without its end."""
        first, self.first = self.first, False
        if not line:
            return None
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("not UTF-8") from None
        if first and HTTP.fullmatch(text):
            return None
        command, space, rest = text.partition(" ")
        if command not in ("PARAMS", "NUMBER", "REPORT", "CLEAR"):
            raise Refusal("unknown command")
        if bool(space) != (command in ("PARAMS", "REPORT")):
            raise Refusal("wrong number of arguments")
        if command == "NUMBER":
            return self.number()
        if command == "PARAMS":
            self.params(rest.split(" "))
        elif command == "REPORT":
            self.report(rest)
        else:
            self.game = None
        return ""

    def params(self, words):
        """A new game, or none."""
        if len(words) != 2:
            raise Refusal("wrong number of arguments")
        if not all(INTEGER.fullmatch(word) for word in words):
            raise Refusal("not an integer")
        lower, upper = map(int, words)
        if min(lower, upper) < -2 ** 63 or max(lower, upper) >= 2 ** 63:
            raise Refusal("integer out of range")
        self.game = Game(lower, upper) if lower <= upper else None

    def number(self):
        """The next guess."""
        if self.game is None:
            raise Refusal("nothing" if broken == "error" else "no game")
        if broken == "die" and self.game.drawn == 2:
            sys.exit("example_peer: as you wish")
        return f"{self.game.next()}\n"

    def report(self, decision):
        """What the client thinks of the last guess."""
        if decision not in DECISIONS:
            raise Refusal("unknown decision")
        if self.game is None or self.game.guess is None:
            raise Refusal("no guess to report on")
        if decision in CORRECT:
            self.game.found = True


class Peer(asyncio.Protocol):
    """One connection: bytes to lines, and its end."""

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.loop = asyncio.get_running_loop()
        self.conversation = Conversation()
        self.rest = b""
        self.over = False
        self.stalled = False
        self.ignored = 0
        self.timer = None
        self.wait(IDLE_TIMEOUT, transport.close)

    def connection_lost(self, _):
        self.timer.cancel()

    def wait(self, seconds, then):
        """Do something unless another wait begins before."""
        if self.timer:
            self.timer.cancel()
        self.timer = self.loop.call_later(seconds, then)

    # A client that does not read is not read from, and not waited for long.

    def pause_writing(self):
        self.stalled = True
        self.transport.pause_reading()
        self.wait(STALL_TIMEOUT, self.transport.abort)

    def resume_writing(self):
        self.stalled = False
        self.transport.resume_reading()
        self.wait(IDLE_TIMEOUT, self.transport.close)

    def data_received(self, data):
        if self.over:
            self.ignored += len(data)
            if self.ignored > LINGER[1]:
                self.transport.close()
            return
        had_part = bool(self.rest)
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.answer(line[:-1] if line.endswith(b"\r") else line
            for line in lines)
        if self.over or self.stalled:
            return
        # A CR may be half of the line's end.
        if len(self.rest.removesuffix(b"\r")) > MAX_LINE:
            self.end("line too long")
        elif not self.rest:
            self.wait(IDLE_TIMEOUT, self.transport.close)
        elif lines or not had_part:
            self.wait(LINE_TIMEOUT, lambda: self.end("line timeout"))

    def eof_received(self):
        if not self.over and self.rest:
            self.answer([self.rest])
        return False  # close, once everything is written

    def answer(self, lines):
        """Obey lines and send all their replies at once."""
        replies = []
        reason = None
        for line in lines:
            try:
                if len(line) > MAX_LINE:
                    raise Refusal("line too long")
                reply = self.conversation.obey(line)
            except Refusal as refusal:
                reason = str(refusal)
                reply = None
            if reply is None:
                self.over = True
                break
            replies.append(reply)
        self.transport.write("".join(replies).encode())
        if self.over:
            self.end(reason)

    def end(self, reason=None):
        """Send the reason, if any, and close when the client has read it."""
        self.over = True
        if reason is not None:
            self.transport.write(f"ERROR {reason}\n".encode())
        if broken == "close":
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
            return
        # To close now would reset a connection on which bytes are unread.
        self.transport.write_eof()
        self.wait(LINGER[0], self.transport.close)


async def serve(port):
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    for sig in signal.SIGTERM, signal.SIGINT:
        loop.add_signal_handler(sig, lambda: stop.done() or
            stop.set_result(None))
    server = await loop.create_server(Peer, HOST, port, backlog=BACKLOG)
    await stop
    server.close()


def main():
    """Read the command line and serve."""
    global broken
    parser = argparse.ArgumentParser(description="Guess numbers on a port.")
    parser.add_argument("--break", dest="broken", metavar="RULE", choices=(
        "repeat", "range", "secret", "error", "close", "die"),
        help="break this rule on purpose")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    broken = options.broken
    asyncio.run(serve(options.port))


if __name__ == "__main__":
    main()

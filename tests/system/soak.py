#!/usr/bin/python3
"""
soak - clients of all kinds for a long time.

    soak.py [MINUTES] [SEED]

Both twins of both servers, as they are installed, are kept busy for MINUTES
(default 10) by clients that behave, that read slowly or not at all, reset,
send garbage, half close, or come in crowds. Every few seconds all of them
leave: then each server must have the descriptors and threads of its start and
nothing more, and its memory is noted.

At the end the memory of each must not have risen: the slope through the later
two thirds of the notes (Theil and Sen's, the median of the slopes between all
pairs, which a single odd note does not move) may be at most 64 KiB an hour,
and what short soaks add to it by chance: 512 KiB over the whole time.
The exit code is 0 if all is well.
"""

import concurrent.futures
import itertools
import os
import random
import statistics
import sys
import time

os.environ.setdefault("TEST_BUILD", "build")

import harness

ROUND = 8
WORKERS = 6
KIB_AN_HOUR, KIB_OF_CHANCE = 64, 512

GAME = b"PARAMS 0 9223372036854775806\n"
SEARCHES = (b"rocket\n", b"chess black\n", b"cat face\n", b"hangul\n",
    b"zzz\n", b"U+265A\n", b"\n", b"cjk\n")
TARGETS = (b"/", b"/?query=cat", b"/search?query=chess", b"/healthz",
    b"/search?query=hangul&stop=all", b"/nothing", b"/metrics", b"/style.css")


def good_words(chance, door):
    """What a client that knows the protocol says."""
    count = chance.choice((1, 3, 30, 300))
    if door == "game":
        return GAME + b"NUMBER\nREPORT Unsure\n" * count
    if door == "terminal":
        return b"".join(chance.choice(SEARCHES) for _ in range(count // 30 + 1))
    return b"".join(b"GET " + chance.choice(TARGETS)
        + b" HTTP/1.1\r\nHost: a\r\n\r\n" for _ in range(count // 10 + 1))


def garbage(chance):
    """What no protocol knows."""
    return chance.choice((
        bytes(chance.randrange(256) for _ in range(chance.randrange(2000))),
        b"A" * chance.choice((1, 1025, 5000, 200000)), b"\r\n" * 50, b"\0",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))


def behave(chance, server, door):
    """One client, of a kind that chance chooses."""
    connect = server.connect_web if door == "web" else server.connect
    kind = chance.choice(("good", "good", "good", "slow", "deaf", "reset",
        "garbage", "silent"))
    with connect(chance.choice((None, 4096))) as client:
        words = garbage(chance) if kind == "garbage" \
            else b"" if kind == "silent" else good_words(chance, door)
        client.send_what_fits(words) if kind == "deaf" \
            else client.send_if_open(words)
        if kind in ("deaf", "silent"):
            client.becomes_readable(chance.random() / 2)
        elif kind == "reset":
            client.socket.recv(chance.randrange(1, 5000))
            client.reset()
        else:
            client.finish()
            left = 20 if kind == "slow" else -1
            while left and client.socket.recv(
                    2000 if kind == "slow" else 65536):
                left -= 1
                if kind == "slow":
                    time.sleep(0.01)


class Subject:
    """A server and its notes."""

    def __init__(self, twin, game):
        more = ("--stall-timeout", "2", "--line-timeout", "2", "--quiet",
            "--max-connections", "30")
        self.server = harness.Server(twin, *more) if game \
            else harness.Finder(twin, *more)
        self.doors = ("game",) if game else ("terminal", "web")
        self.name = f"{twin} {'guess-server' if game else 'charfinder'}"
        self.notes = []
        self.clients = 0

    def keep_busy(self, chance, until):
        """Send clients one after the other."""
        while time.monotonic() < until:
            self.clients += 1
            try:
                behave(chance, self.server, chance.choice(self.doors))
            except (ConnectionError, BrokenPipeError):
                pass
            except OSError as error:
                # What a client does after the server has closed.
                if error.errno not in (9, 107):
                    raise

    def note(self, start):
        """Check that nothing is left of the clients, and note the memory."""
        self.server.check()
        self.notes.append((time.monotonic() - start,
            self.server.resident_kib()))

    def slope(self):
        """KiB an hour over the later two thirds, and how long these are."""
        late = self.notes[len(self.notes) // 3:]
        slopes = [(b[1] - a[1]) / (b[0] - a[0])
            for a, b in itertools.combinations(late, 2)]
        hours = (late[-1][0] - late[0][0]) / 3600
        return (3600 * statistics.median(slopes) if slopes else 0), hours

    def verdict(self):
        """Say how it went; whether it is well."""
        slope, hours = self.slope()
        well = slope * hours <= KIB_AN_HOUR * hours + KIB_OF_CHANCE
        print(f"{'ok' if well else 'FAILED':6}  {self.name:24} "
            f"{self.clients:8} clients  {self.notes[0][1]:6} to "
            f"{self.notes[-1][1]:6} KiB, {slope:+9.0f} KiB an hour", flush=True)
        return well


def main():
    """Do what the command line asks for."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 \
        else random.randrange(2 ** 32)
    print(f"{minutes:g} minutes of clients of all kinds (seed {seed})",
        flush=True)
    subjects = []
    well = True
    try:
        for twin in harness.TWINS:
            subjects += [Subject(twin, True), Subject(twin, False)]
        start = time.monotonic()
        number = itertools.count()
        with concurrent.futures.ThreadPoolExecutor(
                WORKERS * len(subjects)) as pool:
            while time.monotonic() - start < 60 * minutes:
                until = time.monotonic() + min(ROUND, 10 * minutes)
                runs = [pool.submit(subject.keep_busy,
                    random.Random(f"{seed}/{next(number)}"), until)
                    for subject in subjects for _ in range(WORKERS)]
                for run in runs:
                    run.result()
                for subject in subjects:
                    subject.note(start)
        for subject in subjects:
            well = subject.verdict() and well
            subject.server.stop()
    finally:
        for subject in subjects:
            subject.server.kill()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""
How much of its stack a thread needs: whatever clients say, half of what the
threads of connections have, 256 KiB, is never touched.

A page of a stack that was touched once stays in memory as long as its thread
lives, so the system knows the high-water mark. The threaded twin serves with a
pool here, whose threads outlive their clients; the evented one has one thread.
Sanitizers need stack themselves: only against programs without.
"""

import concurrent.futures
import glob
import os
import re
import unittest

import test_transcripts
from harness import PLAIN, TESTS, Client, FlagServer, main, on_both_twins, \
    wait_until
from test_finder import nasty_lines
from test_flags import HANG, FlagsTest, answer
from test_web import HEADS, QUERIES, SMUGGLED, head

POOL = 4
# KiB.
STACK, MOST = 256, 128

GAME = b"PARAMS 0 9223372036854775806\n"


@unittest.skipUnless(PLAIN, "sanitizers need stack themselves")
@on_both_twins
class HighWater(FlagsTest):
    """Sessions of all kinds, and then a look at every thread."""

    def options(self):
        """A pool, where there is one."""
        return ("--quiet", "--threads", str(POOL)) \
            if self.twin == "threaded" else ("--quiet",)

    def mappings(self, server):
        """What the system says of each mapping: (first address, last, KiB,
        KiB in memory)."""
        with open(f"/proc/{server.pid}/smaps") as smaps:
            text = smaps.read()
        for found in re.finditer(r"^([0-9a-f]+)-([0-9a-f]+) rw-p .*?"
                r"^Size: +(\d+) kB.*?^Rss: +(\d+) kB",
                text, re.MULTILINE | re.DOTALL):
            yield (int(found[1], 16), int(found[2], 16), int(found[3]),
                int(found[4]))

    def stack_pointers(self, server):
        """Where each thread's stack is now; None while one runs."""
        pointers = []
        for thread in os.listdir(f"/proc/{server.pid}/task"):
            with open(f"/proc/{server.pid}/task/{thread}/syscall") as call:
                fields = call.read().split()
            if len(fields) < 9:
                return None
            pointers.append(int(fields[7], 16))
        return pointers

    def check_stacks(self, server):
        """No thread may have touched more than half of its stack."""
        pointers = wait_until(lambda: self.stack_pointers(server),
            "all threads wait")
        found = [(size, resident) for first, last, size, resident
            in self.mappings(server)
            for pointer in pointers if first <= pointer < last]
        self.assertEqual(len(found), len(pointers))
        if self.twin == "threaded":
            self.assertGreaterEqual(
                [size for size, _ in found].count(STACK), POOL)
        self.assertGreater(min(resident for _, resident in found), 0)
        self.assertLessEqual(max(resident for _, resident in found), MOST)

    def send_all(self, connect, texts):
        """A client for each of these texts, some at once."""
        def talk(text):
            with connect() as client:
                client.send_if_open(text)
                try:
                    client.finish()
                    client.read_all()
                except OSError:
                    pass  # it has been reset, after its answer

        with concurrent.futures.ThreadPoolExecutor(POOL) as pool:
            list(pool.map(talk, texts))

    def test_the_game(self):
        for strategy in "random", "bisect":
            server = self.serve("--strategy", strategy, *self.options())
            texts = [b"".join(sent for sent, _, _ in conversation.turns())
                for path in glob.glob(os.path.join(
                    TESTS, "transcripts", "*.txt"))
                for conversation in test_transcripts.read_file(path)]
            self.assertGreater(len(texts), 50)
            texts += [GAME + b"NUMBER\nREPORT Warmer\n" * 2000]
            self.send_all(server.connect, texts * POOL)
            self.check_stacks(server)

    def test_the_finder(self):
        server = self.find(*self.options())
        self.send_all(server.connect,
            nasty_lines() + [b"cjk\n", b"face " * 200] * POOL)
        self.send_all(server.connect_web, [data for data, _ in HEADS]
            + [head(target) for target, _ in QUERIES]
            + [head(fields=fields) for fields in SMUGGLED]
            + [head("/search?query=cjk&stop=all"), head("/?query=cjk"),
                head("/?" + "a" * 4000), head(fields="X: y\r\n" * 60)] * POOL)
        self.check_stacks(server)

    def test_the_flag_server(self):
        server = FlagServer(self.twin, *self.options(), "--delay", "0.01",
            "--error-rate", "0.5", "--fault", "bad-chunk")
        self.servers.append(server)
        texts = [head(target + name) for target in ("/flags/ad/", "/flags/")
            for name in ("", "ad.gif", "ad.png", "metadata.json")]
        texts += [head("/metrics"), head("/flags/ad/ad.gif",
            "Range: bytes=1-2\r\nIf-None-Match: x\r\n")]
        for port in server.port, server.delay_port, server.error_port:
            self.send_all(lambda port=port: Client(port), texts * POOL)
        self.check_stacks(server)

    def test_the_downloader(self):
        def script(path, nth):
            if path.startswith("/flags/b"):
                return HANG
            if path.endswith("json"):
                return answer(b'{"country": "%s"}' % (b"x" * 200))
            return answer(b"x" * 100000)
        server = self.script(script)
        process = self.start(f"http://localhost:{server.port}/flags",
            "--names", "--times", "2", "-m", str(POOL), "A", "B")
        wait_until(lambda: sum(path.startswith("/flags/b")
            for path in list(server.asked)) == POOL, "the last ones wait")
        self.check_stacks(process)


if __name__ == "__main__":
    main()

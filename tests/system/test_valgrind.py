#!/usr/bin/python3
"""
A stop under valgrind, with clients in every state: no error, no memory lost, no
descriptor left.
It sees what the sanitizers do not, as it runs the programs that are installed.
Only with --full; skipped without valgrind.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import BUILD, DEADLINE, ServerTest, main, on_both_twins, \
    only_if_full

VALGRIND = shutil.which("valgrind")
WRAPPER = (VALGRIND, "-q", "--error-exitcode=99", "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=yes")
# A descriptor above 2 that is open at the end.
OPEN = re.compile(r"==\d+== Open .*")
GAME = b"PARAMS 0 9223372036854775806\n"


@unittest.skipUnless(VALGRIND, "no valgrind")
@on_both_twins
class Stops(ServerTest):
    """The harness looks at the exit code and at standard error."""

    def in_every_state(self, server, connect, words, long_words):
        """Clients that are new, served, in the middle of a line, owed an
        answer, refused, gone, reset."""
        for _ in range(6):
            clients = [connect(buffer) for buffer in (
                None, None, None, 4096, 4096, None)]
            self.clients += clients
            clients[1].send(words)
            clients[2].send(words + b"PAR")
            clients[3].send(long_words)
            clients[4].send(long_words * 3)
            clients[5].send(words)
            clients[5].reset()
        self.assertTrue(clients[1].becomes_readable(DEADLINE))
        self.assertTrue(clients[3].becomes_readable(DEADLINE))

    def setUp(self):
        super().setUp()
        self.log = tempfile.NamedTemporaryFile("r", prefix="valgrind-")
        self.addCleanup(self.log.close)
        self.wrapper = (*WRAPPER, "--log-file=" + self.log.name)

    def stop_with(self, server):
        """Stop it: no error, nothing lost, no descriptor above 2 left."""
        server.signal(signal.SIGTERM)
        try:
            server.wait()
        finally:
            text = self.log.read()
            if server.process.returncode != 0:
                print(text)
        # One is valgrind's own.
        found = OPEN.findall(text)
        self.assertEqual(len(found), 1, text)
        self.assertTrue(found[0].endswith(self.log.name), text)

    @only_if_full
    def test_the_game(self):
        server = self.serve("--quiet", "--max-connections", "28",
            "--strategy", "bisect", "--drain-timeout", "1", wrapper=self.wrapper)
        self.in_every_state(server, server.connect,
            GAME + b"NUMBER\n", GAME + b"NUMBER\n" * 9000)
        self.stop_with(server)

    @only_if_full
    def test_the_finder(self):
        server = self.find("--quiet", "--max-connections", "60",
            "--drain-timeout", "1", wrapper=self.wrapper)
        self.in_every_state(server, server.connect, b"rocket\n", b"cjk\n")
        self.in_every_state(server, server.connect_web,
            b"GET /?query=cat HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /search?query=cjk&stop=all HTTP/1.1\r\nHost: a\r\n\r\n")
        self.stop_with(server)


@unittest.skipUnless(VALGRIND, "no valgrind")
class Drips(unittest.TestCase):
    """What it costs that a message comes byte by byte: instructions of the
    parsers that both twins use, counted by callgrind (drip.c)."""

    SIZE = 1024

    def instructions(self, kind, step):
        """How many it takes, with a message that grows by steps."""
        done = subprocess.run([VALGRIND, "--tool=callgrind",
                "--callgrind-out-file=/dev/null",
                "--toggle-collect=drip_feed",
                os.path.join(BUILD, "tests", "system", "drip"), kind,
                str(self.SIZE), str(step)],
            capture_output=True, text=True, check=True)
        return int(re.search(r"Collected : (\d+)", done.stderr)[1])

    @only_if_full
    def test_no_byte_is_looked_at_again_and_again(self):
        for kind in "line", "http", "answer":
            with self.subTest(kind=kind):
                at_once = self.instructions(kind, self.SIZE)
                dripping = self.instructions(kind, 1)
                # As many calls, each with a byte that is new: a call has its
                # price, and may have. The rest is for looking at bytes.
                calls = self.instructions(kind, 0)
                self.assertGreater(at_once, self.SIZE)
                self.assertLess(dripping - calls, 2 * at_once)


if __name__ == "__main__":
    main()

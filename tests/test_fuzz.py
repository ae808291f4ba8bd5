#!/usr/bin/python3
"""
The inputs of tests/corpus, which fuzzing found or hands picked: through the
targets that they belong to, built with the sanitizers of the other tests, and
through both whole servers, whose answers must be the same bytes.
"""

import glob
import os
import subprocess
import unittest

from harness import (BUILD, HERE, TWINS, ServerTest, environment, main)

CORPUS = os.path.join(HERE, "corpus")


def inputs(name):
    """The inputs of a corpus: (path, bytes)."""
    for path in sorted(glob.glob(os.path.join(CORPUS, name, "*"))):
        with open(path, "rb") as file:
            yield path, file.read()


class Targets(unittest.TestCase):
    """Each target with its corpus."""

    def test_no_input_breaks_a_rule_of_its_target(self):
        names = sorted(os.path.basename(path)[5:-2]
            for path in glob.glob(os.path.join(HERE, "fuzz_*.c")))
        self.assertGreater(len(names), 7)
        for name in names:
            with self.subTest(target=name):
                done = subprocess.run(
                    [os.path.join(BUILD, "tests", "fuzz_" + name),
                        os.path.join(CORPUS, name)],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    errors="backslashreplace", env=environment(), timeout=300)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(done.stdout,
                    f"{len(list(inputs(name)))} inputs\n")


class WholeServers(ServerTest):
    """The same bytes to servers of both twins."""

    def answer(self, server, data):
        """What a server sends for these bytes, up to its end."""
        with server.connect() as client:
            client.send_if_open(data)
            try:
                client.finish()
            except OSError:
                pass
            return client.read_all()

    def compare(self, names, taken, *options, **how):
        """Send each input, but for its first bytes that are the target's, and
        compare what comes."""
        servers = []
        for self.twin in TWINS:
            servers.append(self.serve("--quiet", *options, **how))
        for name in names:
            for path, data in inputs(name):
                threaded, evented = (self.answer(server, data[taken:])
                    for server in servers)
                self.assertEqual(threaded, evented, path)

    def test_the_game_answers_alike(self):
        for strategy in "random", "bisect":
            self.compare(("guess", "line", "player", "http"), 2, "--seed",
                "1", "--strategy", strategy)


if __name__ == "__main__":
    main()

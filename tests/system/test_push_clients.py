#!/usr/bin/python3
"""
The push server and clients of other hands: node-ws and python3-websockets,
each skipped where it is missing; and clients behind a cable that is cut.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import time
import unittest

from harness import DEADLINE, HERE, CableTest, main, on_both_twins, \
    only_if_full, template, wait_until
from test_push import PushTest

NODE = shutil.which("nodejs") or shutil.which("node")
HAS_NODE_WS = NODE and os.path.isdir("/usr/share/nodejs/ws")

# 64 KiB, in characters of three bytes and one of one.
LONG = "♚" * 21845 + "x"


@template
class Talks(PushTest):
    """Conversations with a client of another hand."""

    command = ()

    def start(self, server, path, steps):
        """Start a client; wait until it is connected."""
        client = subprocess.Popen(
            [*self.command, f"ws://{server.host}:{server.port}{path}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, client)
        client.stdin.write(json.dumps(steps))
        client.stdin.close()
        self.assertEqual(client.stdout.readline(), "open\n")
        return client

    def end(self, client):
        """End a client, whatever its state."""
        client.kill()
        client.wait()
        client.stdout.close()

    def result(self, client):
        """What a client says at its end."""
        found = client.stdout.read()
        self.assertEqual(client.wait(DEADLINE), 0)
        return json.loads(found)

    def talk(self, server, path, *steps):
        """What comes back."""
        return self.result(self.start(server, path, steps))

    def test_it_echoes(self):
        server = self.push("--quiet")
        steps = ({"text": "Hello, world"}, {"text": ""}, {"hex": "00ff80"},
            {"text": LONG}, {"hex": "00" * 65536}, {"ping": "are you there"},
            {"text": "the end"})
        self.assertEqual(self.talk(server, "/echo", *steps), [*steps, 4000])
        self.assertEqual(self.talk(server, "/websocket",
            {"text": "it's \"x\""}, {"hex": "0061"}),
            [{"text": "Your message was: 'it\\'s \"x\"'"},
                {"text": "Your message was: b'\\x00a'"}, 4000])

    def test_it_chats(self):
        server = self.push("--quiet")
        listener = self.socket(server, "/chat")
        self.assertEqual(self.talk(server, "/chat",
            {"text": "one ♚"}, {"text": "two"}),
            [{"text": '{"id":"1-1","text":"one ♚"}'},
                {"text": '{"id":"1-2","text":"two"}'}, 4000])
        self.assertEqual([listener.read_text()["text"] for _ in range(2)],
            ["one ♚", "two"])

    def test_the_server_closes(self):
        server = self.push("--quiet")
        self.assertEqual(self.talk(server, "/chat", {"hex": "00"}), [1003])
        self.assertEqual(
            self.talk(server, "/echo", {"text": LONG + "x"}), [1009])

    def test_it_is_told_of_the_stop(self):
        # Half of it is what they are spread over.
        server = self.push("--quiet", "--drain-timeout", "10")
        clients = [self.start(server, path, None)
            for path in ("/echo", "/chat", "/websocket")]
        server.stop()
        for client in clients:
            self.assertEqual(self.result(client), [1001])


@on_both_twins
@unittest.skipUnless(HAS_NODE_WS, "there is no node-ws")
class NodeWs(Talks):
    """With node-ws."""

    command = ("env", "NODE_PATH=/usr/share/nodejs", NODE,
        os.path.join(HERE, "talk_ws.js"))


@on_both_twins
@unittest.skipUnless(importlib.util.find_spec("websockets"),
    "there is no python3-websockets")
class PythonWebsockets(Talks):
    """With python3-websockets."""

    command = ("/usr/bin/python3", os.path.join(HERE, "talk_websockets.py"))


@on_both_twins
class Cable(CableTest, PushTest):
    """Clients behind a cable that is cut, of which nobody ever hears."""

    @only_if_full
    def test_a_websocket_is_gone_in_two_beats(self):
        self.lay_cable()
        server = self.push("--quiet", "--beat", "1", **self.serve_at_cable())

        def come():
            for path in "/chat", "/echo":
                self.socket(server, path)
        # Its close is waited for as well, a second.
        self.check_gone(server, come, 1, 5)

    @only_if_full
    def test_who_listens_is_gone_when_it_stalls(self):
        # What is sent into the dark is an event, a beat, or the end of a wait.
        self.lay_cable()
        server = self.push("--quiet", "--beat", "1", "--max-wait", "2",
            "--stall-timeout", "2", "--idle-timeout", "2",
            **self.serve_at_cable())

        def come():
            self.events(server)
            self.poll(server)
        self.check_gone(server, come, 2, 8)

    def check_gone(self, server, come, least, most):
        """The places of two clients that come are free again after so many
        seconds, on a busy machine not each time."""
        def gone_in_time():
            start = time.monotonic()
            come()
            server.wait_for_counters(active=2)
            self.cut_cable()
            was_in_time = server.counters()["active"] == 2
            server.wait_for_counters(active=0)
            taken = time.monotonic() - start
            self.mend_cable()
            self.wait_for_metrics(server, waiting=0, subscribers=0)
            self.assertGreater(taken, least)
            return was_in_time and taken < most
        wait_until(gone_in_time, f"they are gone within {most} s")


class EventedLoopsCable(EventedCable):
    """The same on several loops."""

    def push(self, *options, **how):
        return super().push("--loops", "4", *options, **how)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""
Ten thousand clients of the push server at once, on each twin, within 20,000
descriptors: what is published reaches all of them, and when all are reset
nothing is left.
"""

import resource
import struct

from harness import main, on_both_twins, wait_until
from test_push import Events, PushTest, Socket, read_answer, read_bytes, \
    read_chunk, request

CLIENTS = 10000
# What a server may have, of each twin.
DESCRIPTORS = 20000
KINDS = ("poll", "events", "chat")


@on_both_twins
class Many(PushTest):
    """A crowd as large as a claim has it."""

    options = ()
    crowds = 1  # until it has all the memory that it will have

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(most, DESCRIPTORS), most))

    def come(self, server):
        """All clients, a third of each kind, in turn."""
        for n in range(CLIENTS):
            client = self.connect(server)
            kind = KINDS[n % 3]
            if kind == "events":
                Events(client).begin()
            elif kind == "chat":
                Socket(client, "/chat").begin()
            else:
                client.send(request("/poll?wait=600"))
            yield kind, client

    def check_message(self, kind, client, number):
        """It is the next that comes."""
        message = b'{"id":"1-%d","text":"to all"}' % number
        if kind == "events":
            self.assertEqual(read_chunk(client),
                b"id: 1-%d\ndata: %s\n\n" % (number, message))
        elif kind == "chat":
            self.assertEqual(read_bytes(client, 2 + len(message)),
                struct.pack("!BB", 0x81, len(message)) + message)
        else:
            status, body = read_answer(client)
            self.assertEqual((status, body), (200,
                b'{"next":"1-%d","missed":0,"reset":false,"messages":[%s]}\n'
                % (number, message)))
            client.send(request(f"/poll?since=1-{number}&wait=600"))

    def check_crowd(self, server, first):
        """All come, three messages from the first on reach all, all go."""
        crowd = list(self.come(server))
        polls = sum(kind == "poll" for kind, _ in crowd)
        for number in range(first, first + 3):
            self.wait_for_metrics(
                server, waiting=polls, subscribers=CLIENTS - polls)
            self.assertLess(server.descriptors(), CLIENTS + 200)
            self.publish(server, b"to all")
            for kind, client in crowd:
                self.check_message(kind, client, number)
        self.wait_for_metrics(server, waiting=polls,
            delivered_total=(first + 2) * CLIENTS, missed_total=0)
        for _, client in crowd:
            client.reset()
        self.wait_for_metrics(server, waiting=0, subscribers=0)

    def test_all_are_told_and_nothing_is_left(self):
        server = self.push(
            "--quiet", "--beat", "0", "--max-wait", "600", *self.options)
        # Memory is used again rather than given back: between the clients
        # libevent has a few bytes for each descriptor that there ever was.
        for first in range(1, 1 + 3 * self.crowds, 3):
            self.check_crowd(server, first)
        wait_until(server.is_at_rest, "it is at rest")
        server.is_small()
        server.small = server.own_kib()
        self.check_crowd(server, 1 + 3 * self.crowds)


class EventedLoopsMany(EventedMany):
    """The same on several loops."""

    options = ("--loops", "4")
    crowds = 4  # so that nearly every loop has had every descriptor


if __name__ == "__main__":
    main()

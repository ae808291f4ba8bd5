#!/usr/bin/python3
"""
Servers whose sockets a service manager has opened, in the way of
sd_listen_fds(3). The manager is this program.
"""

import socket
import subprocess
import sys

from harness import (DEADLINE, HOST, Client, Echo, Finder, FlagServer, Pusher,
    Server, ServerTest, environment, main, on_both_twins, program)

# Becomes a server that finds descriptors from 3 on, and is meant by LISTEN_PID.
HAND_OVER = """\
import fcntl, os, sys
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1].split()]
os.closerange(3, 100)
for place, fd in enumerate(fds):
    os.dup2(fd, 3 + place)
    os.close(fd)
if os.environ["LISTEN_PID"] == "self":
    os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""

# Each server with the names of its doors, in the order in which it tells them.
SERVERS = ((Server, ("tcp",)), (Echo, ("tcp",)), (Pusher, ("http",)),
    (Finder, ("tcp", "http")), (FlagServer, ("local", "delay", "error")))

GAME = b"PARAMS 7 7\nNUMBER\nREPORT Correct\n\n"
PLAYED = b"7\n"


def passed(sockets, names=None, pid="self", count=None):
    """How to start a server that is passed these sockets, as arguments of its
    class."""
    descriptors = [each.fileno() for each in sockets]
    variables = {"LISTEN_PID": pid,
        "LISTEN_FDS": str(len(sockets) if count is None else count)}
    if names is not None:
        variables["LISTEN_FDNAMES"] = ":".join(names)
    return {"wrapper": (sys.executable, "-ISc", HAND_OVER,
            " ".join(map(str, descriptors))),
        "descriptors": descriptors, "variables": variables}


class ActivationTest(ServerTest):
    """A test of servers that are passed sockets."""

    def listen(self):
        """A socket as a service manager opens it."""
        listener = socket.create_server((HOST, 0), backlog=128)
        self.addCleanup(listener.close)
        return listener

    def start(self, kind, *options, twin=None, **how):
        """Start a server of this kind."""
        server = kind(twin or self.twin, *options, **how)
        self.servers.append(server)
        return server

    def play_at(self, listener):
        """Play a game with whoever accepts."""
        with Client(listener.getsockname()[1]) as client:
            client.send(GAME)
            self.assertEqual(client.read_all(), PLAYED)


@on_both_twins
class Passed(ActivationTest):
    """Sockets that are the servers' doors."""

    def test_every_server_serves_at_what_it_is_passed(self):
        for kind, doors in SERVERS:
            with self.subTest(kind=kind.__name__):
                sockets = [self.listen() for _ in doors]
                # In another order than the server's.
                server = self.start(kind,
                    **passed(sockets[::-1], doors[::-1]))
                self.assertEqual(server.output[:len(doors)],
                    [f"Serving on {HOST}:{each.getsockname()[1]}. "
                        "Hit CTRL-C to stop.\n" for each in sockets])
                server.play_when_possible()

    def test_one_door_needs_no_name(self):
        for names in None, ["guess.socket"], ["http"]:
            listener = self.listen()
            self.start(Server, **passed([listener], names))
            self.play_at(listener)

    def test_a_door_that_is_switched_off_is_not_passed(self):
        listener = self.listen()
        server = self.start(Finder, http="off", **passed([listener]))
        self.assertEqual(server.port, listener.getsockname()[1])

    def test_what_another_process_is_passed_is_let_be(self):
        listener = self.listen()
        server = self.start(Server, **passed([listener], pid="1"))
        self.assertNotEqual(server.port, listener.getsockname()[1])

    def test_several_loops_or_threads_share_it(self):
        listener = self.listen()
        own = "--threads" if self.twin == "threaded" else "--loops"
        self.start(Server, own, "3", "--quiet", **passed([listener]))
        for _ in range(50):
            self.play_at(listener)


@on_both_twins
class Queued(ActivationTest):
    """Whoever waits at a socket that was passed is the opener's."""

    def test_who_comes_between_two_servers_is_served(self):
        listener = self.listen()
        self.start(Server, **passed([listener])).stop()
        with Client(listener.getsockname()[1]) as client:
            client.send(GAME)
            self.start(Server, "--quiet", **passed([listener]))
            self.assertEqual(client.read_all(), PLAYED)

    def test_who_comes_while_a_server_stops_is_served(self):
        listener = self.listen()
        server = self.start(Server, "--quiet", **passed([listener]))
        server.freeze()
        clients = [self.connect(server) for _ in range(50)]
        for client in clients:
            client.send(GAME)
        server.signal(15)
        server.thaw()
        server.wait()
        # By the one or the other.
        self.start(Server, "--quiet", **passed([listener]))
        for client in clients:
            self.assertEqual(client.read_all(), PLAYED)

    def test_several_servers_accept_and_stop_as_they_like(self):
        listener = self.listen()
        other = "evented" if self.twin == "threaded" else "threaded"
        servers = [self.start(Server, "--quiet", twin=twin,
                **passed([listener]))
            for twin in (self.twin, other, self.twin)]
        for server in servers:
            for _ in range(50):
                self.play_at(listener)
            if server is not servers[-1]:
                server.stop()


class Pool(ActivationTest):
    """Threads that are all taken accept nobody."""

    twin = "threaded"

    def test_a_stop_leaves_who_is_queued_to_the_next_server(self):
        listener = self.listen()
        first = self.start(Server, "--threads", "1", "--quiet",
            **passed([listener]))
        guest = self.connect(first)
        self.assertEqual(guest.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        client = self.connect(first)
        client.send(GAME)
        first.stop()
        self.assertEqual(guest.read_all(), b"")
        self.assertFalse(client.becomes_readable(0))
        self.start(Server, "--quiet", **passed([listener]))
        self.assertEqual(client.read_all(), PLAYED)


@on_both_twins
class Wrong(ActivationTest):
    """What is passed does not fit."""

    def refuse(self, name, reason, sockets, names=None, **how):
        """Fail unless a server ends for this reason."""
        how = passed(sockets, names, **how)
        done = subprocess.run([*how["wrapper"], program(self.twin, name)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            pass_fds=how["descriptors"], timeout=DEADLINE,
            env={**environment(), **how["variables"]})
        self.assertEqual((done.returncode, done.stderr),
            (1, f"{name}: {reason}\n"))
        self.assertNotIn("Serving", done.stdout)

    def test_too_many_or_too_few(self):
        for name, count, doors in (("guess-server", 2, "1 port"),
                ("echo-server", 3, "1 port"), ("charfinder", 1, "2 ports"),
                ("flag-server", 2, "3 ports"), ("push-server", 2, "1 port")):
            self.refuse(name,
                f"LISTEN_FDS is {count}, but this server listens on {doors}",
                [self.listen() for _ in range(count)])

    def test_numbers_that_are_none(self):
        for count in "", "x", "-1", "1 ":
            self.refuse("guess-server",
                f"LISTEN_FDS: '{count}' is not a number of descriptors",
                [self.listen()], count=count)
        self.refuse("guess-server",
            "LISTEN_PID: 'me' is not a process id", [self.listen()], pid="me")

    def test_names_that_no_door_has(self):
        for names, reason in ((None, "'' is none of tcp, http"),
                (("tcp", "web"), "'web' is none of tcp, http"),
                (("tcp", "tcp"), "'tcp' stands twice")):
            self.refuse("charfinder", "LISTEN_FDNAMES: " + reason,
                [self.listen(), self.listen()], names)

    def test_what_does_not_listen(self):
        made = [socket.socket(), socket.socket(type=socket.SOCK_DGRAM),
            socket.create_connection(self.listen().getsockname())]
        for other in made:
            self.addCleanup(other.close)
            self.refuse("guess-server", "LISTEN_FDS: descriptor 3 is not a "
                "listening TCP socket", [other])
            self.refuse("charfinder", "LISTEN_FDS: descriptor 4 is not a "
                "listening TCP socket", [self.listen(), other],
                ("tcp", "http"))

    def test_what_is_not_there(self):
        self.refuse("guess-server", "LISTEN_FDS: descriptor 3 is not a "
            "listening TCP socket", [], count=1)


if __name__ == "__main__":
    main()

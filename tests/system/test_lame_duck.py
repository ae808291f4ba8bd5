#!/usr/bin/python3
"""
Servers that serve on for a while after SIGTERM, before they stop: --lame-duck.
"""

import signal

from harness import (Client, Echo, Finder, FlagServer, Pusher, Server,
    ServerTest, main, on_both_twins, wait_until)

KINDS = (Server, Echo, Finder, FlagServer, Pusher)
FAREWELL = "Server shutting down.\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@on_both_twins
class LameDucks(ServerTest):
    """What a server with --lame-duck does until it stops."""

    def start(self, kind, *options):
        """Start a server of this kind, which says nothing of its clients."""
        quiet = [] if kind is Echo else ["--quiet"]
        server = kind(self.twin, *quiet, *options)
        self.servers.append(server)
        return server

    def guest(self, server):
        """A client that is served and silent."""
        guest = self.connect(server)
        if isinstance(server, Finder):
            self.assertEqual(guest.socket.recv(3), b"?> ")
        return guest

    def announce(self, server, seconds):
        """Tell a server to stop, and wait until it has said when it will."""
        server.signal(signal.SIGTERM)
        text = f"Server shutting down in {seconds} s.\n"
        wait_until(lambda: text in server.output, "it says when it will stop")
        self.assertNotIn(FAREWELL, server.output)

    def health(self, server):
        """The status of /healthz at each of a server's doors that has it."""
        ports = {Finder: ("http_port",), Pusher: ("port",),
            FlagServer: ("port", "delay_port", "error_port")}
        found = set()
        for port in ports.get(type(server), ()):
            with Client(getattr(server, port)) as client:
                client.send(HEALTH)
                found.add(int(client.read_all().split()[1]))
        return found

    def test_every_server_serves_until_a_second_signal(self):
        for kind in KINDS:
            with self.subTest(kind=kind.__name__):
                server = self.start(kind, "--lame-duck", "600")
                has_health = kind not in (Server, Echo)
                self.assertEqual(self.health(server),
                    {200} if has_health else set())
                guest = self.guest(server)
                self.announce(server, "600.0")
                self.assertEqual(self.health(server),
                    {503} if has_health else set())
                if kind not in (FlagServer, Pusher):
                    server.play()
                self.assertFalse(guest.becomes_readable(0))
                server.signal(signal.SIGTERM)
                server.wait()
                self.assertEqual(guest.read_all(), b"")
                self.assertEqual(server.output[-1], FAREWELL)

    def test_what_is_not_health_is_answered_as_ever(self):
        for kind, target, port in ((Finder, b"/search?query=x", "http_port"),
                (Pusher, b"/metrics", "port"),
                (FlagServer, b"/flags/ad/ad.gif", "port")):
            server = self.start(kind, "--lame-duck", "600")
            self.announce(server, "600.0")
            with Client(getattr(server, port)) as client:
                client.send(HEALTH.replace(b"/healthz", target))
                self.assertRegex(client.read_all(), rb"\AHTTP/1\.1 200 OK\r\n")
            server.signal(signal.SIGTERM)
            server.wait()

    def test_it_stops_when_the_time_is_over(self):
        for kind in KINDS:
            with self.subTest(kind=kind.__name__):
                server = self.start(kind, "--lame-duck", "0.2")
                guest = self.guest(server)
                server.signal(signal.SIGTERM)
                server.wait()
                self.assertEqual(guest.read_all(), b"")
                self.assertEqual(server.output[-2:],
                    ["Server shutting down in 0.2 s.\n", FAREWELL])

    def test_only_sigterm_waits(self):
        for kind in Server, Echo:
            server = self.start(kind, "--lame-duck", "600")
            server.signal(signal.SIGINT)
            server.wait()
            self.assertEqual(server.output[-1], FAREWELL)
            self.assertNotIn(" in 600", "".join(server.output))

    def test_sigint_ends_the_wait(self):
        for kind in Server, Echo:
            server = self.start(kind, "--lame-duck", "600")
            self.announce(server, "600.0")
            server.signal(signal.SIGINT)
            server.wait()
            self.assertEqual(server.output[-1], FAREWELL)

    def test_a_third_signal_cuts(self):
        server = self.start(Server, "--lame-duck", "600", "--drain-timeout",
            "600")
        client = self.connect(server, receive_buffer=4096)
        client.send(b"PARAMS 0 9223372036854775806\n" + b"NUMBER\n" * 9000)
        wait_until(lambda: client.becomes_readable(1), "answers arrive")
        self.announce(server, "600.0")
        server.signal(signal.SIGTERM)
        wait_until(lambda: FAREWELL in server.output, "it says farewell")
        server.signal(signal.SIGTERM)
        server.wait()
        self.assertEqual(server.output[-1], "Connections cut: 1.\n")

    def test_signals_that_do_not_stop_it_are_heard_meanwhile(self):
        server = self.start(Server, "--lame-duck", "600")
        self.announce(server, "600.0")
        self.assertEqual(server.counters()["active"], 0)
        server.signal(signal.SIGHUP)
        server.play()
        server.signal(signal.SIGTERM)
        server.wait()


if __name__ == "__main__":
    main()

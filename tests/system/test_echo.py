#!/usr/bin/python3
"""
echo-server: many clients, limits and a stop, in both twins.
"""

import random
import signal
import socket
import subprocess
import threading

from harness import (DEADLINE, HOST, Echo, ServerTest, environment, free_port,
    main, on_both_twins, program, wait_until)

FULL_HOUSE = b"too many connections\n"


class EchoTest(ServerTest):
    """A test of echo; it starts one by self.echo()."""

    def echo(self, *options, **how):
        """Start an echo of this test's twin."""
        server = Echo(self.twin, *options, **how)
        self.servers.append(server)
        return server

    def repeat(self, client, text):
        """Fail unless this comes back."""
        client.send(text)
        back = b""
        while len(back) < len(text):
            piece = client.socket.recv(65536)
            self.assertTrue(piece, back)
            back += piece
        self.assertEqual(back, text)


@on_both_twins
class Clients(EchoTest):
    """Those that behave, and those that do not."""

    def test_what_is_sent_comes_back(self):
        client = self.connect(self.echo())
        for text in b"a", b"hello\n", bytes(range(256)), b"\0" * 100000:
            self.repeat(client, text)

    def test_many_at_once(self):
        server = self.echo()
        clients = [self.connect(server) for _ in range(100)]
        for _ in range(3):
            for n, client in enumerate(clients):
                self.repeat(client, b"%d\n" % n)

    def test_a_half_close_gets_all_and_a_clean_end(self):
        server = self.echo()
        text = random.Random(1).randbytes(1000000)
        with server.connect() as client:
            sender = threading.Thread(
                target=lambda: (client.send(text), client.finish()))
            sender.start()
            self.assertEqual(client.read_all(), text)
            sender.join(DEADLINE)

    def test_one_that_does_not_read_is_read_no_more_from(self):
        server = self.echo()
        flooder = self.connect(server, receive_buffer=4096)
        text = random.Random(2).randbytes(64 << 20)
        sent = flooder.send_what_fits(text, server)
        self.assertLess(sent, len(text))
        self.repeat(self.connect(server), b"others are served\n")
        flooder.finish()
        self.assertEqual(flooder.read_all(), text[:sent])

    def test_resets_leave_nothing_behind(self):
        server = self.echo()
        for _ in range(200):
            client = server.connect()
            client.send(b"x" * 5000)
            client.reset()


@on_both_twins
class Limits(EchoTest):
    """How many, and how long."""

    def test_who_is_one_too_many_is_told(self):
        server = self.echo("--max-connections", "3")
        clients = [self.connect(server) for _ in range(3)]
        for client in clients:
            self.repeat(client, b"in\n")
        with server.connect() as late:
            self.assertEqual(late.read_all(), FULL_HOUSE)
        clients.pop().close()
        server.play_when_possible()
        for client in clients:
            self.repeat(client, b"still in\n")

    def test_the_silent_are_let_go(self):
        server = self.echo("--idle-timeout", "0.3")
        with server.connect() as silent:
            self.assertEqual(silent.read_all(), b"")

    def test_one_that_takes_nothing_is_let_go(self):
        server = self.echo("--idle-timeout", "0.3")
        flooder = self.connect(server, receive_buffer=4096)
        try:
            flooder.send_what_fits(bytes(64 << 20), server)
        except (ConnectionResetError, BrokenPipeError):
            pass
        wait_until(lambda: server.sockets("01") == 0, "it is cut")

    def test_without_descriptors_it_rests(self):
        server = self.echo("--max-connections", "1000",
            wrapper=["prlimit", "--nofile=12"])
        clients = [self.connect(server) for _ in range(20)]
        self.repeat(clients[0], b"in\n")
        wait_until(server.is_at_rest, "it rests")
        for client in clients:
            client.close()


@on_both_twins
class Stops(EchoTest):
    """SIGTERM and SIGINT."""

    def test_the_idle_are_closed_at_once(self):
        for number in signal.SIGTERM, signal.SIGINT:
            server = self.echo()
            client = self.connect(server)
            self.repeat(client, b"hello\n")
            server.signal(number)
            self.assertEqual(client.read_all(), b"")
            server.wait()
            self.assertEqual(server.output[-1], "Server shutting down.\n")

    def test_what_has_come_is_sent_back(self):
        server = self.echo()
        clients = [self.connect(server) for _ in range(20)]
        for client in clients:
            self.repeat(client, b"hello\n")
        server.freeze()
        for client in clients:
            client.send(b"before the stop\n")
        server.signal(signal.SIGTERM)
        server.thaw()
        for client in clients:
            self.assertEqual(client.read_all(), b"before the stop\n")
        server.wait()

    def test_one_that_never_ends_does_not_hold_it_up(self):
        server = self.echo()
        client = self.connect(server)
        ended = threading.Event()

        def chatter():
            try:
                while not ended.is_set():
                    client.send(b"more and more\n")
                    client.socket.recv(65536)
            except OSError:
                pass

        thread = threading.Thread(target=chatter)
        thread.start()
        self.repeat(self.connect(server), b"hello\n")
        server.signal(signal.SIGTERM)
        server.wait()
        ended.set()
        thread.join(DEADLINE)

    def test_a_second_signal_ends_it_at_once(self):
        server = self.echo("--idle-timeout", "0")
        flooder = self.connect(server, receive_buffer=4096)
        flooder.send_what_fits(bytes(64 << 20), server)
        server.signal(signal.SIGTERM)
        wait_until(lambda: server.output[1:], "it stops")
        self.assertIsNone(server.process.poll())
        server.signal(signal.SIGTERM)
        server.wait(-signal.SIGTERM)


@on_both_twins
class CommandLines(EchoTest):
    """What it is asked to do."""

    def run_echo(self, *options):
        """Run it to its end; (exit code, output, errors)."""
        done = subprocess.run([program(self.twin, "echo-server"), *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=environment(), timeout=DEADLINE)
        return done.returncode, done.stdout, done.stderr

    def test_help_lists_the_options(self):
        code, output, errors = self.run_echo("--help")
        self.assertEqual((code, errors), (0, ""))
        for option in "--host=ADDR", "--port=N", "--max-connections=N", \
                "--idle-timeout=S":
            self.assertIn(option, output)
        code, output, _ = self.run_echo("--version")
        self.assertEqual((code, output), (0, f"echo-server ({self.twin}) 0.1\n"))

    def test_wrong_values_are_named(self):
        for option, value in (("port", "65536"), ("max-connections", "0"),
                ("max-connections", "1000001"), ("idle-timeout", "-1"),
                ("host", "")):
            with self.subTest(option=option):
                code, _, errors = self.run_echo(f"--{option}={value}")
                self.assertEqual(code, 64)
                self.assertIn(f"echo-server: --{option}: '{value}' ", errors)
        self.assertEqual(self.run_echo("--loops", "2")[0], 64)

    def test_a_time_of_a_year_is_no_other_time(self):
        server = self.echo("--idle-timeout", "31536000",
            "--max-connections", "1000000")
        self.repeat(self.connect(server), b"hello\n")

    def test_a_port_that_is_taken(self):
        port = free_port()
        with socket.create_server((HOST, port)):
            code, output, errors = self.run_echo("--port", str(port))
        self.assertEqual((code, output), (1, ""))
        self.assertRegex(errors,
            rf"\Aecho-server: cannot listen on {HOST}:{port}: [^\n]+\n\Z")


if __name__ == "__main__":
    main()

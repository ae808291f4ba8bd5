#!/usr/bin/python3
"""
What the servers print, and that nobody waits for whoever reads it.
"""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from harness import (DEADLINE, UNDER_THREAD_SANITIZER, ServerTest, environment,
    free_port, main, needs_no_profile, on_both_twins, program, wait_until)

REPORTS = 2000 if UNDER_THREAD_SANITIZER else 6000


@on_both_twins
class Records(ServerTest):
    """The lines on standard output."""

    def talk(self, server, text):
        with server.connect() as client:
            client.send(text)
            client.finish()
            return client.read_all()

    def records(self, server, *expected):
        """Wait until these are the console's lines after the first."""
        wanted = [line + "\n" for line in expected]
        wait_until(lambda: len(server.output) > len(wanted), "it prints")
        self.assertEqual(server.output[1:], wanted)

    def test_a_report_is_shown_in_english(self):
        server = self.serve()
        self.talk(server, b"PARAMS 3 3\nNUMBER\nREPORT Correct\n")
        self.records(server, "Server: 3 is Correct")

    def test_a_report_is_shown_in_korean(self):
        server = self.serve("--lang", "ko")
        self.talk(server, "PARAMS 3 3\nNUMBER\nREPORT 맞음\n".encode())
        self.records(server, "서버: 3는 맞음")

    def test_the_words_of_the_report_are_kept(self):
        server = self.serve()
        self.talk(server, "PARAMS -3 -3\nNUMBER\nREPORT 잘 모르겠음\n"
            "REPORT Same\n".encode())
        self.records(server, "Server: -3 is 잘 모르겠음", "Server: -3 is Same")

    def test_every_decision(self):
        words = ("Warmer", "Colder", "Unsure", "Same", "더 따뜻함",
            "더 차가움", "잘 모르겠음", "맞음", "Correct")
        server = self.serve()
        for word in words:
            self.talk(server,
                f"PARAMS 9 9\nNUMBER\nREPORT {word}\n".encode())
        self.records(server, *(f"Server: 9 is {word}" for word in words))

    def test_quiet_prints_nothing_per_request(self):
        server = self.serve("--quiet")
        self.talk(server, b"PARAMS 3 3\nNUMBER\nREPORT Correct\nHELLO\n")
        server.counters()
        server.stop()
        names = [line.split(" ")[0] for line in server.output]
        self.assertEqual(names, ["Serving", "accepted", "active", "served",
            "requests", "rejected", "timed_out", "stalled", "dropped_log",
            "bytes_in", "bytes_out", "\n", "Server"])

    def test_whatever_is_sent_a_terminal_is_safe(self):
        server = self.serve()
        for byte in range(256):
            if byte != 10:
                self.talk(server, bytes((byte,)) * 3 + b"\n")
                self.talk(server, b"PARAMS 1 1\nNUMBER\nREPORT Correct"
                    + bytes((byte,)) + b"\n")
        for character in ("\x85", "\u009b", "\u200b", "\u202e", "\u2028",
                "\u2066", "\ufeff", "\U000e0041"):
            self.talk(server, f"REPORT {character}\n{character}".encode())
        server.stop()
        for line in server.output:
            self.assertTrue(line.endswith("\n") and line[:-1].isprintable(),
                repr(line))
            self.assertLessEqual(len(line.encode()), 512)

    def test_records_of_many_clients_do_not_mix(self):
        server = self.serve()
        clients = [self.connect(server) for _ in range(8)]
        count = REPORTS // 40
        for number, client in enumerate(clients):
            client.send(b"PARAMS %d %d\nNUMBER\n" % (number, number)
                + b"REPORT Unsure\n" * count + b"NUM")
        for client in clients:
            client.read_line()
            client.finish()
            client.read_all()
        server.stop()
        for number in range(8):
            self.assertEqual(
                server.output.count(f"Server: {number} is Unsure\n"), count)

    def test_ten_thousand_records_of_many_clients_are_whole(self):
        with tempfile.TemporaryFile() as console:
            server = self.serve(port=free_port(), stdout=console)
            clients = [self.connect(server) for _ in range(8)]
            for number, client in enumerate(clients):
                client.send(b"PARAMS %d %d\nNUMBER\n" % (number, number)
                    + b"REPORT Unsure\n" * 1250)
                client.finish()
            for client in clients:
                client.read_all()
            server.stop()
            console.seek(0)
            lines = console.read().splitlines(keepends=True)
        for number in range(8):
            self.assertEqual(
                lines.count(b"Server: %d is Unsure\n" % number), 1250)
        # And where it serves, and farewell.
        self.assertEqual(len(lines), 8 * 1250 + 2)


@on_both_twins
class Unread(ServerTest):
    """Standard output that takes nothing."""

    def report_often(self, server, count):
        with server.connect() as client:
            client.send(b"PARAMS 1 1\nNUMBER\n" + b"REPORT Unsure\n" * count)
            client.finish()
            self.assertEqual(client.read_all(), b"1\n")

    def test_a_full_pipe_holds_nobody_up_and_losses_are_counted(self):
        output, input_ = os.pipe()
        fcntl.fcntl(input_, fcntl.F_SETPIPE_SZ, 16384)
        server = self.serve(port=free_port(), stdout=input_)
        os.close(input_)
        self.report_often(server, REPORTS)
        server.play()
        # Somebody reads again: whole records, and then the counters.
        os.set_blocking(output, False)
        text = b""

        def drain():
            nonlocal text
            try:
                while True:
                    data = os.read(output, 65536)
                    if not data:
                        return
                    text += data
            except BlockingIOError:
                pass

        drain()
        self.assertTrue(text.endswith(b"\n"))
        self.assertLess(text.count(b"Server: 1 is Unsure\n"), REPORTS)
        self.assertEqual(set(text.splitlines()[1:]),
            {b"Server: 1 is Unsure"})
        server.signal(signal.SIGUSR1)

        def counted():
            drain()
            return re.search(rb"dropped_log (\d+)\n", text)

        dropped = int(wait_until(counted, "counters are printed")[1])
        shown = text.count(b"Server: 1 is Unsure\n")
        self.assertGreaterEqual(dropped + shown, REPORTS)
        self.assertLessEqual(dropped + shown, REPORTS + 2)
        server.stop()
        os.close(output)

    def test_a_pipe_whose_reader_is_gone(self):
        output, input_ = os.pipe()
        server = self.serve(port=free_port(), stdout=input_)
        os.close(input_)
        os.close(output)
        self.report_often(server, 100)
        server.signal(signal.SIGUSR1)
        server.play()

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            server = self.serve(port=free_port(), stdout=full)
        self.report_often(server, 100)
        server.signal(signal.SIGUSR1)
        server.play()

    @needs_no_profile
    def test_a_limit_on_file_size(self):
        with tempfile.TemporaryFile() as console:
            server = self.serve(port=free_port(), stdout=console,
                wrapper=("/bin/sh", "-c", 'ulimit -f 8; exec "$@"', "sh"))
            self.report_often(server, REPORTS)
            server.signal(signal.SIGXFSZ)
            server.play()
            self.assertLessEqual(os.fstat(console.fileno()).st_size, 8192)

    @needs_no_profile
    def test_the_finder_with_a_limit_on_file_size(self):
        with tempfile.TemporaryFile() as console:
            server = self.find(port=free_port(), stdout=console, http="off",
                wrapper=("/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh"))
            for _ in range(100):
                server.play()

    def test_a_socket_that_is_not_read(self):
        output, input_ = socket.socketpair()
        server = self.serve(port=free_port(), stdout=input_)
        input_.close()
        self.report_often(server, REPORTS)
        server.play()
        server.stop()
        output.close()

    def test_a_closed_standard_output(self):
        server = self.serve(port=free_port(), stdout=None,
            wrapper=("/bin/sh", "-c", 'exec "$@" >&-', "sh"))
        self.report_often(server, 100)
        server.play()

    def test_the_finder_does_not_need_a_console_either(self):
        for redirection in ">&-", ">/dev/full", "<&- >&- 2>&-":
            server = self.find(port=free_port(), stdout=None, http="off",
                wrapper=("/bin/sh", "-c", f'exec "$@" {redirection}', "sh"))
            for _ in range(100):
                server.play()
            server.signal(signal.SIGUSR1)
            server.play()

    def test_no_standard_streams_at_all(self):
        # Their numbers may then belong to clients, who must not read what
        # was meant for a console.
        server = self.serve(port=free_port(), stdout=None,
            wrapper=("/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"))
        clients = [self.connect(server) for _ in range(5)]
        for client in clients:
            client.send(b"PARAMS 1 1\nNUMBER\n" + b"REPORT Unsure\n" * 100)
        server.signal(signal.SIGUSR1)
        for client in clients:
            client.finish()
            self.assertEqual(client.read_all(), b"1\n")


# Makes a new session with the terminal on standard output, of which some other
# process is in the foreground; whoever writes from the background is stopped.
BACKGROUND = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
modes = termios.tcgetattr(1)
modes[3] |= termios.TOSTOP
termios.tcsetattr(1, termios.TCSANOW, modes)
wait, end = os.pipe()
other = os.fork()
if other == 0:
    os.close(end)
    os.setpgid(0, 0)
    os.read(wait, 1)
    os._exit(0)
os.close(wait)
os.set_inheritable(end, True)
os.setpgid(other, other)
os.tcsetpgrp(1, other)
os.execv(sys.argv[1], sys.argv[1:])
"""


@on_both_twins
class Terminals(ServerTest):
    """A terminal that is the console of a server."""

    def setUp(self):
        super().setUp()
        self.master, self.slave = pty.openpty()
        self.read = b""

    def tearDown(self):
        super().tearDown()
        os.close(self.master)
        os.close(self.slave)

    def read_terminal(self):
        """What can be read at the terminal's other end."""
        while select.select([self.master], [], [], 0)[0]:
            self.read += os.read(self.master, 65536)
        return self.read

    def fill(self, server, count=3000):
        """Have a server print more than a terminal takes, while each record's
        client waits for it."""
        with server.connect() as client:
            client.send(b"PARAMS 1 100000\n")
            for _ in range(count):
                client.ask(b"NUMBER\nREPORT Unsure\n")

    def test_who_reads_it_no_more_stops_nobody(self):
        server = self.serve(port=free_port(), stdout=self.slave)
        wait_until(lambda: b"CTRL-C" in self.read_terminal(), "it serves")
        self.fill(server)
        server.signal(signal.SIGUSR1)
        server.play()
        server.stop()
        lines = self.read_terminal().split(b"\r\n")
        whole = [line for line in lines
            if re.fullmatch(rb"Server: \d+ is Unsure", line)]
        self.assertGreater(len(whole), 100)
        # The kernel may have made room for later records, or for half of them;
        # none of them goes on a line that another one has begun.
        for line in lines:
            self.assertNotIn(b"Serv", line[1:])
            self.assertNotRegex(line, rb"Server: .*accepted")

    def test_who_reads_it_again_finds_whole_lines(self):
        server = self.serve(port=free_port(), stdout=self.slave)
        self.fill(server)
        wait_until(lambda: b"Unsure" in self.read_terminal(), "it is read")

        def counted():
            # What has been read makes room, and counters are printed, when the
            # kernel has moved on the rest.
            server.signal(signal.SIGUSR1)
            return b"bytes_out" in self.read_terminal()

        wait_until(counted, "counters are printed")
        lines = self.read.split(b"\r\n")
        dropped = [line for line in lines if line.startswith(b"dropped_log")]
        self.assertGreater(int(dropped[0].split()[1]), 0)
        self.assertRegex(lines[lines.index(dropped[0]) - 7], rb"^accepted \d+$")
        server.stop()
        wait_until(lambda: b"\r\nServer shutting down.\r\n"
            in self.read_terminal(), "it says farewell")

    def test_the_finder_is_stopped_by_nobody_either(self):
        server = self.find(port=free_port(), stdout=self.slave, http="off")
        with server.connect() as client:
            for _ in range(1200):
                self.assertIn(b"No match", client.ask(b"zzz\n"))
        server.play()
        server.stop()

    def serve_another_user(self, take_terminal):
        """A server whose console is a terminal that, as after su, it may not
        open again by its name."""
        become = ("import fcntl, os, sys, termios; os.setsid(); "
            f"{take_terminal}; os.setgroups([]); "
            "os.setgid(65534); os.setuid(65534); "
            "os.execv(sys.argv[1], sys.argv[1:])")
        server = self.serve(port=free_port(), stdout=self.slave,
            wrapper=(sys.executable, "-c", become))
        wait_until(lambda: b"CTRL-C" in self.read_terminal(), "it serves")
        return server

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_the_terminal_of_somebody_else_stops_nobody(self):
        server = self.serve_another_user("fcntl.ioctl(1, termios.TIOCSCTTY, 0)")
        self.fill(server)
        server.play()
        server.stop()

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_the_terminal_of_another_session_stops_nobody(self):
        # After su -c it is not even the one that controls the process.
        server = self.serve_another_user("pass")
        self.fill(server)
        server.play()
        server.stop()

    @unittest.skipUnless(os.geteuid() == 0, "not root")
    def test_the_terminal_of_another_session_does_not_hold_up_a_stop(self):
        server = self.serve_another_user("pass")
        # Records of the thread that has to stop it, until one is torn.
        for _ in range(300):
            server.signal(signal.SIGUSR1)
            server.play()
        server.stop()

    def fill_terminal(self):
        """Write until the terminal takes no more."""
        os.set_blocking(self.slave, False)
        written = 1
        while written > 0:
            # The kernel moves on what was written, which makes some room.
            time.sleep(0.1)
            written = 0
            try:
                while True:
                    written += os.write(self.slave, b"x" * 1000)
            except BlockingIOError:
                pass
        os.set_blocking(self.slave, True)

    def start_unheard(self, port):
        """Start a server at a port that is taken, which waits for the terminal
        to say so; None: it has not, as the kernel has made room late."""
        self.fill_terminal()
        process = subprocess.Popen([program(self.twin, "guess-server"),
            "--port", str(port)], stdout=subprocess.DEVNULL, stderr=self.slave,
            env=environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def waits_or_has_ended():
            with open(f"/proc/{process.pid}/wchan") as call:
                return "wait_woken" in call.read() \
                    or process.poll() is not None

        wait_until(waits_or_has_ended, "it waits for the terminal")
        return process if process.poll() is None else None

    def test_a_last_word_that_nobody_reads_does_not_hold_up_the_end(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = wait_until(lambda: self.start_unheard(port),
                "one waits for the terminal")
            process.terminate()
            self.assertEqual(process.wait(DEADLINE), 1)

    def test_the_flags_of_the_inherited_description_stay(self):
        before = fcntl.fcntl(self.slave, fcntl.F_GETFL)
        server = self.serve(port=free_port(), stdout=self.slave)
        server.play()
        self.assertEqual(fcntl.fcntl(self.slave, fcntl.F_GETFL), before)

    def test_a_write_from_the_background_does_not_stop_it(self):
        server = self.serve(port=free_port(), stdout=self.slave,
            wrapper=(sys.executable, "-c", BACKGROUND))
        server.play()
        wait_until(lambda: b"CTRL-C" in self.read_terminal(), "it prints")


if __name__ == "__main__":
    main()

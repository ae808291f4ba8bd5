#!/usr/bin/python3
"""
Real telnet clients at the doors of the game and the finder: what they send to
agree on options, how they end a line, and how they end a session.
"""

import os
import pty
import select
import shutil
import subprocess

from harness import (DEADLINE, UNDER_THREAD_SANITIZER, ServerTest, main,
    on_both_twins, wait_until)

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240

# What PuTTY 0.78 (plink -telnet) begins with, and how it is refused.
PUTTY = bytes((IAC, WILL, 31, IAC, WILL, 32, IAC, WILL, 24, IAC, WILL, 39,
    IAC, DO, 1, IAC, WILL, 3, IAC, DO, 3))
REFUSALS = bytes((IAC, DONT, 31, IAC, DONT, 32, IAC, DONT, 24, IAC, DONT, 39,
    IAC, WONT, 1, IAC, DONT, 3, IAC, WONT, 3))

# Programs that speak it, where they are installed, with their options.
CLIENTS = {
    "plink": ("-telnet", "-batch", "-P", "{port}", "{host}"),
    "inetutils-telnet": ("{host}", "{port}"),
    "busybox": ("telnet", "{host}", "{port}"),
}


@on_both_twins
class Telnet(ServerTest):
    """The commands of Telnet."""

    def converse(self, server, *pieces):
        """Send pieces, each by itself, and half close; all that comes back."""
        with server.connect() as client:
            for piece in pieces:
                if not client.send_if_open(piece):
                    break
            client.finish()
            return client.read_all()

    def test_options_are_refused_and_the_game_goes_on(self):
        server = self.serve()
        self.assertEqual(
            self.converse(server, PUTTY + b"PARAMS 5 5\r\nNUMBER\r\n"),
            REFUSALS + b"5\n")

    def test_options_are_refused_and_the_finder_goes_on(self):
        server = self.find(http="off")
        answer = self.converse(server, PUTTY + b"zzz\r\n")
        self.assertEqual(answer, b"?> " + REFUSALS
            + b"No match for 'zzz'\r\n?> ")

    def test_wherever_it_is_cut(self):
        server = self.serve("--quiet")
        text = (PUTTY + b"PARAMS 5 5\r\0NUM" + bytes((IAC, SB, 31, 0, 80, IAC,
            IAC, 24, IAC, SE)) + b"BER\r\nREPORT \xec\x9e\x98 \xeb\xaa\xa8\xeb"
            b"\xa5\xb4\xea\xb2\xa0\xec\x9d\x8c\r\0NUMBER\r\n")
        whole = self.converse(server, text)
        self.assertEqual(whole[:len(REFUSALS)], REFUSALS)
        for cut in range(0, len(text), 5 if UNDER_THREAD_SANITIZER else 1):
            self.assertEqual(self.converse(server, text[:cut], text[cut:]),
                whole)
        self.assertEqual(
            self.converse(server, *(bytes((byte,)) for byte in text)), whole)

    def test_an_option_is_refused_once(self):
        server = self.serve()
        asked = bytes((IAC, WILL, 31, IAC, DO, 1)) * 1000
        self.assertEqual(
            self.converse(server, asked + b"PARAMS 5 5\nNUMBER\n"),
            bytes((IAC, DONT, 31, IAC, WONT, 1)) + b"5\n")

    def test_a_client_that_reads_no_refusals_is_no_burden(self):
        server = self.serve("--quiet")
        client = self.connect(server, receive_buffer=4096)
        for option in range(256):
            client.send(bytes((IAC, WILL, option, IAC, DO, option)) * 50)
        client.send(b"PARAMS 5 5\nNUMBER\n")
        client.finish()
        self.assertTrue(client.read_all().endswith(b"5\n"))

    def test_other_commands_are_no_input(self):
        server = self.serve()
        for command in (*range(237, 243), *range(245, 250)):
            self.assertEqual(self.converse(server,
                b"PARAMS 5 5\nNUM" + bytes((IAC, command)) + b"BER\n"), b"5\n")

    def test_an_interruption_ends_a_session(self):
        # As the published servers do, which take it for no UTF-8.
        game, finder = self.serve(), self.find(http="off")
        for command in 236, 243, 244:
            end = bytes((IAC, command))
            for text in (end, b"NUM" + end, end + b"\xff\xfd\x06NUMBER\n"):
                with self.connect(game) as client:
                    client.send(b"PARAMS 5 5\nNUMBER\n" + text)
                    self.assertEqual(client.read_all(),
                        b"5\nERROR not UTF-8\n")
                with self.connect(finder) as client:
                    client.send(b"zzz\n" + text)
                    self.assertEqual(client.read_all(),
                        b"?> No match for 'zzz'\r\n?> ")

    def test_what_is_no_command_is_no_utf_8(self):
        server = self.serve()
        for text in (b"\xff\n", b"\xffNUMBER\n", b"\xff\xff\n", b"\xff",
                b"\xff\xfb", b"NUMBER\xff\xfa\x1f", b"\xff\x80\n"):
            self.assertEqual(self.converse(server, b"PARAMS 5 5\n" + text),
                b"ERROR not UTF-8\n")

    def test_commands_do_not_extend_the_time_for_a_line(self):
        # A client that keeps the connection alive by them, and says nothing.
        server = self.serve("--idle-timeout", "0.6", "--line-timeout", "0.6")
        before = server.counters()["timed_out"]
        asked = []

        def end_of(begun):
            """What a client reads at last that has begun a line."""
            asked.append(begun)
            with server.connect() as client:
                client.send(begun)
                for _ in range(DEADLINE * 20):
                    if client.becomes_readable(0.05):
                        break
                    client.send_if_open(bytes((IAC, 241)))
                return client.read_all()
        self.assertEqual(end_of(b""), b"")
        # It may be this process that is silent too long before.
        wait_until(lambda: end_of(b"NUM") == b"ERROR line timeout\n",
            "the line is late")
        server.wait_for_counters(timed_out=before + len(asked))

    def test_the_web_knows_nothing_of_it(self):
        server = self.find()
        with server.connect_web() as client:
            client.send(b"GET /\xff\xfd\x01 HTTP/1.1\r\n\r\n")
            self.assertTrue(client.read_all().startswith(b"HTTP/1.1 400 "))


class Typist:
    """Somebody who types into a client in a terminal."""

    def __init__(self, name, server):
        values = {"host": server.host, "port": server.port}
        self.name = name
        self.shown = b""
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([shutil.which(name), *(
                word.format(**values) for word in CLIENTS[name])],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)

    def wait_for(self, text):
        """Wait until this is shown, after what was waited for before."""
        def is_shown():
            if select.select([self.master], [], [], 0)[0]:
                try:
                    self.shown += os.read(self.master, 65536)
                except OSError:
                    raise AssertionError(
                        f"{self.name} has ended: {self.shown}") from None
            return text in self.shown
        wait_until(is_shown, f"{self.name} shows {text}")
        self.shown = self.shown.partition(text)[2]

    def type(self, text):
        os.write(self.master, text)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@on_both_twins
class Clients(ServerTest):
    """Programs of others, in a terminal."""

    def tearDown(self):
        if hasattr(self, "typist"):
            self.typist.close()
        super().tearDown()

    def look_up(self, name):
        if shutil.which(name) is None:
            self.skipTest(f"no {name}")
        typist = self.typist = Typist(name, self.find(http="off"))
        typist.wait_for(b"?> ")
        typist.type(b"king of hearts\r")
        typist.wait_for(b"1 match for 'king of hearts'")
        typist.wait_for(b"?> ")
        typist.type(b"zzz\r")
        typist.wait_for(b"No match for 'zzz'")
        return typist

    def test_plink(self):
        self.look_up("plink")

    def test_busybox(self):
        self.look_up("busybox")

    def test_telnet(self):
        typist = self.look_up("inetutils-telnet")
        for command in b"send ayt", b"send ip":
            typist.wait_for(b"?> ")
            typist.type(b"\x1d")
            typist.wait_for(b"telnet> ")
            typist.type(command + b"\r")
            if command == b"send ayt":
                typist.type(b"zzz\r")
                typist.wait_for(b"No match for 'zzz'")
        typist.wait_for(b"Connection closed by foreign host")

    def test_telnet_in_character_mode(self):
        typist = self.look_up("inetutils-telnet")
        typist.type(b"\x1d")
        typist.wait_for(b"telnet> ")
        typist.type(b"mode character\r")
        typist.type(b"sun\r")
        typist.wait_for(b"SUN")
        # CTRL-Z twice: until the second is answered it shows nothing.
        for _ in range(2):
            typist.type(b"\x1d")
            typist.wait_for(b"telnet> ")
            typist.type(b"send susp\r")
            typist.type(b"zzz\r")
            typist.wait_for(b"No match for 'zzz'")


if __name__ == "__main__":
    main()

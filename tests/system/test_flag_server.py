#!/usr/bin/python3
"""
The flag server, from outside: what happens at its three doors, how an answer
that is due later waits, what befalls a request by the seed, and the faults on
the wire.
"""

import concurrent.futures
import os
import re
import signal
import tempfile
import time

import harness
from harness import Client, FlagServer, on_both_twins, wait_until
from test_web import Reader, Response

# All codes of two letters.
CODES = [a + b for a in "abcdefghijklmnopqrstuvwxyz"
    for b in "abcdefghijklmnopqrstuvwxyz"]
# A delay that no test waits for.
FOREVER = ("--delay", "10000")
# Every request at the error door meets with a fault.
ALWAYS = ("--error-rate", "1", "--size", "1000")


def flag(code="ad"):
    """The path of a flag."""
    return f"/flags/{code}/{code}.gif"


def head(target, fields="", method="GET"):
    """A request's head."""
    return f"{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()


LAST = "Connection: close\r\n"


class Mishaps:
    """What befalls a request at the error door, by the rules that
    common/mishap.h states, with the published rates."""

    MASK = 2 ** 64 - 1
    STATUSES = (500, 501, 502, 503)

    def __init__(self, seed):
        self.seed = seed

    def _mix(self, state, number):
        state = (state ^ number) + 0x9e3779b97f4a7c15 & self.MASK
        state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9 & self.MASK
        state = (state ^ state >> 27) * 0x94d049bb133111eb & self.MASK
        return state ^ state >> 31

    def status(self, path, nth):
        """The status of an error, or None."""
        request = self._mix(self._mix(self.seed, 2), nth)
        for byte in path.encode():
            request = self._mix(request, byte)

        def draw(which, limit):
            return (self._mix(request, which) >> 32) * limit >> 32

        if draw(0, 1000000) >= 250000:
            return None
        return self.STATUSES[draw(1, len(self.STATUSES))]


class FlagTest(harness.ServerTest):
    """A test of flag servers."""

    def flags(self, *options, **how):
        """A flag server of this test's twin."""
        server = FlagServer(self.twin, *options, **how)
        self.servers.append(server)
        return server

    def connect_to(self, port):
        """A client of a door, closed when the test ends."""
        client = Client(port)
        self.clients.append(client)
        return client

    def ask(self, port, target, fields="", method="GET"):
        """The response to a request of its own connection."""
        with Client(port) as client:
            client.send(head(target, fields + LAST, method))
            reader = Reader(client)
            response = Response(reader, method == "HEAD")
            self.assertEqual(reader.rest(), b"")
            return response

    def bytes(self, port, target):
        """All that comes back for a request, up to the end."""
        with Client(port) as client:
            client.send(head(target))
            return client.read_all()


@on_both_twins
class Doors(FlagTest):
    """What happens where."""

    def test_flags_are_whole(self):
        server = self.flags("--quiet")
        for port in server.port, server.delay_port:
            response = self.ask(port, flag("br"))
            self.assertEqual(response.status, 200)
            self.assertEqual(response.fields["Content-Type"], "image/gif")
            self.assertEqual(response.body[:6], b"GIF89a")
            self.assertIn(b"BR 000000000048\n", response.body)
            self.assertEqual(response.body[-2:], b"\0;")

    def test_the_delayed_door_is_late_and_no_other(self):
        server = self.flags("--delay", "0.3", "--quiet")
        start = time.monotonic()
        self.assertEqual(self.ask(server.delay_port, flag()).status, 200)
        self.assertGreaterEqual(time.monotonic() - start, 0.299)
        server = self.flags(*FOREVER, "--error-rate", "0", "--delay-rate", "0",
            "--quiet")
        for port in server.port, server.error_port:
            self.assertEqual(self.ask(port, flag()).status, 200)

    def test_any_of_them_can_be_closed(self):
        server = harness.Server(self.twin, "--delay-port", "off",
            "--error-port", "off", "--seed", "1", name="flag-server")
        try:
            self.assertEqual(self.ask(server.port, flag()).status, 200)
            server.stop()
            self.assertEqual(len(server.output), 3, server.output)
        finally:
            server.kill()

    def test_each_request_is_told(self):
        server = self.flags("--delay", "0.2")
        self.ask(server.port, flag())
        self.ask(server.port, "/flags/br/metadata.json")
        self.ask(server.port, flag("zz"))
        self.ask(server.delay_port, flag())
        server.stop()
        self.assertEqual(server.output[3:], ["AD 0.0s 200\n", "BR 0.0s 200\n",
            "ZZ 0.0s 404\n", "AD 0.2s 200\n", "Server shutting down.\n"])

    def test_a_seed_that_was_not_given_is_told(self):
        process = harness.subprocess.Popen(
            [harness.program(self.twin, "flag-server"), "--port", "0",
                "--delay-port", "off", "--error-port", "off"],
            stdout=harness.subprocess.PIPE, env=harness.environment())
        with process:
            self.assertRegex(process.stdout.readline(), rb"^Seed \d+\.\n$")
            self.assertRegex(process.stdout.readline(), rb"^Serving on ")
            process.terminate()
            process.stdout.read()
        self.assertEqual(process.returncode, 0)

    def test_conditions_and_ranges(self):
        server = self.flags("--size", "1000", "--quiet")
        whole = self.ask(server.port, flag())
        part = self.ask(server.port, flag(), "Range: bytes=100-299\r\n")
        self.assertEqual((part.status, part.body),
            (206, whole.body[100:300]))
        same = self.ask(server.port, flag(),
            f"If-None-Match: {whole.fields['ETag']}\r\n")
        self.assertEqual((same.status, same.body), (304, b""))


@on_both_twins
class Waits(FlagTest):
    """Answers that are due later."""

    def waiting(self, server, count, text=head(flag())):
        """So many clients that wait."""
        before = server.flying()[0]
        clients = [self.connect_to(server.delay_port) for _ in range(count)]
        for client in clients:
            client.send(text)
        server.wait_for_flying(before + count)
        return clients

    def test_all_wait_at_the_same_time(self):
        server = self.flags(*FOREVER, "--quiet")
        self.waiting(server, 300)
        self.assertEqual(server.flying(), (300, 300))
        # And nobody for them.
        self.assertEqual(self.ask(server.port, flag()).status, 200)

    def test_who_leaves_is_waited_for_no_more(self):
        server = self.flags(*FOREVER, "--quiet")
        leave = {"close": Client.close, "reset": Client.reset,
            "half close": Client.finish}
        for how, end in leave.items():
            with self.subTest(how=how):
                client, = self.waiting(server, 1)
                end(client)
                server.wait_for_flying(0)

    def test_who_leaves_behind_further_requests_is_waited_for_no_more(self):
        server = self.flags(*FOREVER, "--quiet")
        client, = self.waiting(server, 1, head(flag()) * 3)
        client.finish()
        self.assertEqual(client.read_all(), b"")
        server.wait_for_flying(0)
        self.assertEqual(server.flying(), (0, 1))

    def test_requests_of_one_client_are_answered_in_order(self):
        server = self.flags("--delay", "0.05", "--size", "1000", "--quiet")
        codes = "ad", "br", "cn", "de"
        client = self.connect_to(server.delay_port)
        client.send(b"".join(head(flag(code)) for code in codes[:-1]) +
            head(flag(codes[-1]), LAST))
        reader = Reader(client)
        for code in codes:
            body = Response(reader).body
            self.assertEqual(len(body), 1000)
            self.assertIn(f"{code.upper()} 000000000048\n".encode(), body)
        self.assertEqual(reader.rest(), b"")
        self.assertEqual(server.flying(), (0, 1))

    def test_the_limits_of_a_client_do_not_run_meanwhile(self):
        server = self.flags("--delay", "1", "--idle-timeout", "0.2",
            "--line-timeout", "0.2", "--stall-timeout", "0.2", "--quiet")

        def is_answered():
            try:
                return self.ask(server.delay_port, flag()).status == 200
            except (EOFError, OSError):
                return False
        # They run before it, for a client on a busy machine too quickly.
        wait_until(is_answered, "it is answered")

    def test_a_stop_ends_delays_and_answers_at_once(self):
        server = self.flags(*FOREVER, "--size", "1000", "--quiet")
        clients = self.waiting(server, 20)
        server.stop()
        for client in clients:
            reader = Reader(client)
            self.assertEqual(len(Response(reader).body), 1000)
            self.assertEqual(reader.rest(), b"")

    def test_a_delay_that_was_slept_through_is_over(self):
        server = self.flags("--delay", "0.2", "--quiet")
        client, = self.waiting(server, 1)
        server.freeze()
        time.sleep(0.3)
        server.thaw()
        self.assertEqual(Response(Reader(client)).status, 200)


@on_both_twins
class Mishap(FlagTest):
    """What befalls a request is a function of seed, door, path and turn."""

    def statuses(self, server, places):
        """The status of every code, asked by so many clients at once."""
        def ask(place):
            with Client(server.error_port) as client:
                reader = Reader(client)
                found = {}
                for code in CODES[place::places]:
                    client.send(head(flag(code)))
                    found[code] = Response(reader).status
                return found

        with concurrent.futures.ThreadPoolExecutor(places) as pool:
            together = {}
            for found in pool.map(ask, range(places)):
                together.update(found)
        return together

    def test_in_any_order_the_rules_decide(self):
        mishaps = Mishaps(1)
        server = self.flags("--delay", "0", "--quiet")
        for nth, places in enumerate((1, 13)):
            found = self.statuses(server, places)
            for code in CODES:
                status = mishaps.status(flag(code), nth)
                self.assertIn(found[code], [status] if status else [200, 404])
            if nth == 0:
                counts = [0, 0, 0]
                for status in found.values():
                    counts[{200: 0, 404: 1}.get(status, 2)] += 1
                # As common/protocols.md has them.
                self.assertEqual(counts, [150, 357, 169])

    def test_seeds_differ(self):
        found = []
        for seed in 1, 2:
            server = self.flags("--delay", "0", "--quiet", seed=seed)
            found.append(self.statuses(server, 4))
        self.assertNotEqual(*found)

    def test_an_error_can_ask_for_a_pause(self):
        server = self.flags("--error-rate", "1", "--error-status", "503",
            "--retry-after", "7", "--quiet")
        response = self.ask(server.error_port, flag())
        self.assertEqual((response.status, response.fields["Retry-After"]),
            (503, "7"))

    def test_the_second_edition(self):
        server = self.flags("--second-edition", "--delay", "0.3",
            "--error-rate", "1", "--quiet")
        start = time.monotonic()
        self.assertEqual(self.ask(server.error_port, flag()).status, 418)
        self.assertGreaterEqual(time.monotonic() - start, 0.299)


@on_both_twins
class Faults(FlagTest):
    """The faults, on the wire."""

    def faulty(self, kind):
        """The error door of a server that always does this to answers."""
        self.server = self.flags(*ALWAYS, "--fault", kind, "--quiet")
        return self.server.error_port

    def test_abort(self):
        with self.assertRaises(ConnectionResetError):
            self.bytes(self.faulty("abort"), flag())

    def test_close(self):
        self.assertEqual(self.bytes(self.faulty("close"), flag()), b"")

    def test_hang(self):
        client = self.connect_to(self.faulty("hang"))
        client.send(head(flag()))
        self.server.wait_for_flying(1)
        self.assertFalse(client.becomes_readable(0.3))
        client.close()
        self.server.wait_for_flying(0)

    def test_hang_ends_with_the_server(self):
        client = self.connect_to(self.faulty("hang"))
        client.send(head(flag()))
        self.server.wait_for_flying(1)
        self.server.stop()
        self.assertEqual(client.read_all(), b"")

    def test_cut(self):
        start, body = self.bytes(self.faulty("cut"), flag()).split(
            b"\r\n\r\n", 1)
        self.assertIn(b"\r\nContent-Length: 1000", start)
        self.assertEqual(len(body), 500)

    def test_long(self):
        client = self.connect_to(self.faulty("long"))
        client.send(head(flag(), LAST))
        start, body = client.read_all().split(b"\r\n\r\n", 1)
        self.assertIn(b"\r\nContent-Length: 1000", start)
        self.assertEqual(len(body), 1064)

    def test_twice(self):
        client = self.connect_to(self.faulty("twice"))
        client.send(head(flag(), LAST))
        reader = Reader(client)
        first, second = Response(reader), Response(reader)
        self.assertEqual(first.body, second.body)
        self.assertEqual(reader.rest(), b"")

    def test_slow(self):
        port = self.faulty("slow")
        start = time.monotonic()
        self.assertEqual(len(self.ask(port, flag()).body), 1000)
        # Seven pieces of 128 bytes at 1 KiB a second, and the rest.
        self.assertGreaterEqual(time.monotonic() - start, 7 * 0.125 - 0.001)

    def test_who_leaves_a_slow_answer_is_let_go(self):
        client = self.connect_to(self.faulty("slow"))
        client.send(head(flag()))
        self.assertTrue(client.socket.recv(1))
        client.close()
        self.server.wait_for_flying(0)

    def test_garbage(self):
        self.assertNotIn(b"HTTP", self.bytes(self.faulty("garbage"), flag()))

    def test_bad_chunk(self):
        self.assertTrue(self.bytes(self.faulty("bad-chunk"), flag())
            .endswith(b"\r\n\r\n6\r\nGIF89a\r\nsix\r\n"))

    def test_loop(self):
        response = self.ask(self.faulty("loop"), flag())
        self.assertEqual((response.status, response.fields["Location"]),
            (302, flag()))

    def test_bare_lf(self):
        answer = self.bytes(self.faulty("bare-lf"), flag())
        self.assertRegex(answer, rb"\AHTTP/1\.1 50[0-3] .*\n(.+\n)+\n<h1>")
        self.assertNotIn(b"\r", answer)

    def test_none_of_them_disturbs_the_others(self):
        for kind in "abort", "close", "cut", "long", "garbage":
            with self.subTest(kind=kind):
                port = self.faulty(kind)
                for _ in range(50):
                    with Client(port) as client:
                        client.send(head(flag()) * 3)
                        try:
                            client.finish()
                            client.read_all()
                        except OSError:
                            pass
                self.assertEqual(self.ask(self.server.port, flag()).status,
                    200)
                self.server.wait_for_flying(0)


@on_both_twins
class Folders(FlagTest):
    """Flags of a folder."""

    def setUp(self):
        super().setUp()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def put(self, name, data):
        """Put a file in the folder, whole."""
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as file:
            file.write(data)
        os.rename(path + ".new", path)

    def test_its_files_are_served_and_nothing_else(self):
        self.put("ad.gif", b"flat")
        self.put("br/br.png", b"nested")
        self.put("secret", b"secret")
        server = self.flags("--directory", self.folder.name, "--quiet")
        self.assertEqual(self.ask(server.port, flag()).body, b"flat")
        self.assertEqual(
            self.ask(server.port, "/flags/br/br.png").body, b"nested")
        for path in (flag("br"), flag("cn"), "/flags/../secret",
                "/flags/se/secret"):
            self.assertEqual(self.ask(server.port, path).status, 404)

    def test_it_is_read_again_at_sighup(self):
        self.put("ad.gif", b"before")
        server = self.flags("--directory", self.folder.name, "--delay",
            "10000")
        waiting = Client(server.delay_port)
        self.clients.append(waiting)
        waiting.send(head(flag(), LAST))
        server.wait_for_flying(1)
        self.put("ad.gif", b"after")
        self.hang_up(server, "Flags read again.\n")
        self.assertEqual(self.ask(server.port, flag()).body, b"after")
        # An answer under way keeps what it began with, and delays a second
        # change, which is told.
        self.put("ad.gif", b"later")
        self.hang_up(server, "Flags not read again: the flags of before the "
            "last ones are still being sent\n")
        self.assertEqual(self.ask(server.port, flag()).body, b"after")
        server.stop()
        self.assertEqual(Response(Reader(waiting)).body, b"before")

    def test_a_folder_that_has_gone_is_served_still(self):
        self.put("ad.gif", b"flag")
        server = self.flags("--directory", self.folder.name)
        os.rename(self.folder.name, self.folder.name + ".away")
        try:
            self.hang_up(server, "Flags not read again: .*No such file.*\n")
        finally:
            os.rename(self.folder.name + ".away", self.folder.name)
        self.assertEqual(self.ask(server.port, flag()).body, b"flag")
        self.hang_up(server, "Flags read again.\n")

    def test_many_hangups_in_a_row(self):
        self.put("ad.gif", b"before")
        server = self.flags("--directory", self.folder.name)
        self.hang_up(server, "Flags read again.\n")
        self.put("ad.gif", b"after")
        for _ in range(100):
            server.signal(signal.SIGHUP)
        wait_until(lambda: self.ask(server.port, flag()).body == b"after",
            "the last one counts")

    def hang_up(self, server, record):
        """Have the folder read again, and wait for the record that follows."""
        start = len(server.output)
        server.signal(signal.SIGHUP)
        wait_until(lambda: [line for line in server.output[start:]
            if re.fullmatch(record, line)], f"it says {record}")
        # The loop has a thread for that from then on.
        if self.twin == "evented":
            server.baseline = server.baseline[0], \
                max(server.baseline[1], server.threads())

    def test_one_that_is_not_there_is_named(self):
        path = os.path.join(self.folder.name, "nothing")
        done = harness.subprocess.run(
            [harness.program(self.twin, "flag-server"), "--seed", "1",
                "--port", "0", "--directory", path],
            capture_output=True, env=harness.environment())
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(path.encode(), done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1)


if __name__ == "__main__":
    harness.main()

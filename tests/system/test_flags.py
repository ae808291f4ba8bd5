#!/usr/bin/python3
"""
The downloader of flags, from outside: its console and its files, how much it
asks at once, servers that are slow, fail, or lie, retries, interruptions, a
full disk, a terminal.
"""

import collections
import email.utils
import fcntl
import functools
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unicodedata

import harness
from harness import DEADLINE, HOST, Client, FlagServer, on_both_twins, \
    program, wait_until

TOP20 = "BD BR CD CN DE EG ET FR ID IN IR JP MX NG PH PK RU TR US VN".split()
FOREVER = ("--delay", "10000")
ALWAYS = ("--error-rate", "1", "--size", "1000")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nflag"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

# A command with a view of its own of what is mounted.
UNSHARE = ["unshare", "-m" if os.geteuid() == 0 else "-rm"]

# How a scripted server goes on behind an answer.
CLOSE, RESET, HANG = "close", "reset", "hang"


def answer(body, fields="", status="200 OK"):
    """An answer with its length."""
    return (f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        .encode("latin-1") + body)


class Script:
    """A server that answers as a function says: script(path, nth) returns
    bytes, CLOSE, RESET, HANG, or some of these in a row. nth counts the requests for
    the path. greeting is sent before anything is asked."""

    def __init__(self, script, greeting=b"", host=HOST, port=0):
        self.script = script
        self.greeting = greeting
        self.asked = collections.Counter()
        self.heads = []
        self.sockets = []
        self.lock = threading.Lock()
        self.listener = socket.create_server((host, port), backlog=1000)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}/flags"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.sockets.append(connection)
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = b""
        try:
            connection.sendall(self.greeting)
            while True:
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    if not more:
                        connection.close()
                        return
                    data += more
                head, _, data = data.partition(b"\r\n\r\n")
                path = head.split(b" ")[1].decode()
                with self.lock:
                    self.heads.append(head + b"\r\n\r\n")
                    nth = self.asked[path]
                    self.asked[path] += 1
                parts = self.script(path, nth)
                if isinstance(parts, (bytes, str)):
                    parts = [parts]
                for part in parts:
                    if part == CLOSE:
                        connection.close()
                        return
                    if part == RESET:
                        connection.setsockopt(socket.SOL_SOCKET,
                            socket.SO_LINGER, struct.pack("ii", 1, 0))
                        connection.close()
                        return
                    if part == HANG:
                        return
                    connection.sendall(part)
        except OSError:
            pass

    def close(self):
        """End it, and all its connections."""
        self.listener.close()
        for connection in self.sockets:
            connection.close()


Result = collections.namedtuple("Result", "code lines errors files")


class FlagsTest(harness.ServerTest):
    """A test of the downloader."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.folder = os.path.join(self.home, "downloads")

    def flag_server(self, *options, **how):
        """A flag server, of this test's twin as well."""
        server = FlagServer(self.twin, "--quiet", *options, **how)
        self.servers.append(server)
        return server

    def script(self, function, **how):
        """A scripted server."""
        server = Script(function, **how)
        self.addCleanup(server.close)
        return server

    def command(self, url, *options):
        """A command line of the downloader."""
        if isinstance(url, int):
            url = f"http://{HOST}:{url}/flags"
        return [program(self.twin, "flags"), "--base-url", url, *options]

    def start(self, url, *options, variables=(), **how):
        """A downloader that runs; with more variables in its environment."""
        process = subprocess.Popen(self.command(url, *options), cwd=self.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**harness.environment(), **dict(variables)}, **how)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """End it, whatever its state."""
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def files(self):
        """What there is in the folder of the downloads, with its bytes."""
        found = {}
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), "rb") as file:
                found[name] = file.read()
        return found

    def finish(self, process):
        """The result of a downloader; nothing incomplete may be left."""
        output, errors = process.communicate(timeout=DEADLINE)
        files = self.files()
        self.assertEqual([n for n in files if n.endswith(".part")], [])
        return Result(process.returncode, output.decode().splitlines(),
            errors.decode(), files)

    def flags(self, url, *options):
        """Download, to the end; what is counted only has its reason."""
        result = self.finish(self.start(url, *options))
        self.assertRegex(result.errors, r"\A\Z"
            if result.code == 0 or "-v" in options else
            r"\Aflags: [A-Z]{2}: .+\n\Z")
        return result

    def line(self, url, *options):
        """The line of a single flag, AD, which the exit code must fit."""
        result = self.flags(url, "-v", "AD", *options)
        line = result.lines[3]
        self.assertEqual(result.code, 1 if "Error" in line else 0)
        self.assertEqual(list(result.files),
            ["ad.gif"] if line == "AD OK" else [])
        return line


@on_both_twins
class Console(FlagsTest):
    """What it prints, and the files that it writes."""

    def test_one_after_the_other_byte_for_byte(self):
        server = self.flag_server()
        result = self.flags(server.port, "-m", "1", "-v")
        self.assertRegex(result.lines.pop(), r"^Elapsed time: \d+\.\d\ds$")
        self.assertEqual(result.lines, [
            f"URL site: http://{HOST}:{server.port}/flags",
            "Searching for 20 flags: from BD to VN",
            "1 concurrent connection will be used.",
            *(f"{code} OK" for code in TOP20),
            "--------------------",
            "20 flags downloaded."])
        self.assertEqual(result.code, 0)

    def test_many_at_once_say_the_same(self):
        server = self.flag_server()
        codes = "AA", "AD", "BR", "ZZ"
        result = self.flags(server.port, "-v", *codes)
        self.assertEqual(sorted(result.lines[3:7]),
            ["AA not found", "AD OK", "BR OK", "ZZ not found"])
        self.assertEqual(result.lines[:3] + result.lines[7:-1], [
            f"URL site: http://{HOST}:{server.port}/flags",
            "Searching for 4 flags: AA, AD, BR, ZZ",
            "4 concurrent connections will be used.",
            "--------------------",
            "2 flags downloaded.",
            "2 not found."])

    def test_files_are_what_the_server_has(self):
        server = self.flag_server()
        result = self.flags(server.port, "-a", "-m", "50")
        self.assertEqual(len(result.files), 194)
        self.assertEqual(result.lines[4], "194 flags downloaded.")
        for name, data in result.files.items():
            code = name[:2].upper().encode()
            self.assertEqual(data[:6] + data[-2:], b"GIF89a\0;")
            # Each line knows its place, so none is missing or another's.
            for at in range(48, len(data) - 18, 16):
                line = b"%s %012d\n" % (code, at)
                different = sum(a != b for a, b in zip(line, data[at:]))
                self.assertLessEqual(different, 1, (name, at))

    def test_large_files_are_whole(self):
        server = self.flag_server("--size", "3000000")
        result = self.flags(server.port, "AD", "BR", "CN")
        self.assertEqual([len(data) for data in result.files.values()],
            [3000000] * 3)
        self.assertIn(b"\nAD 000002999968\n", result.files["ad.gif"])

    def test_each_code_is_counted_once(self):
        server = self.flag_server("--delay", "0.01")
        for at_once in "1", "100":
            result = self.flags(server.error_port, "-e", "-m", at_once)
            counts = [int(re.match(r"(\d+)", line)[1])
                for line in result.lines[4:-1]]
            self.assertEqual(sum(counts), 676)
            if at_once == "1":
                # As common/protocols.md has them.
                self.assertEqual((counts, result.code), ([150, 357, 169], 1))

    def test_the_first_series(self):
        server = self.flag_server()
        result = self.flags(server.port, "--show", "-m", "1")
        self.assertEqual(result.lines[0], " ".join(TOP20) + " ")
        self.assertRegex(
            result.lines[1], r"^20 flags downloaded in \d+\.\d\ds$")

    def test_a_report_has_a_line_for_each(self):
        server = self.flag_server("--size", "1000")
        path = os.path.join(self.home, "report")
        self.flags(server.port, "--report", path, "AD", "ZZ")
        with open(path) as report:
            rows = {row["code"]: row for row in map(json.loads, report)}
        self.assertEqual({code: (row["status"], row["bytes"], row["tries"],
            row["error"]) for code, row in rows.items()},
            {"AD": (200, 1000, 1, None), "ZZ": (404, 0, 1, "not found")})

    def test_countries_name_files(self):
        server = self.flag_server("--size", "1000")
        result = self.flags(server.port, "--names", "AD", "CI", "ZZ")
        self.assertEqual(sorted(result.files),
            ["Andorra-AD.gif", "Côte_d'Ivoire-CI.gif"])
        self.assertEqual(result.lines[4:6],
            ["2 flags downloaded.", "1 not found."])

    def test_an_image_can_be_in_its_file_many_times(self):
        server = self.flag_server("--size", "1000")
        whole = self.flags(server.port, "AD").files["ad.gif"]
        result = self.flags(server.port, "AD", "--times", "10", "--fsync")
        self.assertEqual(result.files["ad.gif"], whole * 10)

    def test_the_request_byte_for_byte(self):
        server = self.script(lambda path, nth: OK)
        self.flags(server.url, "AD")
        self.assertRegex(server.heads[0], (
            rb"\AGET /flags/ad/ad\.gif HTTP/1\.1\r\n"
            rb"Host: 127\.0\.0\.1:%d\r\n"
            rb"User-Agent: flags/[\d.]+\r\n"
            rb"Accept: \*/\*\r\n"
            rb"Accept-Encoding: identity\r\n\r\n\Z" % server.port))

    def test_a_connection_is_used_again(self):
        server = self.script(lambda path, nth: OK)
        result = self.flags(server.url, "-m", "1")
        self.assertEqual(len(result.files), 20)
        self.assertEqual(len(server.sockets), 1)

    def test_a_reader_who_is_gone_is_an_error(self):
        server = self.flag_server(*FOREVER)
        process = self.start(server.delay_port, "-v")
        process.stdout.read(1)
        process.stdout.close()
        server.wait_for_flying(20)
        # Delays end with the server, which answers then.
        server.stop()
        self.assertEqual(process.wait(DEADLINE), 1)
        self.assertEqual(process.stderr.read(),
            b"flags: cannot write to standard output: Broken pipe\n")
        self.assertEqual(len(self.files()), 20)


@on_both_twins
class Places(FlagsTest):
    """How many requests are made at once."""

    def test_as_many_as_asked_for(self):
        for at_once in 1, 7, 30, 300:
            with self.subTest(at_once=at_once):
                server = self.flag_server(*FOREVER)
                process = self.start(server.delay_port, "-e", "-l",
                    str(at_once), "-m", str(at_once))
                server.wait_for_flying(at_once)
                # Delays end with the server, which answers then.
                server.stop()
                result = self.finish(process)
                self.assertEqual(result.code, 0, result)

    def test_never_more(self):
        for at_once in 1, 7, 30, 300:
            with self.subTest(at_once=at_once):
                server = self.flag_server("--delay", "0.01")
                result = self.flags(server.delay_port, "-e", "-l",
                    str(max(200, 2 * at_once)), "-m", str(at_once), "--names")
                self.assertEqual(result.code, 0)
                now, most = server.flying()
                self.assertEqual(now, 0)
                # All of them may not be asked within the first one's delay.
                self.assertLessEqual(most, at_once)

    def test_no_more_than_there_are_descriptors_for(self):
        server = self.flag_server()
        done = subprocess.run(["prlimit", "--nofile=60:60", "--",
            *self.command(server.port, "-a", "-m", "1000", "-d", self.folder)],
            capture_output=True, text=True, env=harness.environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(done.stdout.splitlines()[2:5], [
            "14 concurrent connections will be used.",
            "--------------------", "194 flags downloaded."])

    def test_no_more_connections_than_places_are_kept(self):
        others = [self.script(lambda path, nth: OK) for _ in range(19)]
        others.append(self.script(lambda path, nth: HANG))
        urls = dict(zip(TOP20, (other.url for other in others)))

        def script(path, nth):
            return answer(b"", "Location: "
                f"{urls[path.split('/')[2].upper()]}\r\n", "302 Found")
        process = self.start(self.script(script).url, "-m", "2")
        wait_until(lambda: others[-1].heads, "the last one is asked")
        folder = f"/proc/{process.pid}/fd"
        sockets = [name for name in os.listdir(folder)
            if os.readlink(os.path.join(folder, name)).startswith("socket:")]
        self.assertLessEqual(len(sockets), 2)

    def test_who_waits_to_ask_again_holds_none(self):
        def script(path, nth):
            if path.endswith("ad.gif") and nth == 0:
                return answer(
                    b"", "Retry-After: 1\r\n", "503 Service Unavailable")
            return OK

        def is_last():
            result = self.flags(self.script(script).url, "-v", "-m", "1",
                "--retries", "1", "AD", "AE", "AF")
            self.assertEqual(
                sorted(result.lines[3:6]), ["AD OK", "AE OK", "AF OK"])
            return result.lines[5] == "AD OK"
        # Unless the others take a second.
        wait_until(is_last, "the others go on")


# What a server does to AD, and the line that comes of it.
LIES = {
    "no length, up to the end":
        ([b"HTTP/1.1 200 OK\r\n\r\nflag", CLOSE], "AD OK"),
    "no length, and a reset": ([b"HTTP/1.1 200 OK\r\n\r\nflag", RESET],
        "*** Error for AD: answer cut short (4 bytes)"),
    "closed at once": (CLOSE, "*** Error for AD: Connection error"),
    "reset at once": (RESET, "*** Error for AD: Connection error"),
    "half a head": ([b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE],
        "*** Error for AD: answer cut short"),
    "half a body":
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nflag", CLOSE],
            "*** Error for AD: answer cut short (4 of 9 bytes)"),
    "bytes behind the body": (OK + b"more", "AD OK"),
    "two answers": (OK + OK, "AD OK"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2;x=y\r\nfl\r\n2\r\nag\r\n0\r\nX: y\r\n\r\n", "AD OK"),
    "half of the chunks": ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
        b"\r\n\r\n2\r\nfl\r\n", CLOSE],
        "*** Error for AD: answer cut short (2 bytes)"),
    "a wrong chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
        b"\r\n\r\n-2\r\nfl\r\n", "*** Error for AD: malformed answer"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
        b"Content-Length: 5\r\n\r\nflag",
        "*** Error for AD: malformed answer"),
    "a byte at a time": ([bytes([byte]) for byte in OK], "AD OK"),
    "interim answers": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + OK, "AD OK"),
    "too many of them": (b"HTTP/1.1 100 Continue\r\n\r\n" * 11 + OK,
        "*** Error for AD: malformed answer"),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.2\r\n" * 9, CLOSE],
        "*** Error for AD: malformed answer"),
    "a head without end": ([b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000, HANG],
        "*** Error for AD: malformed answer"),
    "a coding": (answer(b"flag", "Content-Encoding: gzip\r\n"),
        "*** Error for AD: unexpected Content-Encoding"),
    "a reason for terminals": (answer(b"", status="500 \x7b\xff;x"),
        "*** Error for AD: HTTP 500 - {\\xff;x"),
    "no reason": (b"HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n",
        "*** Error for AD: HTTP 500"),
    "a redirect to https": (answer(
        b"", "Location: https://a/\r\n", "301 Moved Permanently"),
        "*** Error for AD: redirected to https, which is not supported"),
    "a redirect to a file": (answer(
        b"", "Location: file:///etc/passwd\r\n", "302 Found"),
        "*** Error for AD: redirected to what is not http"),
    "a redirect with a user": (answer(
        b"", "Location: http://u@127.0.0.1/\r\n", "302 Found"),
        "*** Error for AD: malformed redirect"),
    "a redirect to itself": (answer(
        b"", "Location: ad.gif\r\n", "302 Found"),
        "*** Error for AD: too many redirects"),
    "more than allowed": (answer(b"x" * 2000),
        "*** Error for AD: too large"),
    "more than allowed, undeclared": (
        [b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, HANG],
        "*** Error for AD: too large"),
    "an error with a long body": ([b"HTTP/1.1 500 No\r\nContent-Length: "
        b"1000000000\r\n\r\n", HANG], "*** Error for AD: HTTP 500 - No"),
    "an error, and a close": ([b"HTTP/1.1 502 Bad Gateway\r\n\r\nx", CLOSE],
        "*** Error for AD: HTTP 502 - Bad Gateway"),
    "not found, and a close": ([b"HTTP/1.0 404 Gone\r\n\r\nx", CLOSE],
        "AD not found"),
}


@on_both_twins
class BadServers(FlagsTest):
    """One line, a complete file or none, and the others go on."""

    def test_the_faults_of_the_flag_server(self):
        for kind, line in {
                "abort": "*** Error for AD: Connection error",
                "close": "*** Error for AD: Connection error",
                "cut": "*** Error for AD: answer cut short "
                    "(500 of 1000 bytes)",
                "long": "AD OK", "twice": "AD OK", "slow": "AD OK",
                "garbage": "*** Error for AD: malformed answer",
                "bad-chunk": "*** Error for AD: malformed answer",
                "loop": "*** Error for AD: too many redirects",
                "bare-lf": "*** Error for AD: HTTP 503 - "
                    "Service Unavailable"}.items():
            with self.subTest(kind=kind):
                server = self.flag_server(*ALWAYS, "--fault", kind,
                    "--error-status", "503")
                shutil.rmtree(self.folder, ignore_errors=True)
                self.assertEqual(self.line(server.error_port), line)
                if line == "AD OK":
                    self.assertEqual(len(self.files()["ad.gif"]), 1000)

    def test_lies(self):
        for what, (parts, line) in LIES.items():
            with self.subTest(what=what):
                server = self.script(lambda path, nth: parts)
                shutil.rmtree(self.folder, ignore_errors=True)
                self.assertEqual(
                    self.line(server.url, "--max-bytes", "1000"), line)
                if line == "AD OK":
                    self.assertEqual(self.files()["ad.gif"], b"flag")

    def test_they_do_not_disturb_others(self):
        def script(path, nth):
            if path.endswith("ad.gif"):
                return [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nflag",
                    CLOSE]
            return MISSING if path.endswith("ae.gif") else OK
        result = self.flags(self.script(script).url, "-m", "1", "AD", "AE",
            "AF", "AG")
        self.assertEqual(sorted(result.files), ["af.gif", "ag.gif"])
        self.assertEqual(result.lines[4:-1],
            ["2 flags downloaded.", "1 not found.", "1 error."])

    def test_one_that_hangs(self):
        server = self.script(lambda path, nth: HANG)
        self.assertEqual(self.line(server.url, "--timeout", "0.3"),
            "*** Error for AD: timed out")

    def test_one_that_hangs_within_a_body(self):
        server = self.script(lambda path, nth:
            [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nflag", HANG])
        self.assertEqual(self.line(server.url, "--timeout", "0.3"),
            "*** Error for AD: timed out")

    def test_one_that_drips_has_a_time_as_well(self):
        server = self.flag_server("--error-rate", "1", "--fault", "slow",
            "--size", "1000000")
        self.assertEqual(self.line(server.error_port, "--max-time", "0.5"),
            "*** Error for AD: timed out")

    def test_one_that_is_not_there(self):
        port = harness.free_port()
        self.assertEqual(self.line(port), "*** Error for AD: Connection error")
        self.assertEqual(self.flags(port, "AD").errors,
            "flags: AD: Connection error\n")
        self.assertEqual(self.flags(port, "-m", "1", "AD", "AE").errors,
            "flags: AD: Connection error (-v shows all 2 errors)\n")

    def test_an_address_that_is_dead_holds_up_nobody(self):
        # Its queue is full, so it hears nothing; and it is tried first.
        with socket.create_server((HOST, 0), backlog=0) as dead, \
                Client(dead.getsockname()[1]):
            server = self.script(lambda path, nth: OK, host="127.0.0.2",
                port=dead.getsockname()[1])
            hosts = os.path.join(self.home, "hosts")
            with open(hosts, "w") as file:
                file.write(f"{HOST} twofold\n127.0.0.2 twofold\n")
            flags = " ".join(self.command(f"http://twofold:{server.port}/",
                "-v", "AD", "--max-time", "9", "-d", self.home))

            def is_found():
                done = subprocess.run([*UNSHARE, "sh", "-c",
                    f"mount --bind {hosts} /etc/hosts && exec {flags}"],
                    capture_output=True, text=True, env=harness.environment())
                line = "AD OK" if done.returncode == 0 \
                    else "*** Error for AD: timed out"
                self.assertEqual(done.stdout.splitlines()[3:4], [line], done)
                return done.returncode == 0
            wait_until(is_found, "the other address is asked")

    def test_one_that_answers_before_it_is_asked(self):
        server = self.script(lambda path, nth: OK, greeting=OK)
        result = self.flags(server.url, "-m", "1", "AD", "AE")
        self.assertEqual(result.files, {"ad.gif": b"flag", "ae.gif": b"flag"})
        self.assertEqual(result.lines[4:-1], ["2 flags downloaded."])

    def test_an_answer_too_much_is_nobodys(self):
        server = self.script(lambda path, nth:
            answer(path.encode()) + answer(b"wrong"))
        result = self.flags(server.url, "-m", "1", "AD", "AE", "AF")
        for code in "ad", "ae", "af":
            self.assertEqual(result.files[code + ".gif"],
                f"/flags/{code}/{code}.gif".encode())

    def test_a_connection_that_ends_before_its_second_answer(self):
        for end in CLOSE, RESET:
            with self.subTest(end=end):
                asked = []

                def script(path, nth):
                    asked.append(path)
                    return end if len(asked) == 2 else OK
                result = self.flags(self.script(script).url, "-m", "1", "AD",
                    "AE")
                self.assertEqual((result.code, len(asked)), (0, 3))

    def test_redirects_are_followed(self):
        other = self.script(lambda path, nth: answer(path.encode()))

        def script(path, nth):
            where = {"/flags/ad/ad.gif": "../one", "/flags/one": "/two?a=b",
                "/two?a=b": f"http://{HOST}:{other.port}/three"}[path]
            return answer(b"", f"Location: {where}\r\n", "302 Found")
        result = self.flags(self.script(script).url, "AD")
        self.assertEqual(result.files, {"ad.gif": b"/three"})

    def test_a_process_that_was_stopped_is_not_late(self):
        # It may be late before it is stopped, on a busy machine.
        wait_until(self.is_not_late, "it is not late", 2 * DEADLINE)

    def is_not_late(self):
        """Whether a process got an answer after it was stopped."""
        server = self.flag_server(*FOREVER)
        process = self.start(server.delay_port, "AD", "--timeout", "2",
            "--max-time", "3")
        wait_until(lambda: server.flying()[0] or process.poll() is not None,
            "it has asked")
        process.send_signal(signal.SIGSTOP)
        time.sleep(4)
        process.send_signal(signal.SIGCONT)
        server.stop()
        return self.finish(process).code == 0


@on_both_twins
class Retries(FlagsTest):
    """Asking again."""

    def test_what_may_pass_is_asked_again(self):
        for what in (CLOSE, RESET, answer(b"", status="429 Slow down"),
                answer(b"", status="503 No"),
                [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwron", CLOSE]):
            with self.subTest(what=what):
                server = self.script(
                    lambda path, nth: what if nth == 0 else OK)
                self.assertEqual(
                    self.line(server.url, "--retries", "1"), "AD OK")
                self.assertEqual(self.files(), {"ad.gif": b"flag"})

    def test_the_last_ones_are(self):
        codes = TOP20[:3]

        def script(path, nth):
            if nth == 0 and path.split("/")[2].upper() in codes:
                return answer(b"", "Retry-After: 1\r\n", "503 No")
            return OK

        def are_last(at_once):
            shutil.rmtree(self.folder, ignore_errors=True)
            result = self.flags(self.script(script).url, "-v", "-m", at_once,
                "--retries", "1")
            self.assertEqual((result.code, len(result.files)), (0, 20))
            return sorted(result.lines[20:23]) == [
                code + " OK" for code in codes]
        for at_once in "1", "2", "30":
            # Unless the others take a second.
            wait_until(lambda: are_last(at_once), "they are the last ones")

    def test_nothing_else_is(self):
        for what in (answer(b"", status="501 No"), b"garbage\r\n\r\n",
                MISSING):
            server = self.script(lambda path, nth: what)
            self.line(server.url, "--retries", "3")
            self.assertEqual(sum(server.asked.values()), 1)

    def test_a_pause_that_is_asked_for_is_kept(self):
        # A date has whole seconds: it may be in less than that.
        for text, least in (("2", 1.99), (None, 1)):
            times = []

            def script(path, nth):
                times.append(time.monotonic())
                date = email.utils.formatdate(time.time() + 2, usegmt=True)
                return OK if nth else answer(b"",
                    f"Retry-After: {text or date}\r\n", "503 No")
            server = self.script(script)
            self.assertEqual(self.line(server.url, "--retries", "1"), "AD OK")
            self.assertGreaterEqual(times[1] - times[0], least)

    def test_one_that_is_too_long_is_an_error(self):
        server = self.script(lambda path, nth:
            answer(b"", "Retry-After: 3600\r\n", "503 No"))
        self.assertEqual(self.line(server.url, "--retries", "1"),
            "*** Error for AD: asked to wait 3600 s")


def within_a_second(test):
    """Mark a test that interrupts a downloader. It is made again when that took
    longer: on a busy machine it may, but not each time."""
    @functools.wraps(test)
    def made_again(self):
        def is_quick():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.taken = []
            test(self)
            return not harness.PLAIN or max(self.taken) < 1
        wait_until(is_quick, "it ends within a second")
    return made_again


@on_both_twins
class Interruptions(FlagsTest):
    """It ends within a second, and leaves nothing half done."""

    def interrupt(self, process, number=signal.SIGINT):
        """The result of a downloader that is interrupted now."""
        start = time.monotonic()
        process.send_signal(number)
        result = self.finish(process)
        self.taken.append(time.monotonic() - start)
        self.assertEqual(result.code, 128 + number)
        return result

    @within_a_second
    def test_before_anything_has_come(self):
        server = self.flag_server(*FOREVER)
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            process = self.start(server.delay_port, "-a", "-m", "5")
            server.wait_for_flying(5)
            result = self.interrupt(process, number)
            server.wait_for_flying(0)
            self.assertEqual(result.files, {})
            self.assertEqual(result.lines[3:-1], ["--------------------",
                "0 flags downloaded.", "Interrupted: 194 not asked for."])

    @within_a_second
    def test_in_the_middle_of_files(self):
        begun = threading.Semaphore(0)

        def script(path, nth):
            if path.endswith("ad.gif"):
                return OK
            begun.release()
            return [b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" +
                b"x" * 500000, HANG]
        process = self.start(self.script(script).url, "-m", "3", "-v",
            "AD", "AE", "AF", "AG")
        for _ in range(3):
            self.assertTrue(begun.acquire(timeout=DEADLINE))
        wait_until(
            lambda: len(os.listdir(self.folder)) == 4, "all files are begun")
        result = self.interrupt(process)
        self.assertEqual(result.files, {"ad.gif": b"flag"})
        self.assertIn("Interrupted: 3 not asked for.", result.lines)

    @within_a_second
    def test_before_the_last(self):
        server = self.script(
            lambda path, nth: HANG if path.endswith("vn.gif") else OK)
        process = self.start(server.url, "-v")
        for _ in range(3 + 19):
            process.stdout.readline()
        result = self.interrupt(process)
        self.assertEqual(len(result.files), 19)
        self.assertEqual(result.lines[1:-1],
            ["19 flags downloaded.", "Interrupted: 1 not asked for."])

    @within_a_second
    def test_while_all_wait_to_ask_again(self):
        server = self.script(lambda path, nth:
            answer(b"", "Retry-After: 60\r\n", "503 No"))
        process = self.start(server.url, "--retries", "1")
        wait_until(lambda: len(server.asked) == 20, "all were asked for")
        result = self.interrupt(process)
        self.assertIn("Interrupted: 20 not asked for.", result.lines)

    def test_while_nobody_reads_what_it_prints(self):
        server = self.flag_server("--size", "100")
        process = self.start(server.port, "-av", preexec_fn=lambda:
            fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 4096))
        output = process.stdout.fileno()
        head = b""
        while head.count(b"\n") < 3:
            head += os.read(output, 4096)
        if self.twin == "threaded":
            wait_until(lambda: sum(not name.startswith(".")
                for name in os.listdir(self.folder)) == 194, "all are saved")
        else:
            wait_until(lambda: select.select([output], [], [], 0)[0],
                "it prints")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 128 + signal.SIGTERM)

    def test_while_nobody_reads_its_report(self):
        path = os.path.join(self.home, "report")
        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reading)
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4096)
        process = self.start(
            self.flag_server("--size", "100").port, "-a", "--report", path)

        def waiting():
            count = bytearray(4)
            fcntl.ioctl(reading, termios.FIONREAD, count)
            return int.from_bytes(count, "little")
        wait_until(waiting, "it reports")
        # The pipe is full when no more has come for a while.
        quiet = 0
        while quiet < 20:
            before = waiting()
            time.sleep(0.01)
            quiet = quiet + 1 if waiting() == before else 0
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 128 + signal.SIGTERM)

    def test_a_second_signal_ends_it_at_once(self):
        server = self.flag_server(*FOREVER)
        process = self.start(server.delay_port)
        server.wait_for_flying(20)
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM,
                signal.SIGCONT):
            process.send_signal(number)
        self.assertEqual(process.wait(DEADLINE), -signal.SIGTERM)

    def test_what_is_ignored_does_not_interrupt(self):
        server = self.flag_server(*FOREVER)
        process = self.start(server.delay_port, "AD", preexec_fn=lambda:
            signal.signal(signal.SIGINT, signal.SIG_IGN))
        server.wait_for_flying(1)
        process.send_signal(signal.SIGINT)
        server.stop()
        self.assertEqual(self.finish(process).code, 0)


@on_both_twins
class Files(FlagsTest):
    """What is saved where."""

    # Names that are not to lead anywhere.
    HOSTILE = ["..", ".", "/", "//etc/passwd", "../../x", "a/b", "a/../b",
        ".hidden", " ", "\t", "a\nb", "\x01", "\x7f", "\u0085", "\u009f",
        "x" * 200, "é" * 100, "-rf", "--", "~", "~root", "$HOME", "`id`",
        "$(id)", "a;b", "a|b", "a&b", "a>b", "a*", "?", "[a]", "{a}", "'",
        '"', "\\", "\\\\", "%2e%2e%2f", "%00", "\u202e", "\u2028", "\ufeff",
        "a:b", "CON", "nul", "a.gif", ".part", ".ad.gif.1-1.part", "☃",
        "𝄞", "ﷺ", "\u0301", "a\u0300", "...", ".../", "./", "/.", "\r\n",
        "\x1b[31m", "a\x00b", "🇦🇩"]

    def test_hostile_countries_stay_in_the_folder(self):
        codes = [a + b for a in "ABC" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        names = dict(zip(codes, self.HOSTILE))

        def script(path, nth):
            if path.endswith(".json"):
                return answer(json.dumps(
                    {"country": names[path.split("/")[2].upper()]}).encode())
            return OK
        self.assertEqual(len(self.HOSTILE), 60)
        result = self.flags(self.script(script).url, "--names", *names)
        self.assertEqual((result.code, len(result.files)), (0, 60))
        self.assertEqual(os.listdir(self.home), ["downloads"])
        for name in result.files:
            self.assertFalse(name.startswith("."), name)
            self.assertFalse(
                [c for c in name if unicodedata.category(c) == "Cc"], name)

    def test_malformed_metadata_is_an_error(self):
        for text in b"", b"{}", b'{"country": ""}', b'{"country": 7}', \
                b'{"country": "%s"}' % (b"x" * 201), b"x" * 2000:
            server = self.script(lambda path, nth: answer(text)
                if path.endswith("json") else OK)
            self.assertEqual(self.line(server.url, "--names"),
                "*** Error for AD: malformed metadata")

    def test_a_file_is_replaced_and_a_link_not_followed(self):
        server = self.script(lambda path, nth: OK)
        os.mkdir(self.folder)
        outside = os.path.join(self.home, "outside")
        for path in outside, os.path.join(self.folder, "ae.gif"):
            with open(path, "w") as file:
                file.write("before")
        os.symlink(outside, os.path.join(self.folder, "ad.gif"))
        os.mkfifo(os.path.join(self.folder, "af.gif"))
        result = self.flags(server.url, "AD", "AE", "AF")
        self.assertEqual(result.files, dict.fromkeys(
            ("ad.gif", "ae.gif", "af.gif"), b"flag"))
        with open(outside) as file:
            self.assertEqual(file.read(), "before")

    def test_a_name_that_is_a_folder_is_an_error_of_one_flag(self):
        server = self.script(lambda path, nth: OK)
        os.makedirs(os.path.join(self.folder, "ad.gif"))
        process = self.start(server.url, "-m", "1", "-v", "AD", "AE")
        output, _ = process.communicate(timeout=DEADLINE)
        self.assertEqual(output.decode().splitlines()[3:5],
            ["*** Error for AD: cannot save: Is a directory", "AE OK"])
        self.assertEqual(process.returncode, 1)
        self.assertEqual(sorted(os.listdir(self.folder)),
            ["ad.gif", "ae.gif"])

    def test_a_folder_that_is_removed_ends_it(self):
        def script(path, nth):
            if path.endswith("ae.gif"):
                shutil.rmtree(self.folder)
            return OK
        process = self.start(self.script(script).url, "-m", "1", "-v", "AD",
            "AE", "AF")
        output, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, errors), (2, b""))
        self.assertEqual(output.decode().splitlines()[3:-1], ["AD OK",
            "*** Error for AE: cannot save: No such file or directory",
            "--------------------", "1 flag downloaded.", "1 error.",
            "1 not asked for."])
        self.assertFalse(os.path.exists(self.folder))

    def test_a_folder_that_cannot_be_made_is_named(self):
        server = self.script(lambda path, nth: OK)
        process = self.start(server.url, "-d", "no/where")
        output, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, output, errors), (2, b"",
            b"flags: no/where: No such file or directory\n"))

    def test_a_full_disk_ends_it(self):
        server = self.flag_server("--size", "100000")
        flags = " ".join(self.command(
            server.port, "-a", "-m", "3", "-d", self.home))
        done = subprocess.run([*UNSHARE, "sh", "-c",
            f"mount -t tmpfs -o size=1m tmpfs {self.home} && {flags}\n"
            f"code=$?; cd {self.home}; stat -c '%n %s' .??* *; exit $code"],
            capture_output=True, text=True, env=harness.environment())
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 2, done)
        saved = int(re.match(r"\d+", lines[4])[0])
        self.assertIn(saved, range(5, 11))
        files = [line for line in lines if ".gif" in line]
        self.assertEqual(len(files), saved)
        for line in files:
            self.assertRegex(line, r"^[a-z][a-z]\.gif 100000$")
        self.assertTrue(
            [line for line in lines if line.endswith(" not asked for.")])

    def test_two_runs_in_one_folder_do_not_mix(self):
        server = self.flag_server("--size", "200000")
        runs = [self.start(server.port, "-m", "10") for _ in range(2)]
        for run in runs:
            run.wait(DEADLINE)
        for run in runs:
            self.assertEqual(self.finish(run).code, 0)
        for name, data in self.files().items():
            self.assertEqual(len(data), 200000, name)


@on_both_twins
class Terminals(FlagsTest):
    """The bar."""

    def draw(self, width, url, *options, stopped=False):
        """What is drawn on a terminal of this width, and the exit code."""
        terminal, user = pty.openpty()
        if stopped:
            termios.tcflow(user, termios.TCOOFF)
        fcntl.ioctl(user, termios.TIOCSWINSZ,
            struct.pack("HHHH", 24, width, 0, 0))
        process = subprocess.Popen(self.command(url, *options),
            cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=user, env=harness.environment())
        os.close(user)
        drawn = b""
        try:
            while data := os.read(terminal, 65536):
                drawn += data
        except OSError:
            pass
        os.close(terminal)
        output = process.stdout.read()
        process.stdout.close()
        return drawn.decode(), output.decode(), process.wait(DEADLINE)

    def test_it_is_as_wide_as_the_terminal(self):
        server = self.flag_server("--delay", "0.3")
        for width in 20, 80, 200:
            with self.subTest(width=width):
                drawn, output, code = self.draw(
                    width, server.delay_port, "-m", "5")
                self.assertEqual(code, 0)
                bars = drawn.removesuffix("\r\033[K").split("\r")
                self.assertEqual((bars[0], len(bars) > 2), ("", True))
                self.assertTrue(drawn.endswith("\r\033[K"))
                self.assertEqual({len(bar) for bar in bars[1:]}, {width})
                self.assertTrue(bars[1].startswith("  0%|"), bars[1])
                self.assertIn("20 flags downloaded.\n", output)

    def test_a_terminal_that_takes_nothing_holds_up_nobody(self):
        server = self.flag_server()
        drawn, output, code = self.draw(80, server.port, stopped=True)
        self.assertEqual((drawn, code), ("", 0))
        self.assertIn("20 flags downloaded.\n", output)

    def test_lines_take_its_place(self):
        server = self.flag_server()
        drawn, output, _ = self.draw(80, server.port, "-v")
        self.assertEqual(drawn, "")
        self.assertEqual(output.count(" OK\n"), 20)


class Savers(FlagsTest):
    """Who saves, in the twin that has the choice."""

    twin = "evented"

    def test_the_loop_or_others(self):
        server = self.flag_server("--size", "300000")
        for savers in "0", "1", "4":
            shutil.rmtree(self.folder, ignore_errors=True)
            result = self.flags(server.port, "--savers", savers, "--names")
            self.assertEqual([len(data) for data in result.files.values()],
                [300000] * 20)

    def test_the_loop_can_be_interrupted(self):
        server = self.flag_server(*FOREVER)
        process = self.start(server.delay_port, "--savers", "0")
        server.wait_for_flying(20)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process).code, 130)


if __name__ == "__main__":
    harness.main()

#!/usr/bin/python3
"""
Every client against every server, in both languages; the user's answers from
a pipe, a file and a terminal; and servers that are none.
"""

import contextlib
import fcntl
import itertools
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from harness import (DEADLINE, HOST, TWINS, Server, ServerTest, environment,
    free_port, main, on_both_twins, program, wait_until)

ENGLISH = {"Unsure": "Unsure", "Warmer": "Warmer", "Colder": "Colder",
    "Same": "Same", "Correct": "Correct"}
KOREAN = {"Unsure": "잘 모르겠음", "Warmer": "더 따뜻함",
    "Colder": "더 차가움", "Same": "잘 모르겠음", "Correct": "맞음"}
QUESTION = re.compile(
    r"Is it (-?\d+)\? \[w\]armer \[c\]older \[s\]ame \[u\]nsure \[y\]es: ")


def run_client(twin, port, *options, **how):
    """Run a client to its end; return (exit code, output, errors)."""
    how.setdefault("stdin", subprocess.DEVNULL)
    if "input" in how:
        del how["stdin"]
    done = subprocess.run(
        [program(twin, "guess-client"), "--port", str(port), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        timeout=DEADLINE, text=True, **how)
    return done.returncode, done.stdout, done.stderr


def memory_kib(pid):
    """How much memory a process has, KiB."""
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def judge(guesses, secret):
    """What the client must think of these guesses."""
    before = None
    for guess in guesses:
        distance = abs(guess - secret)
        yield ("Correct" if distance == 0 else "Unsure" if before is None
            else "Warmer" if distance < before
            else "Colder" if distance > before else "Same")
        before = distance


class Pairs(ServerTest):
    """All four pairs of a client and a server."""

    @classmethod
    def setUpClass(cls):
        cls.shared = {twin: Server(twin, "--seed", "42") for twin in TWINS}

    @classmethod
    def tearDownClass(cls):
        try:
            for server in cls.shared.values():
                server.check()
                server.stop()
        finally:
            for server in cls.shared.values():
                server.kill()

    def check_output(self, output, games, words, count):
        """Fail unless a client's output is that of these games."""
        korean = words is KOREAN
        lines = output.splitlines()
        banners, results = lines[:len(games)], lines[len(games):]
        self.assertEqual(banners, [
            f"{a}와 {b} 사이의 숫자를 맞춰보세요! 쉿! 그 숫자는 {c} 입니다."
            if korean else
            f"Guess a number between {a} and {b}! Shhhhh, it's {c}."
            for a, b, c in games])
        pattern = re.compile(r"클라이언트: (-?\d+)는 (.+)" if korean
            else r"Client: (-?\d+) is (.+)")
        results = [pattern.fullmatch(line).groups() for line in results]
        for lower, upper, secret in games:
            played = []
            while results and (count == 0 or len(played) < count):
                guess, word = results.pop(0)
                played.append((int(guess), word))
                if word == words["Correct"]:
                    break
            guesses = [guess for guess, _ in played]
            self.assertEqual([word for _, word in played],
                [words[d] for d in judge(guesses, secret)])
            self.assertEqual(len(set(guesses)), len(guesses))
            self.assertTrue(all(lower <= g <= upper for g in guesses))
            if count == 0:
                self.assertEqual(guesses[-1], secret)
            elif guesses[-1] != secret:
                self.assertEqual(len(guesses), count)
        self.assertEqual(results, [])

    def each_pair(self, options, games, words=ENGLISH, count=0):
        """Play these games in all pairs; all outputs must be the same."""
        outputs = set()
        for client, server in itertools.product(TWINS, TWINS):
            with self.subTest(client=client, server=server):
                code, output, errors = run_client(
                    client, self.shared[server].port, *options)
                self.assertEqual((code, errors), (0, ""))
                self.check_output(output, games, words, count)
                outputs.add(output)
        self.assertEqual(len(outputs), 1, "the outputs differ")

    def test_the_published_games(self):
        self.each_pair([], [(1, 5, 3), (10, 15, 12)], count=5)

    def test_the_published_games_in_korean(self):
        self.each_pair(["--lang", "ko"], [(1, 5, 3), (10, 15, 12)],
            KOREAN, 5)

    def test_the_published_games_to_their_end(self):
        self.each_pair(["--count", "0"], [(1, 5, 3), (10, 15, 12)])

    def test_a_count_ends_a_game(self):
        self.each_pair(["--count", "3", "1", "1000000", "7"],
            [(1, 1000000, 7)], count=3)

    def test_given_games_go_on_until_found(self):
        self.each_pair(["1", "100", "50", "7", "7", "7"],
            [(1, 100, 50), (7, 7, 7)])

    def test_negative_numbers(self):
        self.each_pair(["-5", "5", "-3"], [(-5, 5, -3)])
        self.each_pair(["-20", "-10", "-12"], [(-20, -10, -12)])
        self.each_pair(["--", "-5", "5", "-3"], [(-5, 5, -3)])
        self.each_pair(["-53", "-51", "-52", "--count", "2"],
            [(-53, -51, -52)], count=2)

    def test_the_widest_game(self):
        lower, upper = -2 ** 63, 2 ** 63 - 1
        self.each_pair(["--count", "9", str(lower), str(upper), "0"],
            [(lower, upper, 0)], count=9)
        self.each_pair(["--count", "9", str(lower), str(upper), str(upper)],
            [(lower, upper, upper)], count=9)

    def test_many_games(self):
        games = [(n, n + 3, n + 1) for n in range(100)]
        self.each_pair([str(n) for game in games for n in game], games)

    def test_the_language_is_that_of_the_player_the_words_are_the_servers(self):
        for client, twin in itertools.product(TWINS, TWINS):
            for options, word in (["--lang", "ko"], b"Correct"), (
                    ["--words", "ko"], "맞음".encode()):
                received = []

                def behave(connection):
                    with connection.makefile("rb") as reader:
                        while received[-1:] != [b"NUMBER\n"]:
                            received.append(reader.readline())
                        connection.sendall(b"5\n")
                        received.append(reader.readline())
                        listening(connection)

                with FakeServer(behave) as server:
                    code, _, errors = run_client(
                        client, server.port, *options, "5", "5", "5")
                self.assertEqual((code, errors), (0, ""))
                self.assertEqual(received[-1], b"REPORT " + word + b"\n")

    def test_korean_reports_are_understood(self):
        for client, twin in itertools.product(TWINS, TWINS):
            server = Server(twin, "--lang", "ko")
            try:
                code, _, errors = run_client(
                    client, server.port, "--words", "ko", "5", "5", "5")
                self.assertEqual((code, errors), (0, ""))
                server.stop()
                self.assertIn("서버: 5는 맞음\n", server.output)
            finally:
                server.kill()

    def test_bisect_finds_every_number(self):
        server = Server("evented", "--strategy", "bisect", "--quiet")
        try:
            for client in TWINS:
                numbers = [str(n) for secret in range(1, 65)
                    for n in (1, 64, secret)]
                code, output, errors = run_client(
                    client, server.port, *numbers)
                self.assertEqual((code, errors), (0, ""))
                self.assertEqual(output.count(" is Correct\n"), 64)
                self.assertLessEqual(output.count("Client: "), 64 * 14)
            server.stop()
        finally:
            server.kill()


@on_both_twins
class Asking(ServerTest):
    """--ask: the user answers at the prompt."""

    def play(self, stdin, *options):
        """Play with answers from a file; return what was printed."""
        server = self.serve("--seed", "1")
        code, output, errors = run_client(
            self.twin, server.port, "--ask", *options, stdin=stdin)
        self.assertEqual((code, errors), (0, ""))
        return output

    def check(self, output, words):
        """Fail unless these decisions were taken in."""
        found = re.findall(r"Client: -?\d+ is (\w+)\n", output)
        self.assertEqual(found, words)

    def test_answers_from_a_file(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\nw\nc\ns\ny\n")
            answers.flush()
            answers.seek(0)
            output = self.play(answers)
        self.assertTrue(output.startswith(
            "Think of a number between 1 and 100.\n"))
        self.assertEqual(len(QUESTION.findall(output)), 5)
        self.check(output, ["Unsure", "Warmer", "Colder", "Same", "Correct"])

    def test_answers_from_a_pipe(self):
        output, input_ = os.pipe()
        os.write(input_, b"Unsure\n  warmer\nYES\n")
        os.close(input_)
        with os.fdopen(output) as answers:
            self.check(self.play(answers, "-5", "5"),
                ["Unsure", "Warmer", "Correct"])

    def test_the_last_answer_needs_no_line_end(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\ny")
            answers.flush()
            answers.seek(0)
            self.check(self.play(answers), ["Unsure", "Correct"])

    def test_what_is_no_answer_is_asked_again(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("hello\n\n" + " " * 100 + "\n\x1b[A\nu\nx\ny\n")
            answers.flush()
            answers.seek(0)
            output = self.play(answers)
        self.check(output, ["Unsure", "Correct"])
        self.assertEqual(output.count(
            "Please answer w, c, s, u or y (? explains them, q quits).\n"), 5)

    def answer(self, text, *options):
        """Play with these answers; return what was printed."""
        with tempfile.TemporaryFile("w+") as answers:
            answers.write(text)
            answers.flush()
            answers.seek(0)
            return self.play(answers, *options)

    def test_whole_words_mean_what_they_say(self):
        for yes in "Correct", "correct", "yes", "맞음", "예":
            with self.subTest(yes=yes):
                self.check(self.answer(f"unsure\nColder\n더 따뜻함\n{yes}\n"),
                    ["Unsure", "Colder", "Warmer", "Correct"])

    def test_a_korean_game(self):
        output = self.answer(
            "?\nw\n잘 모르겠음\n더 따뜻함\nc\n같음\n맞음\n", "--lang", "ko",
            "1", "10")
        self.assertTrue(output.startswith(
            "1부터 10 사이의 숫자를 생각하세요.\n"), output)
        self.assertEqual(len(re.findall(r"-?\d+인가요\? ", output)), 7)
        self.assertIn("  w  더 따뜻함: ", output)
        self.assertIn("비교할 숫자가 없습니다. ", output)
        self.assertIn("5번 만에 맞혔습니다.\n", output)
        self.assertEqual(re.findall(r"클라이언트: \d+는 (.*)\n", output),
            ["잘 모르겠음", "더 따뜻함", "더 차가움", "잘 모르겠음", "맞음"])
        self.assertNotRegex(output, "Is it|Please|Found")

    def test_a_question_mark_explains_the_answers(self):
        output = self.answer("?\nu\nhelp\ny\n")
        self.assertEqual(output.count(
            "  w  warmer: nearer to your number than the guess before\n"), 2)
        self.check(output, ["Unsure", "Correct"])

    def test_the_first_guess_is_not_nearer_than_anything(self):
        output = self.answer("w\nc\ns\nu\nw\ny\n3\nw\ny\n", "1", "9", "3", "3")
        self.assertEqual(output.count("there is nothing to compare it with"), 4)
        self.check(output, ["Unsure", "Warmer", "Correct", "Correct"])

    def test_q_ends_all_games(self):
        for typed in "u\nq\n", "u\nquit\ny\n", "u\nq":
            with self.subTest(typed=typed):
                output = self.answer(typed, "1", "9", "1", "9")
                self.check(output, ["Unsure"])
                self.assertEqual(output.count("Think of a number"), 1)
        self.check(self.answer("q\n"), [])

    def test_at_the_end_it_says_in_how_many_guesses(self):
        output = self.answer("u\nw\ny\ny\n", "1", "9", "3", "3")
        self.assertIn("\nFound in 3 guesses.\nThink of a number", output)
        self.assertIn("\nFound in 1 guess.\nClient: ", output)
        self.assertNotIn("Found",
            self.answer("u\nw\n", "--count", "2"))

    def test_an_endless_answer_does_not_spoil_the_next(self):
        for length in 1000, 1024, 1025, 1026, 1027, 3000, 100000:
            with self.subTest(length=length), \
                    tempfile.TemporaryFile("w+") as answers:
                answers.write("x" * length + "yes\nu\ny\n")
                answers.flush()
                answers.seek(0)
                self.check(self.play(answers), ["Unsure", "Correct"])

    def test_an_answer_without_an_end_costs_neither_memory_nor_time(self):
        server = self.serve()
        with subprocess.Popen([program(self.twin, "guess-client"), "--port",
                str(server.port), "--ask"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment()) as process:
            self.assertTrue(self.is_asked(process))
            process.stdin.write(b"y" * 65536)
            before = memory_kib(process.pid)
            for _ in range(1024):
                process.stdin.write(b"y" * 65536)
            process.stdin.flush()
            self.assertLess(memory_kib(process.pid) - before, 32 * 1024)
            process.stdin.write(b"\ny\n")
            output, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, errors), (0, b""))
        self.assertEqual(output.count(b"Please answer "), 1)

    def is_asked(self, process):
        """Read up to the end of the next question; False: there is none."""
        text = b""
        while not text.endswith(b"[y]es: "):
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                return False
            text += piece
        return b"Is it " in text

    def test_the_user_may_think_longer_than_the_server(self):
        server = self.serve()

        def thinks():
            """Whether a game was played by somebody who thinks."""
            with subprocess.Popen([program(self.twin, "guess-client"),
                    "--port", str(server.port), "--ask", "--answer-timeout",
                    "0.3", "1", "9"], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env=environment()) as process:
                for answer in b"u\n", b"w\n", b"y\n":
                    if not self.is_asked(process):
                        break
                    time.sleep(0.7)
                    process.stdin.write(answer)
                    process.stdin.flush()
                output, errors = process.communicate(timeout=DEADLINE)
            if errors == b"guess-client: the server has not answered for " \
                    b"0.3 s\n":
                return False
            self.assertEqual((process.returncode, errors), (0, b""))
            self.assertEqual(output.count(b"Client: "), 3)
            return True
        # On a busy machine the server may be late, but not each time.
        wait_until(thinks, "the user may think")

    def test_several_games(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\ny\ny\n")
            answers.flush()
            answers.seek(0)
            output = self.play(answers, "1", "9", "3", "3")
        self.check(output, ["Unsure", "Correct", "Correct"])
        self.assertIn("Think of a number between 3 and 3.\n", output)

    def test_a_count_ends_the_questions(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\nu\nu\nu\n")
            answers.flush()
            answers.seek(0)
            self.check(self.play(answers, "--count", "2"),
                ["Unsure", "Unsure"])

    def test_no_answer_ends_with_a_word(self):
        server = self.serve()
        for text in "", "u\n", "u\nx":
            code, _, errors = run_client(
                self.twin, server.port, "--ask", input=text)
            self.assertEqual(code, 1)
            self.assertRegex(errors, r"\Aguess-client: [^\n]+\n\Z")

    def converse(self, process, read_fd, answer_to, write_fd):
        """Answer each question as it comes, until the process has ended."""
        text = ""
        asked = 0
        while True:
            data = os.read(read_fd, 4096)
            if not data:
                return text
            text += data.decode()
            questions = QUESTION.findall(text)
            if len(questions) > asked:
                asked += 1
                os.write(write_fd, answer_to(int(questions[-1])))

    def answer_for(self, secret):
        before = None

        def answer(guess):
            nonlocal before
            distance, last = abs(guess - secret), before
            before = distance
            return (b"y\n" if distance == 0 else b"u\n" if last is None
                else b"w\n" if distance < last
                else b"c\n" if distance > last else b"s\n")
        return answer

    def test_answers_from_a_terminal(self):
        server = self.serve("--strategy", "bisect")
        master, slave = pty.openpty()
        with subprocess.Popen([program(self.twin, "guess-client"), "--port",
                str(server.port), "--ask"], stdin=slave,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment()) as process:
            os.close(slave)
            output = self.converse(process, process.stdout.fileno(),
                self.answer_for(37), master)
            self.assertEqual(process.stderr.read(), b"")
        os.close(master)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(output, r"Client: 37 is Correct\n\Z")

    def test_answers_one_by_one_from_a_pipe(self):
        server = self.serve()
        with subprocess.Popen([program(self.twin, "guess-client"), "--port",
                str(server.port), "--ask", "1", "20"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment()) as process:
            output = self.converse(process, process.stdout.fileno(),
                self.answer_for(11), process.stdin.fileno())
            process.stdin.close()
            self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.returncode, 0)
        self.assertRegex(output, r"Client: 11 is Correct\n\Z")

    def test_both_clients_print_the_same(self):
        server = self.serve("--seed", "8")
        outputs = {run_client(twin, server.port, "--ask", "1", "50",
            input="w\nu\n?\nw\n\nc\ns\nq\n") for twin in TWINS}
        self.assertEqual(len(outputs), 1)


class Parity(unittest.TestCase):
    """The clients compared with each other."""

    def test_they_end_alike_when_nobody_reads_their_output(self):
        server = Server("threaded", "--quiet", "--seed", "2")
        try:
            codes = []
            for twin in TWINS:
                output, input_ = os.pipe()
                os.close(output)
                codes.append(subprocess.run(
                    [program(twin, "guess-client"), "--port",
                        str(server.port)],
                    stdout=input_, stderr=subprocess.DEVNULL,
                    env=environment(), timeout=DEADLINE).returncode)
                os.close(input_)
            self.assertEqual(*codes)
            server.check()
        finally:
            server.kill()


class FakeServer:
    """A server that does to its clients what it is told."""

    def __init__(self, behave):
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.behave = behave
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        try:
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(DEADLINE)
                self.behave(connection)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes an accept that nobody answered.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.listener.close()


def read_request(connection):
    """Read until the client asks for a number; False: it does not."""
    data = b""
    while not data.endswith(b"NUMBER\n"):
        piece = connection.recv(4096)
        if not piece:
            return False
        data += piece
    return True


def answering(*answers):
    """Behave as a server that gives these answers, and closes."""
    return answering_all(answers)


def answering_all(answers):
    """The same with an iterable of answers, which may have no end."""
    def behave(connection):
        for answer in answers:
            if not read_request(connection):
                return
            connection.sendall(answer)
    return behave


def unacknowledged(connection):
    """How many bytes its peer's system has not yet got, an end included."""
    count = fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0))
    return struct.unpack("i", count)[0]


def listening(connection):
    """Behave as a server that takes all and says nothing."""
    while connection.recv(4096):
        pass


@on_both_twins
class BadServers(unittest.TestCase):
    """What a client does about a server that is none."""

    @contextlib.contextmanager
    def started(self, port, *options):
        """A client that runs, with pipes for all it reads and prints."""
        with subprocess.Popen([program(self.twin, "guess-client"), "--port",
                str(port), *options], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment()) as process:
            try:
                yield process
            finally:
                process.kill()

    def fail_with(self, port, *options):
        """Run a client that must fail; return its complaint."""
        code, _, errors = run_client(self.twin, port, *options)
        self.assertEqual(code, 1, errors)
        self.assertRegex(errors, r"\Aguess-client: [^\n]+\n\Z")
        self.assertTrue(errors[:-1].isprintable(), repr(errors))
        return errors

    def fail_at(self, behave, *options):
        """Run a client against a fake server; return its complaint."""
        with FakeServer(behave) as server:
            return self.fail_with(server.port, *options)

    def test_nobody_listens(self):
        port = free_port()
        complaint = self.fail_with(port)
        self.assertIn(f"{HOST}:{port}", complaint)
        self.assertTrue(complaint.endswith(
            ": Connection refused (is guess-server running?)\n"), complaint)

    def test_a_name_that_is_none(self):
        # Too long for a name, so that no name server is asked.
        self.assertIn("a" * 70, self.fail_with(1, "--host", "a" * 70))

    def test_it_closes_at_once(self):
        self.fail_at(lambda connection: None)

    def test_it_closes_instead_of_answering(self):
        self.fail_at(read_request)

    def test_it_closes_in_the_middle_of_a_game(self):
        self.fail_at(answering(b"1\n"))

    def test_it_closes_in_the_middle_of_a_number(self):
        self.fail_at(answering(b"1\n", b"2"))

    def test_it_resets(self):
        def behave(connection):
            read_request(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                b"\x01\0\0\0\0\0\0\0")
        self.fail_at(behave)

    def test_it_answers_nonsense(self):
        for answer in (b"banana\n", b"\n", b"1 2\n", b"0x1\n", b"1\0\n",
                b"99999999999999999999\n", b"\xff\xfe\n", b"NaN\n",
                "٣\n".encode()):
            with self.subTest(answer=answer):
                self.fail_at(answering(answer))

    def test_it_answers_what_harms_a_terminal(self):
        for answer in (b"\x1b[2J\x07\n", b"\xc2\x9b31m\n", b"a\rb\x08\n",
                "\u202e\u2028\n".encode()):
            with self.subTest(answer=answer):
                self.fail_at(answering(answer))

    def test_its_error_is_shown(self):
        self.assertIn("ERROR too many connections",
            self.fail_at(answering(b"ERROR too many connections\n")))

    def test_an_error_that_comes_unasked_is_shown(self):
        def behave(connection):
            connection.sendall(b"ERROR too many connections\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        self.assertIn("ERROR too many connections", self.fail_at(behave))

    def test_an_endless_line(self):
        def behave(connection):
            read_request(connection)
            while True:
                connection.sendall(b"1" * 65536)
        self.fail_at(behave)

    def test_it_guesses_outside_of_the_range(self):
        for guess, range_ in (("99", "1 and 5"), ("6", "1 and 5"),
                ("0", "1 and 5"), ("-9223372036854775808", "1 and 5")):
            with self.subTest(guess=guess):
                self.assertEqual(self.fail_at(
                        answering_all(
                    itertools.repeat(guess.encode() + b"\n"))),
                    f"guess-client: the server guessed {guess}, which is not "
                    f"between {range_}\n")

    def test_it_guesses_a_number_again(self):
        self.assertEqual(self.fail_at(answering_all(itertools.repeat(b"1\n"))),
            "guess-client: the server guessed 1 again\n")
        # Whichever it is of the numbers that it has guessed.
        self.assertEqual(self.fail_at(answering(
                *(b"%d\n" % n for n in range(9, 5000)), b"17\n"),
                "1", "1000000", "3"),
            "guess-client: the server guessed 17 again\n")

    def test_it_may_guess_in_each_game_what_it_likes(self):
        numbers = [*range(1, 100), 3000] * 3
        with FakeServer(answering(*(b"%d\n" % n for n in numbers))) as server:
            code, output, errors = run_client(
                self.twin, server.port, *["1", "3000", "3000"] * 3)
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(output.count("Client: "), 300)

    def test_the_rules_hold_when_the_user_is_asked(self):
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\n" * 10)
            for guess, complaint in ((b"101\n",
                        "the server guessed 101, which is not between "
                        "1 and 100"), (b"7\n", "the server guessed 7 again")):
                answers.seek(0)
                with FakeServer(answering(b"7\n", guess)) as server:
                    code, _, errors = run_client(
                        self.twin, server.port, "--ask", stdin=answers)
                self.assertEqual((code, errors),
                    (1, f"guess-client: {complaint}\n"))

    def test_it_says_nothing(self):
        for options in ("--answer-timeout", "0.5"), (
                "--ask", "--answer-timeout=0.5"):
            self.assertEqual(self.fail_at(listening, *options),
                "guess-client: the server has not answered for 0.5 s\n")

    def test_it_falls_silent(self):
        def behave(connection):
            read_request(connection)
            connection.sendall(b"1\n")
            listening(connection)
        self.assertEqual(self.fail_at(behave, "--answer-timeout", ".50"),
            "guess-client: the server has not answered for .50 s\n")

    def test_it_answers_a_byte_at_a_time_and_never_ends(self):
        def behave(connection):
            read_request(connection)
            while True:
                connection.sendall(b"0")
                time.sleep(0.1)
        self.assertEqual(self.fail_at(behave, "--answer-timeout", "0.5"),
            "guess-client: the server has not answered for 0.5 s\n")

    def test_without_a_limit_it_may_take_its_time(self):
        def behave(connection):
            read_request(connection)
            time.sleep(0.7)
            connection.sendall(b"3\n")
            listening(connection)
        with FakeServer(behave) as server:
            code, _, errors = run_client(self.twin, server.port,
                "--answer-timeout", "0", "1", "5", "3")
        self.assertEqual((code, errors), (0, ""))

    def test_it_never_reads_and_answers_what_it_was_never_asked(self):
        # Its numbers count as answers, so the client goes on asking, until
        # the system takes no more of that.
        def behave(connection):
            for start in itertools.count(0, 10000):
                connection.sendall(b"".join(
                    b"%d\n" % n for n in range(start, start + 10000)))
        self.assertEqual(self.fail_at(behave, "--answer-timeout", "1", "0",
                "9223372036854775807", "9223372036854775807"),
            "guess-client: the server has not answered for 1 s\n")

    def test_an_answer_that_came_while_it_was_stopped_is_not_late(self):
        # On a busy machine it may be so before it is stopped, not each time.
        wait_until(self.is_not_late, "it is not late")

    def is_not_late(self):
        """Whether a client took an answer that came while it was stopped."""
        asked, stopped = threading.Event(), threading.Event()

        def behave(connection):
            read_request(connection)
            asked.set()
            stopped.wait(DEADLINE)
            connection.sendall(b"3\n")
            stopped.clear()
            listening(connection)

        with FakeServer(behave) as server, self.started(server.port,
                "--answer-timeout", "1", "1", "5", "3") as process:
            asked.wait(DEADLINE)
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.3)
            stopped.set()
            wait_until(lambda: not stopped.is_set(), "the answer is sent")
            process.send_signal(signal.SIGCONT)
            _, errors = process.communicate(timeout=DEADLINE)
        return (process.returncode, errors) == (0, b"")

    def fail_while_asking(self, behave, answer=b"y\n"):
        """Let a fake server do something while the user thinks; return the
        client's complaint. The client may wait for the answer to notice."""
        done = threading.Event()

        def question_then(connection):
            read_request(connection)
            connection.sendall(b"7\n")
            behave(connection)
            wait_until(lambda: unacknowledged(connection) == 0, "it arrives")
            done.set()
            listening(connection)

        with FakeServer(question_then) as server, self.started(
                server.port, "--ask") as process:
            done.wait(DEADLINE)
            output, errors = process.communicate(answer, timeout=DEADLINE)
            self.assertEqual(process.returncode, 1)
            self.last_output = output
            return errors.decode()

    def test_it_answers_what_it_was_not_asked(self):
        for early in b"8\n", b"8\n9\n", b"7\n":
            self.assertEqual(
                self.fail_while_asking(lambda c: c.sendall(early)),
                f"guess-client: the server sent '{early[:1].decode()}' "
                "unasked\n")

    def test_it_begins_an_answer_that_it_was_not_asked(self):
        # Whatever the user answers, and before anything else is said.
        for answer in b"y\n", b"q\n":
            self.assertEqual(
                self.fail_while_asking(lambda c: c.sendall(b"8"), answer),
                "guess-client: the server sent part of a line unasked\n")
            self.assertTrue(
                self.last_output.endswith(b"[y]es: "), self.last_output)

    def test_it_answers_once_too_often(self):
        # Both lines come together.
        with tempfile.TemporaryFile("w+") as answers:
            answers.write("u\n" * 10)
            answers.seek(0)
            with FakeServer(answering(b"7\n8\n")) as server:
                code, _, errors = run_client(
                    self.twin, server.port, "--ask", stdin=answers)
        self.assertEqual((code, errors),
            (1, "guess-client: the server sent '8' unasked\n"))

    def test_it_complains_while_the_user_thinks(self):
        self.assertEqual(self.fail_while_asking(
                lambda c: c.sendall(b"ERROR line timeout\n")),
            "guess-client: the server answered: ERROR line timeout\n")

    def test_it_closes_while_the_user_thinks(self):
        self.assertEqual(self.fail_while_asking(
                lambda c: c.shutdown(socket.SHUT_WR)),
            "guess-client: the server closed the connection\n")

    def test_it_is_not_there(self):
        # A queue that is full answers to nobody, as a dead machine does.
        with socket.create_server((HOST, 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for client in waiting:
                client.setblocking(False)
                client.connect_ex((HOST, port))
            try:
                self.assertEqual(
                    self.fail_with(port, "--answer-timeout", "0.5"),
                    f"guess-client: cannot connect to {HOST}:{port}: "
                    "Connection timed out\n")
            finally:
                for client in waiting:
                    client.close()

    def test_an_answer_in_pieces_is_an_answer(self):
        def behave(connection):
            for guess in b"1\r\n", b"3\n", b"10\n", b"12\n":
                read_request(connection)
                for i in range(len(guess)):
                    connection.send(guess[i:i + 1])
            while connection.recv(4096):
                pass
        with FakeServer(behave) as server:
            code, output, errors = run_client(self.twin, server.port)
        self.assertEqual((code, errors), (0, ""))
        self.assertTrue(output.endswith(
            "Client: 1 is Unsure\nClient: 3 is Correct\n"
            "Client: 10 is Unsure\nClient: 12 is Correct\n"), output)

    def test_what_it_sends(self):
        received = []

        def behave(connection):
            reader = connection.makefile("rb")
            for guess in b"9\n", b"3\n":
                while received[-1:] not in ([b"NUMBER\n"], [b""]):
                    received.append(reader.readline())
                received.append(guess)
                connection.sendall(guess)
            received.extend(reader.readlines())

        with FakeServer(behave) as server:
            code, _, errors = run_client(
                self.twin, server.port, "1", "9", "3")
        self.assertEqual((code, errors), (0, ""))
        self.assertEqual(received, [b"PARAMS 1 9\n", b"NUMBER\n", b"9\n",
            b"REPORT Unsure\n", b"NUMBER\n", b"3\n", b"REPORT Correct\n",
            b"PARAMS 0 -1\n"])


if __name__ == "__main__":
    main()

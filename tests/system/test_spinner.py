#!/usr/bin/python3
"""
The spinner: its bytes against those of the published programs, the exit codes
of commands, signals, and terminals in all states.
"""

import contextlib
import fcntl
import itertools
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import unittest

from harness import (DEADLINE, TWINS, environment, main, on_both_twins,
    program, wait_until)

OBJECT = {"threaded": b"spinner object: <thread, initial>\n",
    "evented": b"spinner object: <timer, pending>\n"}
ANSWER = b"Answer: 42\n"
MARK = b"\0"  # moves no terminal
CTRL_C, CTRL_Z = b"\x03", b"\x1a"
FOREVER = ("--seconds", "100000")

# What ends a process by default, but for what only the kernel can do, and what
# a failing write brings: that is ignored, so that the write fails.
ENDING = sorted({*range(1, 32), signal.SIGRTMIN, signal.SIGRTMAX} - {
    signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, signal.SIGCONT,
    signal.SIGURG, signal.SIGWINCH, signal.SIGTSTP, signal.SIGTTIN,
    signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ})


class Clock:
    """A clock that only sleeping moves; time is counted in frames."""

    def __init__(self, end):
        self.now = 0
        self.end = end

    def sleep(self):
        """Wait for a frame; whether the slow function is done then."""
        self.now += 1
        return self.now >= self.end


def first_edition(message, clock):
    """What the program of the first edition writes."""
    written = ""
    for char in itertools.cycle("|/-\\"):
        status = char + " " + message
        written += status
        written += "\x08" * len(status)
        if clock.sleep():
            break
    return written + " " * len(status) + "\x08" * len(status)


def second_edition(message, clock):
    """What the program of the second edition writes."""
    written = ""
    for char in itertools.cycle("\\|/-"):
        status = f"\r{char} {message}"
        written += status
        if clock.sleep():
            break
    return written + f"\r{' ' * len(status)}\r"


def published(edition, frames, message="thinking!"):
    """The bytes of so many frames and of their end."""
    make = {1: first_edition, 2: second_edition}[edition]
    return make(message, Clock(frames)).encode() if frames else b""


def count_frames(data, message=b"thinking!"):
    """How many frames are in these bytes."""
    return len(re.findall(rb"[|/\\-] " + re.escape(message), data))


class Screen:
    """A terminal as it looks: rows of text that bytes have made."""

    def __init__(self, columns=80):
        self.columns = columns
        self.rows = [""]
        self.at = 0

    def show(self, data):
        """Take in bytes."""
        for char in data.decode():
            row = self.rows[-1].ljust(self.at)
            if char == "\n":
                self.rows.append("")
            elif char == "\r":
                self.at = 0
            elif char == "\b":
                self.at = max(0, self.at - 1)
            else:
                if self.at == self.columns:
                    self.rows.append("")
                    row, self.at = "", 0
                self.rows[-1] = row[:self.at] + char + row[self.at + 1:]
                self.at += 1

    def resize(self, columns):
        """Cut what does not fit any more, as most terminals do."""
        self.columns = columns
        self.rows = [row[:columns] for row in self.rows]
        self.at = min(self.at, columns)

    def text(self):
        """What is to be read, without blanks at the ends of rows."""
        return [row.rstrip() for row in self.rows]


class Terminal:
    """A pseudo terminal, and what programs have written to it."""

    def __init__(self, columns=80):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(columns)
        self.written = b""
        self.resize(columns)

    def resize(self, columns):
        """Make it wider or narrower."""
        self.read_now()
        self.screen.resize(columns)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
            struct.pack("HHHH", 24, columns, 0, 0))

    def read_now(self):
        """Take in what is there."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 4096)
            except OSError:
                break
            self.written += data
            self.screen.show(data)

    def settle(self):
        """Take in all that was written before, which the kernel may be about to
        move on: up to a mark of ours behind it."""
        os.write(self.slave, MARK)
        while MARK not in self.written:
            data = os.read(self.master, 4096)
            self.written += data
            self.screen.show(data.replace(MARK, b""))
        self.written = self.written.replace(MARK, b"")

    def has(self, text):
        """Whether this was written so far."""
        self.read_now()
        return text in self.written

    def type(self, data):
        """Type something."""
        os.write(self.master, data)

    def close(self):
        """Hang up."""
        for fd in self.master, self.slave:
            os.close(fd)


class SpinnerTest(unittest.TestCase):
    """Runs spinners of one twin."""

    twin = "threaded"

    def start(self, *arguments, **how):
        """Start a spinner; it is ended with the test."""
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE, **how}
        process = subprocess.Popen([program(self.twin, "spinner"),
            *map(str, arguments)], env=environment(), **how)

        def end():
            process.kill()
            process.wait()
            for file in process.stdout, process.stderr:
                if file:
                    file.close()

        self.addCleanup(end)
        return process

    def run_to_end(self, *arguments, **how):
        """Run a spinner; its exit code, output and errors."""
        process = self.start(*arguments, **how)
        output, errors = process.communicate(timeout=DEADLINE)
        return process.returncode, output, errors

    def terminal(self, columns=80):
        """A terminal, for as long as the test."""
        terminal = Terminal(columns)
        self.addCleanup(terminal.close)
        return terminal

    def start_on(self, terminal, *arguments, command=None, **how):
        """Start a spinner as the foreground of a terminal of its own."""
        slave = terminal.slave

        def take():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        if command is not None:
            process = subprocess.Popen(command, env=environment(), stdin=slave,
                stdout=slave, stderr=slave, preexec_fn=take)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            return process
        return self.start(*arguments, **{"stdin": slave, "stdout": slave,
            "stderr": slave, "preexec_fn": take, **how})

    def read_frames(self, process, frames, file=None):
        """Read until so many frames have come; what was read."""
        data = b""
        while count_frames(data) < frames:
            piece = os.read((file or process.stdout).fileno(), 4096)
            self.assertTrue(piece, "it ended too soon")
            data += piece
        return data

    def wait_frames(self, terminal, frames):
        """Wait until so many more frames were written to a terminal."""
        terminal.read_now()
        before = len(terminal.written)

        def come():
            terminal.read_now()
            return count_frames(terminal.written[before:]) >= frames

        wait_until(come, f"{frames} frames have come")

    def wait_end(self, process, terminal):
        """Wait for the end of a spinner on a terminal; its exit code."""
        wait_until(lambda: (terminal.read_now(), process.poll())[1] is not None,
            "it has ended")
        terminal.read_now()
        return process.returncode


@on_both_twins
class Bytes(SpinnerTest):
    """S01, S02: what is written."""

    def check_bytes(self, edition, message, *arguments):
        """A run prints what the published program prints for its frames."""
        code, output, errors = self.run_to_end("--message", message, *arguments)
        frames = count_frames(output, message.encode())
        self.assertEqual((code, errors), (0, b""))
        self.assertGreater(frames, 0)
        self.assertEqual(output, OBJECT[self.twin] +
            published(edition, frames, message) + ANSWER)

    def test_they_are_those_of_the_first_edition(self):
        self.check_bytes(1, "thinking!", "--seconds", "0.35")
        self.check_bytes(1, "", "--seconds", "0.05", "--interval", "0.01")
        self.check_bytes(1, "x" * 160, "--seconds", "0.1", "--frames", "1")

    def test_they_are_those_of_the_second_edition(self):
        self.check_bytes(2, "thinking!", "--seconds", "0.35", "--frames", "2")
        self.check_bytes(2, "so?", "--seconds", "0.05", "--frames", "2",
            "--interval", "0.002")

    def test_a_slow_function_that_is_quick_shows_one_frame(self):
        _, output, _ = self.run_to_end("--seconds", "0", "--interval", "100")
        self.assertEqual(output,
            OBJECT[self.twin] + published(1, 1) + ANSWER)

    def test_every_frame_leaves_at_once(self):
        process = self.start(*FOREVER)
        data = self.read_frames(process, 3)
        self.assertTrue(published(1, 3).startswith(
            data.removeprefix(OBJECT[self.twin])[:3 * 22 - 11]))

    def test_on_a_terminal_they_are_the_same(self):
        terminal = self.terminal()
        # So that line ends stay as they are.
        modes = termios.tcgetattr(terminal.slave)
        modes[1] &= ~termios.OPOST
        termios.tcsetattr(terminal.slave, termios.TCSANOW, modes)
        process = self.start_on(terminal, "--seconds", "0.25")
        self.assertEqual(self.wait_end(process, terminal), 0)
        self.assertEqual(terminal.written, OBJECT[self.twin] +
            published(1, count_frames(terminal.written)) + ANSWER)

    def test_only_a_loop_is_stopped_by_a_function_that_blocks(self):
        code, output, errors = self.run_to_end("--block", "--seconds", "0.3",
            "--interval", "0.01")
        frames = count_frames(output)
        self.assertEqual((code, errors), (0, b""))
        self.assertEqual(frames > 0, self.twin == "threaded")
        self.assertEqual(output,
            OBJECT[self.twin] + published(1, frames) + ANSWER)


@on_both_twins
class Commands(SpinnerTest):
    """S03: a command instead of the slow function."""

    def check(self, code, *command, **how):
        """A command's exit code becomes the spinner's; its errors."""
        found, output, errors = self.run_to_end("--", *command, **how)
        self.assertEqual(found, code, errors)
        self.assertEqual(output, b"")
        return errors

    def test_the_exit_code_is_that_of_the_command(self):
        for options in (), ("--block",):
            for code in 0, 1, 3, 128, 255:
                found = self.run_to_end(*options, "--", "sh", "-c",
                    f"exit {code}")
                self.assertEqual(found,
                    (code, b"", f"Answer: {code}\n".encode()))

    def test_a_signal_that_ends_the_command_is_told_as_a_shell_does(self):
        for name, code in ("TERM", 143), ("KILL", 137), ("INT", 130):
            self.assertEqual(self.check(code, "sh", "-c", f"kill -{name} $$"),
                f"Answer: {code}\n".encode())

    def test_what_cannot_be_run_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            plain = os.path.join(folder, "plain")
            with open(plain, "w", encoding="ascii") as file:
                file.write("no program\n")
            missing = os.path.join(folder, "missing")
            for name, code, reason in (
                    (missing, 127, "No such file or directory"),
                    ("no-such-program-anywhere", 127,
                        "No such file or directory"),
                    ("", 127, "No such file or directory"),
                    (plain, 126, "Permission denied"),
                    (folder, 126, "Permission denied")):
                self.assertEqual(self.check(code, name),
                    f"spinner: cannot run {name}: {reason}\n".encode())
            os.chmod(plain, 0o755)
            self.assertEqual(self.check(126, plain),
                f"spinner: cannot run {plain}: Exec format error\n".encode())

    def test_output_and_input_are_the_commands(self):
        with tempfile.TemporaryFile() as given:
            given.write(b"given\0\xff\n")
            given.seek(0)
            code, output, errors = self.run_to_end("sh", "-c",
                "cat; echo wrong >&2; exit 7", stdin=given)
        self.assertEqual((code, output, errors),
            (7, b"given\0\xff\n", b"wrong\nAnswer: 7\n"))

    def test_arguments_that_look_like_options_are_the_commands(self):
        for arguments in ("printf", "%s", "--seconds"), \
                ("--", "printf", "%s", "--seconds"):
            self.assertEqual(self.run_to_end(*arguments),
                (0, b"--seconds", b"Answer: 0\n"))

    def test_its_signals_are_as_a_program_expects_them(self):
        _, before, _ = self.run_to_end("grep", "-E", "Sig(Blk|Ign)",
            "/proc/self/status", restore_signals=True)
        # But for 32 and 33: glibc's own, which posix_spawn has ignored.
        masks = [int(line.split()[1], 16) & ~(3 << 31)
            for line in before.splitlines()]
        self.assertEqual(masks, [0, 0])

    def test_on_a_terminal_it_turns_beside_the_command(self):
        terminal = self.terminal()
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            os.mkfifo(fifo)
            process = self.start_on(terminal, "--interval", "0.01", "--",
                "sh", "-c", f"cat {fifo}; exit 5", stdout=subprocess.PIPE)
            self.wait_frames(terminal, 5)
            with open(fifo, "wb") as file:
                file.write(b"output\n")
        self.assertEqual(self.wait_end(process, terminal), 5)
        self.assertEqual(process.stdout.read(), b"output\n")
        self.assertEqual(terminal.screen.text(), [
            OBJECT[self.twin].decode().rstrip(), "Answer: 5", ""])
        self.assertIn(published(2, 5)[:60], terminal.written)

    def test_blocking_it_turns_with_threads_only(self):
        terminal = self.terminal()
        process = self.start_on(terminal, "--block", "--interval", "0.01",
            "--", "sleep", "0.3", stdout=subprocess.PIPE)
        self.assertEqual(self.wait_end(process, terminal), 0)
        self.assertEqual(count_frames(terminal.written) > 0,
            self.twin == "threaded")

    def test_one_that_reads_the_terminal_reads_it(self):
        terminal = self.terminal()
        process = self.start_on(terminal, "--interval", "0.01", "--", "sh",
            "-c", 'read line; echo "got $line"; exit 4',
            stdout=subprocess.PIPE)
        self.wait_frames(terminal, 2)
        terminal.type(b"a line\n")
        self.assertEqual(self.wait_end(process, terminal), 4)
        self.assertEqual(process.stdout.read(), b"got a line\n")
        self.assertEqual(terminal.screen.text()[-2:], ["Answer: 4", ""])

    def test_nothing_turns_while_a_password_is_read(self):
        terminal = self.terminal()
        modes = termios.tcgetattr(terminal.slave)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(terminal.slave, termios.TCSANOW, modes)
        process = self.start_on(terminal, "--interval", "0.001", "--", "sh",
            "-c", "sleep 0.1; echo ready; read line; stty echo; read more; "
            "exit 6", stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        terminal.read_now()
        self.assertEqual(count_frames(terminal.written), 0)
        terminal.type(b"secret\n")
        self.wait_frames(terminal, 2)
        terminal.type(b"\n")
        self.assertEqual(self.wait_end(process, terminal), 6)
        self.assertNotIn(b"secret", terminal.written)


@on_both_twins
class Signals(SpinnerTest):
    """S04: signals."""

    def test_each_that_ends_it_erases_the_line_first(self):
        for number in ENDING:
            with self.subTest(signal=signal.strsignal(number)):
                process = self.start(*FOREVER, "--interval", "0.01")
                data = self.read_frames(process, 2)
                process.send_signal(number)
                rest, errors = process.communicate(timeout=DEADLINE)
                data += rest
                self.assertEqual((process.returncode, errors),
                    (128 + number, b""))
                self.assertEqual(data, OBJECT[self.twin] +
                    published(1, count_frames(data)))

    def test_one_that_is_ignored_stays_so(self):
        process = self.start(*FOREVER, "--interval", "0.01",
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.read_frames(process, 1)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGCONT)
        self.read_frames(process, 3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 143)

    def test_while_it_blocks_as_well(self):
        process = self.start("--block", *FOREVER)
        data = b""
        while b"\n" not in data:
            data += os.read(process.stdout.fileno(), 4096)
        # It may come before they are blocked; then it ends the process itself.
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
        self.assertIn(process.returncode, (130, -signal.SIGINT))

    def test_with_a_command_they_are_the_commands(self):
        process = self.start("--", "sh", "-c",
            "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done")
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, errors), (9, b"Answer: 9\n"))

    def test_a_command_that_does_not_mind_goes_on(self):
        process = self.start("--", "sh", "-c", "trap 'echo hup; told=1' HUP; "
            "echo ready; while [ -z $told ]; do sleep 0.01; done; exit 3")
        self.assertEqual(process.stdout.readline(), b"ready\n")
        process.send_signal(signal.SIGHUP)
        output, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, output, errors),
            (3, b"hup\n", b"Answer: 3\n"))

    def test_ctrl_c_leaves_a_clean_line(self):
        terminal = self.terminal()
        for edition in "1", "2":
            process = self.start_on(terminal, *FOREVER, "--interval", "0.01",
                "--frames", edition)
            self.wait_frames(terminal, 2)
            terminal.type(CTRL_C)
            self.assertEqual(self.wait_end(process, terminal), 130)
            self.assertEqual(terminal.screen.text()[-1], "")
            self.assertEqual(terminal.screen.at, 0)

    def test_ctrl_c_reaches_both(self):
        # The command may end before or after the spinner has seen the signal.
        for _ in range(5):
            terminal = self.terminal()
            process = self.start_on(terminal, "--interval", "0.01", "--",
                "sleep", "100000")
            self.wait_frames(terminal, 2)
            terminal.type(CTRL_C)
            self.assertEqual(self.wait_end(process, terminal), 130)
            self.assertEqual(terminal.screen.text()[-2:], ["Answer: 130", ""])

    def test_ctrl_z_stops_it_with_a_clean_line(self):
        spinner = program(self.twin, "spinner")
        for arguments in f"{FOREVER[0]} {FOREVER[1]}", "-- sleep 100000":
            with self.subTest(arguments=arguments):
                terminal = self.terminal()
                shell = self.start_on(terminal, command=["bash", "--norc", "-c",
                    f"set -m; {spinner} --interval 0.01 {arguments}; "
                    "echo \"[$?]\"; read key; fg >&-; echo \"[$?]\""])
                self.wait_frames(terminal, 2)
                terminal.type(CTRL_Z)
                wait_until(lambda: terminal.has(b"[148]"), "it is stopped")
                terminal.read_now()
                self.assertEqual([row for row in terminal.screen.text()
                    if re.match(r"[|/\\-]( t|\^|$)|.*\^", row)], [])
                terminal.type(b"\n")
                self.wait_frames(terminal, 2)
                terminal.type(CTRL_C)
                wait_until(lambda: terminal.has(b"[130]"), "it is ended")
                self.assertEqual(self.wait_end(shell, terminal), 0)
                self.assertEqual([row for row in terminal.screen.text()
                    if re.match(r"[|/\\-]( t|\^|$)|.*\^", row)], [])

    def test_in_the_background_nothing_turns(self):
        spinner = program(self.twin, "spinner")
        terminal = self.terminal()
        shell = self.start_on(terminal, command=["bash", "--norc", "-c",
            f"set -m; {spinner} --interval 0.01 --seconds 0.3 & wait"])
        self.assertEqual(self.wait_end(shell, terminal), 0)
        self.assertEqual(count_frames(terminal.written), 0)
        self.assertIn(b"Answer: 42", terminal.written)


@on_both_twins
class Output(SpinnerTest):
    """K1: what becomes of the spinner when its output does."""

    @staticmethod
    def resize(process, terminal, columns):
        """Resize a terminal while the process that writes to it stands still:
        what it has written before was shown as wide as the terminal was."""
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        terminal.settle()
        terminal.resize(columns)
        process.send_signal(signal.SIGCONT)

    def test_a_terminal_that_is_resized_gets_no_half_line(self):
        terminal = self.terminal()
        process = self.start_on(terminal, *FOREVER, "--interval", "0.01")
        self.wait_frames(terminal, 1)
        for columns in 80, 8, 5, 2, 1, 12, 11, 200:
            self.resize(process, terminal, columns)
            if columns > 11:
                self.wait_frames(terminal, 3)
            else:
                select.select([], [], [], 0.1)
                terminal.read_now()
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_end(process, terminal), 130)
        self.assertEqual([row for row in terminal.screen.text()[1:] if row], [])

    def test_a_frame_fits_into_a_narrow_terminal(self):
        terminal = self.terminal(8)
        process = self.start_on(terminal, *FOREVER, "--interval", "0.01")

        def cut():
            terminal.read_now()
            return len(re.findall(rb"[|/\\-] think\b", terminal.written)) > 4

        wait_until(cut, "cut frames have come")
        self.assertEqual(count_frames(terminal.written), 0)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.wait_end(process, terminal), 130)

    def test_output_that_is_closed_is_told(self):
        process = self.start(*FOREVER, "--interval", "0.01")
        self.read_frames(process, 2)
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=DEADLINE)
        self.assertEqual((process.returncode, errors), (1,
            b"spinner: cannot write to standard output: Broken pipe\n"))

    def test_output_that_cannot_be_written_is_told(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_to_end("--seconds", "0", stdout=full),
                (1, None, b"spinner: cannot write to standard output: "
                    b"No space left on device\n"))
        self.assertEqual(self.run_to_end("--seconds", "0",
                preexec_fn=lambda: os.close(1))[::2],
            (1, b"spinner: cannot write to standard output: "
                b"Bad file descriptor\n"))

    def test_a_command_does_not_mind_closed_errors(self):
        self.assertEqual(self.run_to_end("--", "sh", "-c", "echo out; exit 3",
            preexec_fn=lambda: os.close(2))[:2], (3, b"out\n"))
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.run_to_end("--", "sh", "-c",
                "echo out; exit 3", stderr=full)[:2], (3, b"out\n"))

    def test_a_terminal_that_is_hung_up_ends_it(self):
        terminal = Terminal()
        process = self.start_on(terminal, *FOREVER, "--interval", "0.01",
            stderr=subprocess.PIPE)
        self.wait_frames(terminal, 2)
        terminal.close()
        process.communicate(timeout=DEADLINE)
        self.assertIn(process.returncode, (1, 128 + signal.SIGHUP))

    def test_a_reader_who_takes_nothing_misses_frames_and_no_signal(self):
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        process = self.start(*FOREVER, "--interval", "0.001", stdout=writing)
        os.close(writing)

        def waiting():
            count = bytearray(4)
            fcntl.ioctl(reading, termios.FIONREAD, count)
            return int.from_bytes(count, "little")

        with open(reading, "rb") as file:
            wait_until(lambda: waiting() > 4096 - 23, "the pipe is full")
            select.select([], [], [], 0.1)
            data = os.read(reading, 4096)
            data += self.read_frames(process, 200, file)
            wait_until(lambda: waiting() > 4096 - 23, "the pipe is full")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), 143)
            data += file.read()
        frames = count_frames(data)
        self.assertTrue((OBJECT[self.twin] + published(1, frames))
            .startswith(data))

    def test_a_terminal_that_takes_nothing_holds_up_no_signal(self):
        terminal = self.terminal()
        process = self.start_on(terminal, *FOREVER, "--interval", "0.001",
            "--message", "x" * 70)

        def full():
            return not select.select([], [terminal.slave], [], 0)[1]

        wait_until(full, "the terminal is full")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(DEADLINE), 143)

    def test_a_socket_that_takes_nothing_holds_up_no_signal(self):
        reading, writing = socket.socketpair()
        with reading, writing:
            process = self.start(
                *FOREVER, "--interval", "0.001", stdout=writing)
            self.read_frames(process, 2, reading)
            with contextlib.suppress(BlockingIOError):
                while True:
                    writing.send(b"x", socket.MSG_DONTWAIT)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(DEADLINE), 143)

    def test_a_file_gets_all(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"before\n")
            file.flush()
            code, _, errors = self.run_to_end("--seconds", "0.05",
                "--interval", "0.01", stdout=file)
            file.seek(0)
            data = file.read()
        self.assertEqual((code, errors), (0, b""))
        self.assertEqual(data, b"before\n" + OBJECT[self.twin] +
            published(1, count_frames(data)) + ANSWER)


@on_both_twins
class CommandLine(SpinnerTest):
    """Options."""

    def test_wrong_ones_are_refused(self):
        message = ("--message: not a text of at most 160 bytes in UTF-8 "
            "without control characters")
        for arguments, reason in (
                (["--wat"], "unrecognized option '--wat'"),
                (["--seconds", "-1"], "--seconds: '-1' is not a time"),
                (["--seconds"], "option '--seconds' requires an argument"),
                (["--interval", "0"],
                    "--interval: there is no frame every 0 seconds"),
                (["--interval", "often"], "--interval: 'often' is not a time"),
                (["--frames", "3"],
                    "--frames: '3' is not a whole number from 1 to 2"),
                (["--message", "a\nb"], message),
                (["--message", b"\xff"], message),
                (["--message", "x" * 161], message),
                (["--block=1"],
                    "option '--block' doesn't allow an argument")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([program(self.twin, "spinner"),
                    *arguments], env=environment(), stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    check=False, timeout=DEADLINE)
                self.assertEqual((done.returncode, done.stdout), (64, b""))
                first, *rest = done.stderr.decode().splitlines()
                self.assertIn(f"spinner: {reason}", first)
                self.assertEqual(rest, ["Try `spinner --help' or `spinner "
                    "--usage' for more information."])

    def test_version(self):
        code, output, _ = self.run_to_end("--version")
        self.assertEqual(code, 0)
        self.assertRegex(output.decode(),
            rf"\Aspinner \({self.twin}\) [0-9.]+\n\Z")


class Parity(unittest.TestCase):
    """The twins compared."""

    def test_the_helps_are_the_same(self):
        helps = [subprocess.run([program(twin, "spinner"), "--help"],
            env=environment(), stdout=subprocess.PIPE, check=True,
            timeout=DEADLINE).stdout.decode() for twin in TWINS]
        self.assertEqual(*helps)
        for option in ("--message=TEXT", "--seconds=S", "--interval=S",
                "--frames=1|2", "--block", "thinking!", "default 3",
                "default 0.1"):
            self.assertIn(option, helps[0])
        for line in helps[0].splitlines():
            self.assertLessEqual(len(line), 80)


if __name__ == "__main__":
    main()

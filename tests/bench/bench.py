#!/usr/bin/python3
"""
bench - how fast both twins are, as ratios to what this machine allows.

    bench.py [--only NAME]... [--rounds N] [--build DIR] [--before DIR] [--list]

Servers that answer the same requests run side by side, each pinned to one
processor, and are loaded from another in turn: a round measures all of them
within a second or two. The ratio of two servers in one round is what counts.
How fast a server with many clients is depends on where its memory happens to
lie, too, as long as it runs: there each round starts the servers anew.
Printed are the median of the rounds, an interval that holds the true median in
19 of 20 cases, and the goal; a row whose whole interval misses its goal makes
the exit code 1, unless the load had no processor time left while the server
had: how fast that is remains unknown, and the row says so. With --before the
twins are compared with those of an older build, too.

The controls are those of report/controls, and nginx, HAProxy, memcached and
redis if they are installed. Downloaders are run to their end instead, against
the flag-server, and so are curl, wget2 and aria2 if they are installed; beside
a server that is slow the control is the ideal: what its delays add up to with
so many requests at once. How fast a long answer is depends on the congestion
control, so these are measured under bbr and cubic, if the kernel has them and
allows it (to others than root it may not).
"""

import argparse
import contextlib
import ctypes
import math
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from functools import partial

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CONGESTION = "/proc/sys/net/ipv4/tcp_congestion_control"
TWINS = ("evented", "threaded")
PROCESSORS = sorted(os.sched_getaffinity(0))
ROUNDS_MIN = 6  # the fewest of which two hold the median in 19 of 20 cases
LIBC = ctypes.CDLL(None)
PIDFD_GETFD = 438  # a system call
# Where downloads go: in memory, as a disk would be most of what they cost.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
KERNEL_STACK = 16384  # bytes of a thread, on x86-64 and arm64
CODES = 26 * 26  # of two letters,
FLAGS = 194  # and those of countries
DELAY = 0.5  # seconds, as published

NGINX = """daemon off; master_process off; pid {folder}/nginx.pid;
error_log stderr; worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
    access_log off; keepalive_requests 1000000000; sendfile on;
    tcp_nopush on; open_file_cache max=100; client_body_temp_path {folder};
    proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
HAPROXY = """global
    nbthread 1
    tune.bufsize 65536
defaults
    mode http
    timeout client 60s
    timeout http-keep-alive 60s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain file {file}
"""


class Missing(Exception):
    """A server that is not installed, or does not run here."""


# --- Servers -----------------------------------------------------------------

class Server:
    """A running server. Ours print their ports, one for HTTP as the last."""

    def __init__(self, command, port=None):
        def prepare():
            os.sched_setaffinity(0, {PROCESSORS[-1]})
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=prepare)
        self.ports = [port]
        try:
            if port is None:
                self.ports = [self._read_port() for word in command
                    if word.endswith("port=0")]
            else:
                self._wait_for(port)
        except Missing:
            self.stop()
            raise

    def _read_port(self):
        line = self.process.stdout.readline().decode()
        if not line.startswith("Serving on "):
            raise Missing("does not run here")
        return int(line.split(". Hit")[0].rpartition(":")[2])

    def _wait_for(self, port):
        for _ in range(500):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise Missing("does not run here")

    def use(self, congestion):
        """Have its connections use this congestion control, by means of a copy
        of each of its listeners."""
        folder = f"/proc/{self.process.pid}/fd"
        pid = os.pidfd_open(self.process.pid)
        for name in os.listdir(folder):
            if not os.readlink(f"{folder}/{name}").startswith("socket:"):
                continue
            fd = LIBC.syscall(PIDFD_GETFD, pid, int(name), 0)
            if fd == -1:
                raise OSError("its sockets are out of reach")
            with socket.socket(fileno=fd) as copy:
                if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    copy.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION,
                        congestion.encode())
        os.close(pid)

    def stop(self):
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Load:
    """A load generator that measures a server whenever it is told to."""

    def __init__(self, name, rate, server, ask, options):
        self.name = name
        port = server.ports[-1 if ask.startswith("/") else 0]
        def prepare():
            os.sched_setaffinity(0, {PROCESSORS[0]})
        self.process = subprocess.Popen([rate, f"--port={port}",
            f"--pid={server.process.pid}", f"--ask={ask}", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, preexec_fn=prepare)

    def _ask(self, line):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(self.name + ": " +
                self.process.stderr.read().strip())
        return [int(number) for number in answer.split()]

    def measure(self, warm_up, window):
        """Load the server; what it did, by the names of metrics."""
        own, start = self._cpu_ns(), time.monotonic_ns()
        replies, size, ns, cpu, p99 = self._ask(f"{warm_up} {window}")
        busy = (self._cpu_ns() - own) / (time.monotonic_ns() - start)
        return {"replies/s": replies / ns, "bytes/s": size / ns, "p99": p99,
            "time/reply": ns / replies if replies else 0,
            "CPU/reply": cpu / max(replies, 1), "server busy": cpu / ns,
            "load busy": busy}

    def _cpu_ns(self):
        """Its own processor time: the clock of another process."""
        return time.clock_gettime_ns(~self.process.pid << 3 | 2)

    def memory(self):
        """Bytes that the server takes, but for the buffers of its sockets."""
        return self._ask("memory")[0]

    def stop(self):
        """End it."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class Ideal:
    """What a machine that takes no time would do, or a goal in bytes."""

    def __init__(self, **metrics):
        self.metrics = metrics

    def measure(self, _warm_up, _window):
        """The same each time."""
        return self.metrics

    def stop(self):
        """There is nothing to end."""


class Download:
    """A downloader that is run to its end whenever it is measured. In its
    words stand {at_once}, {count}, {folder}, {port} and {url}; with {url} a
    word is repeated for each flag."""

    def __init__(self, words, port, count, at_once):
        self.words = words
        self.port = port
        self.count = count
        self.at_once = at_once
        with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/flags/") as index:
            there = re.findall(r'href="(.+?)"', index.read().decode())
        self.urls = [f"http://127.0.0.1:{port}/flags/{path}" for path in there]

    def _command(self, folder):
        return [word.format(at_once=self.at_once, count=self.count,
                folder=folder, port=self.port, url=url)
            for word in self.words
            for url in (self.urls if "{url}" in word else [None])]

    def measure(self, _warm_up, _window):
        """Download; how long it took, and the processor time of a file."""
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            command = self._command(folder)
            os.sched_setaffinity(0, {PROCESSORS[0]})
            started = time.monotonic()
            pid = os.posix_spawn(command[0], command, os.environ,
                file_actions=[(os.POSIX_SPAWN_OPEN, fd, os.devnull,
                    os.O_WRONLY, 0) for fd in (1, 2)])
            _, status, used = os.wait4(pid, 0)
            seconds = time.monotonic() - started
            os.sched_setaffinity(0, PROCESSORS)
            saved = os.listdir(folder)
        if status != 0 or not saved or not all(
                re.fullmatch(r"..\.gif", name) for name in saved):
            raise RuntimeError(f"{command[0]} saved {len(saved)} files, "
                f"exit status {status}")
        return {"time": seconds,
            "CPU/file": (used.ru_utime + used.ru_stime) / self.count}

    def stop(self):
        """It has ended."""


class Pending(Download):
    """A downloader all requests of which wait for their answers; measured is
    what one of them costs it."""

    FEW = 100

    def _flying(self):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/metrics") as metrics:
            return int(re.search(r"^flag_server_requests_in_flight (\d+)$",
                metrics.read().decode(), re.MULTILINE)[1])

    def _wait_for(self, count):
        for _ in range(3000):
            if self._flying() == count:
                return
            time.sleep(0.01)
        raise RuntimeError(f"{count} requests are not in flight")

    def _memory(self, count):
        self.count = self.at_once = count
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(self._command(folder),
                stdout=subprocess.DEVNULL)
            try:
                self._wait_for(count)
                return memory(process.pid)
            finally:
                process.terminate()
                process.wait()
                self._wait_for(0)

    def measure(self, _warm_up, _window):
        """What all take more than some, for one."""
        few = self._memory(self.FEW)
        every = self._memory(CODES)
        return {"memory": (every - few) / (CODES - self.FEW)}


def memory(pid):
    """The bytes that a process takes: resident, page tables, and stacks of its
    threads in the kernel. Buffers of sockets are empty while they wait."""
    def read(name, field):
        with open(f"/proc/{pid}/{name}", encoding="ascii") as file:
            return 1024 * int(re.search(
                rf"^{field}:\s+(\d+) kB$", file.read(), re.MULTILINE)[1])
    return read("smaps_rollup", "Pss") + read("status", "VmPTE") + \
        KERNEL_STACK * len(os.listdir(f"/proc/{pid}/task"))


def installed(name):
    """The path of a program of the system."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        raise Missing("not installed")
    return path


def free_port():
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def file_name(asked):
    """The name of the file with the answer to this."""
    return "answer-" + "".join(c if c.isalnum() else "-" for c in asked)


class Servers:
    """How to start each server; what it answers is what the finder does."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder

    def path(self, *names, build=None):
        """A program that was built."""
        path = os.path.join(build or self.build, *names)
        if not os.access(path, os.X_OK):
            raise Missing("not built")
        return path

    def twin(self, twin, program, *options, build=None):
        """A twin of one of the programs."""
        web = ["--http-port=0"] if program == "charfinder" else []
        return Server([self.path(twin, program, build=build), "--port=0", *web,
            "--quiet", *options])

    def flags(self, *options):
        """The server that downloaders are run against."""
        return Server([self.path("evented", "flag-server"), "--seed=1",
            "--error-port=off", "--quiet", *options])

    def downloader(self, twin, *options, build=None):
        """The words of a twin of ours."""
        return [self.path(twin, "flags", build=build), "--base-url",
            "http://127.0.0.1:{port}/flags", "-m", "{at_once}", "-d",
            "{folder}", *options]

    def control(self, name):
        """A control."""
        return Server([self.path("controls", name), "--port=0"])

    def sender(self):
        """The bare sender, with answers to send."""
        lines = [f"{line}={self.answer(line)}"
            for line in ("", "cjk", "cat face")]
        return Server([self.path("tests", "bench", "bare-sender"), "--port=0",
            *lines])

    def answer(self, asked):
        """The file with what the finder answers to a line, or to a GET of a
        path; "" stands for its greeting."""
        path = os.path.join(self.folder, file_name(asked))
        if not os.path.exists(path):
            finder = self.twin("evented", "charfinder")
            got = self._ask_web(finder, asked) if asked.startswith("/") \
                else self._ask_terminal(finder, asked)
            finder.stop()
            with open(path, "wb") as file:
                file.write(got)
        return path

    @staticmethod
    def _ask_web(finder, path):
        with urllib.request.urlopen(
                f"http://127.0.0.1:{finder.ports[1]}{path}") as reply:
            return reply.read()

    @staticmethod
    def _ask_terminal(finder, line):
        with socket.create_connection(("127.0.0.1", finder.ports[0])) as peer:
            for asked in ("", line)[:1 + bool(line)]:
                peer.sendall(f"{asked}\n".encode() if asked else b"")
                got = b""
                while not got.endswith(b"?> "):
                    got += peer.recv(1 << 20)
        return got

    def _configured(self, command, text, **values):
        port = free_port()
        path = os.path.join(self.folder, f"{os.path.basename(command[0])}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(port=port, folder=self.folder, **values))
        return Server([*command, path], port)

    def nginx(self, path):
        """nginx, which serves the answers as files."""
        self.answer(path)
        return self._configured([installed("nginx"), "-c"], NGINX)

    def haproxy(self, path):
        """HAProxy, which answers from memory."""
        return self._configured([installed("haproxy"), "-db", "-f"], HAPROXY,
            file=self.answer(path))

    @staticmethod
    def memcached():
        """memcached, with one thread."""
        port = free_port()
        return Server([installed("memcached"), "-l", "127.0.0.1", "-p",
            str(port), "-t", "1", "-c", "12000", "-u",
            pwd.getpwuid(os.geteuid()).pw_name], port)

    @staticmethod
    def redis():
        """redis, which saves nothing."""
        port = free_port()
        return Server([installed("redis-server"), "--port", str(port), "--bind",
            "127.0.0.1", "--protected-mode", "no", "--save", "", "--maxclients",
            "12000"], port)


# --- What is measured --------------------------------------------------------

class Row:
    """Two servers of a case, what of them is compared, and the goal."""

    def __init__(self, metric, subject, control, least=None, most=None):
        self.metric = metric
        self.subject = subject
        self.control = control
        self.least = least
        self.most = most

    def figures(self, measured):
        """The ratio of each round. Without a reply in all of a window, others
        had the processor."""
        pairs = [(did[self.subject][self.metric],
            did[self.control][self.metric]) for did in measured]
        return [of / to for of, to in pairs if of > 0 and to > 0]


class Surplus(Row):
    """The same, but compared by the difference."""

    def figures(self, measured):
        """The difference of each round."""
        return [did[self.subject][self.metric] - did[self.control][self.metric]
            for did in measured]


class Case:
    """Servers that answer the same requests: by name, how each one is started,
    and what it is asked; for each round anew if where their memory happens to
    lie matters."""

    def __init__(self, name, servers, rows, options=(), window=0.1,
            warm_up=0.02, rounds=16, congestion=None, anew=False):
        self.name = name
        self.servers = servers
        self.rows = rows
        self.options = options
        self.window = window
        self.warm_up = warm_up
        self.rounds = rounds
        self.congestion = congestion
        self.anew = anew

    def begin(self, name, rate, stack):
        """A server that was started, and what loads it."""
        start, ask = self.servers[name]
        server = start()
        stack.callback(server.stop)
        if self.congestion is not None:
            server.use(self.congestion)
        load = Load(name, rate, server, ask, self.options)
        stack.callback(load.stop)
        return load

    def read(self, load):
        """What a server does in a round."""
        return load.measure(self.warm_up, self.window)

    def measure(self, rate, rounds):
        """Measure the servers in turn: for each round what they did; and which
        are missing."""
        measured = []
        while len(measured) < rounds:
            with contextlib.ExitStack() as stack:
                loads, missing = start_all(self, rate, stack)
                for _ in range(1 if self.anew else rounds):
                    names = list(loads)[::1 if len(measured) % 2 else -1]
                    measured.append(
                        {name: self.read(loads[name]) for name in names})
        return measured, missing


class Crowd(Case):
    """Servers that so many clients are connected to, who ask nothing more: the
    memory of each one. Two readings of one server would be alike."""

    def __init__(self, name, servers, rows, count, rounds=6):
        super().__init__(name, servers, rows, [f"--connections={count}"],
            rounds=rounds, anew=True)
        self.count = count

    def read(self, load):
        """What a client takes."""
        return {"KiB each": load.memory() / self.count / 1024}


class Downloads(Case):
    """Downloaders beside the same server: by name, the words of each, and how
    it is run. Controls that are no programs stand ready."""

    def __init__(self, name, server, downloaders, rows, controls=(), rounds=16):
        super().__init__(name, downloaders | dict(controls), rows,
            rounds=rounds)
        self.start = server
        self.server = None

    def begin(self, name, rate, stack):
        """What is run to its end."""
        if isinstance(self.servers[name], Ideal):
            return self.servers[name]
        words, run = self.servers[name]
        words = words()
        if self.server is None:
            self.server = self.start()
            stack.callback(self.server.stop)
        return run(words, self.server.ports[-1])


def reply_cases(to):
    """Replies of a few bytes."""
    events = {
        "bare epoll": (partial(to.control, "bare-epoll"), "bare"),
        "evented": (partial(to.twin, "evented", "guess-server"), "game"),
        "io_uring": (partial(to.control, "bare-io-uring"), "bare"),
        "memcached": (to.memcached, "mn"),
        "redis": (to.redis, "PING"),
    }
    threads = {
        "bare threads": (partial(to.control, "bare-threads"), "bare"),
        "threaded": (partial(to.twin, "threaded", "guess-server"), "game"),
    }
    rows = [Row("replies/s", "evented", "bare epoll", least=0.95),
        Row("CPU/reply", "evented", "bare epoll", most=1.05)]
    others = [Row(metric, name, "bare epoll") for name in
        ("io_uring", "memcached", "redis") for metric in
        ("replies/s", "CPU/reply")]
    bare = [Row("replies/s", "threaded", "bare threads", least=1.0)]
    for count in (1, 50, 1000, 10000):
        many = {"window": 0.3, "warm_up": 0.3, "rounds": 12, "anew": True} \
            if count >= 1000 else {}
        options = [f"--connections={count}"]
        yield Case(f"reply-{count}", dict(events), rows + others, options,
            **many)
        yield Case(f"threads-{count}", dict(threads), list(bare), options,
            **many)
    names = ("bare epoll", "evented", "bare threads", "threaded")
    yield Case("churn-50", {name: (events | threads)[name] for name in names},
        [Row("replies/s", "evented", "bare epoll", least=1.0),
            Row("replies/s", "threaded", "bare threads", least=1.0)],
        ["--connections=50", "--churn"])
    finders = {twin: (partial(to.twin, twin, "charfinder"), "cat")
        for twin in TWINS}
    games = {f"{twin} game": (partial(to.twin, twin, "guess-server"), "game")
        for twin in TWINS}
    yield Case("find-50", finders | games, [Row("replies/s", twin,
        f"{twin} game", least=0.95) for twin in TWINS], ["--connections=50"])


def long_cases(to):
    """Long answers, and a small question beside them."""
    servers = {twin: (partial(to.twin, twin, "charfinder"), "cjk")
        for twin in TWINS}
    servers["bare sender"] = (to.sender, "cjk")
    goals = {("bbr", 1): (1.0, 1.0), ("cubic", 1): (0.88, 0.88),
        ("bbr", 8): (1.4, 1.1)}
    for congestion in ("bbr", "cubic"):
        for count in (1, 8):
            goal = goals.get((congestion, count), (None, None))
            yield Case(f"cjk-{count}", dict(servers), [
                Row("bytes/s", "evented", "bare sender", least=goal[0]),
                Row("bytes/s", "threaded", "bare sender", least=goal[1])],
                [f"--connections={count}"], window=0.15,
                congestion=congestion)
        small = {name: (start, "cat") for name, (start, _) in servers.items()}
        yield Case("beside-cjk", small,
            [Row("p99", twin, "bare sender") for twin in TWINS],
            ["--connections=16", "--open=2000", "--hogs=4"], window=0.5,
            warm_up=0.1, rounds=8, congestion=congestion)


def web_cases(to):
    """Answers over HTTP, against the same bytes from a file."""
    for name, path, least in (
            ("search-200", "/search?query=cjk&start=0&stop=200", (0.72, 0.62)),
            ("page-200", "/?query=cjk&start=0&stop=200", (0.68, 0.58)),
            ("page", "/", (1.0, None)), ("healthz", "/healthz", (1.0, None))):
        servers = {twin: (partial(to.twin, twin, "charfinder"), path)
            for twin in TWINS}
        rows = [Row("replies/s", twin, "nginx", least=goal)
            for twin, goal in zip(TWINS, least)]
        rows += [Row("CPU/reply", "evented", "HAProxy",
            most=1.0 if name == "search-200" else None)]
        servers["nginx"] = (partial(to.nginx, path), "/" + file_name(path))
        servers["HAProxy"] = (partial(to.haproxy, path), path)
        yield Case(name, servers, rows, ["--connections=50"])


def push_cases(to):
    """News for a thousand, echoes over WebSockets, and polls that wait."""
    def push(twin, ask, *options):
        return partial(to.twin, twin, "push-server", *options), ask

    # Who only listens would be sent a ping among the news after 15 s.
    news = {twin: push(twin, "push-1000", "--beat=0") for twin in TWINS}
    news["bare push"] = (partial(to.control, "bare-push"), "news")
    yield Case("push-1000", news,
        [Row("time/reply", twin, "bare push", most=1.1) for twin in TWINS] +
        [Row("CPU/reply", twin, "bare push") for twin in TWINS],
        ["--connections=1000"], window=0.3, warm_up=0.3, anew=True)
    talks = {twin: push(twin, "echo-50") for twin in TWINS}
    talks |= {f"{twin} game": (partial(to.twin, twin, "guess-server"), "game")
        for twin in TWINS}
    yield Case("echo-50", talks, [Row("replies/s", "evented", "evented game",
        least=0.85), Row("replies/s", "threaded", "threaded game")],
        ["--connections=50"])
    waits = {name + end: push(name, ask) for name in TWINS
        for end, ask in (("", "wait-4000"), (" idle", "wait-none"))}
    yield Crowd("wait-2000", waits, [Surplus("KiB each", twin, f"{twin} idle",
        most=1.5) for twin in TWINS], 2000)


# How others download the same.
CURL = ["-q", "-s", "-S", "-f", "--noproxy", "*", "--output-dir", "{folder}",
    "--remote-name-all", "{url}"]
OTHERS = {
    "curl": ["curl", *CURL],
    "curl -Z": ["curl", "-Z", "--parallel-max", "{at_once}", *CURL],
    "wget2": ["wget2", "-q", "--no-config", "--no-proxy", "--max-threads",
        "{at_once}", "-P", "{folder}", "{url}"],
    "aria2": ["aria2c", "-q", "--no-conf", "--no-proxy", "127.0.0.1",
        "--file-allocation", "none", "-Z", "-j", "{at_once}", "-d", "{folder}",
        "{url}"],
}


def other(name):
    """The words of a downloader of others."""
    return [installed(OTHERS[name][0]), *OTHERS[name][1:]]


def download_cases(to):
    """Flags from a server that is fast, and from one that is slow."""
    for at_once, rival, others in ((1, "curl", ()),
            (30, "curl -Z", ("wget2", "aria2"))):
        run = partial(Download, count=FLAGS, at_once=at_once)
        programs = {name: (partial(other, name), run)
            for name in (rival, *others)}
        programs |= {twin: (partial(to.downloader, twin, "-a"), run)
            for twin in TWINS}
        rows = [Row(metric, twin, rival, most=1.0) for twin in TWINS
            for metric in ("time", "CPU/file")]
        rows += [Row(metric, twin, name) for name in others for twin in TWINS
            for metric in ("time", "CPU/file")]
        yield Downloads(f"download-{at_once}",
            partial(to.flags, "--port=0", "--delay-port=off"), programs, rows)
    for at_once, count in ((1, 2), (7, 14), (30, 60), (300, 600),
            (1000, CODES)):
        run = partial(Download, count=count, at_once=at_once)
        codes = "-a" if count <= FLAGS else "-e"
        yield Downloads(f"delayed-{at_once}",
            partial(to.flags, "--port=off", "--delay-port=0",
                f"--delay={DELAY}"),
            {twin: (partial(to.downloader, twin, codes, "-l", "{count}"), run)
                for twin in TWINS},
            [Row("time", twin, "ideal", most=1.15) for twin in TWINS],
            {"ideal": Ideal(time=DELAY * -(-count // at_once))},
            rounds=ROUNDS_MIN)
    yield Downloads("pending",
        partial(to.flags, "--port=off", "--delay-port=0", "--delay=10000"),
        {twin: (partial(to.downloader, twin, "-e", "-l", "{count}"),
            partial(Pending, count=CODES, at_once=CODES)) for twin in TWINS},
        [Row("memory", "evented", "8 KiB", most=1.0),
            Row("memory", "threaded", "48 KiB", most=1.0)],
        {f"{size} KiB": Ideal(memory=1024 * size) for size in (8, 48)},
        rounds=ROUNDS_MIN)


# --- Measuring ---------------------------------------------------------------

def interval(values):
    """What holds the true median of these in 19 of 20 cases, whatever their
    distribution: two of them, by the binomial one of those below it."""
    values = sorted(values)
    count = len(values)
    below, outside = 0, 2 / 2 ** count
    while outside <= 0.05:
        below += 1
        outside += 2 * math.comb(count, below) / 2 ** count
    return values[below - 1], values[count - below]


def start_all(case, rate, stack):
    """Start the servers of a case and their loads; what is missing, and why."""
    loads, missing = {}, {}
    for name in case.servers:
        try:
            loads[name] = case.begin(name, rate, stack)
        except (Missing, OSError) as reason:
            missing[name] = str(reason)
    return loads, missing


def is_load_bound(name, measured):
    """Whether a server could have done more, had it been asked more."""
    if "load busy" not in measured[0][name]:
        return False
    server, load = (statistics.median(round[name][whose] for round in measured)
        for whose in ("server busy", "load busy"))
    return load > 0.95 and server < 0.9


def judge(row, measured):
    """The line that says how a row came out, and whether it missed."""
    between = " - " if isinstance(row, Surplus) else " / "
    name = f"  {row.subject + between + row.control:26} {row.metric:10}"
    figures = row.figures(measured)
    if len(figures) < ROUNDS_MIN:
        return (f"{name}  too busy a machine",
            row.least is not None or row.most is not None)
    low, high = interval(figures)
    goal, missed = "", False
    if row.least is not None:
        goal, missed = f">= {row.least:.2f}", high < row.least
    elif row.most is not None:
        goal, missed = f"<= {row.most:.2f}", low > row.most
    note = " MISSED" if missed else ""
    if missed and is_load_bound(row.subject, measured):
        note, missed = " the load did not ask for more", False
    line = (f"{name}{statistics.median(figures):7.2f}  ({low:.2f} to "
        f"{high:.2f})  {goal}{note}")
    return line.rstrip(), missed


def compare_with(case, before):
    """Add the twins of an older build to a case, and what they are to its."""
    for row in list(case.rows):
        old = f"{row.subject} before"
        if row.subject not in ("evented", "threaded"):
            continue
        start, ask = case.servers[row.subject]
        case.servers[old] = (partial(start, build=before), ask)
        case.rows.append(Row(row.metric, row.subject, old))


def report(case, rate, rounds):
    """Measure a case and print its rows; how many missed their goal."""
    misses = 0
    with open(CONGESTION, encoding="ascii") as file:
        usual = file.read().strip()
    print(f"{case.name}, {case.congestion or usual}", flush=True)
    measured, missing = case.measure(rate, rounds or case.rounds)
    for name, reason in missing.items():
        print(f"  {name}: {reason}")
    for row in case.rows:
        if not {row.subject, row.control} & missing.keys():
            line, missed = judge(row, measured)
            misses += missed
            print(line, flush=True)
    return misses


def main():
    """Measure all, or what --only names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--before", metavar="DIR")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < ROUNDS_MIN:
        parser.error(f"--rounds is at least {ROUNDS_MIN}")
    if len(PROCESSORS) < 2:
        sys.exit("bench: one processor cannot hold both server and load")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        to = Servers(options.build, folder)
        cases = [*reply_cases(to), *web_cases(to), *long_cases(to),
            *push_cases(to), *download_cases(to)]
        names = dict.fromkeys(case.name for case in cases)
        if options.list:
            print("\n".join(names))
            return 0
        if not set(options.only or ()) <= names.keys():
            parser.error(f"--only takes one of {', '.join(names)}")
        if options.before:
            for case in cases:
                compare_with(case, options.before)
        started = time.monotonic()
        misses = sum(report(case, to.path("tests", "bench", "rate"),
            options.rounds) for case in cases
            if not options.only or case.name in options.only)
    print(f"{misses} goals missed, after {time.monotonic() - started:.0f} s.")
    return min(misses, 1)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""
rolling - restart servers behind HAProxy under load, and count lost requests;
`make rolling` runs it.

    rolling.py [--replicas N] [--restarts N] [--clients N] [--build FOLDER]
    rolling.py --config

N replicas of the finder stand behind HAProxy, configured by haproxy.cfg beside
this file, which --config prints as it is used. While clients ask without a
pause, one replica after the other is stopped and started again: by SIGTERM,
either with --lame-duck, so that HAProxy has turned to the others when it stops,
or without, so that HAProxy has to repeat what fails. A row for each twin and
way says how many requests there were, how many were not answered as they must
be, how often HAProxy repeated one, and the longest that a client waited.

The exit code is 0 when no request was lost, 1 when some were or it could not be
found out. All of it is on 127.0.0.1. The load is there to notice what is lost:
what it takes says nothing of the speed of servers.
"""

import argparse
import csv
import http.client
import os
import random
import re
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HOST = "127.0.0.1"
TWINS = ("threaded", "evented")

# What is asked, and what no answer may lack.
TARGET = "/search?query=chess+black+king"
EXPECTED = b"BLACK CHESS KING"

# How often HAProxy looks at a replica, and how long one that leaves serves on:
# ten looks.
CHECK_MS = 100
LAME_DUCK_S = 1

# Seconds after which what should have happened has not.
DEADLINE = 30


class Failed(Exception):
    """It cannot be found out; the text says why."""


def wait_until(condition, what):
    """Look until the condition holds."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {DEADLINE} s")
        time.sleep(0.01)


def free_port():
    """A port for a server that is started more than once: below those that the
    kernel chooses, so that no connection takes it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20000, 32768)
        try:
            with socket.create_server((HOST, port)):
                return port
        except OSError:
            pass


class Replica:
    """A server that can be started again at its port."""

    def __init__(self, program, options):
        self.port = free_port()
        self.command = [program, "--port", "off", "--quiet", "--http-port",
            str(self.port), *options]
        self.process = None

    def start(self):
        """Start it, and wait until it serves."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        if not re.match(r"Serving on ", line):
            raise Failed(f"no server: {line.strip() or 'it has ended'}")

    def stop(self):
        """Stop it by SIGTERM, and wait until it has ended."""
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=DEADLINE)
        if self.process.returncode != 0:
            raise Failed(f"a server has ended with {self.process.returncode}: "
                f"{output}")

    def kill(self):
        """End it, whatever its state."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Proxy:
    """HAProxy before replicas."""

    def __init__(self, program, replicas, folder):
        self.stats = os.path.join(folder, "stats")
        self.listener = socket.create_server((HOST, 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        path = os.path.join(folder, "haproxy.cfg")
        with open(path, "w") as file:
            file.write(configuration(self.stats,
                f"fd@{self.listener.fileno()}", replicas))
        self.errors = open(os.path.join(folder, "errors"), "w+")
        self.process = subprocess.Popen([program, "-db", "-f", path],
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors,
            pass_fds=[self.listener.fileno()])

    def table(self):
        """What HAProxy knows, a dictionary for each replica and for all."""
        try:
            with socket.socket(socket.AF_UNIX) as to:
                to.settimeout(DEADLINE)
                to.connect(self.stats)
                to.sendall(b"show stat\n")
                text = b"".join(iter(lambda: to.recv(65536), b"")).decode()
        except OSError:
            if self.process.poll() is not None:
                self.errors.seek(0)
                raise Failed("HAProxy has ended: "
                    + self.errors.read().strip()) from None
            return {}
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        return {row["svname"]: row for row in rows
            if row["pxname"] == "replicas"}

    def wait_for(self, names):
        """Wait until HAProxy sends requests to these replicas."""
        def all_up():
            table = self.table()
            return all(name in table and table[name]["status"] == "UP"
                and table[name]["check_status"] == "L7OK" for name in names)
        wait_until(all_up, "HAProxy finds the replicas healthy")

    def repeated(self):
        """How many requests were sent once more."""
        row = self.table()["BACKEND"]
        return int(row["wretr"]) + int(row["wredis"])

    def kill(self):
        """End it."""
        self.process.kill()
        self.process.wait()
        self.errors.close()
        self.listener.close()


class Load:
    """Clients that ask without a pause, and count."""

    def __init__(self, port, clients):
        self.port = port
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.requests = 0
        self.lost = {}  # why, and how many
        self.longest = 0.0
        self.threads = [threading.Thread(target=self.ask_on, daemon=True)
            for _ in range(clients)]

    def ask(self, connection):
        """Ask once; how it went, None if well."""
        try:
            connection.request("GET", TARGET)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        if answer.status != 200:
            return f"status {answer.status}"
        return None if EXPECTED in body else "another answer"

    def ask_on(self):
        """The life of a client."""
        connection = http.client.HTTPConnection(HOST, self.port,
            timeout=DEADLINE)
        while not self.over.is_set():
            began = time.monotonic()
            fault = self.ask(connection)
            took = time.monotonic() - began
            with self.lock:
                self.requests += 1
                self.longest = max(self.longest, took)
                if fault is not None:
                    self.lost[fault] = self.lost.get(fault, 0) + 1
        connection.close()

    def start(self):
        """Begin to ask."""
        for thread in self.threads:
            thread.start()

    def wait_for_more(self, count):
        """Wait until so many more requests were made."""
        wanted = self.requests + count
        wait_until(lambda: self.requests >= wanted, "requests are made")

    def stop(self):
        """Ask no more, and wait for the last answers."""
        self.over.set()
        for thread in self.threads:
            if thread.ident is not None:
                thread.join()


def configuration(stats, bind, replicas):
    """haproxy.cfg for these replicas."""
    with open(os.path.join(HERE, "haproxy.cfg")) as file:
        template = string.Template(file.read())
    return template.substitute(stats=stats, bind=bind, inter=f"{CHECK_MS}ms",
        servers="\n".join(f"    server {name} {HOST}:{replica.port}"
            for name, replica in replicas.items()))


def roll(haproxy, program, lame_duck, options):
    """Restart replicas of a program under load; the load, and how many requests
    were repeated."""
    own = ["--lame-duck", str(LAME_DUCK_S)] if lame_duck else []
    replicas = {f"replica{n}": Replica(program, own)
        for n in range(1, options.replicas + 1)}
    proxy = load = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            for replica in replicas.values():
                replica.start()
            proxy = Proxy(haproxy, replicas, folder)
            proxy.wait_for(replicas)
            load = Load(proxy.port, options.clients)
            load.start()
            for n in range(options.restarts):
                name = f"replica{n % options.replicas + 1}"
                load.wait_for_more(10 * options.clients)
                replicas[name].stop()
                replicas[name].start()
                proxy.wait_for(replicas)
            load.wait_for_more(10 * options.clients)
            load.stop()
            repeated = proxy.repeated()
            for replica in replicas.values():
                replica.stop()
            return load, repeated
        finally:
            if load is not None:
                load.stop()
            for each in [proxy, *replicas.values()]:
                if each is not None:
                    each.kill()


def run(options):
    """All rows; whether nothing was lost."""
    # Where Debian has it, which is not in everybody's PATH.
    haproxy = shutil.which("haproxy", path=os.environ.get("PATH", "")
        + os.pathsep + "/usr/sbin")
    if haproxy is None:
        raise Failed("there is no haproxy; it is a Debian package")
    print(f"{options.replicas} replicas behind HAProxy, {options.clients} "
        f"clients, {options.restarts} restarts a row:\n")
    print(f"{'servers':10}{'stopped by':26}{'requests':>9}{'lost':>7}"
        f"{'repeated':>10}{'longest wait':>14}")
    lost = {}
    for twin in TWINS:
        program = os.path.join(options.build, twin, "charfinder")
        for lame_duck in True, False:
            load, repeated = roll(haproxy, program, lame_duck, options)
            way = "SIGTERM" + lame_duck * f", --lame-duck {LAME_DUCK_S}"
            print(f"{twin:10}{way:26}{load.requests:9}"
                f"{sum(load.lost.values()):7}{repeated:10}"
                f"{load.longest * 1000:11.0f} ms", flush=True)
            for fault, count in load.lost.items():
                lost[fault] = lost.get(fault, 0) + count
    for fault, count in lost.items():
        print(f"\nLost by {fault}: {count}.")
    return not lost


def whole_from(least):
    """A reader of whole numbers from least on."""
    def read(text):
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(
                f"'{text}' is not a whole number from {least} on")
        return int(text)
    return read


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Restart servers behind HAProxy under load.")
    parser.add_argument("--replicas", type=whole_from(2), default=3,
        metavar="N", help="servers at once (default 3)")
    parser.add_argument("--restarts", type=whole_from(1), default=4,
        metavar="N", help="in each row (default 4)")
    parser.add_argument("--clients", type=whole_from(1), default=8,
        metavar="N", help="that ask all the time (default 8)")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"),
        metavar="FOLDER", help="where the programs are (default build)")
    parser.add_argument("--config", action="store_true",
        help="print HAProxy's configuration, for example")
    options = parser.parse_args()
    # So that nothing that was started is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.config:
        print(configuration("/run/haproxy/stats", "127.0.0.1:8080",
            {f"replica{n}": argparse.Namespace(port=8900 + n)
                for n in range(1, options.replicas + 1)}), end="")
        return 0
    try:
        return 0 if run(options) else 1
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(f"rolling: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

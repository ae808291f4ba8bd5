#!/usr/bin/python3
"""
storms - hold the model of report/scale/reconnect.py against real storms.

    storms.py [--clients N,...] [--build DIR] [--rounds N]

All clients connect to a guess-server at once, from one process, and ask for a
guess as soon as they are connected; the server accepts at once, or, as after a
restart of which its socket is kept open, only when all have come. A row says
when the last had its first answer, what half of them waited at most, and how
many had to send their SYN again: as measured, and as the model has it, given
the moments at which the clients came and how many clients a second this server
took from a queue of 2000 just before. Server and clients have a processor each,
if there are two.

Run by hand: a round takes a minute, and wants a quiet machine that allows 10,100
descriptors; the threaded server has as many threads. On one of two processors
that was busy, the kernel dropped 5903 of 10,000 SYNs, the model's number, and
the last of 1,000, 4,000 and 10,000 clients was answered up to 5 % later than in
the model where the server accepted at once, which depends on the clients more
than on the server, and 8 % to 22 % sooner where it accepted later.
"""

import argparse
import os
import resource
import select
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "report", "scale"))
import reconnect  # noqa: E402

HOST = "127.0.0.1"
ASK = b"PARAMS 7 7\nNUMBER\n"
CALIBRATION = 2000
PROCESSORS = sorted(os.sched_getaffinity(0))
# After so many connects those who are connected have their turn.
TURN = 16
# Seconds after which a storm is over, come what may.
LONGEST = 120
# struct tcp_info: where tcpi_total_retrans is.
TOTAL_RETRANS = 100


class Server:
    """A guess-server on a processor of its own."""

    def __init__(self, build, twin):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(PROCESSORS[-1]),
                os.path.join(build, twin, "guess-server"), "--port", "0",
                "--quiet", "--idle-timeout", "0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.address = HOST, int(line.split(":")[1].split(".")[0])

    def freeze(self):
        """Let it accept nobody."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self):
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()


def has_retried(client):
    """Whether a connection has sent something again: its SYN, as nothing else
    is lost here."""
    info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return int.from_bytes(info[TOTAL_RETRANS:TOTAL_RETRANS + 4],
        sys.byteorder) > 0


def storm(server, count, paused):
    """Let clients come; when each did, when each was answered, how long the
    pause was, all in seconds from the beginning, and how many came again."""
    if paused:
        server.freeze()
    poll = select.epoll()
    clients, came, answered = {}, [], {}
    began = time.monotonic()

    def talk(seconds):
        """Let those ask who are connected, and hear who is answered."""
        for fd, events in poll.poll(seconds):
            n, client = clients[fd]
            if events & select.EPOLLOUT:
                client.send(ASK)
                poll.modify(fd, select.EPOLLIN)
            elif client.recv(64) != b"7\n":
                raise SystemExit("storms: a client got no answer")
            else:
                answered[n] = time.monotonic() - began
                poll.unregister(fd)

    for n in range(count):
        client = socket.socket()
        client.setblocking(False)
        came.append(time.monotonic() - began)
        client.connect_ex(server.address)
        clients[client.fileno()] = n, client
        poll.register(client, select.EPOLLOUT)
        if not paused and n % TURN == 0:
            talk(0)
    if paused:
        server.thaw()
    pause = time.monotonic() - began if paused else 0.0
    while len(answered) < count and time.monotonic() - began < LONGEST:
        talk(1)
    retried = sum(has_retried(client) for _, client in clients.values())
    for _, client in clients.values():
        client.close()
    poll.close()
    return came, answered, pause, retried


def rate_of(build, twin):
    """How many clients a second a server takes from a full queue."""
    server = Server(build, twin)
    _, answered, pause, _ = storm(server, CALIBRATION, True)
    server.stop()
    return CALIBRATION / (max(answered.values()) - pause)


def measure(build, twin, count, paused, retries):
    """A storm, and the model of it: (last, median wait, retried) each."""
    rate = rate_of(build, twin)
    server = Server(build, twin)
    came, answered, pause, retried = storm(server, count, paused)
    server.stop()
    waits = sorted(at - came[n] for n, at in answered.items())
    model = reconnect.simulate(came, rate, retries, pause=pause)
    return (max(answered.values()), reconnect.quantile(waits, .5), retried), \
        (model.last, reconnect.quantile(model.waits, .5), model.retried)


def main():
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description="Real storms of clients, "
        "beside the model of report/scale/reconnect.py.")
    parser.add_argument("--clients", type=reconnect.numbers(int, 1),
        default=[1000, 4000, 10000], metavar="N,...")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"),
        metavar="DIR")
    parser.add_argument("--rounds", type=reconnect.number(int, 1), default=3,
        metavar="N")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, PROCESSORS[:1])
    retries = reconnect.syn_times(reconnect.linear_timeouts())
    print(f"Dropped SYNs come again after {', '.join(map(str, retries))} s. "
        f"Medians of {options.rounds}; measured, and as the model has it.\n")
    print(f"{'clients':>8}  {'server':9}{'accepts':10}{'last answered':>22}"
        f"{'half within':>22}{'SYN again':>18}")
    for count in options.clients:
        for twin, name in reconnect.TWINS:
            for paused in False, True:
                rounds = [measure(options.build, twin, count, paused, retries)
                    for _ in range(options.rounds)]
                (last, half, again), (last_, half_, again_) = (
                    [statistics.median(each[side][i] for each in rounds)
                        for i in range(3)] for side in (0, 1))
                print(f"{count:8,}  {name:9}"
                    f"{'later' if paused else 'at once':10}"
                    + "".join(f"{a:>12}{b:>10}" for a, b in (
                        (reconnect.seconds(last), reconnect.seconds(last_)),
                        (reconnect.seconds(half), reconnect.seconds(half_))))
                    + f"{again:>10.0f}{again_:>8.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

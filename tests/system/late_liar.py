#!/usr/bin/python3
"""
late_liar - a finder whose long answers have one wrong byte, the millionth.

    late_liar.py PORT FINDER [OPTION...]

Stands before a finder of this command, which takes `--port 0`, and passes on
everything else: so that tests see whether compare reads to the end.
"""

import signal
import socket
import subprocess
import sys
import threading

HOST = "127.0.0.1"
WRONG = 1_000_000


def pass_on(source, target, wrong=None):
    """Pass on what comes until the end of it, with one wrong byte."""
    passed = 0
    while data := bytearray(source.recv(65536)):
        if wrong is not None and passed <= wrong < passed + len(data):
            data[wrong - passed] ^= 1
        passed += len(data)
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def serve(client, port):
    """Stand between one client and the finder."""
    with client, socket.create_connection((HOST, port)) as finder:
        asks = threading.Thread(target=pass_on, args=(client, finder))
        asks.start()
        pass_on(finder, client, WRONG)
        asks.join()


def main():
    """Serve until SIGTERM comes."""
    with subprocess.Popen([*sys.argv[2:], "--port", "0"],
            stdout=subprocess.PIPE, text=True) as finder:
        def stop(*_):
            finder.terminate()
            finder.wait()
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        port = int(finder.stdout.readline().rsplit(":", 1)[1].split(".")[0])
        with socket.create_server((HOST, int(sys.argv[1]))) as listener:
            while True:
                threading.Thread(target=serve, daemon=True,
                    args=(listener.accept()[0], port)).start()


main()

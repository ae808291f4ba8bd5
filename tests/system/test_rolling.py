#!/usr/bin/python3
"""
Rolling restarts behind HAProxy (report/scale/rolling.py): no request is lost,
and one that is would be counted. The example for Kubernetes
(common/package/kubernetes.yaml): what it says goes together.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock

from harness import (BUILD, DEADLINE, HOST, ROOT, environment, main,
    only_if_full, program)

try:
    import yaml
except ImportError:
    yaml = None

SCALE = os.path.join(ROOT, "report", "scale")
sys.path.insert(0, SCALE)
import rolling  # noqa: E402

COMMAND = os.path.join(SCALE, "rolling.py")
HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
GOOD = b"BLACK CHESS KING\n"

needs_haproxy = unittest.skipUnless(HAPROXY, "there is no haproxy")


def run(*options, variables=None):
    """Run the command; what came of it. The servers have many minutes under
    sanitizers, on a busy machine."""
    return subprocess.run([sys.executable, "-B", COMMAND, "--build", BUILD,
            *options], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=600, env={**environment(), **(variables or {})})


class Restarts(unittest.TestCase):
    """Real servers behind a real HAProxy."""

    def restart(self, *options):
        """Fail unless all rows are there, and nothing was lost."""
        done = run(*options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        rows = re.findall(r"^(threaded|evented) +(SIGTERM(?:, --lame-duck 1)?)"
            r" +(\d+) +(\d+) +(\d+) +(\d+) ms$", done.stdout, re.MULTILINE)
        self.assertEqual([row[:2] for row in rows],
            [(twin, way) for twin in ("threaded", "evented")
                for way in ("SIGTERM, --lame-duck 1", "SIGTERM")],
            done.stdout)
        for _, _, requests, lost, *_ in rows:
            self.assertGreater(int(requests), 0)
            self.assertEqual(lost, "0")

    @needs_haproxy
    def test_no_request_is_lost(self):
        self.restart("--restarts", "2", "--clients", "4")

    @only_if_full
    @needs_haproxy
    def test_no_request_is_lost_in_many(self):
        self.restart("--restarts", "12", "--clients", "16")

    @needs_haproxy
    def test_haproxy_takes_the_configuration(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(run("--config").stdout)
            file.flush()
            done = subprocess.run([HAPROXY, "-c", "-f", file.name],
                capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    @needs_haproxy
    def test_servers_that_do_not_start_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("--build", folder)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Arolling: .*No such file or dir")

    def test_without_haproxy_it_says_so(self):
        if os.path.exists("/usr/sbin/haproxy"):
            with unittest.mock.patch.object(rolling.shutil, "which",
                    return_value=None):
                with self.assertRaisesRegex(rolling.Failed, "no haproxy"):
                    rolling.run(None)
        else:
            done = run(variables={"PATH": "/nowhere"})
            self.assertEqual((done.returncode, done.stdout, done.stderr),
                (1, "", "rolling: there is no haproxy; it is a Debian "
                    "package\n"))

    def test_wrong_numbers_are_refused(self):
        for options in (["--replicas", "1"], ["--restarts", "0"],
                ["--clients", "x"]):
            self.assertEqual(run(*options).returncode, 2)


class Counting(unittest.TestCase):
    """The load, and servers that answer as they should not."""

    def ask(self, *answers):
        """Ask a server that gives these answers, a connection each; the
        load."""
        listener = socket.create_server((HOST, 0))
        self.addCleanup(listener.close)

        def serve():
            for answer in answers:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        load = rolling.Load(listener.getsockname()[1], 1)
        found = []
        for _ in answers:
            connection = rolling.http.client.HTTPConnection(HOST, load.port,
                timeout=30)
            found.append(load.ask(connection))
            connection.close()
        server.join()
        return found

    def test_what_is_right_and_what_is_lost(self):
        def answer(status, body, length=None):
            return (f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length"
                f": {len(body) if length is None else length}\r\n\r\n"
                ).encode() + body

        self.assertEqual(self.ask(answer("200 OK", GOOD),
                answer("503 Service Unavailable", GOOD),
                answer("200 OK", b"WHITE CHESS KING\n"), b"",
                answer("200 OK", GOOD, 100), b"220 smtp\r\n"),
            [None, "status 503", "another answer", "RemoteDisconnected",
                "IncompleteRead", "BadStatusLine"])

    def test_nobody_listens(self):
        # Bound, so that nobody else does either.
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.bind((HOST, 0))
        load = rolling.Load(holder.getsockname()[1], 2)
        load.start()
        load.wait_for_more(10)
        load.stop()
        self.assertGreaterEqual(load.requests, 10)
        self.assertEqual(load.lost, {"ConnectionRefusedError": load.requests})


@unittest.skipUnless(yaml, "there is no python3-yaml")
class Kubernetes(unittest.TestCase):
    """The example of a Deployment and its Service."""

    @classmethod
    def setUpClass(cls):
        path = os.path.join(ROOT, "common", "package", "kubernetes.yaml")
        with open(path, encoding="utf-8") as file:
            cls.parts = {part["kind"]: part
                for part in yaml.safe_load_all(file)}
        cls.template = cls.parts["Deployment"]["spec"]["template"]
        cls.container, = cls.template["spec"]["containers"]
        cls.options = dict(word.lstrip("-").split("=")
            for word in cls.container["args"] if "=" in word)

    def test_the_server_takes_its_options(self):
        command, *options = self.container["args"]
        name, _, twin = command.rpartition("-")
        done = subprocess.run([program(twin, name), *options, "--version"],
            capture_output=True, text=True, env=environment(),
            timeout=DEADLINE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_it_serves_where_it_is_asked(self):
        port, = self.container["ports"]
        self.assertEqual(str(port["containerPort"]),
            self.options["http-port"])
        spec = self.parts["Service"]["spec"]
        self.assertEqual(spec["ports"][0]["targetPort"], port["name"])
        labels = self.template["metadata"]["labels"]
        self.assertEqual(spec["selector"], labels)
        self.assertEqual(
            self.parts["Deployment"]["spec"]["selector"]["matchLabels"],
            labels)
        for probe in "readinessProbe", "livenessProbe":
            self.assertEqual(next(value["port"]
                for value in self.container[probe].values()
                if isinstance(value, dict)), port["name"])

    def test_a_pod_that_leaves_is_not_ready_and_lives_until_it_has_ended(self):
        ready = self.container["readinessProbe"]
        self.assertEqual(ready["httpGet"]["path"], "/healthz")
        self.assertNotIn("httpGet", self.container["livenessProbe"])
        lame_duck = float(self.options["lame-duck"])
        self.assertGreater(lame_duck,
            ready["periodSeconds"] * ready["failureThreshold"])
        self.assertGreater(
            self.template["spec"]["terminationGracePeriodSeconds"],
            lame_duck + float(self.options["drain-timeout"]))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""
The downloader against servers that are not ours: nginx, as it is and with
delays, redirects, refusals and connections that end early; Python's
http.server; aiohttp. Those that are not installed are skipped.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import unittest

import harness
from harness import HOST, Client, on_both_twins, wait_until
from test_flags import FlagsTest

NGINX = "/usr/sbin/nginx"
ECHO = "/usr/lib/nginx/modules/ngx_http_echo_module.so"
# Debian's, for which Debian's packages are.
PYTHON = "/usr/bin/python3"

# Countries, and how many bytes their flags have: a flag may be empty, of one
# byte, or too large for any buffer.
COUNTRIES = {"AD": "Andorra", "BR": "Brazil", "CI": "Côte d'Ivoire",
    "CN": "China", "DE": "Germany", "FR": "France", "GB": "United Kingdom",
    "IN": "India", "JP": "Japan", "US": "United States"}
SIZES = (13355, 0, 1, 65535, 65536, 65537, 1000000, 300, 16384, 36332)

NGINX_CONF = """{modules}
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 1000; }}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
    fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
    scgi_temp_path {folder}; gzip on; gzip_types *; gzip_min_length 1;
    limit_req_zone $uri zone=once:1m rate=30r/m;
    server {{
        listen {host}:{port}; root {folder}; keepalive_requests 3;
        location /moved/ {{ rewrite ^/moved/(.*) /flags/$1 redirect; }}
        location /once/ {{
            limit_req zone=once; limit_req_status 429; alias {folder}/flags/;
        }}
        {slow}
    }}
}}
"""
SLOW = """location /slow/ { echo_sleep 0.1; echo_exec @slow; }
        location @slow { rewrite ^/slow/(.*) /flags/$1 break; }"""

# What aiohttp does: its own ways to send a file, and a body without length.
AIOHTTP = """
import asyncio, pathlib, sys
from aiohttp import web

async def chunked(request):
    path = folder / "flags" / request.match_info["path"]
    if not path.is_file():
        raise web.HTTPNotFound()
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    data = path.read_bytes()
    for at in range(0, len(data), 7000):
        await response.write(data[at:at + 7000])
        await asyncio.sleep(0)
    await response.write_eof()
    return response

folder = pathlib.Path(sys.argv[1])
app = web.Application()
app.router.add_get("/chunked/{path:.*}", chunked)
app.router.add_static("/flags", folder / "flags")
web.run_app(app, host=sys.argv[2], port=int(sys.argv[3]), print=None)
"""


def has_aiohttp():
    """Whether Debian's Python has aiohttp."""
    return subprocess.run([PYTHON, "-c", "import aiohttp"],
        stderr=subprocess.DEVNULL).returncode == 0


class SiteTest(FlagsTest):
    """A test with a folder that others serve."""

    def setUp(self):
        super().setUp()
        chance = random.Random(1)
        self.site = {}
        for (code, country), size in zip(COUNTRIES.items(), SIZES):
            folder = os.path.join(self.home, "flags", code.lower())
            os.makedirs(folder)
            self.site[f"{code.lower()}.gif"] = data = chance.randbytes(size)
            with open(os.path.join(
                    folder, f"{code.lower()}.gif"), "wb") as file:
                file.write(data)
            with open(os.path.join(folder, "metadata.json"), "w") as file:
                json.dump({"iso_cc": code, "country": country}, file)

    def serve_by(self, port, *command):
        """Run a server, and wait until it serves at a port."""
        process = subprocess.Popen(command, cwd=self.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def serves():
            self.assertIsNone(process.poll(), f"{command[0]} has ended")
            try:
                Client(port).close()
            except ConnectionRefusedError:
                return False
            return True
        wait_until(serves, f"{command[0]} serves")

    def download(self, port, folder, *options):
        """Download by many, by one, and with names; all must be whole."""
        url = f"http://{HOST}:{port}/{folder}"
        shutil.rmtree(self.folder, ignore_errors=True)
        for at_once in "30", "1":
            result = self.flags(url, "-v", "-m", at_once, *options, *COUNTRIES,
                "AA", "ZZ")
            self.assertEqual(sorted(result.lines[3:15]), sorted(
                [f"{code} OK" for code in COUNTRIES] +
                ["AA not found", "ZZ not found"]))
            self.assertEqual(result.code, 0)
            self.assertTrue(result.files == self.site, "all are whole")
        result = self.flags(url, "--names", *options, *COUNTRIES)
        for code, country in COUNTRIES.items():
            name = f"{country.replace(' ', '_')}-{code}.gif"
            self.assertTrue(result.files[name] ==
                self.site[f"{code.lower()}.gif"], name)
        self.assertEqual(len(result.files), 2 * len(COUNTRIES))


@on_both_twins
class Nginx(SiteTest):
    """nginx, which closes connections after three answers."""

    def nginx(self):
        """Run it; its port."""
        if not os.path.exists(NGINX):
            self.skipTest("no nginx here")
        has_echo = os.path.exists(ECHO)
        path = os.path.join(self.home, "nginx.conf")
        port = harness.free_port()
        with open(path, "w") as file:
            file.write(NGINX_CONF.format(folder=self.home, host=HOST,
                port=port, slow=SLOW if has_echo else "",
                modules=f"load_module {ECHO};" if has_echo else ""))
        self.serve_by(port, NGINX, "-e", "stderr", "-c", path, "-p", self.home)
        return port

    def test_its_answers(self):
        self.download(self.nginx(), "flags")

    def test_its_redirects(self):
        self.download(self.nginx(), "moved")

    def test_its_delays(self):
        if not os.path.exists(ECHO):
            self.skipTest("no module echo here")
        self.download(self.nginx(), "slow")

    def test_its_refusals(self):
        url = f"http://{HOST}:{self.nginx()}/once"
        self.assertEqual(self.flags(url, "AD").code, 0)
        # Unless two seconds are over.
        wait_until(lambda: self.flags(url, "-v", "AD").lines[3] ==
            "*** Error for AD: HTTP 429 - Too Many Requests", "it refuses")
        result = self.flags(url, "-v", "AD", "--retries", "3")
        self.assertEqual(result.lines[3], "AD OK")


@on_both_twins
class Python(SiteTest):
    """Servers of Python."""

    def test_the_librarys(self):
        for protocol in "HTTP/1.0", "HTTP/1.1":
            with self.subTest(protocol=protocol):
                port = harness.free_port()
                self.serve_by(port, sys.executable, "-m", "http.server", "-b",
                    HOST, "-p", protocol, str(port))
                self.download(port, "flags")

    @unittest.skipUnless(has_aiohttp(), "no aiohttp here")
    def test_aiohttp(self):
        port = harness.free_port()
        self.serve_by(
            port, PYTHON, "-c", AIOHTTP, self.home, HOST, str(port))
        self.download(port, "flags")
        self.download(port, "chunked")


if __name__ == "__main__":
    harness.main()

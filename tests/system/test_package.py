#!/usr/bin/python3
"""
What packagers get: the archive of the sources, what is built and installed
from it, completions, manual pages, units for systemd, and with --full the
Debian package. Everything is built from the archive, in an empty folder, with
the flags of a made-up distribution.
"""

import glob
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import unittest

import reports
from harness import (DEADLINE, HERE, ROOT, TWINS, environment, main,
    only_if_full, wait_until)

NAME = "threads-vs-events"
PROGRAMS = ("charfinder", "echo-server", "flag-server", "flags",
    "guess-client", "guess-server", "push-server", "spinner")
SERVICES = ("charfinder", "flag-server", "guess-server", "push-server")
CONTROLS = ("bare-epoll", "bare-push", "bare-threads", "manual-bufferevent",
    "woken-threads")
# Built where liburing and libcurl are, or node-ws and gevent.
MAYBE_CONTROLS = ("bare-io-uring", "curl-easy", "curl-multi", "gevent-bottle",
    "node-ws")
COMMANDS = [f"{program}-{twin}" for program in PROGRAMS for twin in TWINS]
ALL_COMMANDS = [*COMMANDS, "charfind", NAME]

# A distribution's own folders and flags.
FOLDERS = ("prefix=/usr", "libexecdir=/usr/lib", "unitdir=/lib/systemd/system")
CFLAGS = "-O0 -fno-common"
CPPFLAGS = "-DFROM_A_DISTRIBUTION"
LDFLAGS = "-Wl,-z,combreloc"

# How long it takes where the machine is busy with other suites.
BUILD_DEADLINE = 20 * DEADLINE


def run(*command, cwd=ROOT, code=0, **variables):
    """Run a command, which must exit with this code; return what it printed."""
    inherited = {name: value for name, value in environment().items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "B", "CFLAGS",
            "CPPFLAGS", "LDFLAGS", "HARDENING", "LTO", "SAN", "WERROR")}
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, env={**inherited, **variables},
        timeout=BUILD_DEADLINE, check=False)
    if done.returncode != code:
        raise AssertionError(f"{command} exits with {done.returncode}:\n"
            f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def needs(program):
    """Mark a test that is skipped where a program is not installed."""
    return unittest.skipUnless(shutil.which(program), f"no {program} here")


def pack(folder, root=ROOT, umask=0o022):
    """Make the archive, in a folder; return its path."""
    run("sh", "-c", f"umask {umask:o}; make dist DIST={folder}", cwd=root)
    path, = glob.glob(os.path.join(folder, "*.tar.gz"))
    return path


def unpack(archive, folder):
    """Unpack an archive into a folder; return the folder in it."""
    run("tar", "-C", folder, "-xf", archive)
    unpacked, = os.scandir(folder)
    return unpacked.path


def read(*path):
    """The text of a file."""
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def files_below(folder):
    """The paths of all files and links in a folder, as seen from there."""
    return sorted(os.path.relpath(os.path.join(where, name), folder)
        for where, _, names in os.walk(folder) for name in names)


def version():
    """The version that is built."""
    return re.search(r"^VERSION := (.*)$", read(ROOT, "Makefile"), re.M)[1]


class Archive(unittest.TestCase):
    """What make dist packs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def subfolder(self, name):
        """A new folder."""
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        return path

    def test_what_is_in_it(self):
        with tarfile.open(pack(self.folder)) as archive:
            members = archive.getmembers()
        top = f"{NAME}-{version()}"
        for member in members:
            self.assertTrue(f"{member.name}/".startswith(f"{top}/"))
            self.assertEqual((member.uid, member.gid), (0, 0))
            self.assertEqual(member.mode & 0o644, 0o644)
            self.assertEqual(member.mode & 0o022, 0)
        found = {member.name.removeprefix(f"{top}/") for member in members}
        for path in ("debian/control", "debian/rules", "CHANGELOG.md",
                "LICENSE", "README.md", "Makefile", "common/guess.c",
                "common/package/commit", "tests/run.py"):
            self.assertIn(path, found)
        for path in ("common/package/debian", "common/package/CHANGELOG.md",
                "build", ".git", ".ci"):
            self.assertNotIn(path, found)

    def test_packed_again_it_has_the_same_bytes(self):
        first = pack(self.subfolder("first"))
        again = pack(self.subfolder("again"), umask=0o077)
        unpacked = unpack(first, self.subfolder("unpacked"))
        os.mkdir(os.path.join(unpacked, "build"))
        shutil.copy(first, os.path.join(unpacked, "build", "leftover"))
        from_itself = pack(self.subfolder("from-itself"), unpacked)
        for other in again, from_itself:
            run("cmp", first, other)

    def test_versions_agree(self):
        package = os.path.join("common", "package")
        if not os.path.exists(os.path.join(ROOT, package, "debian")):
            package = ""
        self.assertEqual(re.search(r"^## (\S+)$",
            read(ROOT, package, "CHANGELOG.md"), re.M)[1], version())
        self.assertTrue(read(ROOT, package, "debian", "changelog").startswith(
            f"{NAME} ({version()}-"))


class Built(unittest.TestCase):
    """What is built of the archive, and installed."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in "packed", "unpacked":
            os.mkdir(os.path.join(cls.folder, name))
        cls.sources = unpack(pack(os.path.join(cls.folder, "packed")),
            os.path.join(cls.folder, "unpacked"))
        cls.root = os.path.join(cls.folder, "root")
        cls.variables = (*FOLDERS, "HARDENING=0", "LTO=0", f"CFLAGS={CFLAGS}",
            f"CPPFLAGS={CPPFLAGS}", f"LDFLAGS={LDFLAGS}", "V=1")
        cls.log = run("make", "-j2", *cls.variables, cwd=cls.sources)
        run("make", "install", *cls.variables, f"DESTDIR={cls.root}",
            cwd=cls.sources)
        cls.bin = os.path.join(cls.root, "usr", "bin")
        cls.share = os.path.join(cls.root, "usr", "share")
        cls.units = os.path.join(cls.root, "lib", "systemd", "system")

    def options(self, command):
        """The options of a command by its --usage: {"--port": "N"}; "" where
        there is no argument."""
        usage = " ".join(run(os.path.join(self.bin, command),
            "--usage").split())
        found = dict(re.findall(r"\[(--[\w-]+)=?([^\]]*)\]", usage))
        self.assertIn("--help", found)
        return found

    def test_flags_are_those_given(self):
        compiled = re.findall(r"^cc .* -c .*$", self.log, re.M)
        linked = re.findall(r"^cc .* -o build/(?:threaded|evented)/.*$",
            self.log, re.M)
        self.assertGreater(len(compiled), 100)
        self.assertEqual(len(linked), len(COMMANDS))
        for line in compiled:
            self.assertIn(f" {CPPFLAGS} ", line)
        for line in compiled + linked:
            self.assertIn(f" {CFLAGS} ", line)
            self.assertNotRegex(line, r"FORTIFY|-fstack-|-fcf-|-flto|var-init"
                "|,relro")
        for line in linked:
            self.assertIn(f" {LDFLAGS} ", line)

    def test_every_program_tells_its_version(self):
        for command in COMMANDS:
            program, _, twin = command.rpartition("-")
            self.assertEqual(run(os.path.join(self.bin, command), "--version"),
                f"{program} ({twin}) {version()}\n")
        self.assertTrue(run(os.path.join(self.bin, "charfind"), "--version")
            .startswith(f"charfind {version()} (Unicode "))
        self.assertIn(version(), run(os.path.join(self.bin, NAME),
            "--version"))

    def test_exactly_this_is_installed(self):
        lib = f"usr/lib/{NAME}"
        share = "usr/share"
        completions = f"{share}/bash-completion/completions"
        fish = f"{share}/fish/vendor_completions.d"
        expected = [
            *(f"usr/bin/{command}" for command in ALL_COMMANDS),
            *(f"{lib}/controls/{control}" for control in CONTROLS),
            *(f"{lib}/tell/{name}" for name in os.listdir(
                os.path.join(ROOT, "report", "tell"))
                if name != "__pycache__"),
            *(f"{lib}/alike/{name}" for name in os.listdir(
                os.path.join(ROOT, "report", "alike"))
                if name.endswith(".py")),
            f"{lib}/port.json",
            *(f"{share}/man/man1/{page}.1"
                for page in (*ALL_COMMANDS, *PROGRAMS)),
            *(f"{share}/doc/{NAME}/{name}" for name in ("CHANGELOG.md",
                "LICENSE", "README.md", "UNICODE-LICENSE.txt",
                "protocols.md", "reading.md", "report-json.md")),
            *(f"{completions}/{command}" for command in ALL_COMMANDS),
            *(f"{fish}/{command}.fish" for command in ALL_COMMANDS),
            f"{share}/zsh/site-functions/_{NAME}",
            *(f"lib/systemd/system/{name}@.service" for name in SERVICES),
            f"usr/lib/sysusers.d/{NAME}.conf",
        ]
        found = files_below(self.root)
        expected += [path for path in (f"{lib}/controls/{control}"
            for control in MAYBE_CONTROLS) if path in found]
        # Kept with the sources when somebody has run make results.
        if os.path.exists(os.path.join(ROOT, "report", "RESULTS.md")):
            expected.append(f"{share}/doc/{NAME}/RESULTS.md")
        self.assertEqual(found, sorted(expected))
        for path in found:
            path = os.path.join(self.root, path)
            self.assertTrue(os.path.exists(path), path)
            self.assertEqual(os.access(path, os.X_OK),
                "/bin/" in path or "/controls/" in path, path)

    def test_compare_finds_what_is_installed_with_it(self):
        folder = os.path.join(self.folder, "report")
        os.mkdir(folder)
        path = os.path.join(folder, "report.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(reports.usual(), file)
        run(os.path.join(self.bin, NAME), "--render", path)
        self.assertIn("<html", read(folder, "index.html"))

    def test_uninstalling_leaves_no_file(self):
        root = os.path.join(self.folder, "again")
        for target in "install", "uninstall":
            run("make", target, *self.variables, f"DESTDIR={root}",
                cwd=self.sources)
            self.assertEqual(bool(files_below(root)), target == "install")

    @needs("dpkg-query")
    def test_the_image_has_the_libraries(self):
        image = read(ROOT, "common", "package", "Containerfile")
        installed = set(image.split("FROM")[2].split())
        libraries = set()
        for path in glob.glob(os.path.join(self.bin, "*")):
            libraries.update(re.findall(r"=> (/\S+)", run("ldd", path)))
        # Debian knows some of them below /usr, others not.
        owners = run("dpkg-query", "--search", *("*" + os.sep + os.path.join(
            *path.split(os.sep)[-2:]) for path in libraries))
        packages = {line.split(":")[0] for line in owners.splitlines()}
        self.assertIn("libc6", packages)
        self.assertLessEqual(packages - {"libc6"}, installed)

    # Manual pages.

    def test_manual_pages_know_every_option(self):
        for command in ALL_COMMANDS:
            page = read(self.share, "man", "man1", f"{command}.1")
            if "All options of" in page:
                page += read(self.share, "man", "man1", "guess-server.1")
            page = page.replace("\\-", "-")
            for option in self.options(command):
                with self.subTest(command=command, option=option):
                    self.assertTrue(re.search(rf"{option}(?![\w-])", page))

    @needs("groff")
    def test_manual_pages_are_set_without_warnings(self):
        for path in glob.glob(os.path.join(self.share, "man", "man1", "*.1")):
            done = subprocess.run(["groff", "-k", "-man", "-ww", "-z",
                "-Tutf8", path], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path)

    @needs("mandoc")
    def test_mandoc_finds_nothing_in_manual_pages(self):
        pages = glob.glob(os.path.join(ROOT, "common", "man", "*.1"))
        self.assertEqual(run("mandoc", "-T", "lint", "-W", "style", *pages),
            "")

    # Completions.

    def test_completions_are_up_to_date(self):
        made = os.path.join(self.folder, "made")
        os.mkdir(made)
        folder = os.path.join(ROOT, "common", "package", "completions")
        run("/usr/bin/python3", "-B", os.path.join(folder, "generate.py"),
            os.path.join(self.sources, "build"), made)
        for name in os.listdir(made):
            self.assertEqual(read(folder, name), read(made, name),
                "run make completions")

    # What is offered for these words.
    OFFERS = {
        "guess-server-evented --lang ": {"en", "ko"},
        "guess-server-threaded --strategy b": {"bisect"},
        "flags-evented -s D": {"DELAY"},
        "flags-threaded --suffix ": {"gif", "png"},
        "charfind --order c": {"code"},
        "threads-vs-events --peer-speaks ": {"game", "charfinder", "http",
            "push", "echo", "flag-server", "flags", "spinner"},
        "threads-vs-events --only storm": {"storm-1000"},
        "flag-server-evented --fault b": {"bad-chunk", "bare-lf"},
        "push-server-evented --publish n": {"none"},
        "push-server-evented --user roo": {"root"},
        "spinner-evented -- dpkg-dist": {"dpkg-distaddfile"},
    }

    def ask_bash(self, lines):
        """What bash offers for lines."""
        script = f"source {self.share}/bash-completion/completions/{NAME}\n" + (
            'while IFS= read -r line; do\n'
            '    read -ra COMP_WORDS <<<"${line//=/ = }"\n'
            '    [[ $line == *[\\ =] ]] && COMP_WORDS+=("")\n'
            '    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line\n'
            '    [[ $line == *= ]] && unset "COMP_WORDS[COMP_CWORD--]"\n'
            '    _threads_vs_events "${COMP_WORDS[0]}" 2>/dev/null\n'
            '    printf "%s\\n" "== $line" "${COMPREPLY[@]}"\n'
            'done\n')
        return self.offers(["bash", "--norc", "-c", script], lines)

    def ask_zsh(self, lines):
        """What zsh offers for lines."""
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        return self.offers(["zsh", "-f", os.path.join(HERE, "complete.zsh"),
            os.path.join(self.share, "zsh", "site-functions"), pipe], lines)

    def ask_fish(self, lines):
        """What fish offers for lines."""
        script = (f"source {self.share}/fish/vendor_completions.d/{NAME}.fish\n"
            'while read -l line\n'
            '    echo "== $line"\n'
            '    complete -C $line | string replace -r "\\t.*" ""\n'
            'end\n')
        return self.offers(["fish", "--no-config", "-c", script], lines)

    def offers(self, command, lines):
        """What a command that completes lines of its input says."""
        done = subprocess.run(command, input="\n".join(lines) + "\n",
            capture_output=True, text=True, timeout=10 * DEADLINE, env={
                **environment(), "HOME": self.folder,
                "PATH": f"{self.bin}:{os.environ['PATH']}"}, check=False)
        self.assertEqual(done.stderr, "")
        found = {}
        for line in done.stdout.splitlines():
            if line.startswith("== "):
                words = found[line[3:]] = set()
            elif line:
                words.add(line)
        self.assertEqual(sorted(found), sorted(lines))
        return found

    def check_shell(self, ask):
        """A shell offers every option, and the values of some."""
        expected = dict(self.OFFERS)
        for line in self.OFFERS:
            command, option, word = line.split(" ")
            if option.startswith("--") and option != "--":
                expected[f"{command} {option}={word}"] = self.OFFERS[line]
        options = {f"{command} --": set(self.options(command))
            for command in ALL_COMMANDS}
        found = ask([*expected, *options])
        for line, words in expected.items():
            with self.subTest(line=line):
                # Some shells offer the whole word, with the option.
                self.assertEqual({word.rpartition("=")[2]
                    for word in found[line]}, words)
        for line, words in options.items():
            with self.subTest(line=line):
                self.assertEqual({word.rstrip("=") for word in found[line]},
                    words)

    def test_bash_completes(self):
        self.check_shell(self.ask_bash)

    @needs("zsh")
    def test_zsh_completes(self):
        self.check_shell(self.ask_zsh)

    @needs("fish")
    def test_fish_completes(self):
        self.check_shell(self.ask_fish)

    # Units.

    @needs("systemd-analyze")
    def test_systemd_accepts_the_units(self):
        for name, twin in itertools.product(SERVICES, TWINS):
            unit = read(self.units, f"{name}@.service")
            self.assertIn(f"/usr/bin/{name}-%i ", unit)
            # Of the manual, it looks for the page that is installed.
            unit = re.sub("^Documentation=.*\n", "", unit, flags=re.M).replace(
                "/usr/bin/", self.bin + "/")
            path = os.path.join(self.folder, f"{name}@.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(unit)
            os.chmod(path, 0o644)
            done = subprocess.run(["systemd-analyze", "verify",
                path.replace("@", f"@{twin}")], capture_output=True, text=True,
                check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_server_runs_by_its_unit(self):
        for name, twin in itertools.product(SERVICES, TWINS):
            with self.subTest(name=name, twin=twin):
                self.run_unit(read(self.units, f"{name}@.service"), twin)

    def run_unit(self, unit, twin):
        """Start a server as its unit does, and stop it, as far as that goes
        without systemd."""
        line = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", unit, re.M)[1]
        words = line.replace("\\\n", "").replace("%i", twin).split()
        self.assertEqual(words.pop(), "$OPTIONS")
        self.assertIn(f"--user={NAME}", words)
        self.assertIn(f"u {NAME} ", read(
            self.root, "usr", "lib", "sysusers.d", f"{NAME}.conf"))
        limit = int(re.search(r"^LimitNOFILE=(\d+)$", unit, re.M)[1])
        rights = re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.M)[1]
        wrapper = ["prlimit", f"--nofile={min(limit, 4096)}", "--"]
        # The user is made when the package is installed.
        user = pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            user = "nobody"
            kept = ",".join(f"+{right.removeprefix('CAP_').lower()}"
                for right in rights.split())
            wrapper += ["setpriv", "--no-new-privs",
                f"--bounding-set=-all,{kept}", "--"]
        words = [word.replace("/usr/bin", self.bin)
            if word.startswith("/") else word for word in words]
        words[words.index(f"--user={NAME}")] = f"--user={user}"
        doors = {"charfinder": ["--http-port=0"],
            "flag-server": ["--delay-port=0", "--error-port=0"]}
        more = doors.get(os.path.basename(words[0]).rpartition("-")[0], [])
        with tempfile.TemporaryFile() as console, subprocess.Popen([*wrapper,
                *words, "--port=0", *more], stdin=subprocess.DEVNULL,
                stdout=console, stderr=subprocess.STDOUT) as server:

            def said():
                # The server's offset in the file is this one's, too.
                return os.pread(console.fileno(), 2**16, 0)

            try:
                wait_until(lambda: said().count(b"Serving on") == 1 + len(more)
                    or server.poll() is not None, "it serves")
                # A plus: with all rights, which it takes to signal a user.
                plus = re.search(r"^ExecReload=(\+?)kill -HUP \$MAINPID$",
                    unit, re.M)[1]
                run(*([] if plus else wrapper), "sh", "-c",
                    f"kill -HUP {server.pid}")
            finally:
                server.send_signal(signal.SIGTERM)
                code = server.wait(DEADLINE)
            self.assertEqual(code, 0, said())


class Targets(unittest.TestCase):
    """What make can be asked for."""

    # Steps of others, which users do not ask for.
    STEPS = {"all", "help", "programs", "servers", "tests", "disturbed",
        "fuzzers", "builds", "coverage-figures", "FORCE"}

    def test_help_names_every_target(self):
        targets = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$",
            read(ROOT, "Makefile"), re.M)[1].replace("\\\n", " ").split()
        self.assertIn("dist", targets)
        said = run("make", "--no-print-directory", "help")
        for target in set(targets) - self.STEPS:
            with self.subTest(target=target):
                self.assertRegex(said, rf"(?<![\w-]){target}(?![\w-])")


@only_if_full
class Debian(unittest.TestCase):
    """The Debian package."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("dh") is None:
            raise unittest.SkipTest("no debhelper here")
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        archive = pack(cls.folder)
        cls.packages = []
        for name, umask in ("one", 0o022), ("another-folder", 0o077):
            folder = os.path.join(cls.folder, name)
            os.mkdir(folder)
            unpacked = unpack(archive, folder)
            run("sh", "-c", f"umask {umask:o}; make deb", cwd=unpacked,
                TZ="Asia/Seoul" if umask else "UTC")
            path, = glob.glob(os.path.join(folder, f"{NAME}_*.deb"))
            cls.packages.append(path)

    def test_it_has_the_same_bytes_wherever_it_is_built(self):
        run("cmp", *self.packages)

    @needs("lintian")
    def test_lintian_finds_nothing(self):
        folder = os.path.dirname(self.packages[0])
        changes, = glob.glob(os.path.join(folder, "*.changes"))
        # The bug that asks Debian for the package is Debian's.
        found = run("lintian", "--allow-root", "--fail-on", "error,warning",
            "--suppress-tags", "initial-upload-closes-no-bugs", changes)
        self.assertEqual(found, "")

    def test_its_programs_run(self):
        root = os.path.join(self.folder, "root")
        run("dpkg-deb", "-x", self.packages[0], root)
        for command in ALL_COMMANDS:
            self.assertIn(version(), run(os.path.join(root, "usr", "bin",
                command), "--version"))
            self.assertTrue(os.path.exists(os.path.join(root, "usr", "share",
                "man", "man1", f"{command}.1.gz")))
        said = run(os.path.join(root, "usr", "bin", NAME), "--only",
            "reply-50", "--blocks", "1", "--seconds", "0.1", "--output",
            os.path.join(self.folder, "report"))
        self.assertIn("Alike", said)
        # The others are of scenarios that take longer.
        for control in "bare epoll loop", "bare threads", "manual bufferevent":
            self.assertIn(f"/ {control} ", said)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""
Builds by other compilers and for other machines. What make asks a compiler,
and what it then does, is tested with one that only answers (other_cc.sh).
With --full the project is built by each of COMPILERS that is installed,
without a warning, and tests run where programs for its machine do; where the
libraries of its machine are missing, it is built as far as that goes.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import DEADLINE, HERE, ROOT, environment, main, only_if_full

# Of another machine each is a compiler, what runs its programs here, and which
# Debian packages have the libraries. TEST_SYSROOTS may be a folder with a root
# of each machine's own libraries in it: TEST_SYSROOTS/s390x-linux-gnu.
COMPILERS = {
    "clang": (),
    "i686-linux-gnu-gcc": (),
    "s390x-linux-gnu-gcc": ("qemu-s390x-static",),
    "aarch64-linux-gnu-gcc": ("qemu-aarch64-static",),
}
SYSROOTS = os.environ.get("TEST_SYSROOTS")

# Unit tests that need nothing of the system.
PURE = ("bisect", "charindex", "charpage", "chartalk", "cli", "counters",
    "guess", "histogram", "http", "limits", "line", "number", "permute",
    "player", "quote", "schedule")

# What is said of others' headers, and of libraries, that are not there.
MISSING = re.compile(r"fatal error: (?!(?:common|threaded|evented|report|tests)/)"
    r"\S+: No such file|cannot find -l\w+")

# What no compiler has to know.
UNSURE = ("-flto=auto", "-fstack-clash-protection", "-fcf-protection=full",
    "-ftrivial-auto-var-init=zero", "-Wstack-usage=8192", "-Wlogical-op")
MAY = "-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang"


def make(*arguments, folder, **more):
    """Run make, with its own folder for what it builds."""
    variables = {name: value for name, value in environment().items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CC", "AR", "SAN",
            "HOSTCC", "CFLAGS", "WERROR", "UCD", "B", "COVERAGE", "LTO",
            "HARDENING")}
    return subprocess.run(["make", "-C", ROOT, f"B={folder}", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env={**variables, **more}, check=False)


class Asked(unittest.TestCase):
    """What make does by the answers of a compiler."""

    def commands(self, *arguments, **answers):
        """What it would run to build everything, by these answers."""
        with tempfile.TemporaryDirectory() as folder:
            done = make("-n", f"CC={os.path.join(HERE, 'other_cc.sh')}",
                "HOSTCC=host-cc", "tests", "disturbed", *arguments,
                folder=folder, **answers)
            self.assertEqual(done.returncode, 0, done.stderr)
            return [line.replace(folder, "build") for line in
                done.stdout.replace("\\\n", " ").splitlines()]

    def using(self, commands, word):
        """Those commands that begin with this word."""
        return [line.split() for line in commands
            if line.split()[:1] == [word]]

    def compiling(self, commands):
        """Those that run the compiler."""
        found = self.using(commands, os.path.join(HERE, "other_cc.sh"))
        self.assertGreater(len(found), 100)
        return found

    def test_flags_are_those_that_the_compiler_knows(self):
        everything = self.compiling(self.commands())
        for flag in UNSURE:
            self.assertTrue(any(flag in line for line in everything), flag)
            without = self.compiling(self.commands(UNKNOWN=flag))
            for line in without:
                self.assertNotIn(flag, line)
        self.assertFalse(any(MAY in line for line in everything))

    def test_what_the_compiler_wants_to_be_allowed_is_allowed(self):
        allowed = self.compiling(self.commands(UNLESS=
            f"-ftrivial-auto-var-init=zero {MAY}"))
        self.assertTrue(any(MAY in line for line in allowed))
        for line in allowed:
            self.assertEqual(MAY in line, "-ftrivial-auto-var-init=zero"
                in line)

    def test_tools_are_those_of_the_compiler(self):
        commands = self.commands()
        archives = self.using(commands, "/other/ar")
        self.assertGreater(len(archives), 0)
        for line in archives:
            self.assertEqual(line[:3],
                ["/other/ar", "--plugin", "/other/liblto_plugin.so"])
        for tool in "ar", "gcc-ar", "ld", "objcopy", "cc", "gcc":
            self.assertEqual(self.using(commands, tool), [])
        commands = self.commands("AR=my-ar")
        self.assertEqual(len(self.using(commands, "my-ar")), len(archives))

    def test_clang_has_no_lto_and_no_plugin(self):
        commands = self.commands(VERSION="Some clang version 14")
        for line in self.compiling(commands):
            self.assertFalse(any(word.startswith("-flto") for word in line))
        archives = self.using(commands, "/other/ar")
        self.assertGreater(len(archives), 0)
        for line in archives:
            self.assertEqual(line[:2], ["/other/ar", "rcs"])

    def test_what_runs_here_is_built_for_here(self):
        for arguments in (), ("SAN=address,undefined",):
            commands = self.commands(*arguments)
            host = self.using(commands, "host-cc")
            self.assertEqual(len(host), 1)
            self.assertIn("common/ucd/compile.c", host[0])
            self.assertIn("build/ucd-compile", host[0])
            self.assertEqual("-fsanitize=address,undefined" in host[0],
                bool(arguments))
            for line in self.compiling(commands):
                self.assertNotIn("common/ucd/compile.c", line)
            self.assertEqual(len(self.using(commands,
                "build/ucd-compile")), 1)


class Sources(unittest.TestCase):
    """What is not to depend on the machine."""

    def test_numbers_are_scanned_in_their_size(self):
        paths = [path for folder in ("common", "threaded", "evented", "report",
            "tests") for path in glob.glob(os.path.join(ROOT, folder, "**",
                "*.[ch]"), recursive=True)]
        self.assertGreater(len(paths), 200)
        for path in paths:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for call in re.findall(r"\b\w*scanf\([^;]*;", text):
                self.assertIsNone(re.search(r"%\d*l(?!l)[dioux]", call),
                    f"{path}: a long has 32 bits or 64: {call}")


@only_if_full
class Compilers(unittest.TestCase):
    """The whole project by another compiler."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def build(self, compiler):
        """Build everything; whether it is all there."""
        if shutil.which(compiler) is None:
            self.skipTest(f"no {compiler} here")
        machine = compiler.removesuffix("-gcc")
        sysroot = os.path.join(SYSROOTS, machine) if SYSROOTS else ""
        self.sysroot = sysroot if os.path.isdir(sysroot) else None
        variables = {}
        if self.sysroot:
            compiler += f" --sysroot={self.sysroot}"
            variables["PKG_CONFIG_LIBDIR"] = ":".join(glob.glob(
                os.path.join(self.sysroot, "usr/lib/*/pkgconfig")))
        self.machine = machine
        self.build_folder = os.path.join(self.folder, "build")
        done = make("-k", "-j2", "-Otarget", f"CC={compiler}", "WERROR=1", "tests",
            "disturbed", folder=self.build_folder, **variables)
        said = [line for line in done.stderr.splitlines()
            if re.search(r"\b(?:error|warning|note|cannot|undefined)\b", line)]
        missing = [line for line in said if MISSING.search(line)]
        self.assertEqual([line for line in said if line not in missing
            and "collect2: error: ld returned" not in line], [])
        if missing:
            return False
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return True

    def check(self, compiler):
        """Build, and run what can be run."""
        if not self.build(compiler):
            self.skipTest(f"no libraries for {self.machine} here; all that "
                "needs none is built")
        runner = [*COMPILERS[compiler]]
        variables = environment()
        if runner:
            if shutil.which(runner[0]) is None:
                self.skipTest(f"no {runner[0]} here; all is built")
            if self.sysroot:
                runner += ["-L", self.sysroot]
        elif self.sysroot:
            variables["LD_LIBRARY_PATH"] = ":".join(glob.glob(
                os.path.join(self.sysroot, "usr/lib/*-linux-gnu")))
        for name in PURE:
            with self.subTest(test=name):
                done = subprocess.run([*runner, os.path.join(
                    self.build_folder, "tests", "unit", f"test_{name}")],
                    cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                    text=True, env=variables, timeout=20 * DEADLINE,
                    check=False)
                self.assertEqual(done.returncode, 0,
                    done.stdout[-2000:] + done.stderr)
        if runner:
            return
        for suite in "transcripts", "fuzz", "web":
            with self.subTest(suite=suite):
                done = subprocess.run(["/usr/bin/python3",
                    os.path.join(HERE, f"test_{suite}.py")], cwd=ROOT,
                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                    env={**variables, "TEST_BUILD": self.build_folder,
                        "TEST_FULL": ""},
                    timeout=20 * DEADLINE, check=False)
                self.assertEqual(done.returncode, 0, done.stderr[-4000:])


def _add(compiler):
    def test(self):
        self.check(compiler)
    setattr(Compilers, "test_" + re.sub(r"\W", "_", compiler), test)


if Compilers is not None:
    for _compiler in COMPILERS:
        _add(_compiler)


if __name__ == "__main__":
    main()

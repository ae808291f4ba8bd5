"""
torture - servers whose calls a test makes fail, by tests/preload/torture.c.
"""

import mmap
import os
import re
import struct
import tempfile

from harness import BUILD, TESTS, Finder, Pusher, Server, wait_until

LIBRARY = os.path.join(BUILD, "tests", "preload", "torture.so")

# The coarse clock is late at first sight.
STALE = os.path.join(BUILD, "tests", "preload", "stale.so")


def _calls():
    """The calls that the library knows, in its order."""
    with open(os.path.join(TESTS, "preload", "torture.c")) as source:
        return re.findall(r"^ +X\((\w+)\)", source.read(), re.MULTILINE)


class Faults:
    """What a program that has the library loaded is to suffer."""

    CALLS = _calls()
    LEFT, EVERY, ERROR, FAILED, HELD, WAITED = MEMBERS = range(6)
    DEADLY = -1  # in the place of an errno: the call ends the process

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="torture-")
        self.file.truncate(mmap.PAGESIZE)
        self.page = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)
        self.variables = {"LD_PRELOAD": LIBRARY, "TORTURE": self.file.name}

    def close(self):
        """Forget them."""
        self.page.close()
        self.file.close()

    def _at(self, call, member):
        return 3 + len(self.MEMBERS) * self.CALLS.index(call) + member

    def _get(self, index):
        return struct.unpack_from("q", self.page, 8 * index)[0]

    def _set(self, index, value):
        struct.pack_into("q", self.page, 8 * index, value)

    def blocks(self):
        """How many blocks of memory are in use."""
        return self._get(0)

    def shorten(self, on):
        """Cut reads and writes of sockets to 1 to 7 bytes, or not."""
        self._set(1, on)

    def cuts(self):
        """How many were cut."""
        return self._get(2)

    def arm(self, call, number, error, every=0):
        """Have the number-th call from now fail with this errno, and then
        every so many."""
        self._set(self._at(call, self.LEFT), 0)
        self._set(self._at(call, self.ERROR), error)
        self._set(self._at(call, self.EVERY), every)
        self._set(self._at(call, self.FAILED), 0)
        self._set(self._at(call, self.LEFT), number)

    def disarm(self, call):
        """Have it fail no more; return how often it did."""
        self._set(self._at(call, self.EVERY), 0)
        self._set(self._at(call, self.LEFT), 0)
        return self._get(self._at(call, self.FAILED))

    def hold(self, call, on):
        """Have all such calls wait from now on, or let them go."""
        self._set(self._at(call, self.HELD), on)

    def waited(self, call):
        """How many calls were held."""
        return self._get(self._at(call, self.WAITED))


class Disturbed:
    """What is added to a server whose calls fail: libevent may warn of it."""

    # What libevent says of a call that fails it, in our words.
    WARNING = re.compile(r"[\w-]+: libevent: [^\n]+")

    @classmethod
    def without_warnings(cls, errors):
        """What was said on standard error besides libevent's warnings."""
        return "\n".join(line for line in errors.splitlines()
            if not cls.WARNING.fullmatch(line))

    def error_text(self):
        """What it wrote on standard error, without libevent's warnings."""
        return self.without_warnings(super().error_text())

    def wait_for_rest(self):
        """Wait until all its threads wait."""
        wait_until(self.waits, "all threads wait")


class Tortured(Disturbed):
    """What is added to a server that has the library loaded; its faults are
    self.faults."""

    def __init__(self, twin, *options, faults=None, **how):
        self.faults = faults or Faults()
        super().__init__(
            twin, *options, variables=self.faults.variables, **how)

    def kill(self):
        super().kill()
        self.faults.close()


class TorturedServer(Tortured, Server):
    """A server of the game that has the library loaded."""


class TorturedFinder(Tortured, Finder):
    """A finder that has the library loaded."""


class TorturedPusher(Tortured, Pusher):
    """A push server that has the library loaded."""

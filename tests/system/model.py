"""
model - the guessing game's protocol once more, written from its description.

The C programs share one implementation of the protocol, so comparing them
with each other cannot show a mistake that both inherit. This one shares
nothing with it. It does not know which number comes next; it knows how many
answers are due, which errors, and what a guess must fulfil.
"""

import re

MAX_LINE = 1024
SMALLEST, GREATEST = -2 ** 63, 2 ** 63 - 1
DECISIONS = {word.encode() for word in (
    "Warmer", "Colder", "Unsure", "Correct", "Same",
    "더 따뜻함", "더 차가움", "잘 모르겠음", "맞음")}
CORRECT = {"Correct".encode(), "맞음".encode()}


class Error(Exception):
    """The conversation ends with this reason."""


class Game:
    """One game and what was guessed in it."""

    def __init__(self, lower, upper):
        self.lower = lower
        self.upper = upper
        self.guesses = 0
        self.found = False


class Guess:
    """An answer that is due: a guess of a game, or the one found again."""

    def __init__(self, game):
        self.game = game
        self.again = game.found


class Model:
    """One conversation. due: the answers so far, each a Guess or an error's
    bytes; closed: whether the server then ends it; game: the current Game."""

    def __init__(self):
        self.due = []
        self.closed = False
        self._bytes = b""
        self._first = True
        self.game = None

    def feed(self, data):
        """The client sends bytes."""
        self._bytes += data
        while not self.closed:
            line, end, rest = self._bytes.partition(b"\n")
            if end and line.endswith(b"\r"):
                line = line[:-1]
            if not end and line[MAX_LINE:] == b"\r":
                return  # an allowed line, if LF is what follows
            if len(line) > MAX_LINE:
                self._end(b"line too long")
            elif end:
                self._bytes = rest
                self._take(line)
            else:
                return

    def finish(self):
        """The client has sent all."""
        if self.closed:
            return
        if len(self._bytes) > MAX_LINE:
            self._end(b"line too long")
        elif self._bytes:
            self._take(self._bytes)
        self.closed = True

    def _end(self, reason=None):
        if reason is not None:
            self.due.append(b"ERROR " + reason + b"\n")
        self.closed = True

    def _take(self, line):
        first, self._first = self._first, False
        try:
            if not line:
                self._end()
                return
            try:
                line.decode("utf-8", "strict")
            except UnicodeDecodeError:
                raise Error(b"not UTF-8") from None
            if first and re.fullmatch(rb".+ HTTP/1\..", line, re.DOTALL):
                self._end()
                return
            self._obey(line)
        except Error as error:
            self._end(error.args[0])

    def _obey(self, line):
        command, space, rest = line.partition(b" ")
        if command == b"NUMBER" and not space:
            self._number()
        elif command == b"CLEAR" and not space:
            self.game = None
        elif command == b"PARAMS" and space:
            self._params(rest.split(b" "))
        elif command == b"REPORT" and space:
            self._report(rest)
        elif command in (b"NUMBER", b"CLEAR", b"PARAMS", b"REPORT"):
            raise Error(b"wrong number of arguments")
        else:
            raise Error(b"unknown command")

    def _params(self, words):
        if len(words) != 2:
            raise Error(b"wrong number of arguments")
        if not all(re.fullmatch(rb"[+-]?[0-9]+", word) for word in words):
            raise Error(b"not an integer")
        lower, upper = (int(word) for word in words)
        if not all(SMALLEST <= n <= GREATEST for n in (lower, upper)):
            raise Error(b"integer out of range")
        self.game = Game(lower, upper) if lower <= upper else None

    def _number(self):
        game = self.game
        if game is None:
            raise Error(b"no game")
        if not game.found and game.guesses > game.upper - game.lower:
            raise Error(b"every number already guessed")
        self.due.append(Guess(game))
        if not game.found:
            game.guesses += 1

    def _report(self, decision):
        if decision not in DECISIONS:
            raise Error(b"unknown decision")
        if self.game is None or self.game.guesses == 0:
            raise Error(b"no guess to report on")
        if decision in CORRECT:
            self.game.found = True


def fault(due, received):
    """What is wrong with the received bytes, or None."""
    lines = received.splitlines(keepends=True)
    guessed = {}
    for number, (expected, line) in enumerate(zip(due, lines), 1):
        if isinstance(expected, bytes):
            if line != expected:
                return f"line {number} is {line}, not {expected}"
            continue
        if not re.fullmatch(rb"(0|-?[1-9][0-9]*)\n", line):
            return f"line {number} is no number: {line}"
        guess = int(line)
        game = expected.game
        before = guessed.setdefault(game, [])
        if expected.again:
            if guess != before[-1]:
                return f"line {number}: {guess} is not the {before[-1]} found"
        elif not game.lower <= guess <= game.upper:
            return (f"line {number}: {guess} is not from {game.lower} to "
                f"{game.upper}")
        elif guess in before:
            return f"line {number}: {guess} was guessed before"
        else:
            before.append(guess)
    if len(lines) != len(due):
        return f"{len(lines)} lines were answered, not {len(due)}"
    return None

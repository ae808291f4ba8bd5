#!/usr/bin/python3
"""
charfind on the command line: what it prints, and how it exits; and what the
compiler of its tables refuses.
"""

import json
import os
import re
import subprocess
import tempfile
import unittest

from harness import BUILD, DEADLINE, environment, main

CHARFIND = os.path.join(BUILD, "charfind")
COMPILER = os.path.join(BUILD, "unicode-compile")

# A small database, and what makes it a wrong one.
JAMO = "# Jamo-15.0.0.txt\n1100; G # HANGUL CHOSEONG KIYEOK\n110B;    # IEUNG\n"
SPACE = "0020;SPACE;Zs;0;WS;;;;;N;;;;;\n"
WRONG_DATA = [
    ("0020;SPACE\n", "UnicodeData.txt: not understood"),
    (";SPACE;Zs;0;WS;;;;;N;;;;;\n", "'' is no code point"),
    ("110000;SPACE;Zs;0;WS;;;;;N;;;;;\n", "'110000' is no code point"),
    (SPACE + SPACE, "U+0020: not in order"),
    ("0020;Space;Zs;0;WS;;;;;N;;;;;\n", "U+0020: a strange name: Space"),
    (f"0020;{'A' * 40};Zs;0;WS;;;;;N;;;;;\n",
        "longer than CHARINDEX_WORD_MAX"),
    (f"0020;{' '.join('ABCDEFGHIJKLMNOPQ')};Zs;0;WS;;;;;N;;;;;\n",
        "more than CHARINDEX_WORDS words"),
    ("E000;<Elvish, First>;Lo;0;L;;;;;N;;;;;\n"
        "E100;<Elvish, Last>;Lo;0;L;;;;;N;;;;;\n",
        "how are characters of 'Elvish, Last>' named?"),
]

CATS = (
    "U+1F638\t\U0001f638\tGRINNING CAT FACE WITH SMILING EYES\n"
    "U+1F63A\t\U0001f63a\tSMILING CAT FACE WITH OPEN MOUTH\n"
    "U+1F63B\t\U0001f63b\tSMILING CAT FACE WITH HEART-SHAPED EYES\n")
KING = "U+265A \t\u265a\tBLACK CHESS KING\n"

# What is refused, and a part of the first line of the refusal.
REFUSES = [
    ([], "Usage: charfind"),
    (["--json"], "Usage: charfind"),
    (["--words"], "requires an argument"),
    (["--words", "0"], "--words: '0' is not a whole number from 1 to"),
    (["--words", "-1"], "--words: '-1' is not a whole number from 1 to"),
    (["--words", "some"], "--words: 'some' is not a whole number from 1 to"),
    (["--words", "3", "cat"], "--words takes no query"),
    (["cat", "--wat"], "unrecognized option '--wat'"),
    ([b"\xff"], "the query is not UTF-8"),
    ([b"cat", b"\xe2\x99"], "the query is not UTF-8"),
]


def run(*arguments, **more):
    """Run charfind to its end."""
    return subprocess.run([CHARFIND, *arguments], stdin=subprocess.DEVNULL,
        capture_output=True, env=environment(), encoding="utf-8",
        timeout=DEADLINE, **more)


class Charfind(unittest.TestCase):
    """One run after another."""

    def check(self, arguments, output, code=0):
        """It prints this and nothing else, and exits so."""
        done = run(*arguments)
        self.assertEqual((done.stdout, done.stderr, done.returncode),
            (output, "", code), arguments)

    def test_words_find_characters(self):
        for words in (["smiling", "cat", "face"], ["Cat face SMILING"],
                ["", "cat", " face\t", "smiling"],
                ["--", "cat", "-", "face-smiling"]):
            query = " ".join(w for w in words if w != "--").strip()
            self.check(words, CATS + f"3 matches for {query!r}\n")

    def test_a_character_or_a_code_point_finds_it(self):
        for query in "\u265a", "U+265A", "u+265a":
            self.check([query], KING + f"1 match for '{query}'\n")

    def test_nothing_found_exits_as_grep_does(self):
        self.check(["zzz"], "No match for 'zzz'\n", 1)
        self.check([""], "No match for ''\n", 1)
        self.check(["it's\x1b"], "No match for \"it's\\x1b\"\n", 1)

    def test_no_carriage_return_is_printed(self):
        done = run("letter")
        self.assertNotIn("\r", done.stdout)
        rows = done.stdout.split("\n")[:-2]
        self.assertEqual(done.stdout.split("\n")[-2:],
            [f"{len(rows)} matches for 'letter'", ""])

    def test_the_word_report_is_the_published_one(self):
        done = run("--words", "10")
        lines = done.stdout.splitlines()
        self.assertEqual((len(lines), done.returncode, done.stderr),
            (10, 0, ""))
        for line in lines:
            self.assertRegex(line, r"\A[ 0-9]{4,}[0-9] [A-Z]+\Z")
        counts = [int(line.split()[0]) for line in lines]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.assertEqual([line.split()[1] for line in lines[:3]],
            ["IDEOGRAPH", "CJK", "UNIFIED"])

    def test_all_words_can_be_reported(self):
        done = run("--words", "2147483647")
        words = [line.split()[1] for line in done.stdout.splitlines()]
        self.assertGreater(len(words), 20000)
        self.assertEqual(len(words), len(set(words)))
        listed = json.loads(run("--words", "2147483647", "--json").stdout)
        self.assertEqual([item["word"] for item in listed], words)

    def test_json_holds_what_is_found(self):
        done = run("--json", "cat", "face", "smiling")
        answer = json.loads(done.stdout)
        self.assertEqual(list(answer),
            ["query", "count", "start", "stop", "items"])
        self.assertEqual((answer["query"], answer["count"], answer["start"],
            answer["stop"]), ("cat face smiling", 3, 0, 3))
        self.assertEqual("".join("{code:7}\t{char}\t{name}\n".format(**item)
            for item in answer["items"]), CATS)
        self.assertEqual((done.stderr, done.returncode), ("", 0))

    def test_json_is_right_for_every_character_that_it_must_escape(self):
        for char in "\"\\'\u200f<&":
            items = json.loads(run("--json", char).stdout)["items"]
            self.assertEqual([item["char"] for item in items], [char])
        done = run("--json", "\x01\"\\\U0001f600\x7f zzz")
        self.assertEqual(json.loads(done.stdout), {
            "query": "\x01\"\\\U0001f600\x7f zzz", "count": 0, "start": 0,
            "stop": 0, "items": []})
        self.assertEqual(done.returncode, 1)

    def test_a_wrong_command_line_is_refused(self):
        for arguments, text in REFUSES:
            done = run(*arguments)
            self.assertEqual((done.stdout, done.returncode), ("", 64),
                arguments)
            self.assertIn(text, done.stderr.splitlines()[0])

    def test_output_that_cannot_be_written_is_trouble(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CHARFIND, "cjk"], stdout=full,
                stderr=subprocess.PIPE, env=environment(), encoding="utf-8",
                timeout=DEADLINE, check=False)
        self.assertEqual((done.stderr, done.returncode),
            ("charfind: cannot write: No space left on device\n", 2))

    def test_version_and_help(self):
        self.assertTrue(re.fullmatch(
            r"charfind [0-9.]+ \(Unicode [0-9.]+\)\n",
            run("--version").stdout))
        text = run("--help").stdout
        for option in "--json", "--words=N":
            self.assertIn(option, text)


class Compiler(unittest.TestCase):
    """The program that compiles the Unicode Character Database."""

    def compile(self, **files):
        """Compile a database of these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                with open(os.path.join(folder, name + ".txt"), "w",
                        encoding="utf-8") as file:
                    file.write(text)
            return subprocess.run([COMPILER, folder,
                os.path.join(folder, "out.c")], capture_output=True,
                env=environment(), encoding="utf-8", timeout=DEADLINE,
                check=False)

    def check_refused(self, text, **files):
        """It ends with this, in one line."""
        done = self.compile(**files)
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        self.assertRegex(done.stderr, r"\Aunicode_compile: .*\n\Z")
        self.assertIn(text, done.stderr)

    def test_a_small_database_is_compiled(self):
        done = self.compile(Jamo=JAMO, UnicodeData=SPACE)
        self.assertEqual((done.stdout, done.stderr, done.returncode),
            ("", "", 0))

    def test_a_missing_file_is_named(self):
        self.check_refused("Jamo.txt: No such file", UnicodeData=SPACE)
        self.check_refused("UnicodeData.txt: No such file", Jamo=JAMO)

    def test_a_database_that_is_not_as_expected_is_refused(self):
        for text, message in WRONG_DATA:
            self.check_refused(message, Jamo=JAMO, UnicodeData=text)
        for text in "1200; G\n", "KIYEOK\n":
            self.check_refused("Jamo.txt: not understood", Jamo=text,
                UnicodeData=SPACE)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""
charfind on the command line: what it prints, and how it exits; and what the
compiler of its tables refuses.
"""

import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import unicodedata
import unittest

from harness import BUILD, DEADLINE, FULL, ROOT, environment, main

CHARFIND = os.path.join(BUILD, "charfind")
SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))
COMPILER = os.path.join(BUILD, "ucd-compile")

# Where the database of the build is, and a small one.
UCD = os.environ.get("UCD", "/usr/share/unicode")
LETTERS = [*range(0x1100, 0x1113), *range(0x1161, 0x1176),
    *range(0x11a8, 0x11c3)]
VERSION = "# Jamo-15.0.0.txt\n"
JAMO = [f"{code:04X};{'' if code == 0x110b else ' G'} # A LETTER\n"
    for code in LETTERS]
SPACE = "0020;SPACE;Zs;0;WS;;;;;N;;;;;\n"


def ends(first, last, label, category="Co"):
    """The two lines of a range."""
    return [f"{code};<{label}, {end}>;{category};0;L;;;;;N;;;;;\n"
        for code, end in ((first, "First"), (last, "Last"))]


HANGUL = ends("AC00", "D7A3", "Hangul Syllable", "Lo")
PLANE = ends("100000", "10FFFD", "Plane 16 Private Use")
DATA = [SPACE, *HANGUL, *PLANE]
FIRST, LAST = PLANE

# What makes it a wrong one, and what is said then.
WRONG_DATA = [("".join(data), message) for data, message in (
    (["0020;SPACE\n", *PLANE], "UnicodeData.txt:1: too few fields"),
    ([SPACE[:-1] + ";\n", *PLANE], "UnicodeData.txt:1: too many fields"),
    ([SPACE.replace("Zs", ""), *PLANE], "UnicodeData.txt:1: not a category"),
    *(([SPACE.replace("0020", code), *PLANE],
            "UnicodeData.txt:1: not a code point")
        for code in ("", "20", "0x20", " 020", "-020", "0020 ", "002g",
            "110000", "0000020")),
    ([SPACE, SPACE, *PLANE], "UnicodeData.txt:2: not in order"),
    ([SPACE, SPACE.replace("0020", "001F"), *PLANE],
        "UnicodeData.txt:2: not in order"),
    ([SPACE.replace("SPACE", "Space"), *PLANE],
        "U+0020: a strange name: Space"),
    ([SPACE.replace("SPACE", "<contr>"), *PLANE],
        "U+0020: a strange name: <contr>"),
    ([SPACE.replace("SPACE", "A" * 40), *PLANE],
        "longer than CHARINDEX_WORD_MAX"),
    ([SPACE.replace("SPACE", " ".join("ABCDEFGHIJKLMNOPQ")), *PLANE],
        "more than CHARINDEX_WORDS words"),
    ([*ends("E000", "E100", "Elvish"), *PLANE],
        "UnicodeData.txt:2: how are characters of 'Elvish' named?"),
    ([*ends("AC00", "D7A2", "Hangul Syllable"), *PLANE],
        "UnicodeData.txt:2: not all Hangul syllables"),
    ([*ends("AC01", "D7A3", "Hangul Syllable"), *PLANE],
        "UnicodeData.txt:2: not all Hangul syllables"),
    # Ends of ranges that are not one after the other.
    ([SPACE, LAST], "UnicodeData.txt:2: the range has no first line"),
    ([SPACE, FIRST], "UnicodeData.txt: it ends before U+10FFFD"),
    ([HANGUL[0], *PLANE],
        "UnicodeData.txt:2: the range before has no last line"),
    ([HANGUL[1], *PLANE], "UnicodeData.txt:1: the range has no first line"),
    ([HANGUL[0], "B000;X;Lo;0;L;;;;;N;;;;;\n", HANGUL[1], *PLANE],
        "UnicodeData.txt:2: the range before has no last line"),
    ([HANGUL[0], LAST], "UnicodeData.txt:2: the range has no first line"),
    ([f"0020;<{'A' * 64}, First>;Co;0;L;;;;;N;;;;;\n", *PLANE],
        "UnicodeData.txt:1: too long a name"),
    # Holes, as a crash of the system leaves them.
    ([SPACE.replace("SPACE", "\0\0"), *PLANE],
        "UnicodeData.txt:1: the line is cut short"),
    ([SPACE, *PLANE, "\0" * 512], "UnicodeData.txt:4: the line is cut short"),
)]
WRONG_JAMO = [("".join(lines), message) for lines, message in (
    ([VERSION], "Jamo.txt: the letter U+1100 is missing"),
    (JAMO, "Jamo.txt: the line with the version is missing"),
    *(([VERSION, *(line for line in JAMO if line != letter)],
            f"Jamo.txt: the letter U+{letter[:4]} is missing")
        for letter in JAMO),
    ([VERSION, *JAMO, JAMO[5]], "Jamo.txt:69: duplicate letter"),
    *(([VERSION, line, *JAMO], "Jamo.txt:2: " + message)
        for line, message in (("1100\n", "not a Hangul letter"),
            ("1113; G\n", "not a Hangul letter"),
            ("1160; G\n", "not a Hangul letter"),
            ("1176; G\n", "not a Hangul letter"),
            ("11A7; G\n", "not a Hangul letter"),
            ("11C3; G\n", "not a Hangul letter"),
            ("10FF; G\n", "not a Hangul letter"),
            ("KIYEOK\n", "not a code point"), (" 1100; G\n", "not a code"),
            ("1100; \n", "not the short name"), ("1100; g\n", "not the short"),
            ("1100; GGGG\n", "not the short"), ("1100; G G\n", "not the sh"),
            ("110B; G\n", "not the short"), ("1100; \0G\n", "the line is cut"))),
)]

KEYWORDS = "# a comment\n0020\tblank|sp\tgap\tempty|->\tnbsp\n" \
    "0023 FE0F\thash\tkeycap: #\n# end\n"
RANGES = "# a comment\n\n0020..007E ; Basic Latin # L& [3] A..Z\n00A0; X\n# EOF\n"
WRONG_RANGES = [(text, message) for text, message in (
    ("", ": the line '# EOF' is missing"),
    ("0020; A\n", ": the line '# EOF' is missing"),
    ("# EOF\n0020; A\n", ": the line '# EOF' is missing"),
    ("0020\n# EOF\n", ":1: no value"), ("0020;\n# EOF\n", ":1: no value"),
    ("0020;  # A\n# EOF\n", ":1: no value"),
    ("20; A\n# EOF\n", ":1: not a code point"),
    ("0020..21; A\n# EOF\n", ":1: not a code point"),
    ("0020.0021; A\n# EOF\n", ":1: not a code point"),
    ("0021..0020; A\n# EOF\n", ":1: not a range"),
)]
SINGLE = "Blocks.txt", "Scripts.txt", "DerivedAge.txt"
WRONG_KEYWORDS = [(text, "keywords.txt" + message) for text, message in (
    ("", ": the line '# end' is missing"),
    ("0020\ta\tb\tc\td\n", ": the line '# end' is missing"),
    ("# end\n0020\ta\tb\tc\td\n", ": the line '# end' is missing"),
    ("20\ta\tb\tc\td\n# end\n", ":1: not a code point"),
    ("\n# end\n", ":1: not a code point"),
    ("0020\ta\tb\tc\n# end\n", ":1: too few fields"),
    ("0020\n# end\n", ":1: too few fields"),
    ("0020\ta\tb\tc\td\te\n# end\n", ":1: too many fields"),
    ("0020\ta\x01\t\t\t\n# end\n", ":1: not printable ASCII"),
    ("0020\ta\u00e9\t\t\t\n# end\n", ":1: not printable ASCII"),
    ("0020\ta\t\t\t\n0020\tb\t\t\t\n# end\n", ":2: duplicate code point"),
    ("0020 0021\ta\n# end\n", ":1: too few fields"),
    ("0020 0021\ta\tb\t\n# end\n", ":1: too many fields"),
    ("0020 0021\ta\t\u00e9\n# end\n", ":1: not printable ASCII"),
    ("0020 21\ta\tb\n# end\n", ":1: not a code point"),
    ("0020" + 64 * " 0021" + "\ta\tb\n# end\n", ":1: too many characters"),
)] + [
    (f"0020\t{'a' * 40}\t\t\t\n# end\n", "longer than CHARINDEX_WORD_MAX"),
    (f"0020\t{' a' * 200}\t\t\t\n# end\n", "too long"),
    (f"0020\t{' '.join('ABCDEFGHIJKLMNOPQ')}\t\t\t\n# end\n",
        "a phrase has more than 16 words"),
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
    (["--limit", "0", "cat"], "--limit: '0' is not a whole number from 1 to"),
    (["--order", "name", "cat"],
        "--order: 'name' is neither code nor relevance"),
    (["--format", "{char} {wat}", "cat"],
        "--format: not valid from '{wat}' on"),
    (["--format={char", "cat"], "--format: not valid from '{char' on"),
    (["--format=", "--json", "cat"],
        "--format cannot be had with --json or --words"),
    (["--format={char}", "--words=3"],
        "--format cannot be had with --json or --words"),
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
            self.check(["--order=code", *words], CATS + f"3 matches for {query!r}\n")

    def test_a_character_or_a_code_point_finds_it(self):
        for query in "\u265a", "U+265A", "u+265a":
            self.check([query], KING + f"1 match for '{query}'\n")

    def test_nothing_found_exits_as_grep_does(self):
        self.check(["qqq"], "No match for 'qqq'\n", 1)
        self.check(["--order=code", "zzz"], "No match for 'zzz'\n", 1)
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
        done = run("--json", "--order=code", "cat", "face", "smiling")
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
            items = json.loads(run("--json", "--order=code", char).stdout)["items"]
            self.assertEqual([item["char"] for item in items], [char])
        done = run("--json", "--order=code", "\x01\"\\\U0001f600\x7f q9q")
        self.assertEqual(json.loads(done.stdout), {
            "query": "\x01\"\\\U0001f600\x7f q9q", "count": 0, "start": 0,
            "stop": 0, "items": []})
        self.assertEqual(done.returncode, 1)

    def test_the_likely_ones_come_first(self):
        rows = run("arrow", "right").stdout.splitlines()
        self.assertEqual(rows[0], "U+2192 \t\u2192\tRIGHTWARDS ARROW")
        self.check(["lf"], "U+000A \t\u240a\tLINE FEED\n1 match for 'lf'\n")
        self.check(["&hearts;", "U+41,\\u0042"], "".join(
            f"U+{ord(char):04X} \t{char}\t{unicodedata.name(char)}\n"
            for char in "\u2665AB") + "3 matches for '&hearts; U+41,\\\\u0042'\n")
        done = run("infinty")
        self.assertEqual(done.stdout.splitlines()[-1],
            "No match for 'infinty'; 7 matches for 'infinity'")
        self.assertEqual(json.loads(run("--json", "infinty").stdout)["corrected"],
            "infinity")

    def test_an_emoji_of_several_characters_is_told_whole(self):
        flag = "\U0001f1f0\U0001f1f7"
        self.check(["flag", "of", "Korea"], "".join(
            f"U+{ord(char):04X}\t{char}\t{unicodedata.name(char)}\n"
            for char in flag) + f"Parts of {flag} for 'flag of Korea'\n")
        answer = json.loads(run("--json", "flag of Korea").stdout)
        self.assertEqual((answer["sequence"], answer["count"]), (flag, 2))
        self.assertEqual(run("-n1", "flag of Korea").stdout.splitlines()[-1],
            f"Parts of {flag} for 'flag of Korea', the first shown")

    def test_a_limit_cuts_what_is_shown_and_not_the_count(self):
        whole = run("cat face").stdout.splitlines()
        self.check(["-n", "2", "cat face"], "\n".join(whole[:2]) + "\n"
            + f"{len(whole) - 1} matches for 'cat face', the first 2 shown\n")
        self.check(["--limit", str(len(whole) - 1), "cat face"],
            "\n".join(whole) + "\n")
        answer = json.loads(run("--json", "--limit=3", "cjk").stdout)
        self.assertEqual((answer["stop"], len(answer["items"])), (3, 3))
        self.assertGreater(answer["count"], 98000)

    def test_a_format_says_how_a_row_is_printed(self):
        self.check(["--format={char}\\t{code} {entity}|{html}", "-n2", "heart"],
            "\u2665\tU+2665 &hearts;|&#x2665;\n\u2764\tU+2764 |&#x2764;\n")
        self.check(["--format={name}", "U+41,U+42"],
            "LATIN CAPITAL LETTER A\nLATIN CAPITAL LETTER B\n")
        self.check(["--format=", "U+41"], "\n")
        self.check(["--format={name}", "qqq"], "", 1)
        self.check(["--format={block}/{category}", "\u2192"],
            "Arrows/Math symbol (Sm)\n")

    def test_a_block_is_printed_whole(self):
        done = run("--format={code}", "block:Basic Latin")
        self.assertEqual(done.stdout.split(),
            [f"U+{code:04X}" for code in range(128)])
        done = run("--limit=1", "--json", "block:arrows")
        self.assertEqual(json.loads(done.stdout)["count"], 112)

    def test_on_a_terminal_so_many_are_shown_as_it_has_room_for(self):
        master, slave = os.openpty()
        with open(master, encoding="utf-8", newline="") as out:
            child = subprocess.Popen([CHARFIND, "arrow"], stdout=slave,
                stdin=subprocess.DEVNULL, env=environment())
            os.close(slave)
            lines = [out.readline() for _ in range(41)]
            self.assertIn(", the first 40 shown", lines[-1])
            self.assertEqual(child.wait(DEADLINE), 0)

    def test_on_a_terminal_a_format_prints_all(self):
        master, slave = os.openpty()
        with open(master, encoding="utf-8", newline="") as out:
            child = subprocess.Popen([CHARFIND, "--format={code}",
                "block:arrows"], stdout=slave, stdin=subprocess.DEVNULL,
                env=environment())
            os.close(slave)
            lines = [out.readline().strip() for _ in range(112)]
            self.assertEqual(lines[-1], "U+21FF")
            self.assertEqual(child.wait(DEADLINE), 0)

    def test_every_line_of_standard_input_is_a_query(self):
        done = subprocess.run([CHARFIND, "-n1", "-"], encoding="utf-8",
            input="rocket\n\nqqq\n\U0001f1e9\U0001f1ea", capture_output=True,
            env=environment(), timeout=DEADLINE, check=False)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (
            "U+1F680\t\U0001f680\tROCKET\n"
            f"{done.stdout.splitlines()[1]}\n"
            "No match for ''\nNo match for 'qqq'\n"
            "U+1F1E9\t\U0001f1e9\tREGIONAL INDICATOR SYMBOL LETTER D\n"
            "2 matches for '\U0001f1e9\U0001f1ea', the first shown\n", "", 0))
        for text, code in (b"", 1), (b"qqq\n", 1), (b"a\xff\n", 2):
            done = subprocess.run([CHARFIND, "-"], input=text,
                capture_output=True, env=environment(), timeout=DEADLINE,
                check=False)
            self.assertEqual(done.returncode, code)
        self.assertEqual(done.stderr, b"charfind: a line is not UTF-8\n")
        with open("/proc/self/mem", "rb") as bad:
            done = subprocess.run([CHARFIND, "-"], stdin=bad,
                capture_output=True, env=environment(), timeout=DEADLINE,
                check=False)
        self.assertEqual((done.stderr, done.returncode),
            (b"charfind: cannot read: Input/output error\n", 2))

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
            ("charfind: cannot write to standard output: No space left on device\n", 2))

    def test_version_and_help(self):
        self.assertTrue(re.fullmatch(
            r"charfind [0-9.]+ \(Unicode [0-9.]+\)\n",
            run("--version").stdout))
        text = run("--help").stdout
        for option in ("--json", "--words=N", "--limit=N", "--order=ORDER",
                "--format=FORMAT"):
            self.assertIn(option, text)


class Compiler(unittest.TestCase):
    """The program that compiles the Unicode Character Database."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.put("Jamo.txt", VERSION + "".join(JAMO))
        self.put("UnicodeData.txt", "".join(DATA))
        self.put("keywords.txt", KEYWORDS)
        for name in SINGLE:
            self.put(name, RANGES)

    def put(self, name, text):
        """Let a file of the database hold this."""
        data = text if isinstance(text, bytes) else text.encode()
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def compile(self):
        """Compile the database."""
        return subprocess.run([COMPILER, self.folder, self.folder,
            os.path.join(self.folder, "out.c")], capture_output=True,
            env=environment(), encoding="utf-8", timeout=DEADLINE,
            check=False)

    def check_compiled(self):
        """It is compiled, without a word."""
        done = self.compile()
        self.assertEqual((done.stdout, done.stderr, done.returncode),
            ("", "", 0))

    def check_refused(self, text):
        """It ends with this, in one line."""
        done = self.compile()
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        self.assertRegex(done.stderr, r"\Aucd-compile: [^\n]+\n\Z")
        self.assertIn(text, done.stderr)

    def real(self, name):
        """A file of the real database, which is then in this folder, too."""
        with open(os.path.join(UCD, name), "rb") as file:
            data = file.read()
        self.put(name, data)
        return data

    def test_a_small_database_is_compiled(self):
        self.check_compiled()
        self.put("UnicodeData.txt", "".join(DATA).replace("\n", "\r\n"))
        self.put("Jamo.txt", (VERSION + "".join(JAMO)).replace("\n", "\r\n"))
        self.check_compiled()

    def test_a_missing_file_is_named(self):
        for name in "UnicodeData.txt", "Jamo.txt", "keywords.txt", *SINGLE:
            os.rename(os.path.join(self.folder, name),
                os.path.join(self.folder, "away"))
            self.check_refused(f"{name}: No such file")
            os.rename(os.path.join(self.folder, "away"),
                os.path.join(self.folder, name))

    def test_a_file_that_cannot_be_read_is_named(self):
        for name in "UnicodeData.txt", "Jamo.txt", "keywords.txt", *SINGLE:
            path = os.path.join(self.folder, name)
            os.rename(path, path + ".away")
            os.mkdir(path)
            self.check_refused(f"{name}: Is a directory")
            os.rmdir(path)
            os.rename(path + ".away", path)

    def test_a_database_that_is_not_as_expected_is_refused(self):
        for text, message in WRONG_DATA:
            with self.subTest(message=message, data=text[:200]):
                self.put("UnicodeData.txt", text)
                self.check_refused(message)
        self.put("UnicodeData.txt", "".join(DATA))
        for text, message in WRONG_JAMO:
            with self.subTest(message=message):
                self.put("Jamo.txt", text)
                self.check_refused(message)
        self.put("Jamo.txt", VERSION + "".join(JAMO))
        for text, message in WRONG_KEYWORDS:
            with self.subTest(message=message):
                self.put("keywords.txt", text)
                self.check_refused(message)
        self.put("keywords.txt", KEYWORDS)
        for name in SINGLE:
            for text, message in WRONG_RANGES:
                with self.subTest(name=name, message=message):
                    self.put(name, text)
                    self.check_refused(name + message)
            self.put(name, RANGES)

    def test_a_file_that_is_cut_anywhere_is_refused(self):
        for name in "UnicodeData.txt", "Jamo.txt", "keywords.txt", *SINGLE:
            with open(os.path.join(self.folder, name), "rb") as file:
                data = file.read()
            for at in range(0, len(data), 1 if FULL else 7):
                self.put(name, data[:at])
                with self.subTest(name=name, at=at):
                    self.check_refused(f"{name}:")
            self.put(name, data)
        self.check_compiled()

    def test_the_real_files_are_refused_wherever_they_are_cut(self):
        chance = random.Random(SEED)
        whole = {name: self.real(name)
            for name in ("Jamo.txt", "UnicodeData.txt")}
        self.check_compiled()
        for name, data in whole.items():
            # What follows the last letter is comment.
            last = data.rindex(b"\n11C2;") + 1 if name == "Jamo.txt" else 0
            last = data.index(b"\n", last) if last else len(data) - 1
            starts = [match.end() for match in re.finditer(b"\n", data)
                if match.end() <= last]
            cuts = [0, 1, last, last - 1, last - 2, *starts[:3], *starts[-3:],
                *chance.sample(starts, 40 if FULL else 5),
                *(chance.randrange(last) for _ in range(40 if FULL else 5))]
            cuts += [match.start() for match in
                re.finditer(rb"[^\n]+, Last>", data)]
            for at in cuts:
                self.put(name, data[:at])
                with self.subTest(name=name, at=at, seed=SEED):
                    self.check_refused(f"{name}:")
            self.put(name, data)
        without = re.sub(rb"(?m)^[^\n]+, Last>[^\n]+\n", b"",
            whole["UnicodeData.txt"])
        self.put("UnicodeData.txt", without)
        self.check_refused("the range before has no last line")

    def test_make_takes_nothing_half_made_for_good(self):
        table = os.path.join(self.folder, "build", "common",
            "charindex_data.c")

        def make():
            return subprocess.run(["make", "-s", "-C", ROOT, table,
                f"B={os.path.dirname(os.path.dirname(table))}",
                f"UCD={self.folder}"], capture_output=True, text=True,
                timeout=4 * DEADLINE, check=False, env={
                    key: value for key, value in os.environ.items()
                    if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})

        whole = "".join(DATA)
        for text in whole[:-1], "", whole.replace(LAST, ""):
            self.put("UnicodeData.txt", text)
            for _ in range(2):
                done = make()
                self.assertIn("ucd-compile: UnicodeData.txt", done.stderr)
                self.assertEqual(done.returncode, 2)
                self.assertFalse(os.path.exists(table))
        self.put("UnicodeData.txt", whole)
        done = make()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(os.path.exists(table))


if __name__ == "__main__":
    main()

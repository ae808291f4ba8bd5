"""
relevance - the finder's order by relevance, slow and obvious: the oracle that
charsearch is held to.

It reads the Unicode Character Database and keywords.txt itself, and knows
nothing of the tables that are made of these: a character is a set of words, and
a search looks at all of them.
"""

import bisect
import html
import os
import re
import unicodedata

import published

HERE = os.path.dirname(os.path.abspath(__file__))
KEYWORDS = os.path.join(HERE, "..", "..", "common", "ucd", "keywords.txt")

# Rows that stand before all others, words that the beginning of one stands
# for, and words that a query may have, and that may be corrected.
FIRST, CHOICES, WORDS, CORRECTIONS = 32, 8, 16, 2

WEAK = set("A AND CHARACTER EMOJI FOR OF SIGN SYMBOL THE WITH".split())

NUMBER = re.compile(r"""(?x)
    (?: (?:U\+|u\+|0x|0X) (?P<hex>[0-9A-Fa-f]{1,6}) (?=[ \t,]|$)
    | (?P<bare>(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{4,6}) (?=[ \t,]|$)
    | \\u(?P<high>[Dd][89ABab]..)\\u(?P<low>[Dd][C-Fc-f]..)
    | \\u(?P<u>[0-9A-Fa-f]{4}) | \\[ux]\{(?P<braces>[0-9A-Fa-f]{1,6})\}
    | \\U(?P<long>[0-9A-Fa-f]{8}) | \\x(?P<x>[0-9A-Fa-f]{2})
    | \\(?P<css>[0-9A-Fa-f]{4,6})
    | &\#(?P<decimal>[0-9]{1,7});? | &\#[xX](?P<xml>[0-9A-Fa-f]{1,6});?
    | &(?P<name>[0-9A-Za-z]+);
    )[ \t,]*""")


def stem(word):
    """A word without the endings that are only grammar."""
    if not re.fullmatch("[A-Z]{4,}", word):
        return word
    if word.endswith("WARDS") and len(word) > 6:
        return word[:-5]
    if re.search("(SS|SH|CH|X)ES$", word):
        word = word[:-2]
    elif word.endswith("IES") and len(word) > 4:
        word = word[:-3] + "Y"
    elif re.search("[^SUI]S$", word):
        word = word[:-1]
    for ending in "ING", "ED":
        rest = word[:-len(ending)]
        if word.endswith(ending) and len(rest) >= 3:
            if set("AEIOUY") & set(rest):
                word = rest
                if word[-1] == word[-2] and word[-1] not in "LSZ":
                    word = word[:-1]
            break
    if word.endswith("E") and len(word) >= 5:
        word = word[:-1]
    return word


def is_sign(text):
    """Whether a text is one word although there is more than letters in it."""
    return bool(re.search(r"[^\w\s]", text)) and not re.search(r"\s", text) \
        and (not re.search(r"\w", text) or len(text.encode()) <= 4)


def words_of(text):
    """The words of a name or alias."""
    text = text.upper()
    return [text] if is_sign(text) else re.findall(r"\w+", text)


def distance(one, two):
    """How many letters differ, by the definition of optimal string
    alignment."""
    table = {}
    for i in range(len(one) + 1):
        for j in range(len(two) + 1):
            ways = [0] if i == j == 0 else []
            if i:
                ways.append(table[i - 1, j] + 1)
            if j:
                ways.append(table[i, j - 1] + 1)
            if i and j:
                ways.append(table[i - 1, j - 1] + (one[i - 1] != two[j - 1]))
            if i > 1 and j > 1 and one[i - 2:i] == two[j - 2:j][::-1]:
                ways.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(ways)
    return table[len(one), len(two)]


def numbers(text):
    """The code points of a text that is nothing but these, or None; and
    whether one of them is bare digits."""
    codes, bare = [], False
    text = text.strip(" \t,")
    while text:
        match = NUMBER.match(text)
        if not match:
            return None, False
        found = {key: value for key, value in match.groupdict().items()
            if value is not None}
        if "name" in found:
            char = html.entities.html5.get(found["name"] + ";", "")
            if len(char) != 1:
                return None, False
            code = ord(char)
        elif "high" in found:
            code = ord(bytes.fromhex(found["high"] + found["low"])
                .decode("utf-16-be"))
        elif "decimal" in found:
            code = int(found["decimal"])
        else:
            bare |= "bare" in found
            code = int(*found.values(), 16)
        if code > 0x10ffff:
            return None, False
        codes.append(code)
        text = text[match.end():]
    return (codes, bare) if 0 < len(codes) <= FIRST else (None, False)


def blocks():
    """The blocks of Unicode: the name without what does not matter in it, and
    the code points."""
    path = os.path.join(os.path.dirname(published.UNICODE_DATA), "Blocks.txt")
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = re.match(r"(\w+)\.\.(\w+); (.*)\n", line)
            if match:
                yield loose(match[3]), range(
                    int(match[1], 16), int(match[2], 16) + 1)


def loose(name):
    """The name of a block without what does not matter in it."""
    return re.sub(r"[ \t_-]", "", name).lower()


def naming(text):
    """The words that name an emoji, in any order."""
    return tuple(sorted(stem(word) for word in
        re.findall(r"[^\W_]+", text.upper()) if word not in WEAK))


class Relevance:
    """The index, as sets."""

    def __init__(self):
        self.names = dict(published.all_names())
        self.keywords = {}
        self.terms = {}   # word -> stem
        self.spoken = set()
        self.having = {}  # stem -> codes
        self.called = {}  # stems -> [(how well, code)]
        self.emoji = {}   # stems -> an emoji of several characters
        self.key = {}
        with open(published.UNICODE_DATA, encoding="ascii") as lines:
            self.written = {int(line.split(";")[0], 16) for line in lines
                if not re.search("(First|Last)>;", line)}
        self.read_keywords()
        for code in list(self.names):
            self.add(code)
        self.left = {kept: kept for kept in self.terms.values()} | self.terms
        for order in self.called.values():
            order.sort()
        self.blocks = dict(blocks())
        self.ordered = sorted(self.names)

    def read_keywords(self):
        """Read keywords.txt, and name the control characters."""
        with open(KEYWORDS, encoding="ascii") as lines:
            for line in lines:
                if re.match("\\w+ ", line):
                    self.read_emoji(*line.rstrip("\n").split("\t"))
                elif not line.startswith("#"):
                    code, *fields = line.rstrip("\n").split("\t")
                    self.keywords[int(code, 16)] = [
                        field.split("|") if field else [] for field in fields]
        for code in [*range(32), *range(0x7f, 0xa0)]:
            self.names[code] = self.keywords[code][0][0].upper() \
                if code in self.keywords else "CONTROL"

    def read_emoji(self, codes, *names):
        """Add an emoji of several characters."""
        for name in filter(None, "|".join(names).split("|")):
            self.emoji.setdefault(naming(name),
                "".join(chr(int(code, 16)) for code in codes.split()))

    def stems(self, text, spoken):
        """The set of the stems of a text, which are noted."""
        words = words_of(text)
        for word in words:
            self.terms[word] = stem(word)
        if spoken and not is_sign(text):
            self.spoken.update(words)
        return frozenset(map(stem, words))

    def add(self, code):
        """Add a character."""
        name = self.names[code]
        for kind in published.KINDS:
            if name.startswith(kind):
                name = kind
        fields = self.keywords.get(code, [[], [], [], []])
        name = self.stems(name, code in self.written)
        short = [self.stems(text, True) for text in fields[1]]
        rarity = 0 if fields[1] or fields[2] or fields[3] and code < 0x3000 \
            else 1 if code < 0x2c00 or 0x3000 <= code < 0xe000 else 2
        self.key[code] = min(map(len, [name, *short])), rarity, code
        calls = [(0, name)] if code in self.written else []
        parts = name.union(*short)
        for field, texts in enumerate(fields):
            for text in texts:
                stems = self.stems(text, True)
                calls.append((1 if field < 2 else 2 if stems <= parts else 3,
                    stems))
        for how, stems in calls:
            self.called.setdefault(stems, []).append(
                ((how > 0, rarity, how, self.key[code]), code))
        for each in name.union(*(stems for _, stems in calls)):
            self.having.setdefault(each, set()).add(code)

    def known(self, word):
        """The stem that a word of a query is of, or None."""
        kept = stem(word)
        return self.terms.get(word) or (
            self.left.get(kept) if len(kept) < len(word) else None)

    def read(self, query):
        """The words of a query."""
        if is_sign(query) and len(query.encode()) <= 32:
            sign = "".join(c.upper() if c.isascii() else c for c in query)
            if self.known(sign):
                return [sign]
        return [word.upper() for word in re.findall(r"[^\W_]+", query)]

    def beginnings(self, word):
        """The stems of the most frequent words that begin so."""
        found = []
        for term in sorted(self.spoken, key=str.encode):
            if term.startswith(word) and self.terms[term] not in found:
                found.append(self.terms[term])
        found.sort(key=lambda stem: -len(self.having[stem]))
        return found[:CHOICES] if len(word.encode()) >= 2 else []

    def correct(self, word):
        """The words that one that is unknown is taken for."""
        for at in range(3, len(word) - 2):
            if {word[:at], word[at:]} <= self.spoken:
                return [word[:at], word[at:]]
        if not re.fullmatch("[A-Z]{4,32}", word):
            return []
        limit = 1 if len(word) < 7 else 2
        near = [(distance(word, each), -len(self.having[self.terms[each]]),
            each.encode(), each) for each in self.spoken
            if abs(len(each) - len(word)) <= limit]
        near = [each for each in near if each[0] <= limit]
        return [min(near)[3]] if near else []

    def search(self, query, correct):
        """The codes called by the words of a query, those that have them, and
        the words as they were corrected."""
        words, choices, corrections = self.read(query), None, 0
        if not 0 < len(words) <= WORDS:
            return [], set(), None
        if not all(map(self.known, words)) and not correct:
            return [], set(), None
        for i, word in reversed(list(enumerate(words))):
            if self.known(word):
                continue
            if len(word.encode()) > 32:
                return [], set(), None
            if i == len(words) - 1:
                choices = self.beginnings(word)
                if choices:
                    words.pop()
                    continue
            meant = self.correct(word)
            corrections += 1
            if not meant or corrections > CORRECTIONS:
                return [], set(), None
            words[i:i + 1] = meant
        strong = [word for word in words if word not in WEAK]

        def called(words):
            return [] if choices else self.called.get(
                frozenset(map(self.known, words)), [])

        def having(words):
            sets = [self.having[self.known(word)] for word in words]
            if choices:
                sets.append(set().union(*(self.having[each]
                    for each in choices)))
            return set.intersection(*sets)

        if not called(words) and called(strong):
            words = strong
        if not having(words) and (strong or choices):
            words = strong
        first = []
        for _, code in called(words):
            if code not in first:
                first.append(code)
        found = having(words)
        if corrections and sum(len(word) + 1 for word in words) > 64:
            return [], set(), None
        return first[:FIRST], found, \
            " ".join(words).lower() if found and corrections else None

    def given(self, query):
        """The codes of a query that gives them, and whether it cannot be
        words."""
        codes, bare = numbers(query)
        if codes:
            return codes, not bare
        if len(query) == 1:
            return [ord(query)], False
        composed = unicodedata.normalize("NFC", query)
        return ([ord(composed), *map(ord, query)], True) \
            if len(composed) == 1 else ([], False)

    def block(self, query):
        """The codes of the block that a query asks for, in order."""
        match = re.match("(?i:block:)(.*)", query, re.DOTALL)
        name = loose(match[1]) if match else ""
        for called in [each for each in self.blocks if each == name] + [
                each for each in self.blocks if name and each.startswith(name)]:
            codes = self.blocks[called]
            at = bisect.bisect_left(self.ordered, codes.start)
            end = bisect.bisect_left(self.ordered, codes.stop, at)
            if at < end:
                return self.ordered[at:end]
        return []

    def find(self, query):
        """The codes that a query finds, in order, its correction, and the emoji
        that they are the parts of."""
        query = query.strip()
        if self.block(query):
            return self.block(query), None, None
        if not query:
            return [], None, None
        first, only = self.given(query)
        first = [code for code in dict.fromkeys(first) if code in self.names]
        found, correction = set(), None
        if not only:
            called, found, correction = self.search(query, False)
            if not first and not found:
                if naming(query) in self.emoji:
                    emoji = self.emoji[naming(query)]
                    return list(dict.fromkeys(map(ord, emoji))), None, emoji
                called, found, correction = self.search(query, True)
            first = list(dict.fromkeys(first + called))[:FIRST]
        if not first and not found and not re.search("[0-9A-Za-z]",
                query if query.isascii() else ""):
            first = [code for code in dict.fromkeys(map(ord, query))
                if code in self.names][:FIRST]
        return first + sorted(found - set(first), key=self.key.get), \
            correction, None


class Finder(Relevance):
    """What the page shows."""

    def __init__(self):
        super().__init__()
        self.answers = {}

    def answer(self, query):
        """The codes that a query finds, its correction, and the emoji that they
        are the parts of; remembered."""
        if query not in self.answers:
            self.answers[query] = self.find(query)
        return self.answers[query]

    def codes(self, query):
        """The codes that a query finds, in order."""
        return self.answer(query)[0]

    def status(self, query):
        """What is said of a query."""
        codes, corrected, emoji = self.answer(query)

        def said(query, count):
            return published.Finder.status(query, count).strip()

        if emoji is not None:
            return f"Parts of {emoji} for {query!r}"
        return said(query, len(codes)) if corrected is None \
            else f"{said(query, 0)}; {said(corrected, len(codes))}"

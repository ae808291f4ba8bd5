#!/usr/bin/env python3
"""Write keywords.txt, what people call characters besides their names.

    common/ucd/keywords.py UCD ANNOTATIONS... >common/ucd/keywords.txt

UCD is the folder of the Unicode Character Database (/usr/share/unicode), of
which NameAliases.txt, NamesList.txt, Index.txt and emoji/emoji-test.txt are
read. ANNOTATIONS are
annotations.json of CLDR in English, from the npm packages
cldr-annotations-full and cldr-annotations-derived-full. HTML's character
references are those that Python knows. The result is kept in the repository,
so a build needs none of this; run it again for another version.
"""
import html.entities
import json
import os
import re
import sys
import unicodedata

HEAD = """\
# What people call characters besides their names: written by keywords.py.
#
# From NameAliases.txt, NamesList.txt and Index.txt of the Unicode Character
# Database {unicode} and emoji-test.txt beside them, the English annotations of
# CLDR {cldr} (all copyright Unicode, Inc., see UNICODE-LICENSE.txt), and the
# character references of HTML.
#
# Fields, separated by tabs; what stands within one, by vertical bars:
#   code point; aliases; CLDR's short name; keywords; HTML character references
# and at the end emoji that are several characters, without skin tones:
#   code points; aliases; name in emoji-test.txt
"""

# What no source has, by character: aliases.
ADDED = {
    "→": "->|-->|right pointing arrow|right facing arrow",
    "←": "<-|<--|left pointing arrow|left facing arrow", "↔": "<->",
    "⇒": "=>|==>|double arrow|implies", "⇔": "<=>|iff",
    "≤": "<=|less than or equal", "≥": ">=|greater than or equal",
    "≠": "!=|=/=|not equal sign|does not equal",
    "≈": "~=|approximately|approximate", "≅": "congruent",
    "±": "+-|+/-|plus or minus", "…": "...|dot dot dot|triple dot|three dots",
    "—": "---|long dash", "–": "--", "©": "(c)",
    "®": "(r)|registered trademark", "™": "(tm)", "℠": "(sm)", "½": "1/2|half",
    "¼": "1/4|quarter", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8",
    "❤": "<3|heart", "♥": "heart", "😀": "smile|smiley",
    "🙂": ":)|:-)|smiley|smile", "🙁": ":(|:-(", "😉": ";)|;-)",
    "😃": ":D|:-D", "😆": "xd", "😛": ":P|:-P", "💔": "</3",
    "«": "<<|french quote", "»": ">>|french quote", "‼": "!!", "⁇": "??",
    "⁉": "!?", "ß": "sharp s|eszett|german sharp s", "¨": "umlaut", "∑": "sum",
    "∏": "product", "√": "root", "∂": "partial derivative", "∫": "integrate",
    "∈": "in|belongs to", "∀": "forall", "∃": "exists",
    "∅": "empty set|null set", "∧": "and", "∨": "or", "¬": "not",
    "∴": "therefore", "×": "times|multiply", "÷": "divide|divided by",
    "−": "minus", "✓": "tick|check|checkmark", "✗": "cross|x mark",
    "⌘": "command|cmd|cmd key", "⌥": "option|alt|alt key", "⇧": "shift key",
    "⌃": "control key|ctrl|ctrl key", "⏎": "return|return key|enter",
    "↵": "return|return key|enter|enter key", "⎋": "esc|esc key|escape key",
    "⇥": "tab key", "⌫": "backspace|backspace key", "⌦": "delete key",
    "⇪": "caps lock|caps", "␣": "space bar|visible space", "⏏": "eject key",
    "⇱": "home key|pos1", "⇲": "end key", "⇞": "page up|page up key",
    "⇟": "page down|page down key", "⎙": "print screen", "⊞": "windows key",
    "⏻": "power button", "⏽": "power on", "⏼": "power button",
    "“": "left quote|smart quote|curly quote|opening quote|german quote",
    "”": "right quote|smart quote|curly quote|closing quote",
    "‘": "left single quote|opening single quote",
    "’": "right single quote|curly apostrophe|closing single quote",
    "„": "low quote|german quote", "\"": "double quote|quote",
    "'": "single quote|quote", "|": "pipe", "_": "underscore", "#": "hash tag",
    "&": "and sign", "\\": "backslash", "/": "slash|forward slash",
    "^": "caret", "@": "at", "`": "backtick", ".": "dot|period", "-": "dash",
    "(": "open paren|left paren", ")": "close paren|right paren",
    "{": "curly bracket|left brace|curly brace",
    "}": "curly bracket|right brace|curly brace",
    "[": "square bracket|left bracket", "]": "square bracket|right bracket",
    "<": "angle bracket", ">": "angle bracket",
    "¿": "upside down question mark", "¡": "upside down exclamation mark",
    "°": "degrees", "℃": "celsius", "℉": "fahrenheit", "Ω": "ohm",
    "Å": "angstrom", "µ": "micro|mu", "№": "number|numero",
    "‰": "permille|per thousand", "•": "bullet point",
    "·": "interpunct|center dot", "★": "star|filled star|five pointed star",
    "☆": "star|empty star|open star", "¥": "yen|yuan", "$": "dollar",
    "£": "pound|sterling", "€": "euro", "¢": "cent", "₩": "won", "₹": "rupee",
    "₿": "bitcoin|btc", "₽": "ruble", "😂": "lol|crying laughing",
    "👍": "+1|like|thumb up|thumbsup",
    "👎": "-1|dislike|thumb down|thumbsdown", "🤷": "idk",
    "¹": "superscript 1", "²": "superscript 2|squared|power of 2",
    "³": "superscript 3|cubed|power of 3", "⁴": "superscript 4",
    "₁": "subscript 1", "₂": "subscript 2", "\u200b": "zero width space",
    "\ufeff": "byte order mark", "\ufffd": "replacement|unknown character",
    "\u200e": "ltr|ltr mark", "\u200f": "rtl|rtl mark",
    "☐": "checkbox|empty checkbox", "☑": "checkbox|checked box",
    "⚠": "warning", "ℹ": "info|information", "■": "square",
    "□": "square|empty square", "●": "circle|filled circle",
    "○": "circle|empty circle", "▲": "triangle|up triangle",
    "△": "triangle|up triangle", "▼": "down triangle", "▽": "down triangle",
    "▶": "right triangle", "◀": "left triangle",
    "❌": "crossmark|red x|red cross",
    "✅": "green check|green check mark|green tick",
    "☰": "menu|hamburger menu", "⤓": "download", "⤒": "upload", "⟳": "reload",
    "⚧": "gender", "⬇": "download", "⬆": "upload", "💩": "poop",
    "┌": "box corner", "┐": "box corner", "└": "box corner", "┘": "box corner",
    "─": "box line", "│": "box line", "𝄞": "treble clef", "𝄢": "bass clef",
    "🍾": "champagne", "🥂": "champagne", "🚗": "car", "ñ": "spanish n",
    "ł": "polish l", "ı": "turkish i", "ð": "icelandic eth",
    "‖": "double pipe", "¤": "currency",
}

# Commands of LaTeX that HTML has no reference of the same name for.
LATEX = {
    "ε": "varepsilon", "≠": "neq", "¬": "neg|lnot", "∧": "land", "∨": "lor",
    "∞": "infty", "⋅": "cdot", "∘": "circ", "⋯": "cdots", "⋮": "vdots",
    "⋱": "ddots", "→": "to", "←": "gets", "⇝": "leadsto|rightsquigarrow",
    "□": "square", "■": "blacksquare", "°": "textdegree", "†": "dag",
    "‡": "ddag", "\\": "textbackslash", "|": "textbar", "~": "textasciitilde",
    "•": "textbullet", "…": "textellipsis", "—": "textemdash",
    "–": "textendash", "®": "textregistered", "™": "texttrademark",
    "“": "textquotedblleft", "”": "textquotedblright", "ß": "ss", "å": "aa",
    "ø": "o", "ł": "l", "ı": "i", "œ": "oe", "æ": "ae",
}

# The first alias of a control character is its name, and not one of these.
CONTROLS = {"\x07": "bell character", "\x0b": "vertical tab"}

# Codes of currencies (ISO 4217) that have signs.
CURRENCIES = {
    "¥": "cny|rmb", "֏": "amd", "৳": "bdt", "฿": "thb", "៛": "khr", "₡": "crc",
    "₦": "ngn", "₪": "ils", "₫": "vnd", "₭": "lak", "₮": "mnt", "₱": "php",
    "₲": "pyg", "₴": "uah", "₵": "ghs", "₸": "kzt", "₹": "inr", "₺": "try",
    "₼": "azn", "₽": "rub", "₾": "gel", "﷼": "irr",
}

# What else flags are the flags of, by the code of the country.
COUNTRIES = {
    "AE": "uae|emirates", "BR": "brazilian", "CA": "canadian", "CN": "chinese",
    "CZ": "czech republic", "DE": "german", "ES": "spanish", "FR": "french",
    "GB": "uk|britain|great britain|british", "GR": "greek", "IE": "irish",
    "IN": "indian", "IT": "italian", "JP": "japanese", "KR": "korea|korean",
    "MX": "mexican", "NL": "dutch|holland", "PL": "polish", "PT": "portuguese",
    "RU": "russian", "SE": "swedish", "CH": "swiss", "TR": "turkish|turkey",
    "UA": "ukrainian", "US": "usa|america|american", "VN": "vietnamese",
}

# What else other sequences are called, by name.
SEQUENCES = {
    "flag: European Union": "european flag|flag of europe",
    "flag: United Kingdom": "union jack", "keycap: #": "keycap hash",
    "keycap: *": "keycap asterisk|keycap star", "pirate flag": "jolly roger",
    "rainbow flag": "pride flag|gay flag", "transgender flag": "trans flag",
    "heart on fire": "burning heart", "couple with heart": "couple in love",
}

# The consonants of Korean, as people write them (Revised Romanization).
JAMO = dict(zip("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "giyeok nieun digeut rieul mieum bieup siot ieung jieut chieut kieuk tieut "
    "pieup hieut".split()))


def plain(text):
    """A text in ASCII, in lower case, without accents and notes; '' if that
    leaves nothing."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'"))
    text = re.sub(r"[\u0300-\u036f]", "", text)
    text = " ".join(text.split()).lower()
    if not text.isascii() or "|" in text:
        return ""
    return text


def words(text):
    """The words of a text, as the index sees them."""
    if re.fullmatch(r"[^\w\s]+", text) or re.fullmatch(
            r"(?=.*[^\w])\S{1,4}", text):
        return frozenset([text])
    return frozenset(re.findall(r"\w+", text.upper()))


# What the numbers in names are in digits.
NUMBERS = {name: str(i) for i, name in enumerate(
    "ZERO ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN ELEVEN TWELVE "
    "THIRTEEN FOURTEEN FIFTEEN SIXTEEN SEVENTEEN EIGHTEEN NINETEEN "
    "TWENTY".split())}

# Names that stand for others; and what people write instead, of the parts.
PATTERNS = [(re.compile(pattern), aliases) for pattern, aliases in (
    (r"GREEK SMALL LETTER (\w+)", ["{0}", "small {0}"]),
    (r"GREEK CAPITAL LETTER (\w+)", ["{0}", "capital {0}"]),
    (r"HANGUL LETTER (\w+)", ["{0}"]),
    (r"LATIN SMALL LETTER (\w\w+)", ["{0}", "small {0}"]),
    (r"LATIN CAPITAL LETTER (\w\w+)", ["{0}", "capital {0}"]),
    (r"LATIN (\w+) LETTER (\w) WITH DIAERESIS",
        ["{1} umlaut", "{0} {1} umlaut", "{1} with umlaut"]),
    (r"LATIN SMALL LETTER (\w) WITH (?:ACUTE|GRAVE)", ["{0} accent"]),
    (r"LATIN (?:SMALL|CAPITAL) LETTER (\w) WITH RING ABOVE", ["{0} ring"]),
    (r"LATIN SMALL LIGATURE (\w+)", ["{0}"]),
    (r"CYRILLIC SMALL LETTER (\w\w+)", ["{0}"]),
    (r"DOUBLE-STRUCK CAPITAL (\w)", ["mathbb {0}"]),
    (r"SUPERSCRIPT (\w+)", ["power of {0}", "to the power of {0}"]),
    (r"DINGBAT NEGATIVE CIRCLED (?:DIGIT|NUMBER) (\w+)",
        ["dingbat {0}", "negative circled {0}"]),
    (r"LATIN (\w+) LETTER (\w) WITH STROKE", ["{1} slash", "{0} {1} slash"]),
    (r"(ROMAN NUMERAL|SUPERSCRIPT|SUBSCRIPT) (\w+)", ["{0} {1}"]),
    (r"CIRCLED (?:DIGIT|NUMBER) (\w+)", ["circled {0}"]),
)]


class Table:
    """Texts by code point and field."""

    def __init__(self, names):
        self.names = names
        self.rows = {}

    def add(self, code, field, text):
        """Note a text, if it says something that the row does not say."""
        text = text if field == 3 else plain(text)
        row = self.rows.setdefault(code, ([], [], [], []))
        if not text or code not in self.names or text in row[field]:
            return
        if field < 3 and any(words(text) == words(said)
                for said in [self.names[code], *row[0]]):
            return
        row[field].append(text)


def read_names(ucd):
    """The names of the characters that have lines of their own."""
    names = {}
    with open(os.path.join(ucd, "UnicodeData.txt"), encoding="utf-8") as file:
        for line in file:
            code, name = line.split(";")[:2]
            if not name.startswith("<") or name == "<control>":
                names[int(code, 16)] = name
    return names


def add_aliases(table, ucd):
    """What the Unicode Character Database itself says."""
    with open(os.path.join(ucd, "NameAliases.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                code, alias = line.split(";")[:2]
                table.add(int(code, 16), 0, alias)
    with open(os.path.join(ucd, "NamesList.txt"), encoding="utf-8") as file:
        for line in file:
            if match := re.match(r"([0-9A-F]{4,6})\t", line):
                code = int(match[1], 16)
            elif line.startswith("\t= "):
                # = horizontal tabulation (HT), pound sign (weight)
                for short in re.findall(r"\(([A-Z]+)\)", line):
                    table.add(code, 0, short)
                for alias in re.sub(r"\([^)]*\)", "", line[3:]).split(","):
                    table.add(code, 0, alias)
    with open(os.path.join(ucd, "Index.txt"), encoding="utf-8") as file:
        for line in file:
            # Capitals are for names and blocks.
            if match := re.match(r"([a-z][^\t]*)\t([0-9A-F]{4,6})\s*$", line):
                table.add(int(match[2], 16), 0,
                    " ".join(reversed(match[1].split(", "))))


# Characters that people write as what they are compatible with, and how.
WRITTEN = [(re.compile(pattern), aliases) for pattern, aliases in (
    (r"VULGAR FRACTION .*", ["{0}"]),
    (r"PARENTHESIZED (DIGIT|NUMBER) .*", ["{0}"]),
    (r"ROMAN NUMERAL .*", ["roman numeral {0}", "roman {0}"]),
)]


def add_all(table, added, before=""):
    """Aliases of characters, and what is written before each."""
    for char, aliases in added.items():
        for alias in aliases.split("|"):
            table.add(ord(char), 0, before + alias)


def add_ours(table):
    """What no source has."""
    add_all(table, ADDED)
    for char, alias in JAMO.items():
        table.add(ord(char), 0, alias)
    for code, name in table.names.items():
        for pattern, aliases in PATTERNS:
            if match := pattern.fullmatch(name):
                parts = [NUMBERS.get(part, part).replace("LAMDA", "LAMBDA")
                    for part in match.groups()]
                for alias in aliases:
                    table.add(code, 0, alias.format(*parts))
        for pattern, aliases in WRITTEN:
            if pattern.fullmatch(name):
                written = unicodedata.normalize("NFKD", chr(code)).replace(
                    "\N{FRACTION SLASH}", "/")
                for alias in aliases:
                    table.add(code, 0, alias.format(written))


def add_annotations(table, path):
    """What CLDR says; of sequences of characters there are no rows."""
    with open(path, encoding="utf-8") as file:
        (found,) = (value for key, value in json.load(file).items()
            if key.startswith("annotations"))
    for char, texts in next(value for key, value in found.items()
            if key.startswith("annotations")).items():
        char = char.rstrip("\ufe0f")
        if len(char) == 1:
            for text in texts.get("tts", []):
                table.add(ord(char), 1, text)
            for text in texts.get("default", []):
                table.add(ord(char), 2, text)


def flag_aliases(codes):
    """What a flag is called by its country; nothing for other emoji."""
    if not all(0x1f1e6 <= code <= 0x1f1ff for code in codes):
        return []
    country = "".join(chr(code - 0x1f1e6 + ord("A")) for code in codes)
    return [f"flag {name}" for name in [country,
        *COUNTRIES.get(country, "").split("|")] if name]


def sequences(ucd):
    """The emoji that are several characters: codes, aliases, name."""
    with open(os.path.join(ucd, "emoji", "emoji-test.txt"),
            encoding="utf-8") as file:
        for line in file:
            match = re.match(r"([0-9A-F ]+?) +; fully-qualified +# \S+ E\S+ (.*)",
                line)
            codes = [int(code, 16) for code in match[1].split()] if match else []
            if len(codes) < 2 or codes[1:] == [0xfe0f] or any(
                    0x1f3fb <= code <= 0x1f3ff for code in codes):
                continue
            others = SEQUENCES.get(match[2], "").split("|")
            aliases = [plain(alias) for alias in
                [*flag_aliases(codes), *others] if alias]
            yield match[1], "|".join(aliases), plain(match[2])


def version_of(path):
    """The version of the npm package that a file is from."""
    folder = os.path.dirname(os.path.abspath(path))
    while not os.path.exists(os.path.join(folder, "package.json")):
        folder = os.path.dirname(folder)
    with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
        return json.load(file)["version"]


def main():
    """Write the table."""
    ucd, *annotations = sys.argv[1:]
    table = Table(read_names(ucd))
    add_ours(table)
    add_aliases(table, ucd)
    add_all(table, CONTROLS)
    add_all(table, CURRENCIES)
    add_all(table, LATEX, "\\")
    for path in annotations:
        add_annotations(table, path)
    for name, char in html.entities.html5.items():
        if name.endswith(";") and len(char) == 1:
            table.add(ord(char), 3, name[:-1])
    with open(os.path.join(ucd, "Jamo.txt"), encoding="utf-8") as file:
        unicode = re.search(r"Jamo-([0-9.]+)\.txt", file.readline())[1]
    print(HEAD.format(unicode=unicode, cldr=version_of(annotations[0])), end="")
    for code, row in sorted(table.rows.items()):
        if any(row):
            print(f"{code:04X}", *("|".join(texts) for texts in row), sep="\t")
    for sequence in sequences(ucd):
        print(*sequence, sep="\t")
    print("# end")


if __name__ == "__main__":
    main()

"""
markup - text of the page. What is put into it is escaped, unless it is markup
itself; so nothing that a report holds is ever obeyed by a browser.
"""

import re

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;",
    "'": "&#39;"}
# Control characters but line feed and tab, and halves of characters.
UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
SPECIAL = re.compile("[&<>\"']")


class Markup(str):
    """A text that is markup, and may stand in the page as it is."""

    def __add__(self, other):
        return Markup(str.__add__(self, escaped(other)))


def escaped(text):
    """A text as it may stand in the page, between tags and in quotes."""
    if isinstance(text, Markup):
        return text
    text = UNSEEN.sub("\ufffd", text)
    return Markup(SPECIAL.sub(lambda match: ENTITIES[match[0]], text))


def put(form, *texts):
    """Markup with texts in it, each where a {} stands."""
    return Markup(form.format(*map(escaped, texts)))


def joined(parts, between=""):
    """Pieces one after the other."""
    return Markup(escaped(between).join(map(escaped, parts)))


def lines(parts):
    """Pieces, each on lines of its own."""
    return Markup("".join(part + "\n" for part in map(escaped, parts)
        if part))


def badge(choice, classes):
    """A word or two in a pill."""
    return put('<span class="badge {}">{}</span>', classes, choice)


def command(options):
    """A command of compare."""
    return put('<code class="command">build/compare {}</code>', options)


def number(text):
    """A cell of numbers."""
    return put('<td class="number">{}</td>', text)


def row(head, cells, primary=False):
    """A row of a table."""
    return put('<tr{}><th scope="row">{}</th>{}</tr>',
        Markup(" class=primary" if primary else ""), head, joined(cells))


def head(title):
    """The head of a column; that of numbers begins with a #."""
    is_number = title.startswith("#")
    shown = title[is_number:]
    return put('<th scope="col"{}>{}</th>',
        Markup(' class="number"' if is_number else ""),
        Markup(shown) if isinstance(title, Markup) else shown)


def heads(*titles):
    """The head of a table."""
    return put("<thead><tr>{}</tr></thead>", joined(map(head, titles)))


def table(kind, name, head, rows):
    """A table, which can be reached and scrolled with the keyboard."""
    return put('<div class="scroll" tabindex="0" role="region" '
        'aria-label="{}">\n<table class="{}">\n{}\n<tbody>\n{}</tbody>\n'
        "</table>\n</div>\n", name, kind, head, lines(rows))


def folded(summary, part):
    """What is shown when somebody asks for it, or on paper."""
    return put("<details><summary>{}</summary>\n{}</details>\n", summary, part)


def section(name, title, *parts):
    """A section of the page."""
    return put('<section id="{}">\n<h2>{}</h2>\n{}</section>\n', name, title,
        joined(parts))

"""
diff_html - the twins side by side, as a page: for a screen, a phone, paper.

The page needs nothing but itself. Where it is wide the files stand in two
columns; where it is narrow what differs follows one below the other, under
the name of its twin. Every file and function has an anchor, such as
#stream.c and #stream.c-stream_wait.
"""

import html

import twins

STYLE = """\
:root {
    color-scheme: light dark;
    --paper: #fdfcfa; --ink: #22262b; --soft: #5c636b; --line: #dcd9d2;
    --threads: #0068a8; --threads-back: #e8f1f7;
    --events: #c14f00; --events-back: #faeee4;
}
@media (prefers-color-scheme: dark) {
    :root {
        --paper: #16181b; --ink: #dfe2e5; --soft: #9aa2ab; --line: #34383d;
        --threads: #62b5ea; --threads-back: #172632;
        --events: #f0924a; --events-back: #30221a;
    }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
    margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 110rem;
    background: var(--paper); color: var(--ink);
    font: 1rem/1.55 system-ui, "Noto Sans", sans-serif;
    overflow-wrap: anywhere;
}
h1 { font-size: 2rem; line-height: 1.15; margin: 1rem 0 .3rem; }
h2 { font-size: 1.35rem; margin: 3.2rem 0 0; padding-top: .8rem;
    border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .3rem; }
p, dd { max-width: 60rem; }
dt { margin-top: .5rem; font-weight: 600; }
dd { margin: 0; font-size: .85rem; }
dd a { margin-right: .7rem; display: inline-block; }
a { color: inherit; text-decoration-color: var(--line);
    text-underline-offset: .2em; }
a:hover, a:focus-visible { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--threads); outline-offset: 2px; }
h2, h3 { scroll-margin-top: 2.5rem; }
h3 a { text-decoration: none; }
.soft { color: var(--soft); }
.row { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1rem; }
.row > * { min-width: 0; border-left: 3px solid transparent;
    padding-left: .5rem; }
.paths { position: sticky; top: 0; padding: .2rem 0; font-weight: 600;
    background: var(--paper); border-bottom: 1px solid var(--line); }
.threaded { border-color: var(--threads) !important; }
.evented { border-color: var(--events) !important; }
.code .threaded { background: var(--threads-back); }
.code .evented { background: var(--events-back); }
pre { margin: 0; white-space: pre-wrap; tab-size: 4;
    font: .8rem/1.45 ui-monospace, "Noto Sans Mono", monospace; }
.who { position: absolute; clip-path: inset(50%); width: 1px; height: 1px;
    overflow: hidden; white-space: nowrap; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line);
    text-align: right; }
th:first-child { text-align: left; font-weight: 400; }
thead th, thead th:first-child { font-weight: 600; color: var(--soft); }
.scroll { overflow-x: auto; }
@media (max-width: 60rem) {
    h1 { font-size: 1.6rem; }
    h2, h3 { scroll-margin-top: 4.2rem; }
    .row { grid-template-columns: 1fr; }
    .twice, .nothing { display: none; }
    pre { font-size: .72rem; }
    .code .who { position: static; clip-path: none; width: auto; height: auto;
        font-size: .65rem; line-height: 1.3; color: var(--soft); }
}
@media print {
    .paths { position: static; }
    nav { display: none; }
}
"""


def anchor(pair, name=None):
    """The id of a pair of files, or of a function of it."""
    return html.escape(f"{pair.name}-{name}" if name else pair.name)


def write_contents(page, pairs):
    """Write links to all files and functions."""
    page.write('<nav aria-label="Contents">\n<dl>\n')
    for pair in pairs:
        page.write(f'<dt><a href="#{anchor(pair)}">{html.escape(pair.title)}'
            "</a></dt>\n<dd>")
        for piece in pair.pieces():
            if piece.names:
                page.write(f'<a href="#{anchor(pair, piece.names[0])}">'
                    f"{html.escape(piece.title)}</a> ")
        page.write("</dd>\n")
    page.write("</dl>\n</nav>\n")


def pre(lines, attributes=""):
    """Lines of code. Their first line and their last, if empty, would be lost
    but for the line ends around them."""
    text = html.escape("\n".join(lines), quote=False)
    return f"<pre{attributes}>\n{text}\n</pre>"


def write_block(page, same, left, right):
    """Write lines that are the same, or what stands in their place."""
    page.write('<div class="row code">')
    if same:
        page.write(pre(left) + pre(left, ' class="twice" aria-hidden="true"'))
    else:
        for twin, lines in zip(twins.TWINS, (left, right)):
            page.write(f'<div class="{twin}"><span class="who">{twin}</span>'
                f"{pre(lines)}</div>" if lines
                else '<div class="nothing"></div>')
    page.write("</div>\n")


def write_pair(page, pair):
    """Write a pair of files, piece by piece."""
    page.write(f'<section>\n<h2 id="{anchor(pair)}">{html.escape(pair.title)}'
        "</h2>\n")
    if pair.remark:
        page.write(f"<p>{html.escape(pair.remark)}</p>\n")
    page.write('<div class="row paths">' + "".join(
        f'<div class="{twin}">{html.escape(path)}</div>'
        for twin, path in zip(twins.TWINS, pair.paths)) + "</div>\n")
    for piece in pair.pieces():
        if piece.names:
            first, *more = (anchor(pair, name) for name in piece.names)
            page.write(f'<h3 id="{first}"><a href="#{first}">'
                f"{html.escape(piece.title)}</a>")
            page.writelines(f'<span id="{name}"></span>' for name in more)
            page.write("</h3>\n")
        else:
            page.write(f'<h3 class="soft">{html.escape(piece.title)}</h3>\n')
        for block in piece.blocks():
            write_block(page, *block)
    page.write("</section>\n")


def write_counts(page, both):
    """Write the table of functions with a counterpart, and without."""
    heads, *rows = twins.count_rows(both)
    page.write("<section>\n<h2 id=\"counts\">Functions</h2>\n<p>Shared: of the "
        "same name in both, counted once. Paired: counterparts under another "
        'name.</p>\n<div class="scroll">\n<table>\n<thead><tr>')
    page.writelines(f'<th scope="col">{head}</th>' for head in heads)
    page.write("</tr></thead>\n<tbody>\n")
    for name, *counts in rows:
        page.write(f'<tr><th scope="row">{html.escape(name)}</th>' + "".join(
            f"<td>{count}</td>" for count in counts) + "</tr>\n")
    page.write("</tbody>\n</table>\n</div>\n</section>\n")


def write(page, pairs, both):
    """Write the page of these pairs."""
    page.write('<!DOCTYPE html>\n<html lang="en">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" '
        'content="width=device-width, initial-scale=1">\n'
        "<title>The port: threads to events</title>\n"
        f'<link rel="icon" href="data:,">\n<style>\n{STYLE}</style>\n'
        "</head>\n<body>\n<header>\n<h1>From threads to events</h1>\n"
        "<p>The same programs with a thread per connection and with an event "
        "loop, function by function. What both have stands in both columns, "
        "or once on a narrow screen; what differs bears the colour of its "
        "twin.</p>\n")
    write_contents(page, pairs)
    page.write("</header>\n<main>\n")
    for pair in pairs:
        write_pair(page, pair)
    write_counts(page, both)
    page.write("</main>\n</body>\n</html>\n")

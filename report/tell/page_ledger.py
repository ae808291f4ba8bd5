"""
page_ledger - the section of the page on what others claim, and what became of
it here.
"""

import claims
import words
from markup import badge, command, folded, heads, put, section, table

MEASURED = ("no.", "verdict", "claim", "published", "here")
UNMEASURED = ("no.", "claim", "published", "why not")
CLASSES = {"ours only": "either", "undecided": "open"}


def source(claim):
    """Where a claim was published."""
    return put('<a href="{}">{}</a>', claim.url, claim.source) if claim.url \
        else claim.source


def claimed(claim):
    """What a claim says, and where that was published."""
    return put('<td class="text claim">{}</td><td class="published">{}<br>'
        '<span class="soft">{}</span></td>', claim.text, claim.published,
        source(claim))


def verdict(result):
    """The verdict of a claim."""
    return put("<td>{}</td>", badge(result.verdict,
        CLASSES.get(result.verdict, result.verdict)))


def claim_row(name, claim, result):
    """A row of the ledger."""
    measured = result.verdict != "not measured"
    why = put(' <span class="soft">Undecided: {}.</span>', result.why) \
        if result.why else ""
    return put('<tr id="{}"><th scope="row">{}</th>{}{}<td class="text here">'
        "{}{}</td></tr>", name, name, verdict(result) if measured else "",
        claimed(claim), result.ours if measured else result.why,
        why if measured else "")


def summary(results):
    """How many there are of each verdict."""
    return put("<p>{}</p>\n",
        claims.summary([result for _, _, result in results]))


def unmeasured(report, results):
    """The claims that this run did not measure, and the command that does."""
    lacks = {name: claims.lacking(claim, report)
        for name, claim, result in results
        if result.verdict == "not measured"}
    scenarios = dict.fromkeys(name for names in lacks.values()
        for name in names)
    if not scenarios:
        return ""
    names = [name for name, names in lacks.items() if names]
    return put('<p class="soft">{} {} not measured in this run; {} measures '
        "{}.</p>\n", words.listed(names), "was" if len(names) == 1 else "were",
        command("--only " + ",".join(scenarios)),
        "it" if len(names) == 1 else "them")


def ledger(report):
    """The ledger."""
    results = [(name, claim, claims.check(claim, report))
        for name, claim in claims.ledger().items()]
    rows = [[claim_row(*one) for one in results
            if (one[2].verdict != "not measured") == measured]
        for measured in (True, False)]
    parts = [summary(results)]
    if rows[0]:
        parts.append(table("ledger", "Claims and what became of them",
            heads(*MEASURED), rows[0]))
    parts.append(unmeasured(report, results))
    if rows[1]:
        parts.append(folded("Not measured, and why", table("ledger",
            "Claims not measured", heads(*UNMEASURED), rows[1])))
    return section("claims", "What others say", *parts)

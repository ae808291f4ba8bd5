#!/usr/bin/python3
"""How a report is put into words, into markup, and onto a terminal."""

import math
import os
import re
import unittest

import telling
import reports
from harness import ROOT, main

import claims
import markup
import metrics
import terminal
import words
from report import NOTHING, Comparison, Report, Run, Scenario, Span

TIMES = {0: "0 ns", 1: "1.00 ns", 12.34: "12.3 ns", 999.4: "999 ns",
    999.6: "1.00 \u00b5s", 1000: "1.00 \u00b5s", 539000: "539 \u00b5s",
    1234567: "1.23 ms", 2.5e9: "2.50 s", 1.2345e13: "12,345 s",
    -1500: "-1.50 \u00b5s", math.nan: "-", math.inf: "-"}

VALUES = (
    (metrics.RATE, 174976, "175,000/s"), (metrics.RATE, 999.6, "1,000/s"),
    (metrics.RATE, 45.678, "45.7/s"), (metrics.P99, 746960, "747 \u00b5s"),
    (metrics.MEMORY, 34611, "33.8 KiB"),
    (metrics.MEMORY, 1023, "1,023 bytes"),
    (metrics.MEMORY, 1000, "1,000 bytes"),
    (metrics.BACKGROUND, 4.7e9, "4.38 GiB/s"),
    (metrics.ANSWERED, .125, "12.5 %"), (metrics.ANSWERED, 1, "100 %"),
    (metrics.SWITCHES, .0141, "0.014"), (metrics.SWITCHES, 12.345, "12.3"),
    ("unheard_of", 1.5, "1.500"), ("unheard_of", 1e300, "1e+300"),
    (metrics.RATE, math.nan, "-"),
)

SPANS = (
    ((1.28, 1.32, 1.36), "1.32x (1.28 to 1.36)"),
    ((.0444, .0445, .0448), "0.044x (0.044 to 0.045)"),
    ((20.04, 22.53, 25.1), "22.5x (20.0 to 25.1)"),
    ((math.nan, 1.4, math.nan), "1.40x"), (NOTHING, "-"),
)

FOUND = "the p99 latency of events is 0.50x (0.40 to 0.60) that of threads, " \
    "1.00 ms against 2.00 ms: 2.0 times less"
FINDINGS = (
    ("WIN", "evented", "events", FOUND),
    ("WIN", "threaded", "threads", FOUND),
    ("LEANS", "evented", "probably events",
        FOUND + "; the direction is clear, the size is not"),
    ("LEANS", "threaded", "probably threads",
        FOUND + "; the direction is clear, the size is not"),
    ("EQUIVALENT", None, "either",
        "events and threads are equal in p99 latency, within 10 %"),
    ("INCONCLUSIVE", None, "undecided", f"{FOUND}; undecided"),
    ("no verdict", None, "undecided", f"{FOUND}; undecided"),
    ("INVALID", None, "not valid",
        "p99 latency cannot be compared: the generator was late"),
)

SUMS = (
    (("events", "events", "either"), "events"),
    (("not measured", "undecided", "threads"), "threads"),
    (("events", "probably threads", "not measured"), "it depends"),
    (("probably events", "events"), "events"),
    (("it depends", "events"), "it depends"),
    (("probably events", "undecided"), "probably events"),
    (("either", "undecided"), "undecided"),
    (("either", "not valid"), "undecided"),
    (("either", "either", "not measured"), "either"),
    (("not valid", "not measured"), "not valid"),
    (("not measured",), "not measured"), ((), "not measured"),
)


def compared(verdict, winner, **changes):
    """A comparison with a verdict, a winner, and a ratio of latencies."""
    return Comparison({"metric": "p99_ns", "verdict": verdict,
        "winner": winner, "scale": "ratio", "estimate": .5,
        "interval95": [.4, .6], "band": .1, "a_median": 1e6, "b_median": 2e6,
        "invalid": "the generator was late", **changes})


class Words(unittest.TestCase):
    """Figures and findings."""

    def test_a_time_has_a_unit_and_three_digits(self):
        for ns, text in TIMES.items():
            self.assertEqual(words.time(ns), text)

    def test_about_a_time_two_digits_count(self):
        for ns, text in {5951: "6 \u00b5s", 12800: "13 \u00b5s",
                73400: "73 \u00b5s", 134000: "130 \u00b5s", 0: "0 ns",
                1260000: "1.3 ms", 996000: "1 ms"}.items():
            self.assertEqual(words.about(ns), text)

    def test_a_value_is_written_as_its_metric_is(self):
        for metric, value, text in VALUES:
            self.assertEqual(words.value(metric, value), text)

    def test_a_ratio_stands_with_its_interval(self):
        for span, text in SPANS:
            self.assertEqual(words.span(Span(*span)), text)

    def test_thousands_are_separated(self):
        for n, text in {0: "0", 999: "999", 1000: "1,000",
                1234567: "1,234,567", -123456: "-123,456", -12: "-12",
                math.nan: "-"}.items():
            self.assertEqual(words.count(n), text)

    def test_a_finding_is_no_stronger_than_its_verdict(self):
        for verdict, winner, choice, finding in FINDINGS:
            c = compared(verdict, winner)
            self.assertEqual(words.choice(c), choice)
            self.assertEqual(words.finding(c), finding)

    def test_what_failed_a_gate_is_told_by_its_name(self):
        self.assertEqual(words.finding(compared("INVALID", None, invalid=None,
            gates=["generator late", "stability"])),
            "p99 latency cannot be compared: checks failed (generator late, "
            "stability)")
        self.assertEqual(words.finding(compared("INVALID", None, invalid=None,
            gates=["stability"])),
            "p99 latency cannot be compared: a check failed (stability)")

    def test_a_lead_that_the_load_kept_small_is_said_to_be_one(self):
        for estimate, least in ((.5, "at most "), (2, "at least ")):
            c = compared("WIN", "evented", estimate=estimate, at_least=True)
            self.assertIn(f"is {least}{estimate:.2f}x", words.finding(c))
            c = compared("WIN", "evented", estimate=estimate)
            self.assertNotIn(least, words.finding(c))

    def test_what_is_missing_is_not_measured(self):
        c = compared("WIN", "evented", missing="too few requests for it")
        self.assertEqual(words.choice(c), "not measured")
        self.assertEqual(words.finding(c),
            "p99 latency cannot be compared: too few requests for it")
        self.assertEqual(words.choice(None), "not measured")
        self.assertEqual(words.choice(compared("INVALID", None,
            missing="too few requests for it")), "not valid")

    def test_a_ratio_that_the_medians_contradict_explains_itself(self):
        c = compared("LEANS", "threaded", estimate=1.57,
            interval95=[1.35, 2.22], a_median=115e3, b_median=95.7e3)
        self.assertIn("is 1.57x (1.35 to 2.22) that of threads in paired "
            "blocks (the medians of all runs, 115 \u00b5s against 95.7 "
            "\u00b5s, give 1.20x);", words.finding(c))
        c = compared("LEANS", "threaded", estimate=1.57,
            interval95=[1.17, 2.22], a_median=115e3, b_median=95.7e3)
        self.assertIn("that of threads, 115 \u00b5s against 95.7 \u00b5s;",
            words.finding(c))

    def test_medians_contradict_a_ratio_beyond_its_interval_or_beyond_1(self):
        other = "point the other way, as runs vary by more than the servers " \
            "differ"
        for ends, estimate, medians, how in (
                ([.27, 1.79], .63, (2.49, 1.14), other),
                ([.34, 6.18], .93, (241, 214), other),
                ([.9, 1.2], 1.01, (99, 101), other),
                ([.9, 1.2], 1.01, (100, 100), ""),
                ([.9, 1.2], 1.004, (99, 101), ""),
                ([.67, .697], .69, (5.60, 7.96), ""),   # .70x, to .70
                ([.67, .697], .69, (57, 80), "give 0.71x"),
                ([.67, .697], .69, (53, 80), "give 0.66x"),
                (None, 1.2, (9, 10), other), (None, 1.2, (2, 1), "")):
            c = compared("INCONCLUSIVE", None, estimate=estimate,
                interval95=ends, a_median=medians[0], b_median=medians[1])
            self.assertEqual(words.contradicts(c), how, (ends, medians))
        for changes in ({"verdict": "INVALID"}, {"scale": "difference"},
                {"estimate": None}):
            c = compared("WIN", "evented", a_median=2, b_median=1)
            self.assertTrue(words.contradicts(c))
            self.assertEqual(words.contradicts(Comparison(
                {**c.json, **changes})), "")

    def test_a_lead_that_a_a_did_not_rule_out_says_so(self):
        why = "; undecided, as the same server twice differed by as much"
        for changes, said in (({"band": 7.5, "floor": 7.5}, True),
                ({"band": 7.5, "floor": 7.5, "interval95": [.4, 1.6]}, False),
                ({"band": .1, "floor": .05}, False), ({}, False)):
            self.assertEqual(words.finding(compared("INCONCLUSIVE", None,
                **changes)).endswith(why), said)

    def test_too_few_blocks_are_counted(self):
        self.assertIn("; undecided, with only 3 blocks", words.finding(
            compared("no verdict", None, interval95=None, blocks=3)))
        self.assertIn("; undecided, with only 1 block", words.finding(
            compared("no verdict", None, interval95=None, blocks=1)))

    def test_who_disturbed_a_run_is_named(self):
        def said(**readings):
            return words.disturbance(Scenario({"runs": [
                {"disturbed": True, "window_ns": 1e9, **readings},
                {"disturbed": False, "window_ns": 1e9,
                    "stolen_seconds": .9}]})).removeprefix("1 of 2 runs: ")

        self.assertEqual(said(stolen_seconds=.03),
            "the hypervisor used up to 3 % of a CPU")
        self.assertEqual(said(foreign_cpu_seconds=.12, stolen_seconds=.001),
            "other processes used up to 12 % of a CPU")
        self.assertEqual(said(load_foreign_cpu_seconds=7,
            stolen_seconds=.25), "other processes used up to 100 % of a CPU "
            "and the hypervisor used up to 25 % of a CPU")
        self.assertEqual(said(),
            "the machine was busy with something else")
        for names, told in ((["cc1"], "cc1 used up to 12 % of a CPU"),
                (["cc1", "make"], "cc1 and make used up to 12 % of a CPU"),
                (["a", "b", "c", "d"], "a, b and c used up to 12 % of a CPU"),
                ([], "other processes used up to 12 % of a CPU")):
            self.assertEqual(said(foreign_cpu_seconds=.12, others=[
                {"name": name, "cpu_seconds": .9 - .1 * i}
                for i, name in enumerate(names)]), told)

    def test_who_disturbed_it_on_another_host_is_named_with_that(self):
        def said(**readings):
            return words.disturbers([Run({"disturbed": True,
                "window_ns": 1e9, **readings})])

        self.assertEqual(said(foreign_cpu_seconds=.12, others=[
            {"name": "cc1", "cpu_seconds": .2},
            {"name": "cc1", "cpu_seconds": .1, "host": "s1"}]),
            "cc1 and cc1 on s1 used up to 12 % of a CPU")
        for there, who in ((.04, ""), (.06, " of the servers' host")):
            self.assertEqual(said(stolen_seconds=.1,
                stolen_there_seconds=there),
                f"the hypervisor{who} used up to 10 % of a CPU")

    def test_blocks_whose_host_was_lost_are_counted_apart(self):
        for blocks, told in ((None, ""), (0, ""),
                (1, "1 block (run again: the servers' host was lost)"),
                (2, "2 blocks (run again: the servers' host was lost)")):
            self.assertEqual(words.losses(Scenario({"blocks_lost": blocks})),
                told)

    def test_who_took_most_in_all_runs_comes_first(self):
        runs = [{"disturbed": True, "window_ns": 1e9,
            "foreign_cpu_seconds": .2, "others": [{"name": name,
                "cpu_seconds": x} for name, x in taken]} for taken in
            ([("cron", .05), ("cc1", .04)], [("cc1", .09)], [("as", .1)])]
        quiet = {"disturbed": False, "window_ns": 1e9, "others": [
            {"name": "sshd", "cpu_seconds": 9}]}
        self.assertEqual(words.disturbance(Scenario({"runs":
            runs + [quiet]})), "3 of 4 runs: cc1, as and cron used up to 20 % "
            "of a CPU")

    def test_an_unsteady_machine_is_told_once_for_all_situations(self):
        def said(*paces):
            return words.unsteady(Report({"scenarios": [{"runs": [
                {"pace_ns": x} for x in some]} for some in paces]}))

        self.assertEqual(said(), "")
        self.assertEqual(said([170, 175], [180]), "")
        self.assertEqual(said([170, 221], [170, 170], [170, 340], [340]),
            "Unsteady machine: its own speed varied up to 2.0-fold between "
            "runs, in 2 of 4 situations.")

    def test_several_choices_come_down_to_one(self):
        for choices, together in SUMS:
            self.assertEqual(words.together(choices), together)

    def test_every_choice_has_a_class(self):
        with open(os.path.join(ROOT, "report", "tell", "style.css")) as file:
            style = file.read()
        for classes in words.CHOICES.values():
            self.assertIn("." + classes.split()[-1], style)


class Markup(unittest.TestCase):
    """Text in a page."""

    def test_a_text_is_no_markup(self):
        for text, html in (("", ""), ("plain", "plain"),
                ("<b a=\"x\" c='y'>&amp;</b>", "&lt;b a=&quot;x&quot; "
                    "c=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;"),
                ("caf\u00e9 \U0001f638", "caf\u00e9 \U0001f638"),
                ("a\tb\nc", "a\tb\nc"),
                ("\x01\x1b[0m\x7f\r", "\ufffd\ufffd[0m\ufffd\ufffd"),
                ("\x80\x9b\u00a0\ud83d", "\ufffd\ufffd\u00a0\ufffd")):
            self.assertEqual(markup.escaped(text), html)

    def test_markup_takes_texts(self):
        link = markup.put("<a title='{}'>100 %{}</a>", "it's <x>", "&")
        self.assertEqual(link,
            "<a title='it&#39;s &lt;x&gt;'>100 %&amp;</a>")
        self.assertEqual(markup.put("<p>{}</p>", link), f"<p>{link}</p>")
        self.assertEqual(link + "<", link + markup.escaped("<"))
        self.assertEqual(markup.joined(["<", link], "&"),
            f"&lt;&amp;{link}")


class Terminal(unittest.TestCase):
    """Text on a terminal."""

    def test_what_is_not_seen_is_escaped(self):
        for text, shown in (("plain \u20ac", "plain \u20ac"),
                ("a\nb\tc\r", r"a\nb\tc\r"), ("\x1b[0m", r"\u{1b}[0m"),
                ("\x9b\u202e\u2028", r"\u{9b}\u{202e}\u{2028}"),
                ("\ud800", r"\u{d800}")):
            self.assertEqual(terminal.harmless(text), shown)

    def test_text_is_broken_at_spaces_and_between_wide_characters(self):
        self.assertEqual(terminal.wrapped("aa bb cc dd", 8, 2),
            "aa bb cc\n  dd")
        self.assertEqual(terminal.wrapped("\uac00" * 5, 4, 1),
            "\uac00\uac00\n \uac00\n \uac00\n \uac00")
        self.assertEqual(terminal.wrapped("e\u0301" * 4, 4, 0),
            "e\u0301" * 4)


class Keys(unittest.TestCase):
    """The keys of report.json are declared once."""

    def test_a_misspelt_key_fails(self):
        scenario = Scenario({"name": "reply-50", "nmae": 1})
        self.assertEqual(scenario.name, "reply-50")
        with self.assertRaises(AttributeError):
            scenario.nmae
        with self.assertRaises(AttributeError):
            scenario.nmae = 1
        with self.assertRaises(AttributeError):
            scenario.has("nmae")
        with self.assertRaises(TypeError):
            Scenario.make(nmae=1)
        with self.assertRaises(TypeError):
            claims.Claim("text", "figure", "source", uurl="")
        with self.assertRaises(ValueError):
            claims.Rule("what", "ratoi")
        with self.assertRaises(ValueError):
            claims.Rule("what", "ratio", metric="p98_ns")

    def test_what_is_of_another_kind_reads_as_nothing(self):
        for value in (None, [], {}, "", True, "x", 1, [[1]]):
            run = Run({key: value for key in dir(Run)})
            scenario = Scenario({key: value for key in dir(Scenario)})
            self.assertIsInstance(run.window_ns, float)
            self.assertIsInstance(run.block, int)
            self.assertIsInstance(run.server, str)
            self.assertIsInstance(run.figures, dict)
            self.assertIsInstance(run.at_least, list)
            self.assertIsInstance(run.series.replies, list)
            self.assertIsInstance(scenario.runs, list)
            self.assertIs(scenario.comparison("p99_ns"), None)
        for number in (1e61, -1e61, 10**400, math.nan, math.inf, False):
            self.assertTrue(math.isnan(Run({"window_ns": number}).window_ns))
        self.assertEqual(Run({"window_ns": 1e-300}).window_ns, 0)

    def test_every_key_of_a_report_is_declared(self):
        def look(thing, value, path):
            """Find keys of an object that its class does not know."""
            known = {name for name in dir(type(thing))
                if name in thing.json}
            for key in value:
                if isinstance(thing, Report) and key == "machine":
                    continue  # shows whatever it holds
                self.assertIn(key, known, f"{path}.{key}")
                inner = getattr(thing, key)
                rows = inner if isinstance(inner, list) else [inner]
                for row in rows:
                    if hasattr(row, "json"):
                        look(row, row.json, f"{path}.{key}")

        for made in (reports.usual(), reports.far(reports.simple("slow-1000",
                "readers", "p99_ns", (1, 1), (1, 1, 1),
                network=reports.network(aside=True)), unmeasured=[{
                    "name": "rtt-1", "title": "", "link": "1ms",
                    "because": ""}])):
            report = telling.report_of(made)
            look(report, report.json, "report")

    def test_every_key_is_documented(self):
        with open(os.path.join(ROOT, "report", "report-json.md")) as file:
            words_ = set(re.findall(r"\w+", file.read()))
        with open(os.path.join(ROOT, "report", "porting", "port.py")) as file:
            words_ |= set(re.findall(r"\w+", file.read()))
        import report as module
        for kind in vars(module).values():
            if not isinstance(kind, type) or not issubclass(kind,
                    module.Object):
                continue
            for name, key in vars(kind).items():
                if isinstance(key, module.Key):
                    self.assertTrue(name in words_, f"{kind}.{name}")

    def test_uneven_is_a_machine_of_two_paces(self):
        def pace(*values):
            return Scenario({"runs": [{"pace_ns": x}
                for x in values]}).pace()

        even = pace(None, 900, *range(170, 178), 1)
        self.assertEqual(even, (170, 173.5, 177))
        uneven = pace(*[230, 170] * 5)
        self.assertEqual((uneven.low, uneven.high), (170, 230))
        import report as module
        self.assertFalse(module.is_uneven(even))
        self.assertTrue(module.is_uneven(uneven))
        for nothing in (pace(None, None), pace(), Scenario().pace()):
            self.assertFalse(module.is_uneven(nothing))


if __name__ == "__main__":
    main()

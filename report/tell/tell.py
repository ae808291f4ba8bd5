"""
tell - what a report says: compare runs it when something was measured.

    tell REPORT [--page FOLDER] [--whole | --end] [--baseline FILE]
         [--beside FILE] [--cost FILE] [--everything] [--name PROGRAM]
    tell REPORT --look
    tell PRICES --look-prices
    tell REPORT --results FOLDER

Judges what of a report is not judged yet and writes that to it, makes the
page, and prints all tables when it is asked to, as at the end of a race or with
a heading as of an earlier report, what has changed since another one, what of
one without a network survives it, see beside.py, and what clients cost at the
prices of a file, see cost.py. --look only sees whether it
is a report, --look-prices whether it is such a file. --results keeps it with the sources in
FOLDER, see results.py. The exit code is 0, or 1 when something could not be
done, which standard error says, in the name of PROGRAM.
"""

import argparse
import os
import sys

import baseline
import beside
import cost
import page
import report as reports
import results
import table
import terminal
import verdict


class Failure(Exception):
    """Why something could not be done."""


def replace(path, text):
    """Write a file by way of a new one beside it, made anew whatever lies
    there, a link to elsewhere too, so that whoever reads it finds the old or
    the new one whole."""
    new = path + ".new"
    try:
        if os.path.lexists(new):
            os.unlink(new)
        try:
            with open(new, "x", encoding="utf-8", errors="replace") as file:
                file.write(text)
            os.rename(new, path)
        except OSError:
            os.unlink(new)
            raise
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def judge(report, path):
    """Judge what of a report is not judged; return whether there was any."""
    try:
        return verdict.judge(report)
    except reports.NoReport as error:
        raise Failure(f"{path}: {error}") from None


def read_judged(path):
    """Another report, judged in memory."""
    found = reports.read(path)
    judge(found, path)
    return found


def write(report, other, options):
    """Judge a report and make its page, on which another one stands beside it;
    return the path of the page."""
    if judge(report, options.report):
        replace(options.report, reports.write(report))
    if other is not None:
        beside.join(report, other)
    if options.page is None:
        return None
    path = os.path.join(options.page, "index.html")
    replace(path, page.page(report, options.everything))
    return path


def keep(report, options):
    """Keep a report with the sources; return the exit code."""
    judge(report, options.report)
    try:
        results.keep(report, options.results, replace)
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise Failure(f"{options.report}: {error}") from None
    return 0


def read_prices(path):
    """The prices of a file."""
    try:
        return cost.read(path)
    except cost.NoPrices as error:
        raise Failure(f"{path}: {error}") from None
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def print_all(out, report, then, other, path, options):
    """Print what is asked for; False when the reports cannot be compared, or
    this one does not say what clients cost."""
    good = other is None or beside.check(out, report, other)
    if options.whole:
        table.write_heading(out, report)
    if options.whole or options.end:
        table.write_report(out, report)
    if then is not None:
        good = baseline.compare(out, report, then)
    if options.cost is not None:
        good &= cost.write(out, report, read_prices(options.cost))
    if options.whole or options.end:
        table.write_advice(out, report)
        out.gap()
    if options.end:
        out.row(f"Every run's figures: {options.report}")
    if path is not None and (options.whole or options.end):
        out.row(f"The report as a page: {path}")
    return good


def tell(options):
    """Do what the command line asks for; return the exit code."""
    if options.look_prices:
        read_prices(options.report)
        return 0
    if options.cost is not None:
        read_prices(options.cost)  # before anything is written
    report = reports.read(options.report)
    if options.look:
        return 0
    if options.results is not None:
        return keep(report, options)
    then, other = (read_judged(path) if path is not None else None
        for path in (options.baseline, options.beside))
    path = write(report, other, options)
    try:
        good = print_all(terminal.standard(), report, then, other, path,
            options)
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()  # who pipes it into head wants no more, nor complaints
        return 1
    except OSError as error:
        drop_output()
        raise Failure(f"standard output: {error.strerror}") from None
    return 0 if good else 1


def drop_output():
    """Forget what cannot be printed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read_options():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tell", allow_abbrev=False)
    parser.add_argument("report")
    parser.add_argument("--name", default="tell")
    parser.add_argument("--page")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--end", action="store_true")
    parser.add_argument("--baseline")
    parser.add_argument("--beside")
    parser.add_argument("--everything", action="store_true")
    parser.add_argument("--cost")
    parser.add_argument("--look", action="store_true")
    parser.add_argument("--look-prices", action="store_true")
    parser.add_argument("--results")
    return parser.parse_args()


def main():
    """Tell; return the exit code."""
    options = read_options()
    try:
        return tell(options)
    except (Failure, reports.NoReport) as error:
        print(f"{options.name}: {terminal.harmless(str(error))}",
            file=sys.stderr)
        return 1

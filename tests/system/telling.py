"""telling - the modules of report/tell/ for tests."""

import json
import os
import sys

from harness import ROOT

sys.path.insert(0, os.path.join(ROOT, "report", "tell"))

import report as keys  # noqa: E402


def report_of(value):
    """A report as if it had been read from a file that holds this."""
    return keys.Report(json.loads(json.dumps(value)))

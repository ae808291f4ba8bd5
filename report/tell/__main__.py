"""Tells what a report says: see tell.py."""
import sys

if sys.version_info < (3, 11):
    sys.stderr.write("tell: Python 3.11 or later is needed; this is %d.%d\n"
        % sys.version_info[:2])
    sys.exit(1)

import tell  # noqa: E402

sys.exit(tell.main())

"""
alike - what compare has Python prove, as a child of its own:

    alike MODEL-PORT JUDGED-PORT NAME COUNTS

NAME is that of a peer, and empty if the twins are compared; the file COUNTS
gets the numbers of conversations and of differences.
"""

import sys

from push import prove

sys.exit(prove(*sys.argv[1:]))

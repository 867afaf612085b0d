"""Folders of the generators: GOLDEN is test/golden; OUTPUT is where files are written, GOLDEN unless `--out FOLDER` is given.

Importing this module removes `--out FOLDER` from sys.argv, so that a script finds its other arguments at their places.
"""

import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1]
OUTPUT = GOLDEN
if "--out" in sys.argv:
    at = sys.argv.index("--out")
    OUTPUT = Path(sys.argv[at + 1]).resolve()
    del sys.argv[at : at + 2]

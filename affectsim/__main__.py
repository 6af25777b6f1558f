"""`python -m affectsim`: the same as the command `affectsim`."""

from __future__ import annotations

import sys

from affectsim.cli import main

if __name__ == "__main__":
    # So that a run remembers a command that can be typed again.
    sys.argv[0] = "affectsim"
    main()

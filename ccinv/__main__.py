"""`python -m ccinv`: the command line."""

import sys

from ccinv.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""`python -m ccinv`: the command line."""

import sys

from ccinv.cli import main

sys.exit(main())

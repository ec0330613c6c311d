"""`python -m strata_fleet` is `strata-fleet`."""

import sys

from strata_fleet.cli import main

sys.exit(main())

"""`python -m linkage` is the command `linkage`."""

import sys

from linkage.cli import main

sys.exit(main())

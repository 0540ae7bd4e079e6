"""`python -m linkage` is the command `linkage`."""

import sys

from linkage.cli.main import main

sys.exit(main())

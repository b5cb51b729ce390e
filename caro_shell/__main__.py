"""`python -m caro_shell` is `caro`."""

import sys

from caro_shell.cli import main

sys.exit(main())

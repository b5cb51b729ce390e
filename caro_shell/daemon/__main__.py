"""As a client spawns it (lifecycle.py): `python -I -m caro_shell.daemon DIRECTORY DESCRIPTOR`."""

import sys

from caro_shell.daemon.server import main

sys.exit(main())

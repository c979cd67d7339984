"""The command line, one file a command: reads options, calls the house, says what came of it. No computing lives here.

Nothing heavy is imported before a command needs it, so that `bartracker --help` answers at once.
"""

import sys


def main() -> None:
    """The `bartracker` command. Exits 0 when done, 1 when the work failed, 2 on wrong use, 130 on Ctrl-C."""
    try:
        from bartracker.cli.program import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)

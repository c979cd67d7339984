"""`python -m bartracker` is the `bartracker` command."""

from bartracker.cli import main

if __name__ == "__main__":
    main()

"""`python -m reactor` and the console script."""

from reactor.cli import main

if __name__ == "__main__":
    main()

"""`python -m tests.crash.hasty …`: reactor with luck, by which it always connects again at once."""

import random

from reactor.cli import main

if __name__ == "__main__":
    random.random = lambda: 0.0  # noqa: TID251 -- of each pause it waits a random part
    main()

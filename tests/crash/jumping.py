"""`python -m tests.crash.jumping …`: reactor whose wall clock is off by as many seconds as the file
says that $CLOCK_OFFSET names. What it measures by the other clock is not."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from reactor import clock

_utc_now = clock.utc_now


def _off() -> datetime:
    offset = Path(os.environ["CLOCK_OFFSET"]).read_text("ascii")
    return _utc_now() + timedelta(seconds=int(offset))


if __name__ == "__main__":
    clock.utc_now = _off  # before any other part takes it from there
    from reactor.cli import main

    main()

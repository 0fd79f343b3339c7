"""What root may do, and others may not."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_NOBODY = 65534


@contextmanager
def powerless() -> Iterator[None]:
    """Without the powers of root, if we have them. They are the whole process's."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)

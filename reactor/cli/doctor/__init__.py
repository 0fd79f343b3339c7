"""`reactor doctor`: is all there that reactor needs, and what to do about what is not."""

"""From a due delivery to a recorded attempt: claim, send, judge, decide, record."""

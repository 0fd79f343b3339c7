"""When a match becomes a firing: one small file per gate, each a pure function on its memory."""

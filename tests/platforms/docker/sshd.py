"""An `ssh` that needs no other machine: it notes its words, and passes bytes on to an engine."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

_SSH = """\
#!{python} -IS
import os, select, socket, sys
open({words!r}, "w").write("\\n".join(sys.argv[1:]))
if {says!r}:
    sys.exit({says!r})
engine = socket.create_connection(("127.0.0.1", {port}))
ways = {{0: engine.fileno(), engine.fileno(): 1}}
while True:
    for source in select.select(list(ways), [], [])[0]:
        block = os.read(source, 65536)
        if not block:
            sys.exit(0)
        os.write(ways[source], block)
"""


def install_ssh(folder: Path, url: str, says: str = "") -> Path:
    """Make the program `ssh` in a folder, which leads to the engine at `url`, or ends at once with
    words of its own. Returns the file in which it notes how it was called, a word a line."""
    program, words = folder / "ssh", folder / "words"
    port = urlsplit(url).port
    program.write_text(_SSH.format(python=sys.executable, words=str(words), says=says, port=port))
    program.chmod(0o755)
    return words

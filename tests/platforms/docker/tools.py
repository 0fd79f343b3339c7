"""A stand-in for Compose: a script on a PATH of its own, which writes down how it was called."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import Tls, parse_address

_SCRIPT = """\
#!{python}
import json, os, sys
word = next((word for word in {words} if word in sys.argv), "")
said = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "host": os.environ.get("DOCKER_HOST")}}
if word in ("config", "up"):
    open({ledger!r}, "a").write(json.dumps(said) + "\\n")
code, text = {answers}.get(word, (0, ""))
print(text)
sys.exit(code)
"""


@dataclass(slots=True)
class Tool:
    """`answers` are exit code and output for the command `version`, `config` or `up`."""

    folder: Path
    answers: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def install(self, name: str = "docker-compose") -> None:
        """Put it on the PATH."""
        script = self.folder / name
        script.write_text(
            _SCRIPT.format(
                python=sys.executable,
                words=("version", "config", "up"),
                ledger=str(self.folder / "ledger"),
                answers=dict(self.answers),
            )
        )
        script.chmod(0o755)

    def compose(self, host: str, tls: Tls | None = None, **environ: str) -> Compose:
        """Compose for the engine at `host`, as it is found there."""
        return Compose(parse_address(host), tls, {"PATH": str(self.folder), **environ})

    @property
    def called(self) -> list[dict[str, object]]:
        """How its `config` and `up` were called."""
        ledger = self.folder / "ledger"
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        return [json.loads(line) for line in lines]

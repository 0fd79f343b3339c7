"""A command in a container, with a terminal."""

import json
from codecs import getincrementaldecoder
from collections.abc import Sequence
from urllib.parse import quote

from reactor.hub.docker.wire import Way
from reactor.hub.fleet import NotAllowed, Output, Unavailable
from reactor.platforms.docker.answers import text
from reactor.platforms.docker.client import Client, Gone, Refusal

_CREATED = 201

_LEAVING = b"\x03\x04"
"""What somebody types who leaves: Ctrl-C, then Ctrl-D. The engine itself would leave even a shell
that waits for a command where it is, until the container stops."""


class DockerTerminal:
    """Satisfies `Terminal` (reactor/hub/fleet.py). It is a terminal, so that control characters
    mean what they mean there, and errors come with all else on stdout."""

    def __init__(
        self, client: Client, way: Way, api: str, docker_id: str, command: Sequence[str]
    ) -> None:
        """`api` is the prefix of the engine's paths. Blocks for seconds. Raises NotAllowed, and
        Unavailable when the engine does not answer."""
        made = _made(client, f"{api}/containers/{quote(docker_id, safe='')}/exec", command)
        self._wire = way.open(
            f"POST {api}/exec/{made}/start HTTP/1.1",
            {"Detach": False, "Tty": True},
            Connection="Upgrade",
            Upgrade="tcp",
        )
        self._decoder = getincrementaldecoder("utf-8")(errors="replace")

    def read(self) -> Sequence[Output]:
        """What was written since. Blocks until there is something; nothing at the end."""
        while received := self._wire.read():
            if written := self._decoder.decode(received):
                return [Output(text=written, stream="stdout")]
        return []

    def write(self, typed: bytes) -> None:
        """What was typed. Blocks while the command does not read."""
        self._wire.write(typed)

    def close(self) -> None:
        """Whoever reads or writes is let go. A shell that waits ends, and so does what Ctrl-C ends;
        any other command is left alone."""
        self._wire.close(_LEAVING)


def _made(client: Client, path: str, command: Sequence[str]) -> str:
    """The engine's id of the command, which has not begun."""
    wanted = {
        **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "Tty"), True),
        "Cmd": list(command),
    }
    try:
        answer = client.request("POST", path, body=wanted)
    except (Gone, Refusal) as error:
        raise Unavailable(f"The Docker Engine cannot be reached: {error}.") from error
    said: object = json.loads(answer.body) if answer.body.startswith(b"{") else None
    if answer.status != _CREATED:
        raise NotAllowed(text(said, "message") or f"The Docker Engine answers {answer.status}.")
    return text(said, "Id")

"""Docker Cloud's own SDK for Python as PyPI has it, in a virtual environment that is made for it.

It wants older versions of what we use ourselves, so it may not enter ours.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Condition, Thread

from tests.fakes import PATIENCE

ENVIRONMENT = Path(__file__).parent.parent.parent / ".venv-sdk"
PYTHON = ENVIRONMENT / "bin" / "python"
_NEEDED = Path(__file__).with_name("sdk-requirements.txt")
_SDK = Path(__file__).with_name("sdk-source.txt")

_UNREACHED = "Retrying (Retry(total=0,"
"""What pip says before its last try to connect."""

_PROGRAM = """
import json
import dockercloud

def tell(kind, what=None):
    print(json.dumps([kind, what]), flush=True)

events = dockercloud.Events()
events.on_open(lambda: tell("open"))
events.on_message(lambda message: tell("message", message))
try:
    events.run_forever()
except dockercloud.AuthError as error:
    tell("refused", str(error))
"""


class SdkUnavailable(Exception):
    """The SDK is not installed and cannot be had; the text says why."""


def install() -> None:
    """Make PYTHON one that can import the SDK: nothing to do if the last time came to its end with
    the same requirements, else some ten seconds of work. Raises SdkUnavailable."""
    installed = ENVIRONMENT / "installed"
    wanted = "\n".join([sys.base_prefix, sys.version, _NEEDED.read_text(), _SDK.read_text()])
    if installed.exists() and installed.read_text() == wanted:
        return
    installed.unlink(missing_ok=True)
    _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    _pip_install("--only-binary", ":all:", "--requirement", str(_NEEDED))
    # What would be fetched for an isolated build is covered by no hash.
    _pip_install("--no-build-isolation", "--requirement", str(_SDK))
    installed.write_text(wanted)


def _pip_install(*arguments: str) -> None:
    pip = [str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    _run(*pip, "--no-deps", "--require-hashes", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    for line in done.stderr.splitlines():
        if _UNREACHED in line:
            raise SdkUnavailable(f"PyPI cannot be reached: {line}")
    raise AssertionError(done.stderr)


class Listener:
    """`dockercloud.Events().run_forever()` in a process with this environment and no other.

    What its functions are called with can be waited for, by kind: `open`, `message`, and `refused`
    when it ended with an AuthError.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "-I", "-c", _PROGRAM],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: list[tuple[str, object]] = []
        self._changed = Condition()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                kind, what = json.loads(line)
                with self._changed:
                    self._told.append((kind, what))
                    self._changed.notify_all()

    def wait(self, kind: str, enough: Callable[[list[object]], bool] = bool) -> list[object]:
        """All that was told of a kind, as soon as it is enough; by default, as soon as there is
        any."""
        with self._changed:
            assert self._changed.wait_for(lambda: enough(self._of(kind)), PATIENCE), self._told
            return self._of(kind)

    def _of(self, kind: str) -> list[object]:
        return [what for told, what in self._told if told == kind]

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

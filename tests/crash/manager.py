"""What systemd does with a service of Type=notify that has a watchdog, as far as we need it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.service import PATIENCE, ROOT


class ServiceManager:
    """Keeps `python -m MODULE WORDS…` running in `folder`: who is silent for `watchdog` seconds is
    ended by SIGABRT, which is a failure, and is started again (Restart=on-failure)."""

    def __init__(self, folder: Path, module: str, *words: str, watchdog: float) -> None:
        self._folder, self._words, self._watchdog = folder, [module, *words], watchdog
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self.told: list[str] = []
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NOTIFY_SOCKET": str(self._folder / "notify"),
            "WATCHDOG_USEC": str(int(self._watchdog * 1_000_000)),
        }
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *self._words],
                cwd=self._folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self._hear_until("READY=1", PATIENCE)  # the watchdog counts from here on
        return process

    def _hear_until(self, word: str, seconds: float) -> None:
        """Raises TimeoutError when nothing that begins with the word is told for so long."""
        self._socket.settimeout(seconds)
        while True:
            self.told.append(self._socket.recv(4096).decode())
            if self.told[-1].startswith(word):
                return

    def watch(self, signs: int) -> None:
        """Return after so many signs of life; none may come too late."""
        for _ in range(signs):
            self._hear_until("WATCHDOG=1", self._watchdog)

    def wait_for_silence(self) -> None:
        """Return when a sign of life has not come in time."""
        try:
            self.watch(signs=1000)
        except TimeoutError:
            return
        raise AssertionError("it goes on saying that it lives")

    def restart(self) -> int:
        """End it as the watchdog does, and start it again; how the first one ended."""
        self._process.send_signal(signal.SIGABRT)
        ended = self._process.wait(PATIENCE)
        self._process = self._start()
        return ended

    def stop(self) -> int:
        """Stop it as an operator does; its exit code."""
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def __enter__(self) -> "ServiceManager":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._socket.close()

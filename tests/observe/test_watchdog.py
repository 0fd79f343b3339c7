"""A process that hangs is ended from within, and says what it hung at."""

import subprocess
import sys

import pytest

from reactor.observe.watchdog import Watchdog

PROGRAM = """\
import re, sys, threading
from pathlib import Path
from reactor.clock import monotonic
from reactor.observe.pulse import Pulse
from reactor.observe.watchdog import Watchdog

pulse = Pulse(monotonic)
watchdog = Watchdog(pulse, Path("trace"), lambda text: print(text, flush=True), 0.2)
thread = threading.Thread(target=watchdog.run, daemon=True)
thread.start()
done = threading.Event()

def wait():
    pulse.turn()
    done.wait(20)

def spin():
    re.match("(a+)+$", "a" * 60 + "b")

def fall():
    import ctypes
    ctypes.string_at(0)

def idle():
    pulse.turn()
    pulse.rest()
    done.wait(1)
    watchdog.stop()
    thread.join(20)

{deed}()
"""


def ends(folder, deed):
    """How a process ends that does this, what it says, and the trace that it leaves."""
    program = PROGRAM.replace("{deed}", deed)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return ran.returncode, ran.stdout, (folder / "trace").read_text()


def test_a_loop_that_hangs_is_ended_with_the_traces_of_all_threads(tmp_path):
    code, said, trace = ends(tmp_path, "wait")

    why = "it hung for more than 0.2 s"
    assert code == 1
    assert said == f"an event cannot be decided, {why}: ending; the traces are in trace\n"
    assert trace.startswith(f"{why}\n")
    assert "in wait\n" in trace
    assert trace.count("hread 0x") == 2


@pytest.mark.parametrize(("deed", "code"), [("spin", -27), ("fall", -11)])
def test_what_lets_no_other_thread_run_leaves_its_trace_as_well(tmp_path, deed, code):
    ended, said, trace = ends(tmp_path, deed)

    assert (ended, said) == (code, "")
    assert f"in {deed}\n" in trace


def test_who_has_nothing_to_decide_is_left_alone(tmp_path):
    assert ends(tmp_path, "idle") == (0, "", "")
    assert (tmp_path / "trace").stat().st_mode & 0o777 == 0o600


def test_a_trace_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(IsADirectoryError):
        Watchdog(None, tmp_path, print, 1.0)

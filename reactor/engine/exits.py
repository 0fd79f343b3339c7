"""Exit codes and signals in words, by Linux's numbers (signal(7)): containers run on Linux."""

from reactor.model.cause import Cause, Judgement

SIGINTED = 128 + 2
SIGKILLED = 128 + 9
SIGTERMED = 128 + 15
"""128 and the number of the signal that ended the process, as shells and engines write it."""

LOST = 255
"""What an engine writes for an end that it was not there to see."""

_SIGNALS = (
    *("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2"),
    *("PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG"),
    *("XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"),
)
_NAMES = {number: f"SIG{name}" for number, name in enumerate(_SIGNALS, start=1)}
_SENT = {128 + signal for signal in (1, 2, 3, 9, 15)}  # by somebody: a program does not send itself
_ENGINE_CODES = {
    125: "the engine could not start it",
    126: "the command cannot be executed",
    127: "the command was not found",
}  # docker run, "Exit status"
_BYTE = range(256)


def is_exit_code(code: int | None) -> bool:
    """Whether a process can have ended with it. Engines write -1 for one that they do not know."""
    return code is not None and code in _BYTE


def signal_words(signal: int) -> str:
    """`signal 15 (SIGTERM)`, without the name where it has none."""
    return f"signal {signal} ({_NAMES[signal]})" if signal in _NAMES else f"signal {signal}"


def exit_reason(exit_code: int, judgement: Judgement) -> str:
    """The code in words, by why it ended: `137 = SIGKILL, and no stop was requested`."""
    name, why = _NAMES.get(exit_code - 128), _why(judgement)
    code = str(exit_code) if name is None else f"{exit_code} = {name}"
    if why:
        return f"{code}, {why}"
    if name is None:
        is_told = judgement.cause is not Cause.UNKNOWN
        words = _ENGINE_CODES.get(exit_code, "ended by itself" if is_told else "")
        return f"{code}: {words}" if words else code
    is_unasked = judgement.planned is False and exit_code in _SENT
    return f"{code}, and no stop was requested" if is_unasked else code


def _why(judgement: Judgement) -> str:
    """What ended it, empty where it ended by itself or nobody knows."""
    match judgement.own or judgement.cause:
        case Cause.OOM:
            return "out of memory"
        case Cause.HOST_DOWN:
            return "as its engine went away"
        case Cause.PLANNED_STOP | Cause.DEPLOY | Cause.KILLED if judgement.planned:
            return "as requested"
    return ""

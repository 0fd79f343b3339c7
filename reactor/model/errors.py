"""The few ways in which reactor can fail to do its job; wrong rules are Problems, not errors."""

from reactor.model.problem import Problem


class ReactorError(Exception):
    """The root: a sentence that says what was expected, what was found and what to do."""


class RulesInvalid(ReactorError):
    """The rule file has mistakes; `problems` lists every one with its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class JournalBusy(ReactorError):
    """Another process holds the journal; the message names it."""


class JournalUnavailable(ReactorError):
    """The journal cannot be opened, read or written; the message says what to do."""


class WriteRefused(JournalUnavailable):
    """The journal is in order, and what was to be written can never be in it."""


class SourceLost(ReactorError):
    """A source cannot be reached or went away; it is tried again."""


class SourceRefused(ReactorError):
    """A source refused our credentials; trying again at once would not help."""


class RenderFailed(ReactorError):
    """A template cannot be rendered: a URL or a header lacks a field, or the text is too long."""


class DestinationRemoved(ReactorError):
    """The destination that a delivery names is no longer in the rule file."""


class Stopping(ReactorError):
    """reactor is stopping and takes no more frames."""

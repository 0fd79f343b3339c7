"""What sources hand in, told also to those who hear it beside the road."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from reactor.model.event import Frame
from reactor.model.rule import SourceSpec


class Hearer(Protocol):
    """Is told in a source's thread, so nothing here may block or raise."""

    def link(self, *, is_connected: bool) -> None:
        """The source is connected from now on, or no longer."""

    def hear(self, frame: Frame) -> None:
        """The road took this frame."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A source, as whoever hears it means it: one of the same name with other options may be
    connected to something else."""

    name: str
    options: Mapping[str, object]
    hearer: Hearer

    def is_from(self, spec: SourceSpec) -> bool:
        return self.name == spec.name and self.options == spec.options


@dataclass(slots=True)
class Relay:
    """Tells of each source in the order in which the road took its frames. May be used by any
    thread."""

    _heard: tuple[_Heard, ...] = ()
    _connected: dict[str, SourceSpec] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)

    @contextmanager
    def heard_by(self, hearer: Hearer, name: str, options: Mapping[str, object]) -> Iterator[None]:
        """Tell it of the source of this name and these options; if that is connected already, of
        this first."""
        heard = _Heard(name, options, hearer)
        with self._changing:
            self._heard = (*self._heard, heard)
            present = self._connected.get(name)
            if present and heard.is_from(present):
                hearer.link(is_connected=True)
        try:
            yield
        finally:
            with self._changing:
                self._heard = tuple(each for each in self._heard if each is not heard)

    def link(self, spec: SourceSpec, *, is_connected: bool) -> None:
        """A source is connected from now on, or no longer."""
        with self._changing:
            self._connected.pop(spec.name, None)
            if is_connected:
                self._connected[spec.name] = spec
            for heard in self._heard:
                if heard.is_from(spec):
                    heard.hearer.link(is_connected=is_connected)

    def tell(self, spec: SourceSpec, frame: Frame) -> None:
        """The road took a frame of this source."""
        for heard in self._heard:
            if heard.is_from(spec):
                heard.hearer.hear(frame)

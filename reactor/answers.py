"""What a running service answers on its control socket: how it is, or that it changed something."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from msgspec import ValidationError, convert

from reactor.changes import CANCELLED, CHANGES, EXPIRE, RETRY, SILENCE, change, expire
from reactor.config.silences import parse_silence
from reactor.delivery.dispatcher import Dispatcher
from reactor.journal.deliveries import lanes
from reactor.journal.silences import AddSilence
from reactor.model.signal import DeliveryEnded
from reactor.model.silence import StoredSilence
from reactor.road import Road
from reactor.silencing import Silencing
from reactor.vitals.vitals import Vitals


class Answers:
    """Answers requests, one at a time. What they change stands when they are answered; `signal`
    brings the pipeline what follows from it. Each raises ReactorError when it cannot be done."""

    def __init__(
        self,
        road: Road,
        dispatcher: Dispatcher,
        vitals: Vitals,
        silencing: Silencing,
        signal: Callable[[DeliveryEnded], None],
    ) -> None:
        self._road, self._dispatcher, self._signal = road, dispatcher, signal
        self._vitals, self._silencing = vitals, silencing

    def answer(self, request: dict[str, object]) -> dict[str, object]:
        """The answer to one request."""
        do, ids = request.get("do"), request.get("ids")
        if do == "status":
            return self._vitals.status()
        if do == SILENCE:
            return self._silence(request.get("silence"))
        if do not in (*CHANGES, RETRY, EXPIRE) or not isinstance(ids, list):
            return {"error": "the running reactor does not know this request; is it older?"}
        return {"done": self._change(str(do), tuple(map(str, ids)))}

    def _change(self, do: str, ids: tuple[str, ...]) -> Mapping[str, str]:
        if do == RETRY:
            return self._road.pipeline.retry(ids)
        if do == EXPIRE:
            return self._expire(ids)
        done = change(self._road.writer, do, ids)
        for name in (name for name, said in done.items() if said == CANCELLED):
            self._signal(DeliveryEnded(name, ""))
        with closing(self._road.reader()) as reader:
            self._dispatcher.wake(lanes(reader))
        return done

    def _expire(self, ids: Sequence[str]) -> Mapping[str, str]:
        done = expire(self._road.writer, ids)
        self._silencing.look()
        return done

    def _silence(self, told: object) -> dict[str, object]:
        try:
            silence = convert(told, StoredSilence)
        except ValidationError as fault:
            return {"error": f"the running reactor does not understand the silence: {fault}"}
        parse_silence(silence.text)
        self._road.writer.submit(AddSilence(silence), is_patient=False).result()
        self._silencing.look()
        return {"done": {silence.id: "added"}}

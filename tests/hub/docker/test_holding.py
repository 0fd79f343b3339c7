from threading import Thread

from tests.fakes import PATIENCE
from tests.hub.docker.samples import C1, a_holding, news


def test_what_changes_is_told_when_it_is_done():
    holding, frames = a_holding()

    with holding.changing() as register:
        register.take(news("Running"))
        assert frames == []

    assert [frame["state"] for frame in frames] == ["Running"]


def test_a_listener_may_ask():
    holding, _ = a_holding()
    seen = []

    def listener(_):
        with holding.reading() as register:
            seen.append(register.get("container", C1).state)

    holding.listen(listener)
    with holding.changing() as register:
        register.take(news("Running"))

    assert seen == ["Running"]


def test_who_waits_is_let_go_when_it_is_so_or_in_time():
    holding, _ = a_holding()
    waited = []
    waiting = Thread(target=lambda: waited.append(holding.wait(lambda r: C1 in r.entries, 5)))
    waiting.start()

    with holding.changing() as register:
        register.take(news("Running"))

    waiting.join(PATIENCE)
    assert waited == [True]
    assert holding.wait(lambda _: False, 0.01) is False

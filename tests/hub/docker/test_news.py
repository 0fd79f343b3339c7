import pytest

from reactor.hub.docker.news import read_news
from reactor.model.event import Frame
from tests.hub.docker.samples import C1, NOW, SHOP, a_source_frame


def test_a_frame_of_the_source_is_news():
    news = read_news(a_source_frame("Stopped"))

    assert (news.kind, news.uuid, news.state, news.at) == ("container", C1, "Stopped", NOW)
    assert (news.name, news.identity) == ("shop_web_c1", "frame of Stopped")
    assert f"/api/app/v1/stack/{SHOP}/" in news.parents


def test_a_frame_without_state_is_news_of_the_object_alone():
    assert read_news(a_source_frame(None)).state == ""


@pytest.mark.parametrize(
    "raw",
    [
        b'{"type": "gap", "reason": "x"}',
        b'{"type": "revised", "resource_uri": "/api/app/v1/service/x/", "datetime": "2031-01-01"}',
        b'{"type": "container", "resource_uri": "nowhere", "datetime": "2031-01-01"}',
        b'{"type": "container", "resource_uri": "/api/app/v1/container/x/"}',
        b"[1]",
        b"what the engine wrote",
        b"\xff",
    ],
)
def test_what_docker_cloud_had_no_word_for_is_none(raw):
    assert read_news(Frame(raw, "x")) is None

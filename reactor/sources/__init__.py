"""The sources: where events come from. SOURCES is the registry, by the `type` in a rule file."""

from reactor.model.protocols import SourceType
from reactor.sources.docker import DOCKER
from reactor.sources.dockercloud import DOCKERCLOUD
from reactor.sources.file import FILE
from reactor.sources.schedule import SCHEDULE
from reactor.sources.tutum import TUTUM
from reactor.sources.webhook import WEBHOOK
from reactor.sources.websocket import WEBSOCKET

SOURCES: dict[str, SourceType] = {
    "docker": DOCKER,
    "dockercloud": DOCKERCLOUD,
    "file": FILE,
    "schedule": SCHEDULE,
    "tutum": TUTUM,
    "webhook": WEBHOOK,
    "websocket": WEBSOCKET,
}

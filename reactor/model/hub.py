"""`hub` of the rule file: what `reactor run` serves to clients of Docker Cloud and of Tutum."""

from dataclasses import dataclass

from reactor.model.secret import Secret

DEFAULT_LISTEN = ("127.0.0.1", 8001)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """Paths of PEM: a certificate with those that lead to its authority, and its key."""

    chain: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSpec:
    """The hub of a rule file. `source` is the one whose engine is served; `user` and `apikey` are
    None where the environment has them, `certificate` where there is no TLS. `namespace` is that
    of the paths, None for the user's own."""

    source: str
    listen: tuple[str, int] = DEFAULT_LISTEN
    user: str | None = None
    apikey: Secret | None = None
    read_only: bool = False
    certificate: CertificateFiles | None = None
    namespace: str | None = None

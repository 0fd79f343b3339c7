"""What went wrong with a connection, and what to do about it, as a person says it."""

import socket
import ssl

_REMEDIES: tuple[tuple[type[OSError], str], ...] = (
    (
        PermissionError,
        (
            "add the user to the group docker (`usermod -aG docker USER`, then log in anew; for "
            "the service SupplementaryGroups=docker, as in systemd/docker.conf), which makes it as "
            "good as root, or go by a proxy that lets only reading through"
        ),
    ),
    (
        FileNotFoundError,
        "start it (`systemctl start docker`), or name another socket by `host` or DOCKER_HOST",
    ),
    (ConnectionRefusedError, "see whether it runs, and listens at this address"),
    (socket.gaierror, "see the host's name, and the resolver in /etc/resolv.conf"),
    (ssl.SSLCertVerificationError, "see who signed its certificate, and for which name"),
    (ssl.SSLError, "see whether it speaks TLS at this port, and wants a certificate of ours"),
    (TimeoutError, "see the network, and the firewalls in between"),
)


def reason(error: OSError) -> str:
    """What happened."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        is_silent = error.errno == socket.EAI_AGAIN
        return "the resolver does not answer" if is_silent else "no host of that name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return (error.strerror or str(error) or type(error).__name__).lower()


def remedy(error: BaseException) -> str:
    """What to do, by the first cause that is known."""
    cause: BaseException | None = error
    while cause is not None:
        for kind, text in _REMEDIES:
            if isinstance(cause, kind):
                return text
        cause = cause.__cause__ or cause.__context__
    return "see the network, and what listens at this address"

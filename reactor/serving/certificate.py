"""What a server shows of itself by TLS, from files that may be renewed while it runs."""

import ssl
from pathlib import Path

from reactor.model.errors import ReactorError
from reactor.model.hub import CertificateFiles


class Certificate:
    """A certificate and its key. Raises ReactorError for files that cannot be used."""

    def __init__(self, files: CertificateFiles) -> None:
        self._files = files
        self._current = _read(files)
        self.context = _read(files)
        # A context must not be changed while another thread greets with it, but each greeting may
        # choose another one.
        self.context.sni_callback = self._choose

    def _choose(self, greeted: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        greeted.context = self._current

    def renew(self) -> None:
        """Read the files again: whoever connects from now on is shown what they hold. May be called
        from any thread. Raises ReactorError, and then nothing changes."""
        self._current = _read(self._files)


def _read(files: CertificateFiles) -> ssl.SSLContext:
    for path in (files.chain, files.key):
        try:
            Path(path).read_bytes()  # the library's own words leave out which file it is
        except OSError as fault:
            raise ReactorError(f"for TLS, {path} cannot be read: {fault.strerror}") from fault
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(files.chain, files.key, _refuse_password)
    except ssl.SSLError as fault:
        raise ReactorError(
            f"for TLS, {files.chain} must hold a certificate and {files.key} its key, both in PEM: "
            f"{fault.reason or fault}"
        ) from fault
    return context


def _refuse_password() -> str:
    """Without this, the library would ask for it at the terminal."""
    raise ReactorError("for TLS, the key is encrypted, and nobody is here to type its password")

"""Certificates made for one test: an authority's, and those that it gave to an engine and to us."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from reactor.platforms.docker.dial import Tls


@dataclass(frozen=True)
class Certificates:
    """Those in a folder, by the names that the docker command looks for; the engine's are of
    127.0.0.1."""

    folder: Path

    @property
    def ours(self) -> Tls:
        """What we show, and whom we trust."""
        ca, cert, key = (str(self.folder / f"{name}.pem") for name in ("ca", "cert", "key"))
        return Tls(ca=ca, cert=cert, key=key)

    def engine(self) -> ssl.SSLContext:
        """An engine's side, which wants a certificate of ours."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def make_certificates(folder: Path) -> Certificates:
    """As https://docs.docker.com/engine/security/protect-access/ has it."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        folder, "req", "-x509", *curve, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem"
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name, key, more in (
        ("server", "server.key", ("-extfile", "names")),
        ("cert", "key.pem", ()),
    ):
        asked = f"{name}.csr"
        _openssl(folder, "req", *curve, "-subj", f"/CN={name}", "-keyout", key, "-out", asked)
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem")
        _openssl(folder, "x509", "-req", "-in", asked, *signed, *more)
    return Certificates(folder)


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

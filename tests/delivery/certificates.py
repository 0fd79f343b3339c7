"""Certificates, good and bad, made by the openssl command."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_EC = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True)
class Certificate:
    """A certificate, with those between it and its authority, and its key: files of PEM."""

    chain: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server needs that shows it, however weak it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass(frozen=True)
class Certificates:
    """Makes them in a folder, each under a name of its own."""

    folder: Path

    def authority(self, name: str, by: Certificate | None = None, **changes: str) -> Certificate:
        """One that signs others."""
        extensions = {"basicConstraints": "critical,CA:TRUE"} | changes
        return self._made(name, by, extensions, ())

    def leaf(
        self,
        name: str,
        by: Certificate | None,
        *options: str,
        kind: tuple[str, ...] = _EC,
        **changes: str,
    ) -> Certificate:
        """One for 127.0.0.1, signed by itself if by nobody. `options` are those of `openssl x509`,
        `changes` its extensions, an empty one left out."""
        extensions = {"basicConstraints": "CA:FALSE", "subjectAltName": "IP:127.0.0.1"} | changes
        return self._made(name, by, extensions, options, kind)

    def _made(
        self,
        name: str,
        by: Certificate | None,
        extensions: dict[str, str],
        options: tuple[str, ...],
        kind: tuple[str, ...] = _EC,
    ) -> Certificate:
        made = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request = self.folder / f"{name}.csr"
        listed = [f"-addext={key}={value}" for key, value in extensions.items() if value]
        added = [part for each in listed for part in each.split("=", 1)]
        files = ("-keyout", str(made.key), "-out", str(request))
        _openssl("req", "-newkey", *kind, "-nodes", *files, "-subj", f"/CN={name}", *added)
        signer: tuple[str, ...] = ("-key", str(made.key))
        if by is not None:
            signer = ("-CA", str(by.chain), "-CAkey", str(by.key))
        copied = ("-in", str(request), "-out", str(made.chain), "-copy_extensions", "copy")
        _openssl("x509", "-req", *copied, *signer, *options)
        return made


def _openssl(*arguments: str) -> None:
    subprocess.run(("openssl", *arguments), check=True, capture_output=True)

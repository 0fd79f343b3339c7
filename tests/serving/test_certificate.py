"""What a server shows by TLS, to real clients."""

import shutil
import socket
import ssl
import subprocess
from contextlib import contextmanager
from threading import Thread

import pytest

from reactor.model.errors import ReactorError
from reactor.model.hub import CertificateFiles
from reactor.serving.certificate import Certificate
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE


@pytest.fixture
def made(tmp_path):
    """A certificate that works, and one more under the name `other`."""
    Certificates(tmp_path).leaf("other", None)
    return Certificates(tmp_path).leaf("hub", None)


@pytest.fixture
def files(made):
    return CertificateFiles(chain=str(made.chain), key=str(made.key))


def put_other_in_place(made):
    shutil.copy(made.chain.with_name("other.pem"), made.chain)
    shutil.copy(made.key.with_name("other.key"), made.key)


@contextmanager
def greeted(certificate):
    """The server's side of one connection by TLS; what it comes to is the client's to see."""
    here, there = socket.socketpair()

    def serve():
        with certificate.context.wrap_socket(there, server_side=True) as server:
            server.recv(1)

    thread = Thread(target=serve)
    thread.start()
    here.settimeout(PATIENCE)
    yield here
    here.close()
    thread.join(PATIENCE)


def shown(certificate):
    """The certificate that a client sees who trusts anybody and names no host."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with greeted(certificate) as connection, context.wrap_socket(connection) as client:
        client.send(b"x")
        return ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True))


def test_who_connects_after_a_renewal_sees_the_new_one(made, files):
    certificate = Certificate(files)
    assert shown(certificate) == made.chain.read_text()
    put_other_in_place(made)
    assert shown(certificate) != made.chain.read_text()

    certificate.renew()

    assert shown(certificate) == made.chain.read_text()


def test_a_renewal_that_fails_changes_nothing(made, files):
    certificate, before = Certificate(files), made.chain.read_text()
    made.key.write_text("half a fi")

    with pytest.raises(ReactorError):
        certificate.renew()

    assert shown(certificate) == before


def lose(made):
    made.key.unlink()


def garble(made):
    made.chain.write_text("no PEM")


def mix(made):
    shutil.copy(made.key.with_name("other.key"), made.key)


def encrypt(made):
    command = ["openssl", "ec", "-aes256", "-passout", "pass:x", "-in", "other.key"]
    folder = made.key.parent
    subprocess.run([*command, "-out", "hub.key"], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose, "hub.key cannot be read: No such file or directory"),
        (garble, "must hold a certificate and .*hub.key its key, both in PEM: "),
        (mix, "both in PEM: KEY_VALUES_MISMATCH"),
        (encrypt, "the key is encrypted, and nobody is here to type its password"),
    ],
)
def test_files_that_cannot_be_used_are_told_apart(made, files, spoil, words):
    spoil(made)

    with pytest.raises(ReactorError, match=words):
        Certificate(files)

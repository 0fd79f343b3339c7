"""What libcurl is told once, for all requests that take one route."""

import os
import ssl
from datetime import timedelta

import pycurl

from reactor.model.request import PEM, Route

CONNECT_TIMEOUT = timedelta(seconds=10)
"""For the name, the connection and TLS together."""


def options(route: Route) -> dict[int, object]:
    """libcurl's options and their values. A route has all of its own, and of other routes nothing:
    libcurl lends a connection only to a handle with the same proxy and the same trust."""
    return _EVERYWHERE | _trust(route) | _identity(route) | _proxy(route)


def _trust(route: Route) -> dict[int, object]:
    """Whose certificates count. The libcurl in pycurl's wheel was built elsewhere and does not
    know where the system's are; Python's ssl module does, and obeys SSL_CERT_FILE, SSL_CERT_DIR."""
    system = ssl.get_default_verify_paths()
    proxied = {pycurl.PROXY_CAINFO: system.cafile, pycurl.PROXY_CAPATH: system.capath}
    if route.ca is None:
        proxied |= {pycurl.CAINFO: system.cafile, pycurl.CAPATH: system.capath}
    given: dict[int, object] = {option: path for option, path in proxied.items() if path}
    if route.ca is None:
        return given
    return given | _pem(route.ca, file=pycurl.CAINFO, text=pycurl.CAINFO_BLOB)


def _identity(route: Route) -> dict[int, object]:
    """What we show of ourselves. Without a key the certificate's PEM must hold it."""
    shown: dict[int, object] = {}
    if route.cert is not None:
        shown |= _pem(route.cert, file=pycurl.SSLCERT, text=pycurl.SSLCERT_BLOB)
    if route.key is not None:
        shown |= _pem(route.key.value, file=pycurl.SSLKEY, text=pycurl.SSLKEY_BLOB)
    return shown


def _pem(given: str, *, file: int, text: int) -> dict[int, object]:
    """A PEM text as one option, or the path of a file as the other."""
    return {text: given.encode()} if PEM in given else {file: os.fsencode(given)}


def _proxy(route: Route) -> dict[int, object]:
    """The empty text is no proxy, whatever the environment says: it would see every secret."""
    return {pycurl.PROXY: "" if route.proxy is None else route.proxy.value}


_EVERYWHERE: dict[int, object] = {
    pycurl.NOPROXY: "",  # nor does the environment choose who goes by the proxy
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,  # a rule cannot read file://
    pycurl.NOSIGNAL: 1,  # we are not the main thread
    pycurl.FOLLOWLOCATION: 0,
    pycurl.PATH_AS_IS: 1,  # a path goes as the rule file has it, its dots too
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,  # where TLS offers it, else 1.1
    pycurl.CONNECTTIMEOUT_MS: CONNECT_TIMEOUT // timedelta(milliseconds=1),
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
}

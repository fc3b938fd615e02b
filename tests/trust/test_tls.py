"""Key sets over TLS: only from servers whose certificate is trusted."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from cds_service.trust.fetch import FetchFailed, fetch_key_set

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys":[]}'


@pytest.mark.parametrize(
    ("known", "name", "why"),
    [
        (True, "localhost", ""),
        (False, "localhost", "is not trusted here"),
        (True, "other.example", "is for another name"),
    ],
    ids=["good", "unknown-authority", "another-name"],
)
def test_only_a_trusted_certificate_of_the_right_name_is_believed(
    tmp_path: Path, known: bool, name: str, why: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            opened, _ = server.accept()
            try:
                with context.wrap_socket(opened, server_side=True) as secure:
                    secure.recv(4096)
                    secure.sendall(ANSWER)
            except OSError:
                opened.close()

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://localhost:{server.getsockname()[1]}/jwks.json"
        ca_file = str(tmp_path / "ca.pem") if known else ""
        try:
            if not why:
                assert fetch_key_set(url, ca_file=ca_file) == b'{"keys":[]}'
            else:
                with pytest.raises(FetchFailed, match=f"certificate {why}"):
                    fetch_key_set(url, ca_file=ca_file)
        finally:
            thread.join(timeout=5)

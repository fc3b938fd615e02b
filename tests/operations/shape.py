"""The production shape on this machine: nginx with the shipped nginx.conf, before `serve --production`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.conftest import ROOT
from tests.trust.tokens import write_registry

START = 60
WORKERS = 2
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True)
class Shape:
    """Address of the proxy, that of the service behind it, its process, and what both wrote."""

    proxy: str
    service: str
    process: subprocess.Popen[bytes]
    folder: Path

    def log(self, name: str = "service") -> str:
        """All that the service, or the proxy, has written."""
        return (self.folder / f"{name}.log").read_text()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something answers with a status below 500."""
    end = time.monotonic() + START
    with requests.Session() as session:
        session.trust_env = False
        while True:
            assert process.poll() is None, log.read_text()
            try:
                if session.get(address, timeout=5).status_code < 500:
                    return
            except (requests.ConnectionError, requests.Timeout):
                pass
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)


@contextmanager
def service(folder: Path, port: int, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """`igrt-cds serve --production` on loopback."""
    (folder / "tmp").mkdir(exist_ok=True)
    trust = folder / "trust.yaml"
    if not trust.exists():
        write_registry(trust)
    environment = os.environ | {
        "IGRT_CDS_PUBLIC_URL": "https://cds.example.org",
        "IGRT_CDS_TRUST": str(trust),
        "IGRT_CDS_PROXIES": "1",
        "IGRT_CDS_RATE_LIMIT": "0",
        "TMPDIR": str(folder / "tmp"),
        "COLUMNS": "200",
    }
    command = [str(Path(sys.executable).parent / "igrt-cds"), "serve", "--production", "--port", str(port)]
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment | variables, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process, folder / "service.log")
            end = time.monotonic() + START
            while (folder / "service.log").read_text().count('"worker ready"') < WORKERS:
                assert time.monotonic() < end, (folder / "service.log").read_text()
                time.sleep(0.1)
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=40)


def proxy_files(folder: Path, port: int, upstream: int, listen: str = "") -> Path:
    """The shipped configuration of nginx; only addresses and folders are those of this machine.

    `listen` is what listen.conf has besides. Returns the path of nginx.conf.
    """
    conf = folder / "nginx"
    shutil.copytree(ROOT / "deploy" / "nginx", conf)
    log = f"access_log {folder}/access.log lines;"
    (conf / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n{log}\n{listen}\n")
    (conf / "upstream.conf").write_text(
        f"upstream service {{ server 127.0.0.1:{upstream} max_fails=0; keepalive 64; }}\n"
    )
    main = conf / "nginx.conf"
    main.write_text(main.read_text().replace("/tmp/", f"{folder}/"))  # noqa: S108
    return main


@contextmanager
def proxy(folder: Path, port: int, upstream: int, listen: str = "", stdout: Any = None) -> Iterator[None]:
    """nginx with `proxy_files`; what it writes to `stdout` is kept in proxy.log by default."""
    assert NGINX is not None, "nginx is not installed: apt-get install nginx-light"
    main = proxy_files(folder, port, upstream, listen)
    with (folder / "proxy.log").open("wb") as log:
        command = [NGINX, "-c", str(main), "-g", "daemon off;"]
        process = subprocess.Popen(command, stdout=stdout or log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/proxy-health", process, folder / "proxy.log")
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


@contextmanager
def production(folder: Path, **variables: str) -> Iterator[Shape]:
    """The whole shape."""
    front, back = free_port(), free_port()
    with service(folder, back, **variables) as process, proxy(folder, front, back):
        yield Shape(f"http://127.0.0.1:{front}", f"http://127.0.0.1:{back}", process, folder)

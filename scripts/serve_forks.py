"""Starts `igrt-cds serve` as often as it is asked to, each time in a fork of a process that has the policies loaded.

For campaigns that kill hundreds of servers: each line on standard input starts one, which prints its process id
and then what `serve` prints.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

from cds_service.books import standard_library
from cds_service.cli.serve import serve


def main() -> None:
    """Fork a server for each line."""
    standard_library()
    importlib.import_module("cds_service.app")  # for its modules, before the first fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for _ in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            print(f"pid {os.getpid()}", flush=True)
            sys.exit(serve(port=0))


if __name__ == "__main__":
    main()

"""What a worker of `serve --production` does otherwise than gunicorn's: its threads, and what it cannot read."""

from __future__ import annotations

import errno
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

_REST_OF_BODY = 15.0
"""Seconds for what is unread of a body that was refused; a proxy has all of it at hand."""
_BLOCK = 2**16


class Pool(ThreadPoolExecutor):
    """The threads of one worker. Where the machine has no more to give, those that there are do the work.

    Raises:
        RuntimeError: there is not even one.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.submit(int).result()

    def _adjust_thread_count(self) -> None:
        """As that of the library, whose fault would end the loop that takes in calls, and the worker with it."""
        try:
            super()._adjust_thread_count()
        except RuntimeError:
            if not self._threads:
                raise


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's, which may find the listening socket shut before it hears that it is to stop."""

    def get_thread_pool(self) -> Pool:
        """See `Pool`."""
        return Pool(self.cfg.threads)

    def accept(self, listener: Any) -> None:
        """As gunicorn's; a shut socket has nobody to take in."""
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuse what could not be read in our own form; gunicorn's is HTML that quotes the request."""
        from cds_service.cli.unread import refused  # late: it counts (`servers.counted_together`)

        answer = refused(exc, self.app.settings)
        with suppress(OSError):  # nobody may be there any more
            write_nonblock(client, answer)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        """As gunicorn's, which hangs up when more than 64 KiB of a refused body are unread.

        The answer has promised that the connection stays. A proxy that has sent the body whole keeps the connection,
        and the next call that it sends there, a good one of somebody else, would be the one that fails.
        """
        return keepalive and _taken_in(conn) and bool(super()._keepalive_after(conn, keepalive))


def _taken_in(conn: Any) -> bool:
    """Read what is left of a body, in time. gunicorn's own way takes a kilobyte at once, and ten times as long."""
    end = time.monotonic() + _REST_OF_BODY
    try:
        while (left := end - time.monotonic()) > 0:
            conn.sock.settimeout(left)
            if not conn.parser.mesg.body.read(_BLOCK):
                return True
    except TimeoutError:
        pass
    finally:
        conn.sock.settimeout(None)
    return False

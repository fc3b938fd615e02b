"""The short way for the calls of every day: a POST of JSON to one of our services, answered without Flask around it.

Flask's request, contexts, routing and hooks cost more than reading the request. So what they do for such a call is
done here, by the same functions. Whatever is not plain goes through the application from the start; what goes wrong on
the way (a refused token, a limit, a body that ends early, a fault of ours) is handed to the application together with
what is known of it (`watch.Handed`), so that errors have one way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import ClientDisconnected

from cds_service import metrics
from cds_service.logs import bind_request
from cds_service.request.errors import Refusal
from cds_service.service import Advisor
from cds_service.settings import Settings
from cds_service.store.keeping import Keeping
from cds_service.trust.model import Client
from cds_service.web.auth import Recognise
from cds_service.web.headers import always_sent
from cds_service.web.hooks import answer_of
from cds_service.web.limits import Limits
from cds_service.web.watch import HANDED, HEADER, Call, Handed, request_id, told

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_JSON: Final = "application/json"
_NOT_PLAIN: Final = ("HTTP_ORIGIN", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT")
"""Headers of calls that Flask and its extensions have something to say about."""
_STATUS: Final = {status.value: f"{status.value} {status.phrase.upper()}" for status in HTTPStatus}


class Shortcut:
    """A WSGI application before another one."""

    def __init__(
        self,
        application: WSGIApplication,
        settings: Settings,
        advisor: Advisor,
        keeping: Keeping,
        limits: Limits,
        recognise: Recognise,
    ) -> None:
        self._application = application
        self._advisor, self._keeping = advisor, keeping
        self._limits, self._recognise = limits, recognise
        self._most = settings.max_body
        self._paths = {f"/cds-services/{service.id}": service for service in advisor.services.values()}
        self._headers = [("Content-Type", _JSON), *always_sent(settings).items(), ("Vary", "Origin")]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the call, or let the application do it."""
        path = environ.get("PATH_INFO", "")
        service = self._paths.get(path)
        if service is None or environ["REQUEST_METHOD"] != "POST" or not self._is_plain(environ):
            return self._application(environ, start_response)
        call = Call(request_id(environ.get("HTTP_X_REQUEST_ID", "")), service=service.id, hook=service.hook)
        address = environ.get("REMOTE_ADDR", "")
        try:
            self._limits.require_patience(address)
            entered = self._limits.enter()
        except Refusal:
            entered = False
        if not entered:  # it will find the same, and refuse in words
            return self._application(environ, start_response)
        bind_request(call.request_id)
        metrics.UNDER_WAY.inc()
        client: Client | None = None
        try:
            tokens = [environ["HTTP_AUTHORIZATION"]] if "HTTP_AUTHORIZATION" in environ else []
            client = self._recognise(address, tokens, "", path)
            call.client = client.name
            self._limits.count(client.name, address)
            status, body, own = answer_of(
                self._advisor, self._keeping, service.id, client, _body_of(environ), call
            )
        except Exception as error:  # the application answers it, as it would have if it had met it itself
            environ[HANDED] = Handed(call, error, client)
        finally:
            self._limits.leave()
            metrics.UNDER_WAY.dec()
        if HANDED in environ:
            return self._application(environ, start_response)
        headers = [*self._headers, *own, (HEADER, call.request_id), ("Content-Length", str(len(body)))]
        told(call, "POST", status)
        start_response(_STATUS[status], headers)
        return [body]

    def _is_plain(self, environ: WSGIEnvironment) -> bool:
        """Whether the call is JSON of a stated length that may be read, and asks for nothing else."""
        kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        length = environ.get("CONTENT_LENGTH", "")
        return (
            kind == _JSON
            and length.isascii()
            and length.isdigit()
            and len(length) < 12
            and 0 < int(length) <= self._most
            and not environ.get("SCRIPT_NAME")
            and not any(name in environ for name in _NOT_PLAIN)
        )


def _body_of(environ: WSGIEnvironment) -> bytes:
    """The body.

    Raises:
        ClientDisconnected: it ends before its stated length.
    """
    length = int(environ["CONTENT_LENGTH"])
    body: bytes = environ["wsgi.input"].read(length)
    while len(body) < length:
        more: bytes = environ["wsgi.input"].read(length - len(body))
        if not more:
            raise ClientDisconnected
        body += more
    return body

"""Traces by OpenTelemetry: an extra (`pip install igrt-cds[otel]`), off unless IGRT_CDS_OTEL_ENDPOINT is set.

One span for each request, made here and not by an instrumentation library: those add URLs, addresses and header
values. Attributes are on a list; of the caller's context only the two numbers of `traceparent` are taken (T17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from cds_service.settings import SettingError, Settings

ATTRIBUTES = ("method", "service", "client", "status", "cards", "request_id")
"""What a span says, each under `igrt_cds.`; the values are those of the log line."""
_PARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_TIMEOUT = 5


class Tracer(Protocol):
    """Makes the span of a request."""

    def begin(self, service: str, parent: str) -> Any:
        """A span of this name; `parent` is the caller's `traceparent` header or empty."""
        ...

    def end(self, span: Any, attributes: Mapping[str, Any]) -> str | None:
        """End the span; returns the trace's id."""
        ...


class _NoTracer:
    def begin(self, service: str, parent: str) -> Any:
        return None

    def end(self, span: Any, attributes: Mapping[str, Any]) -> str | None:
        return None


NO_TRACER: Tracer = _NoTracer()


class SpanTracer:
    """Spans that go to `exporter` (an OpenTelemetry SpanExporter) in batches, or at once."""

    def __init__(self, exporter: Any, at_once: bool = False) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        # Not the global provider: no other library's spans, with attributes of their own, get in here.
        self._provider = TracerProvider(resource=Resource.create({"service.name": "igrt-cds"}))
        self._provider.add_span_processor((SimpleSpanProcessor if at_once else BatchSpanProcessor)(exporter))
        self._tracer = self._provider.get_tracer("igrt-cds")

    def begin(self, service: str, parent: str) -> Any:
        """See `Tracer`."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # `tracestate` and `baggage` hold free text of the caller: they are not read.
        carrier = {"traceparent": parent} if _PARENT.fullmatch(parent) else {}
        context = TraceContextTextMapPropagator().extract(carrier)
        return self._tracer.start_span(service, context=context, kind=SpanKind.SERVER)

    def end(self, span: Any, attributes: Mapping[str, Any]) -> str | None:
        """See `Tracer`."""
        from opentelemetry.trace import Status, StatusCode, format_trace_id

        if span is None:
            return None
        for name in ATTRIBUTES:
            if attributes.get(name) is not None:
                span.set_attribute(f"igrt_cds.{name}", attributes[name])
        if attributes.get("status", 0) >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        return format_trace_id(span.get_span_context().trace_id)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def tracer_of(settings: Settings) -> Tracer:
    """The tracer that the settings ask for.

    Raises:
        SettingError: traces are asked for, but the extra is not installed.
    """
    if not settings.otel_endpoint:
        return NO_TRACER
    require_tracing(settings)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return SpanTracer(OTLPSpanExporter(endpoint=f"{settings.otel_endpoint}/v1/traces", timeout=_TIMEOUT))


def require_tracing(settings: Settings) -> None:
    """See that traces can be made; asked before the workers start, whose letters nobody would read.

    Raises:
        SettingError: traces are asked for, but the extra is not installed.
    """
    if not settings.otel_endpoint:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        what = "traces are asked for, but OpenTelemetry is not installed."
        raise SettingError(
            f"IGRT_CDS_OTEL_ENDPOINT: {what} Install igrt-cds[otel], or leave it unset."
        ) from None

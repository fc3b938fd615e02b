"""Spans have the listed attributes and nothing of what a caller wrote; none are made unless asked for."""

from __future__ import annotations

import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds_service import app as application
from cds_service import tracing
from cds_service.cli.serve import serve
from cds_service.settings import SettingError, Settings
from cds_service.tracing import ATTRIBUTES, NO_TRACER, SpanTracer, tracer_of
from tests.contract.calls import JSON
from tests.trust.tokens import signing_app

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    made = InMemorySpanExporter()
    monkeypatch.setattr(application, "tracer_of", lambda settings: SpanTracer(made, at_once=True))
    return made


def test_a_span_says_what_is_on_the_list(exporter: InMemorySpanExporter) -> None:
    client = signing_app().test_client()
    headers = JSON | {
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "tracestate": "ehr=Jane",
        "baggage": "patient=Jane",
        "User-Agent": "Jane",
    }
    client.post("/cds-services/igrt-order-sign?name=Jane", data=b'{"name": "Jane"}', headers=headers)
    client.get("/Jane", headers={"traceparent": "00-Jane"})
    first, second = exporter.get_finished_spans()
    assert (first.name, second.name) == ("igrt-order-sign", "unknown")
    assert first.attributes is not None
    assert set(first.attributes) <= {f"igrt_cds.{name}" for name in ATTRIBUTES}
    assert first.attributes["igrt_cds.status"] == 400
    assert first.context is not None
    assert f"{first.context.trace_id:032x}" == TRACE
    assert first.parent is not None
    assert f"{first.parent.span_id:016x}" == PARENT
    assert second.parent is None
    assert "Jane" not in "".join(span.to_json() for span in (first, second))


def test_the_line_names_the_trace(exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    signing_app().test_client().get("/cds-services")
    (span,) = exporter.get_finished_spans()
    line = json.loads(caplog.records[-1].getMessage())
    assert span.context is not None
    assert line["trace_id"] == f"{span.context.trace_id:032x}"


def test_none_are_made_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tracer_of(Settings()) is NO_TRACER
    made = tracer_of(Settings(otel_endpoint="http://127.0.0.1:1"))
    assert isinstance(made, SpanTracer)
    made.close()
    found = builtins.__import__

    def without(name: str, *more: Any, **kwargs: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return found(name, *more, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SettingError, match=r"IGRT_CDS_OTEL_ENDPOINT: .*Install igrt-cds\[otel\]"):
        tracing.tracer_of(Settings(otel_endpoint="http://127.0.0.1:1"))


def test_serve_says_before_it_starts_what_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a worker the same letter stood among the lines of workers that end."""
    monkeypatch.setenv("IGRT_CDS_DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    monkeypatch.setenv("IGRT_CDS_INPUT_KEY", "no key")
    with pytest.raises(SettingError, match="IGRT_CDS_INPUT_KEY"):
        serve(production=False)
    monkeypatch.delenv("IGRT_CDS_INPUT_KEY")
    monkeypatch.setenv("IGRT_CDS_OTEL_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingError, match=r"Install igrt-cds\[otel\]"):
        serve(production=False)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []

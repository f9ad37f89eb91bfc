"""OpenTelemetry spans: a trace per request, a span per order update in it, a span per delivery in that.

Made with the SDK (extra `otlp`): sent to a collector's URL by OTLP over HTTP, or written as OTLP JSON, a line per
batch, as the collector's file receiver reads it. The same events give the same ids, so that sending twice shows one.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hlbench.exports import ExportError
from hlbench.exports.files import replacing
from hlbench.exports.frames import start_of
from hlbench.exports.updates import Delivered, Updated, updates
from hlbench.inert import inert
from hlmock.trace import stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span, Tracer

    from hlbench.exports import About
    from hlbench.timeline import Timeline

BATCH: Final = 500
"""Spans per message."""

TIMEOUT_S: Final = 10


def write(timeline: "Timeline", target: str, about: "About") -> str:
    """To a file, or to a collector: `http://localhost:4318` (its `/v1/traces` is added), or the whole URL."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise ExportError(f"OTLP needs OpenTelemetry: pip install 'hlbench[otlp]' ({error})") from error
    spans = _spans(timeline, about.title)
    batches = [spans[start : start + BATCH] for start in range(0, len(spans), BATCH)]
    if not target.startswith(("http://", "https://")):
        with replacing(target) as file:
            for batch in batches:
                file.write(json.dumps(_plain(batch), separators=(",", ":")) + "\n")
        return f"{len(spans):,} spans"
    from opentelemetry.sdk.trace.export import SpanExportResult

    endpoint = target if urlsplit(target).path.strip("/") else f"{target.rstrip('/')}/v1/traces"
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=TIMEOUT_S)
    try:
        for number, batch in enumerate(batches):
            if exporter.export(batch) is not SpanExportResult.SUCCESS:
                sent = f"{number * BATCH:,} of {len(spans):,} spans were sent before"
                raise ExportError(f"{endpoint} did not take the spans ({sent}): is a collector listening there?")
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]
    return f"{len(spans):,} spans"


def _plain(spans: "Sequence[ReadableSpan]") -> dict[str, Any]:
    """OTLP's JSON: that of its protobuf, but ids are hexadecimal and enums numbers. Source: OTLP specification."""
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    message = encode_spans(spans)
    plain: dict[str, Any] = MessageToDict(message, use_integers_for_enums=True)
    for of_resource, its in zip(message.resource_spans, plain["resourceSpans"], strict=True):
        for scope, of_scope in zip(of_resource.scope_spans, its["scopeSpans"], strict=True):
            for span, of_span in zip(scope.spans, of_scope["spans"], strict=True):
                of_span |= {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex()}
                if span.parent_span_id:
                    of_span["parentSpanId"] = span.parent_span_id.hex()
    return plain


def _spans(timeline: "Timeline", title: str) -> "list[ReadableSpan]":
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    start_ns, epoch_ns = start_of(timeline)

    class Ids(IdGenerator):
        """Of the events' content, not of chance."""

        def __init__(self) -> None:
            self._made = 0

        def generate_span_id(self) -> int:
            return self._next(8)

        def generate_trace_id(self) -> int:
            return self._next(16)

        def _next(self, size: int) -> int:
            self._made += 1
            return int.from_bytes(sha256(f"{start_ns}/{epoch_ns}/{self._made}".encode()).digest()[:size]) or 1

    collected = InMemorySpanExporter()
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource({"service.name": "hlmock", "hlbench.source": inert(title)}),
        id_generator=Ids(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(SimpleSpanProcessor(collected))
    _Drawing(provider.get_tracer("hlbench"), epoch_ns - start_ns).draw(timeline)
    return list(collected.get_finished_spans())


class _Drawing:
    """Starts and ends spans at the moments of the events."""

    def __init__(self, tracer: "Tracer", offset_ns: int) -> None:
        self._tracer = tracer
        self._offset_ns = offset_ns

    def draw(self, timeline: "Timeline") -> None:
        of_request: dict[int | None, list[Updated]] = {}
        for update in updates(timeline):
            of_request.setdefault(update.request, []).append(update)
        for request, name, begin, end in _requests(timeline):
            last = max([end, *(_end(each) for each in of_request.get(request, ()))])
            root = self._start(f"request {name}", begin, None, {"hlbench.request": request})
            for update in of_request.pop(request, ()):
                self._update(update, root)
            root.end(last + self._offset_ns)
        for rest in of_request.values():  # of a tick, or of a request before the first event
            for update in rest:
                self._update(update, None)

    def _update(self, update: Updated, parent: "Span | None") -> None:
        about = {
            "hlbench.seq": update.seq,
            "hlbench.oid": update.oid,
            "hlbench.cloid": update.cloid,
            "hlbench.account": update.account,
            "hlbench.coin": update.coin,
            "hlbench.status": update.status,
        }
        span = self._start(f"update {update.status}", update.ns, parent, about)
        for row in update.deliveries:
            if row.expected or row.written_ns is not None:
                self._delivery(update, row, span)
        span.end(_end(update) + self._offset_ns)

    def _delivery(self, update: Updated, row: Delivered, parent: "Span") -> None:
        from opentelemetry.trace import Status, StatusCode

        begin = row.enqueued_ns if row.enqueued_ns is not None else update.ns
        about = {
            "hlbench.connection": row.connection,
            "hlbench.key": row.key,
            "hlbench.verdict": row.verdict,
            "hlbench.group": row.group,
            "hlbench.sentence": row.sentence,
        }
        span = self._start("delivery", begin, parent, about)
        if row.group == "missing":
            span.set_status(Status(StatusCode.ERROR, inert(row.sentence)))
        span.end((row.written_ns if row.written_ns is not None else begin) + self._offset_ns)

    def _start(self, name: str, ns: int, parent: "Span | None", about: dict[str, Any]) -> "Span":
        from opentelemetry.context import Context
        from opentelemetry.trace import set_span_in_context

        return self._tracer.start_span(
            inert(name),
            context=Context() if parent is None else set_span_in_context(parent, Context()),
            start_time=ns + self._offset_ns,
            attributes={
                key: value if isinstance(value, int) else inert(value)
                for key, value in about.items()
                if value is not None
            },
        )


def _end(update: Updated) -> int:
    return max([update.ns, *(row.written_ns for row in update.deliveries if row.written_ns is not None)])


def _requests(timeline: "Timeline") -> Iterator[tuple[int, str, int, int]]:
    """Id, action, and the moments of the first event and the last."""
    events = timeline.events
    known = events[events["request"].notna()]
    moments = known.groupby("request", sort=False)["mono_ns"].agg(["min", "max"])
    decoded = timeline.details(stages.REQUEST_DECODED)
    actions = decoded["action"].tolist() if len(decoded) else []
    action_of = dict(zip(events["request"].reindex(decoded.index).tolist(), actions, strict=True))
    for request, (begin, end) in zip(moments.index.tolist(), moments.to_numpy().tolist(), strict=True):
        yield int(request), str(action_of.get(request, "")), int(begin), int(end)

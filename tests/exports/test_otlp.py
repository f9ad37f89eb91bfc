"""OpenTelemetry spans: to a file, and to a collector that decodes them with OpenTelemetry's own messages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import decompress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from hlbench import Timeline
from hlbench.exports import ExportError, export
from support.attacks import attacked
from support.demo import played
from support.hostile import assert_inert


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(played())


def spans_of(path: Path) -> list[dict[str, Any]]:
    return [
        span
        for line in path.read_text().splitlines()
        for of_resource in json.loads(line)["resourceSpans"]
        for scope in of_resource["scopeSpans"]
        for span in scope["spans"]
    ]


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def test_there_is_a_span_per_expected_delivery_under_its_update_and_request(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "otlp", tmp_path / "spans.json")
    spans = spans_of(tmp_path / "spans.json")
    by_id = {span["spanId"]: span for span in spans}
    deliveries = [span for span in spans if span["name"] == "delivery"]
    expected = timeline.deliveries[timeline.deliveries["expected"]]
    assert [attributes(each)["hlbench.verdict"] for each in deliveries] == expected["verdict"].tolist()
    for each in deliveries:
        update = by_id[each["parentSpanId"]]
        assert update["name"].startswith("update ")
        assert update["traceId"] == each["traceId"]
        assert int(update["startTimeUnixNano"]) <= int(each["startTimeUnixNano"]) <= int(each["endTimeUnixNano"])
        root = by_id[update["parentSpanId"]] if "parentSpanId" in update else update
        assert int(each["endTimeUnixNano"]) <= int(root["endTimeUnixNano"])
    failed = [each for each in deliveries if each["status"].get("code") == 2]
    assert [attributes(each)["hlbench.verdict"] for each in failed] == ["before_subscription"]
    assert "published before" in failed[0]["status"]["message"]


def test_the_same_events_give_the_same_bytes(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "otlp", tmp_path / "one.json")
    export(Timeline(played()), "otlp", tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


@contextmanager
def collector(status: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Its address, and what it was sent: path and body."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_collector_gets_the_spans_that_a_file_would_hold(timeline: Timeline, tmp_path: Path) -> None:
    export(timeline, "otlp", tmp_path / "spans.json")
    with collector(200) as (url, got):
        export(timeline, "otlp", url)
    assert {path for path, _ in got} == {"/v1/traces"}
    received = [
        span.span_id.hex()
        for _, body in got
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in of_resource.scope_spans
        for span in scope.spans
    ]
    assert received == [span["spanId"] for span in spans_of(tmp_path / "spans.json")]


def test_a_collector_that_refuses_is_an_error_that_says_so(timeline: Timeline) -> None:
    with collector(400) as (url, _), pytest.raises(ExportError, match=f"{url}/v1/traces did not take the spans"):
        export(timeline, "otlp", url)


def test_hostile_text_is_inert(tmp_path: Path) -> None:
    export(Timeline(attacked()), "otlp", tmp_path / "spans.json")
    assert_inert((tmp_path / "spans.json").read_text())
    for span in spans_of(tmp_path / "spans.json"):
        assert_inert(span["name"])
        for value in attributes(span).values():
            assert_inert(str(value))

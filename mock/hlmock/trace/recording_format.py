"""The recording's format: Arrow IPC streams, one after the other, with our version in each one's schema metadata.

A *segment* is one complete Arrow stream: what one writer wrote between opening the file and closing it. Any Arrow
reader reads the first one; `read_recording` reads all. Columns are the fields of `TraceEvent`, in that order; a detail
is JSON text with its `kind`. A new stage, column or kind is a minor version; what would mislead an old reader is a
major one. Our choice.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from hlmock.trace.events import AnyDetail, OtherDetail, detail_from_plain, detail_to_plain

if TYPE_CHECKING:
    import pyarrow as pa

MAJOR: Final = 1
MINOR: Final = 0
VERSION_KEY: Final = b"hlbench.recording.version"

END_OF_STREAM: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""Source: Arrow columnar format, IPC streaming format."""

COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("seq", "int64"),
    ("mono_ns", "int64"),
    ("time_ms", "int64"),
    ("stage", "string"),
    ("cause", "int64"),
    ("request", "int64"),
    ("connection", "string"),
    ("account", "string"),
    ("signer", "string"),
    ("oid", "int64"),
    ("cloid", "string"),
    ("coin", "string"),
    ("channel", "string"),
    ("key", "string"),
    ("commit", "int64"),
    ("payload", "binary"),
    ("detail", "string"),
    ("payload_bytes", "int64"),
)
"""Name and Arrow type, in the order of `TraceEvent`'s fields."""

DETAIL: Final = [name for name, _ in COLUMNS].index("detail")


class RecordingError(Exception):
    """A file that cannot be read or appended to as a recording; the message says why and what to do."""


def schema() -> "pa.Schema":
    """Columns and version, as every segment starts."""
    import pyarrow as pa

    fields = [pa.field(name, pa.type_for_alias(alias)) for name, alias in COLUMNS]
    return pa.schema(fields, metadata={VERSION_KEY: f"{MAJOR}.{MINOR}".encode()})


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(AnyDetail)


def encode_detail(detail: AnyDetail | None) -> bytes | None:
    """JSON with its `kind`."""
    if detail is None:
        return None
    return _encoder.encode(detail_to_plain(detail) if isinstance(detail, OtherDetail) else detail)


def decode_detail(text: str | None) -> AnyDetail | None:
    """The inverse; a kind of a newer version becomes an `OtherDetail`.

    Raises:
        msgspec.DecodeError: not JSON, or a known kind that lacks a field.
    """
    if text is None:
        return None
    try:
        detail: AnyDetail = _decoder.decode(text)
    except msgspec.ValidationError:
        return detail_from_plain(msgspec.json.decode(text, type=dict))
    return detail

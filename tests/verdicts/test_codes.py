"""The catalogue of verdicts is complete and stable."""

import re

import pytest

from hlmock.verdicts.codes import MEANINGS, Facts, VerdictCode
from hlmock.verdicts.sentences import duration, sentence
from hlmock.verdicts.verdict import Verdict

EXPECTED = """
    delivered delivered_late pending covered_by_snapshot no_subscription before_subscription after_unsubscribe
    key_differs overwritten removed_by_cleanup closed_before_write overflowed dropped blocked held_at_gate
    write_failed half_open publisher_stopped injected_fault not_published_by_design client_ignored refused
    unknown_order
"""

FULL = Facts(
    connection="c18",
    key="orderUpdates:0xa1",
    updated=4122,
    published=4124,
    subscribed=4138,
    unsubscribed=4100,
    enqueued=4126,
    ended=4140,
    gap_us=3_100,
    gap_events=14,
    latency_us=412,
    queued_us=98,
    level="acked",
    other_connection="c16",
    other_key="orderUpdates:0xA1",
    relation="case",
    reason="queue full",
    close_code=1006,
    who="network",
    gate="g1",
    waiting=2,
    commit=7,
    snapshot_commit=9,
    must_have_signed="The client must have signed for mainnet.",
    asked="0x3f",
    nearest=("0x3e",),
)


def test_the_codes_are_the_documented_ones() -> None:
    assert {code.value for code in VerdictCode} == set(EXPECTED.split())
    assert set(MEANINGS) == set(VerdictCode)


@pytest.mark.parametrize("code", VerdictCode)
def test_every_sentence_is_whole(code: VerdictCode) -> None:
    text = sentence(code, FULL)
    assert text.startswith("c18: ")
    assert text.endswith((".", "0x3e."))
    assert "None" not in text
    assert "  " not in text
    assert not re.search(r"\.\.", text)


@pytest.mark.parametrize("code", VerdictCode)
def test_every_sentence_survives_missing_facts(code: VerdictCode) -> None:
    assert sentence(code, Facts())[0].isupper() or code is VerdictCode.UNKNOWN_ORDER


def test_the_sentence_of_the_bug_report() -> None:
    assert sentence(VerdictCode.BEFORE_SUBSCRIPTION, FULL) == (
        "c18: published before the subscription took effect, by 3.1 ms and 14 events (order update at seq 4122,"
        " subscription at seq 4138). Wait for the ack before ordering."
    )


@pytest.mark.parametrize(
    ("us", "text"), [(0, "0 µs"), (999, "999 µs"), (1_000, "1.0 ms"), (3_149, "3.1 ms"), (4_200_000, "4.2 s")]
)
def test_durations_are_readable(us: int, text: str) -> None:
    assert duration(us) == text


def test_a_plain_verdict_has_the_documented_fields() -> None:
    plain = Verdict(VerdictCode.OVERWRITTEN, Facts(connection="c1", updated=9, subscribed=4), True).to_plain()
    assert list(plain) == ["code", "sentence", "final", "evidence", "facts"]
    assert plain["code"] == "overwritten"
    assert plain["evidence"] == [4, 9]
    assert plain["facts"] == {"connection": "c1", "updated": 9, "subscribed": 4}

"""What a notebook shows of a timeline and of an answer: no outside text is markup."""

import html
import re

import pytest
from IPython.lib.pretty import pretty

from hlbench import Timeline, answer
from hlbench.demo.story import HASTY_CLOID
from hlbench.notebook import PROBLEMS, escaped, preformatted
from hlmock.trace import events as ev
from hlmock.trace import stages
from support.demo import played
from support.hostile import HOSTILE, assert_inert
from support.streams import ALICE, Stream, cloid_of


def in_terminal(value: object) -> str:
    """As IPython shows it."""
    return str(pretty(value))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_hostile_text_is_markup(attack: str) -> None:
    shown = escaped(attack)
    assert_inert(shown)
    assert not re.search(r"[<>\"']", shown)
    assert "<" not in preformatted([attack]).removeprefix('<pre style="white-space: pre-wrap">').removesuffix("</pre>")


def test_ordinary_text_can_be_read_back() -> None:
    assert html.unescape(escaped('a < b & "c"')) == 'a < b & "c"'


def test_a_timeline_shows_its_counts_and_problems() -> None:
    shown = Timeline(played())._repr_html_()
    assert "7 orders, 14 updates, 5 connections" in shown
    assert "published before the subscription took effect" in shown


def test_a_timeline_unfolds_its_accounts_by_name() -> None:
    shown = re.sub(r"<[^>]+>", " ", Timeline(played())._repr_html_())
    assert re.search(r"bob\s+2\s+4\s+3\s+0\s+1 ", shown), "orders, expected, delivered, late, missing"


def test_of_many_problems_the_first_are_shown_and_the_others_counted() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    for number in range(PROBLEMS + 5):
        stream.log.emit(stages.REQUEST_REFUSED, request=number, detail=ev.RequestRefused("no", 400, "no"))
    shown = Timeline(stream.events)._repr_html_()
    assert shown.count("✗") == PROBLEMS
    assert "and 5 more problems" in shown


def test_in_ipythons_terminal_both_are_told_in_lines() -> None:
    timeline = Timeline(played())
    assert in_terminal(timeline).splitlines()[1] == "7 orders, 14 updates, 5 connections"
    found = timeline.why(cloid=HASTY_CLOID)
    assert in_terminal(found) == str(found)


def test_an_answer_shows_its_lines() -> None:
    found = answer(played(), cloid=HASTY_CLOID)
    assert "published before the subscription took effect" in found._repr_html_()
    assert "published before the subscription took effect" in str(found)


def test_what_clients_sent_is_no_markup_in_a_notebook() -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    for attack in HOSTILE.values():
        attack = attack.encode("utf-8", "replace").decode()  # no wire carries a lone surrogate
        stream.order(ALICE, cloid=cloid_of(1), status=attack)
        stream.log.emit(stages.REQUEST_REFUSED, request=1, detail=ev.RequestRefused(attack, 400, attack))
    found = answer(stream.events, cloid=cloid_of(1), all_uses=True)
    for shown in (Timeline(stream.events)._repr_html_(), found._repr_html_()):
        assert_inert(shown)
        assert "&lt;script&gt;" in shown
        assert not re.search(r"<(?!/?(pre|div|b|span|details|summary|table|tr|td)\b|br>)", shown)
    assert_inert(str(found))
    assert_inert(in_terminal(Timeline(stream.events)))

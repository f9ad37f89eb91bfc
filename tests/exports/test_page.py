"""The HTML report: what it says, that it is one file that asks for nothing, that outside text is no markup."""

import html
import re
from pathlib import Path

import pytest

from hlbench import Timeline
from hlbench.exports import export
from hlbench.exports.page import SHOWN
from support.attacks import attacked
from support.browser import chromium, needs_chromium
from support.demo import played
from support.hostile import assert_inert
from support.streams import ALICE, Stream


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    export(Timeline(played()), "html", path, title="recording demo.hlrec")
    return path


def problems(text: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r'<p class="sentence">(.*?)</p>', text, re.DOTALL)]


def test_the_problem_list_is_the_summarys(page: Path) -> None:
    assert problems(page.read_text()) == [each.sentence for each in Timeline(played()).summary().problems]


def test_a_stream_without_problems_says_so(tmp_path: Path) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.order(ALICE)
    export(Timeline(stream.events), "html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert problems(text) == []
    assert "every expected update was delivered" in text


def test_of_very_many_problems_the_page_shows_some_and_counts_all(tmp_path: Path) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    for _ in range(SHOWN + 7):
        (made,) = stream.place(ALICE)
        stream.resolve(made, [])
    timeline = Timeline(stream.events)
    export(timeline, "html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert len(problems(text)) == SHOWN
    assert f"and {len(timeline.summary().problems) - SHOWN:,} more" in text


@pytest.mark.parametrize("events", [[], attacked()[:1]], ids=["nothing", "a checkpoint"])
def test_a_timeline_with_nothing_in_it_is_a_page_too(events: list[object], tmp_path: Path) -> None:
    export(Timeline(events), "html", tmp_path / "r.html")  # type: ignore[arg-type]
    assert "0 of 0" in (tmp_path / "r.html").read_text()


@needs_chromium
def test_in_chromium_the_page_shows_its_problems_and_its_pictures_and_asks_for_nothing(page: Path) -> None:
    with chromium() as browser:
        shown = browser.new_page(viewport={"width": 1300, "height": 1800})
        requested: list[str] = []
        said: list[str] = []
        shown.on("request", lambda request: requested.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.goto(page.as_uri())
        listed = shown.locator("#problems .sentence")
        assert [each.inner_text() for each in listed.all()] == [
            each.sentence for each in Timeline(played()).summary().problems
        ]
        assert listed.first.is_visible()
        shown.locator("#problems summary").first.click()
        proof = shown.locator("#problems details").first.locator("tbody tr")
        told = [each.locator("td").nth(2).inner_text() for each in proof.all()]
        assert told == ["order.stored", "publication.created", "subscription.added"]
        shown.locator("#swimlanes svg.main-svg").first.wait_for()
        buttons = shown.locator(".modebar-btn").evaluate_all("each => each.map(button => button.dataset.title)")
        assert buttons
        assert not [each for each in buttons if "share" in each.lower() or "cloud" in each.lower()]
        assert requested == [page.as_uri()]
        assert said == []


@needs_chromium
def test_in_chromium_hostile_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    timeline = Timeline(attacked())
    export(timeline, "html", path, title="<script>alert('title')</script>")
    with chromium() as browser:
        shown = browser.new_page()
        acted: list[str] = []
        shown.on("dialog", lambda dialog: acted.append(dialog.message))
        shown.on("request", lambda request: acted.append(request.url) if request.url != path.as_uri() else None)
        shown.on("pageerror", lambda error: acted.append(str(error)))
        shown.goto(path.as_uri())
        shown.locator("#swimlanes svg.main-svg").first.wait_for()
        assert acted == []
        text = shown.locator("main").inner_text()
        assert "<script>alert('title')</script>" in text
        assert "<script>alert('hlbench')</script><img src=x onerror=alert(1)>&lt;b&gt;" in text
        assert shown.locator("main img, header script, #problems script, td script").count() == 0


def test_hostile_text_is_inert_in_the_file(tmp_path: Path) -> None:
    export(Timeline(attacked()), "html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    without_library = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert_inert(without_library)
    assert "onerror=alert(1)>" not in without_library


def test_what_is_on_its_way_is_neither_fine_nor_missing(tmp_path: Path) -> None:
    stream = Stream()
    stream.subscribe("c1", ALICE)
    stream.place(ALICE)
    timeline = Timeline(stream.events)
    export(timeline, "html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert "None so far: 1 expected deliveries are on their way" in text
    assert "every expected update was delivered" not in text
    assert text.count("1 of 1 deliveries are on their way") == 2  # both pictures


def test_what_the_source_leaves_open_is_on_the_page(tmp_path: Path) -> None:
    export(Timeline(played()), "html", tmp_path / "r.html", notes=["It has no <times>."])
    assert "<li>It has no &lt;times&gt;.</li>" in (tmp_path / "r.html").read_text()

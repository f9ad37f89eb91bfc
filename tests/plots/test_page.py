"""A picture's page in a real Chromium without a network: it draws, and zooming in shows what the overview counts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from hlbench import Timeline
from hlbench.plots import Figure, swimlanes
from support.demo import played
from support.streams import ALICE, Stream, cloid_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

SHOWN = """() => Object.fromEntries(document.querySelector('.hlbench-plot').data
    .filter((trace) => trace.name.trim() && trace.visible !== false && trace.visible !== 'legendonly')
    .map((trace) => [trace.name, trace.x.filter((x) => x !== null).length]))"""

ZOOM = """async ([low, high]) => {
    await Plotly.relayout(document.querySelector('.hlbench-plot'), {'xaxis.range[0]': low, 'xaxis.range[1]': high});
}"""


@pytest.fixture(scope="module")
def demo() -> Timeline:
    return Timeline(played())


@pytest.fixture(scope="module")
def page(demo: Timeline) -> Iterator[Page]:
    """After the demo: Playwright keeps an event loop running in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        context = browser.new_context(offline=True)
        context.set_default_timeout(60_000)
        yield context.new_page()
        browser.close()


def opened(page: Page, figure: Figure, folder: Path) -> list[str]:
    """What went wrong while the page was drawn."""
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if request.url.startswith("http") else None)
    page.goto(figure.save(folder / "figure.html").as_uri())
    page.wait_for_selector(".hlbench-plot .main-svg")
    return trouble


def test_a_page_is_drawn_offline_and_asks_for_nothing(demo: Timeline, page: Page, tmp_path: Path) -> None:
    figure = swimlanes(demo)
    assert opened(page, figure, tmp_path) == []
    assert "1 of 20 deliveries are missing" in page.inner_text(".hlbench-plot")
    assert "before subscription" in page.inner_text(".hlbench-plot")


def test_zooming_in_shows_each_of_what_the_overview_counts(page: Page, tmp_path: Path) -> None:
    stream = Stream(capacity=10**6)
    stream.subscribe("c1", ALICE)
    for number in range(2_000):
        stream.order(ALICE, cloid=cloid_of(number))
        stream.clock.advance(ms=1)
    figure = swimlanes(Timeline(stream.events))
    assert opened(page, figure, tmp_path) == []
    overview = page.evaluate(SHOWN)
    assert 0 < overview["order update"] < 200
    middle = (figure.x.low + figure.x.high) / 2
    page.evaluate(ZOOM, [middle, middle + 20.0])
    page.wait_for_function(f"() => ({SHOWN})()['order update'] < 50")
    close = page.evaluate(SHOWN)
    assert 18 <= close["order update"] <= 22
    assert close["delivered"] == 2 * close["order update"]
    page.evaluate(ZOOM, [figure.x.low, figure.x.high])
    page.wait_for_function(f"() => ({SHOWN})()['order update'] === {overview['order update']}")

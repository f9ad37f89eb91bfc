"""`kill -9` of a recording server under load: what an attached reader saw more than 250 ms before is in the file.

`make soak` does it 20 times.
"""

import json
import random
import threading
import time
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hlmock.signing.wallets import wallet
from hlmock.trace.recording_reader import read_recording
from support.clients import cloid_of, eventually, order_action, post_action, subscribed
from support.serving import serving

EVENTS_PER_S = 2_000

PROMISE_S = 0.25
"""Older events than that are in the file."""


class AttachedReader(threading.Thread):
    """Follows the event stream and notes when it saw each seq."""

    def __init__(self, control_url: str) -> None:
        super().__init__(name="attached reader")
        self._url = control_url.replace("http", "ws") + "/events"
        self.seen: list[tuple[int, float]] = []

    def run(self) -> None:
        try:
            with connect(self._url, max_size=None, proxy=None) as ws:
                for message in ws:
                    now = time.monotonic()
                    self.seen += [(event["seq"], now) for event in json.loads(message)]
        except (ConnectionClosed, OSError):
            pass  # The kill.


class Subscriber(threading.Thread):
    """Reads the order updates, so that there are deliveries."""

    def __init__(self, ws_url: str) -> None:
        super().__init__(name="subscriber")
        self._url = ws_url
        self.is_subscribed = threading.Event()

    def run(self) -> None:
        try:
            with subscribed(self._url, "orderUpdates", user=wallet("alice").address) as ws:
                self.is_subscribed.set()
                for _ in ws:
                    pass
        except (ConnectionClosed, OSError):
            pass  # The kill.


class Load(threading.Thread):
    """Orders at the rate that makes EVENTS_PER_S events, until the server is gone."""

    def __init__(self, url: str, reader: AttachedReader) -> None:
        super().__init__(name="load")
        self._url = url
        self._reader = reader

    def run(self) -> None:
        trader = wallet("alice")
        started = time.monotonic()
        with httpx.Client() as client:
            for number in range(1, 1_000_000):
                try:
                    post_action(client, self._url, trader, order_action(cloid=cloid_of(number)))
                except (httpx.TransportError, ConnectionError):
                    return
                due_s = len(self._reader.seen) / EVENTS_PER_S
                time.sleep(max(0.0, started + due_s - time.monotonic()))


def kill_and_judge(directory: Path, seed: int) -> None:
    path = directory / "run.hlrec"
    with serving(directory / "ready.json", "--record", str(path)) as (process, description):
        reader = AttachedReader(description["control_url"])
        load, subscriber = Load(description["url"], reader), Subscriber(description["ws_url"])
        threads = [subscriber, reader, load]
        subscriber.start()
        assert subscriber.is_subscribed.wait(5)
        reader.start()
        load.start()
        eventually(lambda: len(reader.seen) > 1_000, what="load")
        time.sleep(random.Random(seed).uniform(0.0, 0.6))  # Anywhere in a batch.
        process.kill()
        killed = time.monotonic()
        process.wait()
        for thread in threads:
            thread.join(10)
    seen = [seq for seq, _ in reader.seen]
    assert seen == list(range(1, len(seen) + 1))
    promised = [seq for seq, at in reader.seen if at < killed - PROMISE_S]
    assert len(promised) > 100
    recording = read_recording(path)
    recorded = [event.seq for event in recording.events()]
    assert recorded == list(range(1, len(recorded) + 1))
    assert recorded[-1] >= promised[-1], f"{promised[-1] - recorded[-1]} promised events are not in the file"
    if recording.torn is not None:
        assert 0 < recording.torn.offset < path.stat().st_size
    assert not recording.segments[-1].is_closed


def test_a_killed_server_leaves_what_was_seen_in_its_recording(tmp_path: Path) -> None:
    kill_and_judge(tmp_path, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_it_holds_for_20_kills(tmp_path: Path, seed: int) -> None:
    kill_and_judge(tmp_path, seed)

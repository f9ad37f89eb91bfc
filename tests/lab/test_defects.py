"""Defects: what they replace, and the lock that two of them are about."""

import pytest

from hlbench.lab.actors import WAITING
from hlbench.lab.catalogue import defects, scenarios
from hlbench.lab.choosers import RandomWalk
from hlbench.lab.defects.fanouts import header_of
from hlbench.lab.defects.locks import WriterPreferringLock
from hlbench.lab.parts import Parts
from hlbench.lab.search import Target, run_once
from hlmock.paths.core import Steps

FOUNDING_CASE = (
    "registry-by-wallet",
    "case-sensitive-key",
    "cleanup-by-wallet",
    "order-before-ack",
    "recursive-read-lock",
    "ack-before-registration",
)

ON_SERVER = [name for name, defect in defects().items() if defect.side == "server"]
IN_CLIENT = [name for name, defect in defects().items() if defect.side == "client"]


def test_the_causes_of_the_founding_case_are_there() -> None:
    assert set(FOUNDING_CASE) <= defects().keys()


@pytest.mark.parametrize("name", ON_SERVER)
def test_a_defect_of_the_server_replaces_parts_and_keeps_the_settings(name: str) -> None:
    sound = Parts()
    broken = defects()[name].apply(sound)
    assert broken != sound
    assert (broken.settings, broken.profile) == (sound.settings, sound.profile)


@pytest.mark.parametrize("name", IN_CLIENT)
def test_a_defect_of_a_client_leaves_the_server_alone(name: str) -> None:
    sound = Parts()
    assert defects()[name].apply(sound) == sound


@pytest.mark.parametrize("name", list(defects()))
def test_every_defect_tells_its_story_and_has_a_scenario_that_breaks_its_promise(name: str) -> None:
    defect = defects()[name]
    assert defect.title
    assert defect.story.endswith(".")
    assert defect.cited
    users = [scenario for scenario in scenarios().values() if scenario.defect == name]
    assert {scenario.breaks for scenario in users} == {defect.breaks}
    assert {scenario.side for scenario in users} == {defect.side}


@pytest.mark.parametrize("name", ON_SERVER)
def test_every_defect_runs_in_another_scenario(name: str) -> None:
    for seed in range(3):
        run_once(Target("W01", "passing", name), RandomWalk(seed))


def test_two_worlds_of_one_defect_share_nothing() -> None:
    worlds = [Target("S21").world(), Target("S25").world(), Target("S21").world(), Target("S25").world()]
    assert len({id(world.core.registry) for world in worlds}) == 4
    assert worlds[1].parts.exchange_request is not worlds[3].parts.exchange_request


class TestWriterPreferringLock:
    def test_readers_share(self) -> None:
        lock = WriterPreferringLock()
        assert has_it(lock.read("a"))
        assert has_it(lock.read("b"))
        assert lock.readers == 2

    def test_a_writer_waits_for_the_readers(self) -> None:
        lock = WriterPreferringLock()
        assert has_it(lock.read("a"))
        writer = lock.write("w")
        assert not has_it(writer)
        lock.end_read()
        assert has_it(writer)
        assert lock.has_writer

    def test_a_waiting_writer_keeps_new_readers_out(self) -> None:
        lock = WriterPreferringLock()
        assert has_it(lock.read("a"))
        writer, reader = lock.write("w"), lock.read("b")
        assert not has_it(writer)
        assert not has_it(reader)
        lock.end_read()
        assert has_it(writer)
        assert not has_it(reader)
        lock.end_write()
        assert has_it(reader)

    def test_writers_exclude_each_other(self) -> None:
        lock = WriterPreferringLock()
        assert has_it(lock.write("first"))
        second = lock.write("second")
        assert not has_it(second)
        lock.end_write()
        assert has_it(second)


def has_it(path: Steps) -> bool:
    """Let a path go as far as it can without anybody else; whether it has the lock then."""
    return all(stage != WAITING for stage in path)


@pytest.mark.parametrize(("length", "header"), [(1, b"\x81\x01"), (125, b"\x81\x7d"), (126, b"\x81\x7e\x00\x7e")])
def test_the_header_of_a_text_frame_says_its_length(length: int, header: bytes) -> None:
    assert header_of(b"x" * length) == header

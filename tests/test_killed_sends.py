"""Sends that are killed at random instants: what they leave is whole, and there once."""

from __future__ import annotations

import random
import subprocess

import pytest
import stub_hub
from bundles import built

from pipelines.versions import find

pytest.importorskip("huggingface_hub")
from sending import Sends

pytestmark = pytest.mark.slow
ROUNDS, KILLS = 4, 5


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    built(folder, pages=100)
    return folder


@pytest.fixture(scope="module")
def sends(data):
    sends = Sends(data)
    yield sends
    sends.close()


def test_a_repository_gets_one_commit_and_each_byte_once(data, sends):
    dice, killed, version = random.Random(4), 0, find(data, "bees")
    with stub_hub.serving() as hub:
        _, whole = sends.run(hub.url)
        for _ in range(ROUNDS):
            hub.repos.clear()
            for _ in range(KILLS):
                ended, _ = sends.run(hub.url, dice.uniform(0, whole))
                killed += not ended
            assert sends.run(hub.url)[0]
            history = hub.repos["ann/bees"].branches["main"]
            assert len(history) == 2
            for path in (version.folder / "data").iterdir():
                assert history[-1].files[f"data/{path.name}"] == path.read_bytes()
        assert hub.broken == []
    assert killed > ROUNDS * KILLS / 3


def test_a_folder_is_whole_or_not_there(data, sends, tmp_path):
    dice, killed, version = random.Random(5), 0, find(data, "bees")
    _, whole = sends.run(str(tmp_path / "0"))
    for number in range(1, ROUNDS + 1):
        place = tmp_path / f"{number}/bees/{version.folder.name}"
        for _ in range(KILLS):
            ended, _ = sends.run(str(tmp_path / str(number)), dice.uniform(0, whole))
            killed += not ended
            if place.exists():
                holds(place)
        assert sends.run(str(tmp_path / str(number)))[0]
        holds(place)
        assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert killed > ROUNDS * KILLS / 3


def holds(place):
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=place, check=True)

"""Near-duplicates: found in one band, hung together in clusters, dropped for what is kept only."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.fingerprint import BANDS, minhash, similarity
from pipelines.near import candidates, components, leaders, links, signatures

WORDS = [f"w{number}" for number in range(2000)]


def stories(seed, count=60, edits=(0, 3, 8, 15, 40)):
    """Texts, many of them edits of earlier ones."""
    dice = random.Random(seed)
    found = []
    for _ in range(count):
        if found and dice.random() < 0.6:
            words = dice.choice(found).split()
            for _ in range(dice.choice(edits)):
                words[dice.randrange(len(words))] = dice.choice(WORDS)
        else:
            words = dice.choices(WORDS, k=dice.randint(20, 120))
        found.append(" ".join(words))
    return found


def brute(marks, least):
    return {
        (one, other)
        for other in range(len(marks))
        for one in range(other)
        if similarity(marks[one], marks[other]) >= least
    }


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_those_of_all_pairs_compared(seed):
    """Links leave out pairs within a bucket; what hangs together is the same."""
    marks = [minhash(text) for text in stories(seed)]
    found = links(signatures(marks))
    assert {*zip(found.left.tolist(), found.right.tolist(), strict=True)} <= brute(marks, 0.6)
    for left, right, alike in zip(*found, strict=True):
        assert similarity(marks[left], marks[right]) == pytest.approx(alike)
    pairs = sorted(brute(marks, 0.6))
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    ours = components(len(marks), found.left, found.right)
    assert ours.tolist() == components(len(marks), left, right).tolist()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_linked_does_not_depend_on_what_comes_later(seed):
    marks = [minhash(text) for text in stories(seed)]
    every = links(signatures(marks))
    for count in (1, 20, 45):
        some = links(signatures(marks[:count]))
        known = every.right < count
        assert some.left.tolist() == every.left[known].tolist()
        assert some.right.tolist() == every.right[known].tolist()
        again = links(signatures(marks), before=some, known=count)
        assert [part.tolist() for part in again] == [part.tolist() for part in every]


@pytest.mark.parametrize("least", [0.6, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_each_one_that_is_dropped_is_like_one_that_is_kept(seed, least):
    marks = [minhash(text) for text in stories(seed)]
    bands = signatures(marks)
    found = links(bands, least)
    clusters = components(len(marks), found.left, found.right)
    order = list(range(len(marks)))
    random.Random(seed).shuffle(order)
    kept, alike = leaders(bands, clusters, order[:50], least)
    assert {document for document in order[50:] if kept[document] != -1} == set()
    for document in order[:50]:
        leader = int(kept[document])
        assert kept[leader] == leader
        assert alike[document] == pytest.approx(similarity(marks[document], marks[leader]))
        assert alike[document] >= least
        assert order.index(leader) <= order.index(document)
    for place, document in enumerate(order[:50]):
        if kept[document] == document:
            before = [one for one in order[:place] if kept[one] == one]
            assert all(similarity(marks[one], marks[document]) < least for one in before)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_components_are_those_of_a_search(edges):
    left = np.array([one for one, _ in edges], dtype=np.int64)
    right = np.array([other for _, other in edges], dtype=np.int64)
    name = list(range(31))
    for _ in name:
        for one, other in edges:
            name[one] = name[other] = min(name[one], name[other])
    assert components(31, left, right).tolist() == name


def test_many_that_are_the_same_cost_no_square():
    bands = signatures([minhash("the very same text of a page")] * 20_000)
    left, right = candidates(bands)
    assert len(left) < 5 * 20_000
    assert set(right.tolist()) == set(range(1, 20_000))
    found = components(20_000, left, right)
    kept, _ = leaders(bands, found, range(20_000))
    assert set(kept.tolist()) == {0}


@pytest.mark.parametrize("count", [0, 1])
def test_no_documents(count):
    bands = signatures([minhash("alone")] * count)
    assert bands.shape == (count, BANDS)
    assert [len(part) for part in links(bands)] == [0, 0, 0]
    assert components(count, *links(bands)[:2]).tolist() == list(range(count))

"""MinHash: the same for ever, near the true similarity, whatever the text is written in."""

import hashlib
import random
import statistics
import subprocess
import sys
import time

import pytest

from pipelines.fingerprint import ORDERS, WIDTH, minhash, runs_of, similarity, words_of

VOCABULARY = [f"w{number}" for number in range(5000)]


def jaccard(one, other):
    first, second = set(runs_of(one).tolist()), set(runs_of(other).tolist())
    return len(first & second) / len(first | second)


def edited(words, share, dice):
    return " ".join(dice.choice(VOCABULARY) if dice.random() < share else word for word in words)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.09, 0.2])
def test_the_estimate_is_unbiased_and_as_exact_as_theory_says(share):
    dice = random.Random(share)
    errors, expected = [], []
    for _ in range(60):
        words = dice.choices(VOCABULARY, k=dice.randint(50, 500))
        one, other = " ".join(words), edited(words, share, dice)
        true = jaccard(one, other)
        errors.append(similarity(minhash(one), minhash(other)) - true)
        expected.append(true * (1 - true) / ORDERS)
    theory = statistics.fmean(expected) ** 0.5
    assert abs(statistics.fmean(errors)) < 3 * theory / 60**0.5
    assert 0.7 < statistics.pstdev(errors) / theory < 1.3


def test_very_long_texts_with_nothing_in_common_are_not_similar():
    one, other = (" ".join(f"{letter}{n}" for n in range(60_000)) for letter in "ab")
    assert similarity(minhash(one), minhash(other)) == 0


def test_signatures_are_the_same_for_ever():
    text = "Bees live in hives. 雨が降る。 A keeper who forgot the tide could lose a boat. " * 9
    digest = hashlib.sha256(minhash(text)).hexdigest()
    assert digest == "a5b5068e5e979689431882c0f112a4e9c2772e945c1949330d6035bebf563143"
    code = f"from pipelines.fingerprint import minhash; print(minhash({text!r}).hex())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == minhash(text).hex()


ODD = {
    "empty": "",
    "white space": " \n ",
    "no words": "?! ... \U0001f600",
    "one word": "bees",
    "two words": "bees live",
    "lone surrogates": "a \ud800 b \udfff c d",
    "a word of a million letters": "x" * 1_000_000,
    "null characters": "a\x00b c\x00d e",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_any_text_has_a_signature(text):
    assert len(minhash(text)) == WIDTH
    assert similarity(minhash(text), minhash(text)) == 1


def test_short_texts_differ():
    texts = [text for text in ODD.values() if words_of(text)] + ["bees fly", "ants", "bees live in"]
    for one in texts:
        for other in texts:
            assert (similarity(minhash(one), minhash(other)) == 1) == (one == other)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("The First Line of It", "the first\n  LINE, of it!", 1, 1),
        ("Ｔｈｅ first line of it", "The ﬁrst line of it", 1, 1),
        ("東京は晴れです。明日は雨が降る。", "東京は晴れです。明日は雪が降る。", 0.4, 1),
        ("東京の天気は晴れです。", "大阪で地震がありました。", 0, 0.1),
        ("один два три четыре пять шесть", "один два три четыре пять семь", 0.4, 0.8),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(one, other, least, most):
    assert least <= similarity(minhash(one), minhash(other)) <= most


def test_a_thousand_words_take_well_below_a_millisecond():
    text = " ".join(random.Random(1).choices([f"word{n}" for n in range(3000)], k=1000))
    minhash(text)
    times = []
    for _ in range(15):
        began = time.process_time()
        minhash(text)
        times.append(time.process_time() - began)
    assert min(times) < 0.001

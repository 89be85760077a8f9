"""Which pairs are dropped, and under which name."""

from __future__ import annotations

import pytest

from pipelines.quality import PAIR_REASONS, keep_pair
from pipelines.records import Pair
from pipelines.rules import PairRules


@pytest.mark.parametrize(
    ("prompt", "completion", "reason"),
    [
        pytest.param("What bees do", "They build.", None, id="good"),
        pytest.param("蜂", "蜜を作る。", None, id="one letter can be a word"),
        pytest.param("", "They build.", "prompt-empty", id="nothing"),
        pytest.param(" —", "They build.", "prompt-empty", id="only a dash"),
        pytest.param("Bees", "...", "completion-empty", id="only dots"),
        pytest.param("12.", "They build.", "prompt-without-letters", id="a list number"),
        pytest.param("Bees", "42", None, id="a number may be the answer"),
        pytest.param("Bees", " BEES\n", "prompt-is-completion", id="the same but for case"),
        pytest.param("Bees", "Bees build.", None, id="only the beginning is the same"),
    ],
)
def test_keep_pair(prompt, completion, reason):
    assert keep_pair(Pair(prompt, completion, "sentence"), PairRules()) == reason
    assert reason is None or reason in PAIR_REASONS

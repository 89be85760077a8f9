"""Content-Signal and Content-Usage values."""

import time

import pytest

from ftcrawler.consent.aipref import content_usage
from ftcrawler.consent.contentsignal import content_signal

SIGNALS = [
    ("no", "ai-train=no", "deny"),
    ("yes", "ai-train=yes", "allow"),
    ("allow", "ai-train=allow", "allow"),
    ("disallow, in the wild", "ai-train=disallow", "deny"),
    ("the managed file", "search=yes,ai-train=no", "deny"),
    ("all yes", "search=yes, ai-input=yes, ai-train=yes", "allow"),
    ("only search", "search=yes", None),
    ("only ai-input", "ai-input=no", None),
    ("case", "AI-Train=NO", "deny"),
    ("case of yes", "ai-train=YES", "allow"),
    ("blanks", "ai-train = no", "deny"),
    ("blanks around yes", "search = yes , ai-train = yes", "allow"),
    ("semicolons", "search=yes; ai-train=no", "deny"),
    ("colon", "ai-train: no", "deny"),
    ("underscore", "ai_train=no", "deny"),
    ("quotes", 'ai-train="no"', "deny"),
    ("no value", "ai-train", "deny"),
    ("empty value", "ai-train=", "deny"),
    ("unknown value", "ai-train=maybe", "deny"),
    ("y is not yes", "ai-train=y", "deny"),
    ("yes and no", "ai-train=yes, ai-train=no", "deny"),
    ("malformed, mentions it", "no-ai-train", "deny"),
    ("longer key, mentions it", "ai-training=yes", "deny"),
    ("reversed", "no=ai-train", "deny"),
    ("empty", "", None),
]


@pytest.mark.parametrize(("text", "effect"), [c[1:] for c in SIGNALS], ids=[c[0] for c in SIGNALS])
def test_content_signal(text, effect):
    statement = content_signal(text, "header")
    assert (statement and statement.effect) == effect


USAGE = [
    ("n", "train-ai=n", "deny"),
    ("y", "train-ai=y", "allow"),
    ("two keys", "search=y, train-ai=n", "deny"),
    ("only search", "search=n", None),
    ("unknown label", "foo=n", None),
    *[
        (f"older label {key}", f"{key}=n", "deny")
        for key in ("bots", "all", "tdm", "ai", "genai", "train-genai")
    ],
    ("older label, y", "tdm=y", "allow"),
    ("most restrictive label", "train-ai=y, all=n", "deny"),
    ("last key wins: y", "train-ai=n, train-ai=y", "allow"),
    ("last key wins: n", "train-ai=y, train-ai=n", "deny"),
    ("parameters are ignored", "train-ai=y;allow=n", "allow"),
    ("vocab: parameters of a lost member", "train-ai;allow=n, train-ai=y", "allow"),
    ("vocab: bare key", "train-ai", "deny"),
    ("vocab: key turned boolean", "train-ai=y, train-ai", "deny"),
    ("vocab: string", 'train-ai="n"', "deny"),
    ("vocab: parameters with a string", 'train-ai;has;parameters="?"', "deny"),
    ("boolean", "train-ai=?0", "deny"),
    ("unknown token", "train-ai=never", "deny"),
    ("upper-case value", "train-ai=N", "deny"),
    ("upper-case key does not parse", "Train-AI=n", "deny"),
    ("blank before =", "train-ai =n", "deny"),
    ("semicolon for comma", "search=y; train-ai=n", "deny"),
    ("underscore", "train_ai=n", "deny"),
    ("trailing comma", "train-ai=n,", "deny"),
    ("unreadable without mention", "search=y,,", None),
    ("unreadable, a word with ai in it", "chain=ai x", None),
    ("a path in a header", "/ train-ai=n", "deny"),
    ("inner list", "train-ai=(y n)", "deny"),
    ("string with a comma", 'x="a, b", train-ai=n', "deny"),
    ("open string", 'x="a, train-ai=n', "deny"),
    ("empty", "", None),
]


@pytest.mark.parametrize(("text", "effect"), [c[1:] for c in USAGE], ids=[c[0] for c in USAGE])
def test_content_usage(text, effect):
    statement = content_usage(text, "header")
    assert (statement and statement.effect) == effect


BOMBS = [
    " " * 300_000,
    "a," * 150_000,
    "train-ai=" * 30_000,
    'x="' + "\\" * 300_000,
    "a;" * 150_000,
]


@pytest.mark.parametrize("text", BOMBS, ids=["blanks", "keys", "equals", "escapes", "parameters"])
def test_hostile_values_cost_little(text):
    start = time.perf_counter()
    content_signal(text, "header")
    content_usage(text, "header")
    assert time.perf_counter() - start < 2

"""ai.txt, trust.txt, llms.txt, and answers that ask for payment."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcrawler.consent.aitxt import ai_txt_statements
from ftcrawler.consent.decision import decide
from ftcrawler.consent.llmstxt import llms_txt_statements
from ftcrawler.consent.payment import payment_statements
from ftcrawler.consent.trusttxt import trust_txt_statements

HOST = "https://host.example"


def found(statements):
    effects = {statement.effect for statement in statements}
    return "deny" if "deny" in effects else "allow" if "allow" in effects else ""


AI_TXT = [
    ("everything", "User-Agent: *\nDisallow: /", "/a", "deny"),
    ("Spawning's example", "User-Agent: *\nDisallow: *.jpg\nDisallow: *.html", "/a.html", "deny"),
    ("another file type", "User-Agent: *\nDisallow: *.jpg", "/a.html", ""),
    ("file type, query behind", "User-Agent: *\nDisallow: *.html", "/a.html?x=1", "deny"),
    ("file type, page without one", "User-Agent: *\nDisallow: *.html", "/a/b", "deny"),
    ("file type htm, page without one", "User-Agent: *\nDisallow: *.htm$", "/a/b", "deny"),
    ("file type, folder", "User-Agent: *\nDisallow: *.html$", "/a/", "deny"),
    ("file type, start page", "User-Agent: *\nDisallow: *.html", "/", "deny"),
    ("file type, no path", "User-Agent: *\nDisallow: *.html", "", "deny"),
    ("file type, page of another", "User-Agent: *\nDisallow: *.html", "/a.php", ""),
    ("path, inside", "User-Agent: *\nDisallow: /art/", "/art/1", "deny"),
    ("path, outside", "User-Agent: *\nDisallow: /art/", "/news/1", ""),
    ("opt in", "User-Agent: *\nAllow: /", "/a", "allow"),
    ("opt in by file type", "User-Agent: *\nAllow: *.html\nDisallow: *.jpg", "/a.html", "allow"),
    ("longest wins, opt in", "User-Agent: *\nDisallow: /\nAllow: /free/", "/free/1", "allow"),
    ("longest wins, opt out", "User-Agent: *\nAllow: /\nDisallow: /art/", "/art/1", "deny"),
    ("empty Disallow", "User-Agent: *\nDisallow:", "/a", ""),
    ("our token", "User-Agent: Scrapy\nDisallow: /", "/a", "deny"),
    ("another bot", "User-Agent: Googlebot\nDisallow: /", "/a", ""),
    ("a training agent", "User-Agent: GPTBot\nDisallow: /", "/a", "deny"),
    ("a training agent may", "User-Agent: GPTBot\nAllow: /", "/a", ""),
    ("case", "user-agent: *\ndisallow: /", "/a", "deny"),
    ("comments", "# Spawning AI\nUser-Agent: * # all\nDisallow: / # no", "/a", "deny"),
    ("a comment only", "# User-Agent: *\n# Disallow: /", "/a", ""),
    ("BOM", "\ufeffUser-Agent: *\nDisallow: /", "/a", "deny"),
    ("CR only", "User-Agent: *\rDisallow: /", "/a", "deny"),
    ("Content-Signal", "User-Agent: *\nContent-Signal: ai-train=no", "/a", "deny"),
    ("Content-Usage", "User-Agent: *\nContent-Usage: train-ai=y", "/a", "allow"),
    ("free form: training", "Training: disallow", "/a", "deny"),
    ("free form: ai-training", "ai-training: disallow", "/a", "deny"),
    ("free form: AI-Training = no", "AI-Training = no", "/a", "deny"),
    ("free form: allow-training", "allow-training: false", "/a", "deny"),
    ("free form: train-ai", "train-ai: n", "/a", "deny"),
    ("free form: data-training", "Data-Training: denied", "/a", "deny"),
    ("free form: training-data", "Training-Data: prohibited", "/a", "deny"),
    ("free form: list item", "- AI training: not... \n- training: none", "/a", "deny"),
    ("free form: opt out", 'ai_training: "opt-out"', "/a", "deny"),
    ("free form: allowed", "ai-training: allow", "/a", ""),
    ("free form: prose", "Our training courses: none are free.", "/a", ""),
    ("free form: no word of training", "Contact: x@host.example", "/a", ""),
    ("empty", "", "/a", ""),
]


@pytest.mark.parametrize(
    ("text", "path", "effect"), [c[1:] for c in AI_TXT], ids=[c[0] for c in AI_TXT]
)
def test_ai_txt(text, path, effect):
    assert found(ai_txt_statements(text, HOST + path)) == effect


def test_ai_txt_names_file_and_line():
    text = "User-Agent: *\nDisallow: /\nUser-Agent: CCBot\nDisallow: /a"
    statements = ai_txt_statements(text, HOST + "/a", "/.well-known/ai.txt")
    assert [(s.signal, s.source) for s in statements] == [
        ("ai.txt", "/.well-known/ai.txt line 2"),
        ("ai.txt", "/.well-known/ai.txt line 4"),
    ]


TRUST = [
    ("no", "datatrainingallowed=no", "deny"),
    ("yes", "datatrainingallowed=yes", "allow"),
    ("case", "DataTrainingAllowed=NO", "deny"),
    ("case of yes", "datatrainingallowed=Yes", "allow"),
    ("blanks", "  datatrainingallowed = no  ", "deny"),
    ("colon", "datatrainingallowed: no", "deny"),
    ("quotes", 'datatrainingallowed="no"', "deny"),
    ("quoted yes", 'datatrainingallowed="yes"', "allow"),
    ("hyphens", "data-training-allowed=no", "deny"),
    ("comment behind", "datatrainingallowed=no # please", "deny"),
    ("a comment only", "# datatrainingallowed=no", ""),
    ("other variables", "member=https://h/\ncontact=x", ""),
    ("among others", "member=https://h/\ndatatrainingallowed=no\ncontact=x", "deny"),
    ("twice, yes and no", "datatrainingallowed=yes\ndatatrainingallowed=no", "deny"),
    ("twice, no and yes", "datatrainingallowed=no\ndatatrainingallowed=yes", "deny"),
    ("no value", "datatrainingallowed=", "deny"),
    ("only the key", "datatrainingallowed", "deny"),
    ("another value", "datatrainingallowed=maybe", "deny"),
    ("a longer key", "datatrainingallowedby=no", ""),
    ("a value that names it", "contact=https://h/?datatrainingallowed=no", ""),
    ("BOM", "\ufeffdatatrainingallowed=no", "deny"),
    ("CR only", "member=x\rdatatrainingallowed=no\r", "deny"),
    ("CRLF", "member=x\r\ndatatrainingallowed=no\r\n", "deny"),
    ("U+2028 is no line end", "contact=x\u2028datatrainingallowed=no", ""),
    ("empty", "", ""),
]


@pytest.mark.parametrize(("text", "effect"), [c[1:] for c in TRUST], ids=[c[0] for c in TRUST])
def test_trust_txt(text, effect):
    assert found(trust_txt_statements(text)) == effect


def test_llms_txt_is_recorded_and_says_nothing():
    (statement,) = llms_txt_statements("\ufeff\n# Title\nDisallow: /\nai-train=no")
    assert (statement.effect, statement.raw) == ("note", "# Title")
    assert decide([statement], profile="strict").decision == "deny"


PAYMENT = [
    ("402", 402, [], "deny"),
    ("402 with a price", 402, [("crawler-price", "USD 0.01")], "deny"),
    ("402 with a price of nothing", 402, [("crawler-price", "USD 0")], "deny"),
    ("a price on 200", 200, [("crawler-price", "USD 0.01")], "deny"),
    ("a price on 403", 403, [("crawler-price", "0.5")], "deny"),
    ("a price of nothing", 200, [("crawler-price", "USD 0.00")], ""),
    ("nothing, without currency", 200, [("crawler-price", "0")], ""),
    ("a small price", 200, [("crawler-price", "USD 0.0001")], "deny"),
    ("ten", 200, [("crawler-price", "USD 10")], "deny"),
    ("unreadable", 200, [("crawler-price", "ask us")], "deny"),
    ("empty", 200, [("crawler-price", "")], "deny"),
    ("two prices", 200, [("crawler-price", "0"), ("crawler-price", "USD 1")], "deny"),
    ("another header", 200, [("price", "USD 1")], ""),
    ("200", 200, [], ""),
    ("404", 404, [], ""),
]


@pytest.mark.parametrize(
    ("status", "headers", "effect"), [c[1:] for c in PAYMENT], ids=[c[0] for c in PAYMENT]
)
def test_payment(status, headers, effect):
    assert found(payment_statements(status, headers)) == effect


def test_hostile_files_cost_little():
    start = time.perf_counter()
    for text in (
        "-" * 100_000,
        "ai-" * 30_000,
        "training " * 10_000,
        " : " * 30_000,
        "=" * 100_000,
    ):
        ai_txt_statements(text, HOST)
        trust_txt_statements(text)
        payment_statements(200, [("crawler-price", text), ("crawler-price", "0" * 60_000)])
    assert time.perf_counter() - start < 2


@given(st.text(), st.text())
def test_soup_never_raises(text, url):
    for body in (text, f"User-Agent: *\n{text}", f"training: {text}"):
        ai_txt_statements(body, url)
    trust_txt_statements(text), trust_txt_statements(f"datatrainingallowed={text}")
    llms_txt_statements(text), payment_statements(402, [("crawler-price", text)])


@given(st.lists(st.sampled_from(["Allow: /", "Disallow:", "x", "User-Agent: x", ""]), max_size=6))
def test_adding_an_opt_out_denies(lines):
    text = "\n".join([*lines, "Allow: /z", "User-Agent: *", "Disallow: /a", "training: no"])
    assert found(ai_txt_statements(text, HOST + "/a")) == "deny"
    assert found(trust_txt_statements("\n".join([*lines, "datatrainingallowed=no"]))) == "deny"

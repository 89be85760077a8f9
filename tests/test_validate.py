"""Everything that can be wrong with training data is found, named and placed; nothing else is."""

from __future__ import annotations

import gzip
import json
import random
import re
from itertools import pairwise

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, SHARED

from ftcrawler.checking import CheckError, check, sources_of
from pipelines.affixes import Affixes
from pipelines.examplefiles import DamagedError
from pipelines.faults import FAULTS
from pipelines.formats import FORMATS
from pipelines.messages import Example
from pipelines.repeats import Repeats
from pipelines.shapes import read_line
from pipelines.targets import MB, TARGETS, Target
from pipelines.tokens import ENCODINGS, counter
from pipelines.validate import Checker

ANIMALS = "ant bee cat dog elk fox gnu hen ibis jay kite lynx mole newt owl pig".split()
NAMES = [f"{one} and {other}" for one in ANIMALS for other in ANIMALS if one < other]
GOOD = [{"prompt": f"{n.title()}?", "completion": f"{n.title()} met at noon."} for n in NAMES]


def chat(*messages, **more):
    turns = [{"role": role, "content": text} for role, text in messages]
    return {"messages": turns, **more}


def lines(*rows) -> bytes:
    return b"".join(
        row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows
    )


def checked(files, folder, target="rows", **options):
    paths = []
    for name, data in files.items():
        path = folder / name
        path.write_bytes(data)
        paths.append(str(path))
    place = target if isinstance(target, Target) else TARGETS[target]
    checker = Checker(place, options.pop("count", None), encoding="o200k_base", **options)
    return check(sources_of(paths, [], folder), checker, lambda *_: None)


def found(report):
    return {each.name: each for each in report.findings}


TALK = (("user", "Bees?"), ("assistant", "In hives."))


def weighted(user=None, assistant=None):
    line = chat(("user", "Who?"), ("assistant", "Bees."))
    for turn, weight in zip(line["messages"], (user, assistant), strict=True):
        if weight is not None:
            turn["weight"] = weight
    return line


def one(prompt, completion):
    return {"prompt": prompt, "completion": completion}


MANY = [one(f"{name}?", "All rights reserved.") for name in NAMES[:5]]
# fault: target, the line after 120 good ones, what it says of it
LINES = {
    "empty-line": ("rows", b"   \n", ""),
    "not-utf8": ("rows", b'{"prompt": "caf\xe9", "completion": "x"}\n', "at byte 16"),
    "not-json": ("rows", b'{"prompt": "a", "completion": \n', ""),
    "not-object": ("rows", b'"text"\n', "str"),
    "unknown-format": ("rows", {"question": "a", "answer": "b"}, "keys answer, question, not"),
    "two-formats": ("together", {**one("a", "b c"), "text": "x"}, "prompt-completion and text"),
    "unknown-key": ("rows", {**one("a", "b c"), "score": 5}, "score"),
    "prompt-empty": ("rows", one(" ", "b"), ""),
    "completion-empty": ("rows", one("a", None), ""),
    "bad-content": ("rows", one("a", 5), "completion: int"),
    "surrogate": (
        "rows",
        b'{"prompt": "a\\ud83d", "completion": "b c"}\n',
        "U+D83D at character 2",
    ),
    "control-characters": ("rows", one("a\x00b", "c d"), "U+0000 at character 2"),
    "replacement-character": ("rows", one("caf\ufffd", "c d"), "U+FFFD at character 4"),
    "special-token": ("rows", one("a", "b <|endoftext|>"), "<|endoftext|>"),
    "too-long": ("rows", one("a", "x y " * 2500), "10,001 characters"),
    "prompt-is-completion": ("rows", one("Same here", " Same here"), ""),
    "completion-in-prompt": ("rows", one("Say: red fox", "red fox"), ""),
    "duplicate": ("rows", GOOD[3], "as train.jsonl, line 4"),
    "near-duplicate": (
        "rows",
        one(GOOD[3]["prompt"].upper(), GOOD[3]["completion"] + "!"),
        "as train.jsonl, line 4",
    ),
}
TALKS = {
    "no-messages": ("openai", {"messages": []}, ""),
    "bad-role": ("openai", chat(("human", "a"), ("assistant", "b")), "'human'"),
    "bad-content": ("openai", chat(("user", None), ("assistant", "b")), "of user: NoneType"),
    "bad-order": ("openai", chat(*TALK, ("system", "c"), ("assistant", "d")), "user, assistant"),
    "no-answer": ("openai", chat(("user", "a")), ""),
    "bad-weight": ("openai", weighted(assistant=0.5), "0.5 of assistant"),
    "nothing-trained": ("openai", weighted(assistant=0), ""),
    "prompt-empty": ("openai", chat(("user", " "), ("assistant", "b")), ""),
    "completion-empty": ("gemini", None, ""),
    "unknown-key": ("openai", chat(*TALK, id=5), "id"),
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_wrong_with_a_line_is_named_and_placed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target, line, says = LINES[name]
    good = [one(row["prompt"], row["completion"]) for row in GOOD]
    report = checked({"train.jsonl": lines(*good, line)}, tmp_path, target)
    assert list(found(report)) == [name]
    finding = found(report)[name]
    assert finding.count == 1
    (place,) = finding.places
    assert place.line == len(GOOD) + 1
    assert says.replace("train.jsonl", str(tmp_path / "train.jsonl")) in place.detail
    assert finding.weight == FAULTS[name].weight


@pytest.mark.parametrize("name", TALKS)
def test_what_is_wrong_with_a_conversation_is_named(name, tmp_path):
    target, line, says = TALKS[name]
    form = FORMATS[TARGETS[target].format]
    line = line or form.line(one("Bees?", " "))
    report = checked(
        {"train.jsonl": lines(*(form.line(row) for row in GOOD), line)}, tmp_path, target
    )
    assert list(found(report)) == [name]
    assert says in found(report)[name].places[0].detail


WHOLE = {
    "no-examples": ("rows", b""),
    "not-utf8": ("rows", "\ufeff{}".encode("utf-16-le")),
    "json-array": ("rows", json.dumps(GOOD).encode()),
    "byte-order-mark": ("rows", b"\xef\xbb\xbf" + lines(*GOOD)),
    "no-byte-order-mark": ("azure-bom", lines(*map(FORMATS["openai-chat"].line, GOOD))),
    "few-examples": ("rows", lines(*GOOD[:99])),
    "too-few-examples": ("openai", lines(*map(FORMATS["openai-chat"].line, GOOD[:9]))),
    "mixed-formats": ("trl", lines(*GOOD, chat(*TALK))),
    "repeated-completion": ("rows", lines(*GOOD[5:], *MANY)),
    "upper-case": ("rows", lines(*(one(r["prompt"].upper(), r["completion"]) for r in GOOD))),
    "common-prefix": ("rows", lines(*(one("Q: " + r["prompt"], r["completion"]) for r in GOOD))),
    "no-separator": ("completion-model", lines(*(one(n, f" {n}, no. END") for n in NAMES))),
    "no-end": ("completion-model", lines(*(one(f"{n} ->", f" {n.title()}") for n in NAMES))),
    "no-space": ("completion-model", lines(*(one(f"{n} ->", f"{n}. END") for n in NAMES))),
}
BESIDES = {
    "not-utf8": {"no-examples"},
    "json-array": {"no-examples"},
    "too-few-examples": {"few-examples"},
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_wrong_with_all_of_a_file_is_named(name, tmp_path):
    target, data = WHOLE[name]
    names = set(found(checked({"train.jsonl": data}, tmp_path, target)))
    assert names == {name, *BESIDES.get(name, ())}


def test_limits_of_a_target(tmp_path):
    small = Target("small", "prompt-completion", ("prompt-completion",), "", most=119, most_bytes=9)
    names = found(checked({"train.jsonl": lines(*GOOD)}, tmp_path, small))
    assert set(names) == {"too-many-examples", "file-too-large"}
    assert names["too-many-examples"].places[0].detail == "120"


def test_the_limit_of_tokens(tmp_path):
    files = {"train.jsonl": lines(*GOOD, one("Many?", "one two three " * 9))}
    report = checked(files, tmp_path, count=counter("o200k_base"), most_tokens=20)
    assert list(found(report)) == ["too-many-tokens"]
    assert report.tokens["largest"] == int(found(report)["too-many-tokens"].places[0].detail)


def test_a_line_of_any_length_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.examplefiles.LONGEST_LINE", 1000)
    files = {"train.jsonl": lines(*GOOD, one("Long", "x" * 5000), GOOD[0])}
    report = checked(files, tmp_path)
    assert {name: each.places[0].line for name, each in found(report).items()} == {
        "line-too-long": 121,
        "duplicate": 122,
    }
    assert report.files[0].examples == 121


LEAKS = {
    "leaked-text": (one("Bees?", "In hives."), one("BEES", "in hives"), {}),
    "leaked-prompt": (one("Bees?", "In hives."), one("Bees?", "Elsewhere."), {}),
    "leaked-url": (
        {**one("Bees?", "In hives."), "url": "https://a.example/"},
        {**one("Wasps?", "Elsewhere."), "url": "https://a.example/"},
        {"unknown-key"},
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_stands_on_both_sides_of_the_split(name, tmp_path):
    trained, held_out, besides = LEAKS[name]
    files = {"train.jsonl": lines(*GOOD, trained), "validation.jsonl": lines(held_out)}
    names = found(checked(files, tmp_path))
    assert set(names) == {name, *besides}
    (place,) = names[name].places
    assert (place.file, place.line) == (str(tmp_path / "validation.jsonl"), 1)
    assert place.detail == f"as {tmp_path / 'train.jsonl'}, line 121"


def test_every_fault_that_there_is_has_a_test():
    tested = {*LINES, *TALKS, *WHOLE, *LEAKS, "too-many-tokens", "line-too-long", "bad-cell"}
    tested |= {"similar", "leaked-similar"}
    assert tested | {"too-many-examples", "file-too-large"} == set(FAULTS)


def test_every_fault_and_target_is_explained():
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    cells = set(re.findall(r"`([a-z0-9_-]+)`", page))
    assert [name for name in (*FAULTS, *TARGETS, *ENCODINGS) if name not in cells] == []


def test_the_page_says_of_each_target_and_fault_what_holds():
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    for target in TARGETS.values():
        row = re.search(rf"^\| `{target.name}` \| (.+) \| `(.+)` \| (.*) ?\|$", page, re.MULTILINE)
        assert row, target.name
        assert (row[1], row[2]) == (", ".join(target.shapes), target.format)
        numbers = [n for n in (target.least - 1 and target.least, target.most) if n]
        numbers += [target.most_bytes // MB] if target.most_bytes else []
        assert re.findall(r"[0-9,]*[0-9]", row[3]) == [f"{number:,}" for number in numbers]
    errors, warnings = page.partition("\n### Errors\n")[2].split("\n### Warnings\n")
    for weight, part in (("error", errors), ("warning", warnings)):
        names = re.findall(r"^\| `([a-z0-9-]+)` \|", part, re.MULTILINE)
        assert names == [name for name, fault in FAULTS.items() if fault.weight == weight]


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("system", ["", "Be brief."])
def test_what_our_formats_write_is_fit_for_their_targets(name, system, tmp_path):
    target = TARGETS[name]
    form = FORMATS[target.format]
    rows = [{**row, "system_prompt": system} for row in GOOD]
    form.write(rows, tmp_path / "train.jsonl")
    report = checked({"train.jsonl": (tmp_path / "train.jsonl").read_bytes()}, tmp_path, target)
    assert report.findings == []
    assert report.files[0].examples == 120


ROLE = ["user", "assistant"] * 4 + ["system", "developer", "tool", "function", "human", None, 5]
CONTENT = ["hi"] * 8 + [
    *("", None, 5, {"a": 1}, [], ["x"], [{"text": "x"}], [{"type": "text", "text": "x"}]),
    [{"type": "image_url", "image_url": {"url": "https://a.example/b"}}],
]
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MORE = {
    "weight": [0, 1, 2, 0.5, "1"],
    "name": ["a", 5],
    "tool_calls": [[], [CALL], 5, [5]],
    "tool_call_id": ["a", 5],
}


def any_message(chance):
    message = {"role": chance.choice(ROLE), "content": chance.choice(CONTENT)}
    for name, values in MORE.items():
        if chance.random() < 0.1:
            message[name] = chance.choice(values)
    for name in ("role", "content"):
        if chance.random() < 0.05:
            del message[name]
    return message


def test_what_openais_schema_refuses_is_an_error():
    path = SHARED / "spec" / "openai-training-lines.schema.json"
    if not path.exists():
        pytest.skip("no schema beside the clone")
    inner = {"$ref": "#/components/schemas/FineTuneChatRequestInput"}
    schema = jsonschema.Draft7Validator({**json.loads(path.read_text()), **inner})
    chance = random.Random(11)
    verdicts = set()
    for _ in range(1_500):
        line = {"messages": [any_message(chance) for _ in range(chance.randint(1, 3))]}
        taken = not any(
            FAULTS[each.name].weight == "error"
            for each in read_line(line, TARGETS["openai"]).faults
        )
        good = schema.is_valid(line)
        assert good or not taken, line
        verdicts.add((good, taken))
    assert verdicts == {(True, True), (True, False), (False, False)}


def test_gzip_and_parquet_are_read_as_they_are(tmp_path):
    zipped = checked({"train.jsonl.gz": gzip.compress(lines(*GOOD))}, tmp_path)
    assert (zipped.files[0].examples, zipped.findings) == (120, [])
    rows = [{**row, "kind": "title", "url": f"https://a.example/{i}"} for i, row in enumerate(GOOD)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train.parquet")
    for name in TARGETS:
        checker = Checker(TARGETS[name])
        report = check(
            sources_of([str(tmp_path / "train.parquet")], [], tmp_path), checker, lambda *_: None
        )
        assert report.findings == [], name
        written = FORMATS[TARGETS[name].format]
        written.write(rows, tmp_path / "file")
        mark = len(written.begins)
        assert report.files[0].bytes == (tmp_path / "file").stat().st_size - mark


def test_tables_are_checked_as_they_will_be_rendered(tmp_path):
    for name in ("csv", "xlsx"):
        FORMATS[name].write(GOOD, tmp_path / f"train.{name}")
        report = checked({f"train.{name}": (tmp_path / f"train.{name}").read_bytes()}, tmp_path)
        assert (report.files[0].examples, report.findings) == (120, [])
    table = FORMATS["csv"]
    table.write(GOOD, tmp_path / "more.csv")
    data = (tmp_path / "more.csv").read_bytes() + b"only a prompt\r\n"
    (finding,) = checked({"train.csv": data}, tmp_path, "gemini").findings
    assert (finding.name, finding.places[0].line) == ("bad-cell", 122)
    with pytest.raises(CheckError, match="no column prompt"):
        checked({"train.csv": b"a,b\n"}, tmp_path)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("train.jsonl.gz", gzip.compress(lines(*GOOD))[:-30]),
        ("train.jsonl.gz", b"no gzip at all"),
        ("train.parquet", b"no parquet at all"),
    ],
)
def test_a_file_that_breaks_off_ends_the_check(name, data, tmp_path):
    with pytest.raises(DamagedError, match=re.escape(str(tmp_path / name))):
        checked({name: data}, tmp_path)


def test_weights_are_allowed_where_the_target_takes_them(tmp_path):
    talks = [FORMATS["openai-chat"].line(row) for row in GOOD]
    files = {"train.jsonl": lines(*talks, weighted(user=0, assistant=1))}
    assert set(found(checked(files, tmp_path, "openai"))) == {"bad-weight"}
    assert checked(files, tmp_path, "fireworks").findings == []


def test_turns_are_taken_where_the_target_wants_it(tmp_path):
    talks = [FORMATS["openai-chat"].line(row) for row in GOOD]
    twice = chat(("user", "a"), ("user", "b"), ("assistant", "c d"))
    files = {"train.jsonl": lines(*talks, twice)}
    assert checked(files, tmp_path, "openai").findings == []
    assert set(found(checked(files, tmp_path, "mistral"))) == {"bad-order"}


def test_tokens_are_those_of_the_published_vocabularies():
    text = "Bees live in hives: 12345 Bienen, été 🐝 <|endoftext|>\n"
    assert [counter(name)(text) for name in ENCODINGS] == [24, 23]
    assert counter("o200k_base")(" " * 1_000_000) > 0
    with pytest.raises(ValueError, match="known are o200k_base, cl100k_base"):
        counter("gpt2")


def test_an_example_of_several_texts_counts_their_tokens(tmp_path):
    count = counter("o200k_base")
    line = chat(("system", "Be brief."), *TALK)
    report = checked({"train.jsonl": lines(line)}, tmp_path, "openai", count=count)
    said = sum(count(text) for text in ("Be brief.", "Bees?", "In hives."))
    assert report.tokens["total"] == said + 3 * 3 + 3  # as OpenAI's cookbook reckons


def test_repeats_are_counted_once_each():
    repeats = Repeats()
    for prompt in ("a", "b", "a", "a", "B!"):
        repeats.add(Example(prompt, "x"), "", held_out=False)
    kinds = {kind.name: kind for kind in repeats.found()}
    assert (kinds["duplicate"].examples, kinds["duplicate"].shown) == (2, ((2, 0), (3, 0)))
    assert (kinds["near-duplicate"].examples, kinds["near-duplicate"].shown) == (1, ((4, 1),))
    assert kinds["leaked-text"].examples == 0


LONG = " ".join(f"{name} went to {other}," for name, other in pairwise(NAMES))


def test_examples_that_hardly_differ_are_found_when_asked_for(tmp_path):
    edited = LONG.replace("ant and bee", "wasp and bee", 1)
    trained = [*GOOD, one("Where?", LONG), one("Where?", edited)]
    held_out = [one("Where?", LONG.replace("elk", "moose", 1)), one("Else?", "No.")]
    files = {"train.jsonl": lines(*trained), "validation.jsonl": lines(*held_out)}
    assert set(found(checked(files, tmp_path))) == {"leaked-prompt"}
    names = found(checked(files, tmp_path, finds_similar=True))
    assert set(names) == {"leaked-prompt", "similar", "leaked-similar"}
    assert [names[n].count for n in names] == [1, 1, 1]
    assert names["similar"].places[0].line == 122
    assert names["similar"].places[0].detail.endswith("train.jsonl, line 121")
    assert names["leaked-similar"].places[0].line == 1
    assert names["leaked-similar"].places[0].detail.endswith("train.jsonl, line 121")


def test_examples_that_are_equal_are_not_called_similar_as_well(tmp_path):
    trained = [*GOOD, one("Where?", LONG), one("Where?", LONG), one("WHERE", LONG)]
    files = {"train.jsonl": lines(*trained), "validation.jsonl": lines(one("Where?", LONG))}
    names = found(checked(files, tmp_path, finds_similar=True))
    assert set(names) == {"duplicate", "near-duplicate", "leaked-text", "leaked-prompt"}


def test_few_texts_begin_alike_by_chance():
    side = Affixes("prompt")
    for name in NAMES[:9]:
        side.add(f"Tell of {name}")
    assert list(side.faults(wants_affixes=False)) == []
    side.add("Tell of it")
    assert [each.name for each in side.faults(wants_affixes=False)] == ["common-prefix"]


def test_sizes_are_read_the_safe_way():
    assert TARGETS["openai"].most_bytes == 512 * MB == 512_000_000

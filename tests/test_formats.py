"""Lines as trainers take them: a golden one each, and oracles that others wrote."""

from __future__ import annotations

import codecs
import json
import re

import jsonschema
import pytest
from conftest import ROOT, SHARED

from pipelines.formats import FORMATS, FormatError

ROW = {
    "prompt": "Wie groß?",
    "completion": "So groß.\nUnd <|endoftext|> 🐝",
    "kind": "title",
    "url": "https://site.example/",
    "site": "bees",
    "system_prompt": "",
    "pair_id": "0" * 32,
}
TOLD = {**ROW, "system_prompt": "Be brief."}
NONE = {"prompt": "Bees", "completion": "Live.", "system_prompt": None}
FAMILIES = {each.name: each for each in FORMATS.values()}
LINED = [each for each in FAMILIES.values() if each.line]

GOLDEN = {
    "openai-chat": (
        '{"messages":[{"role":"user","content":"Wie groß?"},'
        '{"role":"assistant","content":"So groß.\\nUnd <|endoftext|> 🐝"}]}'
    ),
    "openai-chat-bom": (
        '\ufeff{"messages":[{"role":"user","content":"Wie groß?"},'
        '{"role":"assistant","content":"So groß.\\nUnd <|endoftext|> 🐝"}]}'
    ),
    "prompt-completion": ('{"prompt":"Wie groß?","completion":"So groß.\\nUnd <|endoftext|> 🐝"}'),
    "completion-model": (
        '{"prompt":"Wie groß?\\n\\n###\\n\\n","completion":" So groß.\\nUnd <|endoftext|> 🐝 END"}'
    ),
    "trl": (
        '{"prompt":[{"role":"user","content":"Wie groß?"}],'
        '"completion":[{"role":"assistant","content":"So groß.\\nUnd <|endoftext|> 🐝"}]}'
    ),
    "text": '{"text":"Wie groß?\\n\\nSo groß.\\nUnd <|endoftext|> 🐝"}',
    "axolotl": (
        '{"segments":[{"label":false,"text":"Wie groß?\\n\\n"},'
        '{"label":true,"text":"So groß.\\nUnd <|endoftext|> 🐝"}]}'
    ),
    "llama-factory": (
        '{"instruction":"Wie groß?","input":"",'
        '"output":"So groß.\\nUnd <|endoftext|> 🐝","system":""}'
    ),
    "gemini": (
        '{"contents":[{"role":"user","parts":[{"text":"Wie groß?"}]},'
        '{"role":"model","parts":[{"text":"So groß.\\nUnd <|endoftext|> 🐝"}]}]}'
    ),
    "bedrock": (
        '{"schemaVersion":"bedrock-conversation-2024",'
        '"messages":[{"role":"user","content":[{"text":"Wie groß?"}]},'
        '{"role":"assistant","content":[{"text":"So groß.\\nUnd <|endoftext|> 🐝"}]}]}'
    ),
}
WITH_SYSTEM = {
    "openai-chat": {"role": "system", "content": "Be brief."},
    "openai-chat-bom": {"role": "system", "content": "Be brief."},
    "trl": {"role": "system", "content": "Be brief."},
    "llama-factory": "Be brief.",
    "gemini": {"parts": [{"text": "Be brief."}]},
    "bedrock": [{"text": "Be brief."}],
}


@pytest.mark.parametrize("form", LINED, ids=lambda form: form.name)
def test_every_format_writes_its_golden_line(form, tmp_path):
    path = tmp_path / "train.jsonl"
    assert form.write(iter([ROW, NONE]), path) == 2
    text = path.read_bytes().decode()
    assert text.splitlines()[0] == GOLDEN[form.name]
    assert text.endswith("}\n")
    assert text.count("\n") == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["train.jsonl"]


@pytest.mark.parametrize("form", LINED, ids=lambda form: form.name)
def test_the_system_prompt_stands_where_the_format_has_a_place_for_it(form):
    line = form.line(TOLD)
    if form.name not in WITH_SYSTEM:
        assert "brief" not in json.dumps(line)
        return
    places = [line.get(name) for name in ("system", "systemInstruction")]
    places += [turns[0] for turns in (line.get("messages"), line.get("prompt")) if turns]
    assert WITH_SYSTEM[form.name] in places


@pytest.mark.parametrize("form", [each for each in LINED if not each.begins], ids=lambda f: f.name)
def test_a_line_gives_both_texts_back_letter_by_letter(form):
    said = "".join(texts_in(form.line(ROW)))
    assert ROW["prompt"] in said
    assert ROW["completion"] in said


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)


def test_takers_share_the_format_whose_lines_they_take():
    assert FORMATS["mistral"] is FORMATS["azure"] is FORMATS["openai-chat"]
    assert FORMATS["together"] is FORMATS["prompt-completion"]
    assert FORMATS["alpaca"].name == "llama-factory"
    assert len(FORMATS) == sum(1 + len(each.takers) for each in FAMILIES.values())


def test_a_byte_order_mark_stands_once_at_the_beginning(tmp_path):
    path = tmp_path / "train.jsonl"
    FORMATS["azure-bom"].write([ROW, NONE], path)
    assert path.read_bytes().startswith(codecs.BOM_UTF8)
    assert path.read_bytes().count(codecs.BOM_UTF8) == 1


BAD = {
    "no completion": ({"prompt": "Bees"}, "row 2: completion has no text: leave the row out"),
    "white space": ({"prompt": " \n", "completion": "x"}, "row 2: prompt has no text"),
    "a number": ({"prompt": "Bees", "completion": 5}, "row 2: completion has no text"),
    "half a surrogate pair": (
        {"prompt": "Bees\ud83d", "completion": "x"},
        "row 2: prompt has half of a surrogate pair at character 5",
    ),
}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(("row", "says"), BAD.values(), ids=BAD)
def test_a_row_that_cannot_be_written_is_named_and_leaves_no_file(name, row, says, tmp_path):
    with pytest.raises(FormatError, match=re.escape(says)) as caught:
        FORMATS[name].write([ROW, row], tmp_path / "file")
    assert caught.value.row == 2
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_older_file(tmp_path):
    path = tmp_path / "train.jsonl"
    FORMATS["text"].write([ROW], path)
    before = path.read_bytes()
    with pytest.raises(FormatError):
        FORMATS["text"].write([ROW, {}], path)
    assert path.read_bytes() == before


def test_llama_factory_finds_its_files(tmp_path):
    """The columns' names are LLaMA-Factory's own for the alpaca form."""
    for name in ("train", "validation"):
        FORMATS["llama-factory"].write([ROW], tmp_path / f"{name}.jsonl")
    FORMATS["llama-factory"].extras(tmp_path)
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "train": "train.jsonl",
        "validation": "validation.jsonl",
    }
    line = json.loads((tmp_path / "train.jsonl").read_text())
    assert set(info["train"]["columns"].values()) == set(line)
    assert set(info["train"]["columns"]) == {"prompt", "query", "response", "system"}


def test_other_formats_need_nothing_beside_their_files(tmp_path):
    FORMATS["gemini"].extras(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_format_and_every_other_name_of_it_is_explained():
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    cells = set(re.findall(r"`([a-z-]+)`", page))
    assert [name for name in FORMATS if name not in cells] == []


@pytest.mark.parametrize("row", [ROW, TOLD, NONE], ids=["plain", "system prompt", "none"])
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("openai-chat", "FineTuneChatRequestInput"),
        ("prompt-completion", "FineTuneCompletionRequestInput"),
        ("completion-model", "FineTuneCompletionRequestInput"),
    ],
)
def test_openais_own_schemas_take_the_lines(name, schema, row):
    path = SHARED / "spec" / "openai-training-lines.schema.json"
    if not path.exists():
        pytest.skip("no schema beside the clone")
    whole = json.loads(path.read_text())
    validator = jsonschema.Draft7Validator({**whole, "$ref": f"#/components/schemas/{schema}"})
    line = FORMATS[name].line(row)
    validator.validate(line)
    assert schema != "FineTuneChatRequestInput" or line["messages"]
    broken = {"messages": [{"role": "user"}], "prompt": 5}
    assert not validator.is_valid(broken)


@pytest.mark.parametrize("form", LINED, ids=lambda form: form.name)
def test_datasets_reads_the_files_of_every_format(form, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    from datasets import load_dataset  # noqa: PLC0415 - a second to import

    path = tmp_path / "train.jsonl"
    form.write([TOLD, TOLD], path)
    read = load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert read.num_rows == 2
    assert list(texts_in(read[1])) == list(texts_in(form.line(TOLD)))

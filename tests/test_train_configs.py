"""Configurations for other trainers: their keys, their paths, their lines; TRL's is run.

``trainer_keys.json`` has the names that the packages it names know, read off their own classes.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_models
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scrapy.settings import Settings

from ftcrawler.checking import check, sources_of
from ftcrawler.commands import upload
from pipelines.targets import TARGETS
from pipelines.trainconfigfiles import write_configs
from pipelines.trainingfolder import TrainingError
from pipelines.trainingplan import Plan
from pipelines.validate import Checker
from pipelines.yamltext import as_yaml

KEYS = json.loads((Path(__file__).parent / "trainer_keys.json").read_text())
ROWS = [
    {"prompt": f"Where do bees of hive {n} live?", "completion": f"They live in hive {n}, near the "
     f"river that the keeper knows best, and fly {n} miles.", "system_prompt": "Be brief."}
    for n in range(24)
]  # fmt: skip
FIGURES = {"learning_rate": 1e-5, "steps": 2, "batch_size": 2, "max_length": 64}
needs_extra = pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="make setup-train")


def written(folder: Path, *, held_out: bool = True, **plan) -> Path:
    files = {"train": [folder / "train.parquet"], "validation": [folder / "validation.parquet"]}
    for split, rows in (("train", ROWS[:20]), ("validation", ROWS[20:] if held_out else [])):
        schema = pa.schema([(name, pa.string()) for name in ROWS[0]])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), files[split][0])
    said = {"model": "some/model", "hyperparameters": FIGURES, **plan}
    write_configs(Plan.model_validate(said), files, "bees/1", folder / "configs")
    return folder / "configs"


def read(folder: Path, name: str) -> dict:
    return yaml.safe_load((folder / name).read_text())


@pytest.fixture(scope="module", params=["chat", "plain"])
def folder(request, tmp_path_factory):
    more = {} if request.param == "chat" else {"hyperparameters": {**FIGURES, "steps": 0}}
    return written(tmp_path_factory.mktemp(request.param), template=request.param, **more)


def test_axolotl_knows_every_key(folder):
    said = read(folder, "axolotl.yaml")
    known = KEYS["axolotl"]
    assert set(said) <= set(known["config"])
    for one in (*said["datasets"], *said["test_datasets"]):
        assert set(one) <= set(known["dataset"])
        assert isinstance(one["type"], str) or set(one["type"]) <= set(known["type"])
        assert (folder / one["path"]).is_file()


def test_llama_factory_knows_every_key_and_finds_its_data_sets(folder):
    said = read(folder, "llama-factory.yaml")
    assert set(said) <= set(KEYS["llama-factory"]["config"])
    info = json.loads((folder / said["dataset_dir"] / "dataset_info.json").read_text())
    for name in (said["dataset"], said["eval_dataset"]):
        assert (folder / said["dataset_dir"] / info[name]["file_name"]).is_file()


def test_unsloth_s_script_calls_what_there_is(folder):
    tree = ast.parse((folder / "unsloth_train.py").read_text())
    calls = {
        ast.unparse(node.func).rpartition(".")[2]: {word.arg for word in node.keywords}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    for name in ("from_pretrained", "get_peft_model"):
        assert calls[name] <= set(KEYS["unsloth"][name])
        assert len(calls[name]) >= 3
    assert calls["SFTConfig"] <= {
        *KEYS["llama-factory"]["config"],
        "max_length",
        "completion_only_loss",
    }


def test_numbers_are_numbers_for_every_reader(folder):
    for name in ("trl.yaml", "axolotl.yaml", "llama-factory.yaml"):
        said = read(folder, name)
        assert said["learning_rate"] == 1e-5
        assert said["seed"] == 0
        assert all(value not in ("", None) for value in said.values())


@pytest.mark.parametrize(
    ("lines", "target"),
    [("messages", "axolotl"), ("instructions", "llama-factory"), ("pairs", "trl")],
)
def test_the_lines_are_what_the_trainer_takes(folder, lines, target):
    sources = sources_of([str(folder / lines / "train.jsonl")], [], folder)
    report = check(sources, Checker(TARGETS[target], None), lambda *_: None)
    assert report.errors == 0
    assert report.files[0].examples == 20


def test_plain_pairs_are_the_same_text_for_trl_and_axolotl(tmp_path):
    folder = written(tmp_path, template="plain")
    first = json.loads((folder / "pairs" / "train.jsonl").read_text().splitlines()[0])
    assert first["prompt"] == f"Be brief.\n\n{ROWS[0]['prompt']}\n\n"
    said = read(folder, "axolotl.yaml")["datasets"][0]
    assert said["path"] == "pairs/train.jsonl"
    assert said["type"]["no_input_format"].format(instruction=first["prompt"]) == first["prompt"]


def test_without_validation_data_nothing_is_validated(tmp_path):
    folder = written(tmp_path, held_out=False)
    assert "test_datasets" not in read(folder, "axolotl.yaml")
    assert "eval_dataset" not in read(folder, "llama-factory.yaml")
    for name in ("trl.yaml", "llama-factory.yaml"):
        said = read(folder, name)
        assert (said["eval_strategy"], said["load_best_model_at_end"]) == ("no", False)
    assert "eval_dataset=None" in (folder / "unsloth_train.py").read_text()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    first = written(tmp_path)
    written(tmp_path, seed=7)  # an earlier one is replaced
    assert read(first, "trl.yaml")["seed"] == 7
    for path in first.iterdir():
        if path.name == "trl.yaml":
            path.unlink()
    with pytest.raises(TrainingError, match="name another"):
        written(tmp_path)
    assert (first / "README.md").is_file()


@pytest.mark.parametrize(
    ("files", "is_plain"),
    [
        ({}, True),
        ({"tokenizer_config.json": "{}"}, True),
        ({"tokenizer_config.json": '{"chat_template": "x"}'}, False),
        ({"chat_template.jinja": "x"}, False),
    ],
)
def test_a_model_s_folder_tells_whether_it_chats(tmp_path, files, is_plain):
    base = tmp_path / "base"
    base.mkdir()
    for name, text in files.items():
        (base / name).write_text(text)
    folder = written(tmp_path, model=str(base))
    assert (read(folder, "llama-factory.yaml").get("template") == "default") is is_plain


scalars = st.one_of(
    st.text(), st.integers(), st.booleans(), st.floats(1e-9, 1e9).map(lambda x: round(x, 9))
)


OTHERS = ("y", "n", "on", "off", "yes", "no", "true", "false", "null")  # no texts in YAML 1.1
names = st.from_regex(r"[a-z_]{1,9}", fullmatch=True).filter(lambda name: name not in OTHERS)
values = st.one_of(
    scalars, st.lists(scalars, min_size=1), st.dictionaries(st.just("key"), scalars, min_size=1)
)


@given(st.dictionaries(names, values))
def test_yaml_reads_back(said):
    assert (yaml.safe_load(as_yaml(said)) or {}) == said


@needs_extra
@pytest.mark.slow
def test_trl_knows_every_key(folder):
    import trl  # noqa: PLC0415 - of the extra

    kinds = (trl.SFTConfig, trl.ModelConfig, trl.ScriptArguments)
    known = {field.name for kind in kinds for field in dataclasses.fields(kind) if field.init}
    assert set(read(folder, "trl.yaml")) <= known
    tree = ast.parse((folder / "unsloth_train.py").read_text())
    call = next(
        n for n in ast.walk(tree) if getattr(getattr(n, "func", 0), "id", "") == "SFTConfig"
    )
    assert {word.arg for word in call.keywords} <= {
        f.name for f in dataclasses.fields(trl.SFTConfig)
    }


@needs_extra
@pytest.mark.slow
def test_trl_trains_by_its_configuration(tmp_path):
    texts = [text for row in ROWS for text in row.values()]
    base = tiny_models.save(tmp_path / "base", texts)
    folder = written(tmp_path, model=str(base), device="cpu")
    done = subprocess.run(
        [sys.executable, "-m", "trl.cli.main", "sft", "--config", "trl.yaml"],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    state = json.loads((folder / "out-trl" / "checkpoint-2" / "trainer_state.json").read_text())
    assert state["global_step"] == 2
    assert (folder / "out-trl" / "adapter_model.safetensors").is_file()


def test_scrapy_upload_writes_them(tmp_path, capsys):
    written(tmp_path)
    data = tmp_path / "datasets" / "bees" / "1" / "data"
    data.mkdir(parents=True)
    for split in ("train", "validation"):
        (tmp_path / f"{split}.parquet").rename(data / f"{split}-00000-of-00001.parquet")
    (data.parent / "manifest.json").write_text('{"sequence": 1}')
    (tmp_path / "targets.toml").write_text(
        '[small]\nkind = "train"\nmodel = "some/model"\n[shelf]\nkind = "local"\nurl = "shelf"\n'
    )

    def run(*argv):
        command = upload.Command()
        command.settings = Settings(
            {"DATA_DIR": str(tmp_path), "TARGETS_FILE": str(tmp_path / "targets.toml")}
        )
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        opts, args = parser.parse_known_args(argv)
        command.run(args, opts)
        return command.exitcode

    assert run("bees", "--to", "small", "--write-configs", str(tmp_path / "new")) == 0
    assert str(tmp_path / "new" / "axolotl.yaml") in capsys.readouterr().out
    assert read(tmp_path / "new", "axolotl.yaml")["base_model"] == "some/model"
    assert run("bees", "--to", "shelf", "--write-configs", str(tmp_path / "no")) == 2
    assert "[shelf] is of kind local, not train" in capsys.readouterr().err
    assert run("none", "--to", "small", "--write-configs", str(tmp_path / "no")) == 2
    assert "none: no such dataset" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()

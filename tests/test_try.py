"""A fine-tuned model beside its base, on rows of the validation data."""

from __future__ import annotations

import argparse
import importlib
import json
from types import SimpleNamespace

import pytest
from bundles import built
from scrapy.settings import Settings
from stub_jobs import Provider

from ftcrawler import jobs as glue
from ftcrawler.exits import Exit
from pipelines import trying
from pipelines.destinations import RefusedError
from pipelines.destinations.targetfile import load_targets
from pipelines.receipts import Job, Receipt, Receipts
from pipelines.versions import find

command_module = importlib.import_module("ftcrawler.commands.try")
TARGETS = """
[there]
kind = "openai"
base_url = "https://api.example/v1"
key = "STUB_KEY"

[here]
kind = "train"
model = "tiny"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("try")
    version = built(folder)
    for identity, kind, target, form, status in (
        ("there-1", "openai", "there", "openai-chat", "succeeded"),
        ("there-2", "openai", "there", "openai-chat", "running"),
        ("here-1", "train", "here", "", "succeeded"),
    ):
        done = status == "succeeded"
        job = Job(id=f"job-{identity}", status=status, base_model="base",
                  model="tuned" if done else "")  # fmt: skip
        Receipts(folder).adopt(
            Receipt(id=identity, target=target, kind=kind, dataset=version.name, digest="00",
                    format=form, job=job, started=f"2026-11-24T0{kind == 'openai':d}:00:00Z")
        )  # fmt: skip
    return folder


def rows_of(data, number, seed=0):
    return trying.draw(find(data, "bees").folder, number, seed)


def test_the_same_rows_are_drawn_each_time(data):
    five = rows_of(data, 5)
    assert five == rows_of(data, 5)
    assert rows_of(data, 3) == five[:3]
    assert rows_of(data, 5, seed=1) != five
    every = rows_of(data, 10_000)
    assert len({row["pair_id"] for row in every}) == len(every)
    assert len(every) == find(data, "bees").manifest["pairs"]["validation"]


@pytest.fixture
def asked(data):
    """A model at a provider, and what the provider was asked."""
    provider = Provider()
    target = load_targets(TARGETS)["there"]

    def ask(answer, form="openai-chat", number=3):
        seen, waits = [], []

        def told(given):
            seen.append(given)
            return answer(given)

        provider.answer = told
        model = trying.Asked(target, provider.client(target, {}), "tuned", 99, waits.append)
        return model.answers(rows_of(data, number), form), seen, waits

    return ask


def test_a_prompt_is_put_as_it_was_trained(asked, data):
    answers, seen, _ = asked(lambda given: f" to {given['messages'][-1]['content'][:9]}\n")
    assert [one.text for one in answers] == ["to What does"] * 3
    prompts = {row["prompt"] for row in rows_of(data, 3)}
    assert {given["messages"][-1]["content"] for given in seen} == prompts
    assert (seen[0]["model"], seen[0]["temperature"], seen[0]["max_tokens"]) == ("tuned", 0, 99)


def test_models_that_take_other_options_get_them(asked):
    def answer(given):
        return 422 if "temperature" in given or "max_tokens" in given else "good"

    # The stub's words name no option, so that the reason is told.
    answers, _, _ = asked(answer)
    assert "refuses (HTTP 422" in answers[0].trouble

    def strict(given):
        wrong = [name for name in ("max_tokens", "temperature") if name in given]
        return (400, f"Unsupported parameter: '{wrong[0]}'") if wrong else "good"

    answers, seen, _ = asked(strict)
    assert [one.text for one in answers] == ["good"] * 3
    assert seen[-1]["max_completion_tokens"] == 99
    assert "temperature" not in seen[-1]


def test_faults_that_pass_are_waited_for(asked):
    left = [503, 429, 500]
    answers, _, waits = asked(lambda _: left.pop() if left else "good", number=1)
    assert answers[0].text == "good"
    assert waits == [60, 60, 60]  # the provider asks for 77
    answers, seen, _ = asked(lambda _: 500, number=1)
    assert ("HTTP 500" in answers[0].trouble, len(seen)) == (True, 4)


def test_a_model_that_is_gone_is_not_asked_again(asked):
    answers, seen, _ = asked(lambda _: 404, number=12)
    assert {one.trouble for one in answers} == {
        "[there] https://api.example/v1 knows no tuned: see base_url and the key's project"
    }
    assert len(seen) <= 4  # those that were on their way together


def test_base_models_complete_texts(data):
    target = load_targets(TARGETS)["there"]
    given = {}

    def create(**more):
        given.update(more)
        return SimpleNamespace(choices=[SimpleNamespace(text=" Bees hum. ")])

    client = SimpleNamespace(completions=SimpleNamespace(create=create))
    model = trying.Asked(target, client, "davinci", 9)
    assert model.answers(rows_of(data, 1), "completion-model") == [trying.Answer("Bees hum.")]
    assert given["prompt"].endswith("\n\n###\n\n")
    assert given["stop"] == [" END"]


# -- The command ----------------------------------------------------------------------


@pytest.fixture
def command(data, tmp_path, monkeypatch):
    provider = Provider()
    (tmp_path / "targets.toml").write_text(TARGETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(glue.Book.__init__, "__defaults__", (provider.client,))
    monkeypatch.setattr(trying, "_WAITS", ())
    made = command_module.Command()
    made.settings = Settings({"DATA_DIR": str(data)})
    parser = argparse.ArgumentParser()
    made.add_options(parser)

    def run(*args):
        made.exitcode = 0
        options, names = parser.parse_known_args(list(args))
        made.run(names, options)
        return made.exitcode

    run.provider = provider
    return run


def test_people_see_both_beside_the_page(command, data, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    row = rows_of(data, 1)[0]
    command.provider.answer = lambda given: (
        row["completion"] if given["model"] == "tuned" else "\x1b[2JNo."
    )
    assert command("--prompts", "1") == Exit.OK
    said = capsys.readouterr().out
    assert "base: base" in said
    assert "[2JNo." in said
    assert "\x1b" not in said
    assert said.endswith("base: 0% of the words as on the page, in the mean\n"
                         "tuned: 100% of the words as on the page, in the mean\n")  # fmt: skip


def test_programs_get_everything(command, capsys):
    command.provider.answer = lambda given: 500 if given["model"] == "base" else "word1 word2"
    assert command("--job", "job-there-1", "--prompts", "2", "--json") == Exit.PARTLY
    said = capsys.readouterr()
    shown = json.loads(said.out)
    assert (shown["base_model"], shown["model"], shown["alike"]["base"]) == ("base", "tuned", None)
    assert [one["tuned"]["text"] for one in shown["tried"]] == ["word1 word2"] * 2
    assert said.err.count("HTTP 500") == 1
    command.provider.answer = lambda _: 500
    assert command("--prompts", "1") == Exit.FAILED


def test_models_of_this_machine_answer_too(command, capsys, monkeypatch):
    def answer(receipt, rows, *, tuned):
        if not tuned:
            raise RefusedError("[here] the base is not there")
        return [receipt.id] * len(rows)

    here = SimpleNamespace(answer=answer)
    monkeypatch.setattr(glue, "destination_of", lambda *_: here)
    assert command("--job", "here-1", "--json", "--prompts", "1") == Exit.PARTLY
    said = capsys.readouterr()
    assert json.loads(said.out)["tried"][0]["tuned"]["text"] == "here-1"
    assert "the base is not there" in said.err


def test_what_cannot_be_tried_is_said(command, data, capsys):
    command.provider.job("job-there-2", {"status": "running"})
    wrong = {
        ("--job", "job-there-2"): "job-there-2 has no model to try: it is running; scrapy jobs",
        ("--job", "nothing"): "nothing: no such job; known: ",
        ("--to", "nowhere"): "no target [nowhere]",
    }
    for args, says in wrong.items():
        assert command(*args) == Exit.CONFIGURATION
        assert says in capsys.readouterr().err
    # Without --job, the latest that succeeded.
    assert command("--prompts", "1", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out)["job"] == "job-there-1"


def test_a_dataset_that_is_gone_or_all_for_training(command, data, capsys, monkeypatch):
    monkeypatch.setattr(trying, "draw", lambda *_: [])
    assert command() == Exit.CONFIGURATION
    assert "has no validation data to ask: build with --validation" in capsys.readouterr().err
    monkeypatch.setattr("pipelines.versions.find", lambda *_: None)
    assert command() == Exit.CONFIGURATION
    assert "no such dataset any more in" in capsys.readouterr().err

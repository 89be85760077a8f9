"""Jobs are followed to their end, whatever the network and the provider do meanwhile."""

from __future__ import annotations

import argparse
import json
import re

import httpx2
import pytest
import stub_provider
from bundles import built
from conftest import SHARED, Crawler
from rich.console import Console
from scrapy.exceptions import UsageError
from scrapy.settings import Settings
from stub_jobs import Provider, event, metric

from ftcrawler import jobs as glue
from ftcrawler.commands import jobs as command_module
from ftcrawler.exits import Exit
from ftcrawler.jobs import Book, chosen
from ftcrawler.jobsshown import display
from pipelines.destinations import RefusedError
from pipelines.destinations.targetfile import load_targets
from pipelines.jobs import JobView, outcome_of, seen, sparkline
from pipelines.jobwatch import Watch
from pipelines.receipts import Job, Receipt, Receipts

TARGETS = """
[there]
kind = "openai"
base_url = "https://api.example/v1"
key = "STUB_KEY"
model = "base-1"

[here]
kind = "train"
model = "tiny"
"""
DONE = {"status": "succeeded", "fine_tuned_model": "ft:base-1:bees", "finished_at": 1_700_000_900}


@pytest.fixture
def provider():
    return Provider()


class Time:
    """A clock that waiting moves."""

    def __init__(self):
        self.now = 1_700_000_000.0
        self.waits = []

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self):
        return self.now


def receipt(folder, identity, job="", kind="openai", target="there", **more):
    given = Receipt(
        id=identity, target=target, kind=kind, dataset="bees/20261124-1", digest="0" * 64,
        started="2026-11-24T02:00:00Z", **more,
    )  # fmt: skip
    given.job = Job(id=job, status="queued") if job else given.job
    return Receipts(folder).adopt(given)


def book(folder, provider):
    return Book(folder, load_targets(TARGETS), {"STUB_KEY": "x"}, provider.client)


def follow(folder, provider, **more):
    """The jobs of the receipts as they are at the end, what was shown, the waits between."""
    time = Time()
    ours = book(folder, provider)
    watch = Watch(ours.views(), ours.source, time, time.sleep, **more)
    shown = list(watch.follow())
    for view in shown:
        ours.note(view)
    return {view.id: view for view in watch.views.values()}, shown, time.waits


def test_a_job_is_followed_to_its_model(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job(
        "ftjob-1",
        {"status": "validating_files"},
        {"status": "running", "events": [event(1, "began"), metric(2, 2.5), metric(3, 1.25)]},
        {**DONE, "events": [metric(4, 1.0)], "trained_tokens": 900},
    )
    views, shown, waits = follow(tmp_path, provider)
    view = views["ftjob-1"]
    assert [one.status for one in shown] == ["validating_files", "running", "succeeded"]
    assert (view.outcome, view.model, view.tokens) == ("succeeded", "ft:base-1:bees", 900)
    assert [point.loss for point in view.points] == [2.5, 1.25, 1.0]
    assert waits == [10, 10]
    kept = Receipts(tmp_path).read("there-1").job
    assert (kept.status, kept.model, kept.base_model) == ("succeeded", "ft:base-1:bees", "base-1")


def test_what_comes_between_is_survived(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job(
        "ftjob-1",
        {"status": "running"},
        httpx2.ConnectError("no route to host"),
        httpx2.ReadTimeout("slow"),
        500,
        429,
        "html",
        {"status": "optimizing_quantum_foam"},
        DONE,
    )
    views, shown, waits = follow(tmp_path, provider, interval=5)
    assert views["ftjob-1"].model == "ft:base-1:bees"
    assert [bool(view.trouble) for view in shown] == [False] + 5 * [True] + [False, False]
    said = "https://api.example/v1 does not answer (no route to host); since 22:13:25 UTC, the "
    assert f"{said}next try is in 5 s" in shown[1].trouble
    assert "HTTP 500, request req-1); since 22:13:25" in shown[3].trouble
    # Longer each time, once as long as the provider asked for; as before once it answers.
    assert waits == [5, 5, 10, 77, 77, 80, 5]
    assert shown[-2].status == "optimizing_quantum_foam"


ENDS = {
    "failed": ({"status": "failed", "error": {"message": "bad \x1b[2Jfile"}}, "failed", "bad [2J"),
    "cancelled": ({"status": "cancelled"}, "cancelled", ""),
    "an unknown end": ({"status": "melted", "finished_at": 1_700_000_001}, "failed", ""),
    "a wrong key": (401, "lost", "does not take the key in STUB_KEY"),
    "no such job": (404, "lost", "knows no ftjob-1"),
    "no such API": ("html", "lost", "does not answer as OpenAI's API does: see base_url"),
    "a refusal": (403, "lost", "refuses (HTTP 403, request req-1): that cannot be"),
}


@pytest.mark.parametrize(("step", "outcome", "says"), ENDS.values(), ids=ENDS)
def test_every_end_is_an_end(step, outcome, says, tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", step)
    views, shown, waits = follow(tmp_path, provider)
    assert (len(shown), waits) == (1, [])
    assert views["ftjob-1"].outcome == outcome
    assert says in f"{views['ftjob-1'].error}{views['ftjob-1'].trouble}"


def test_all_events_are_heard_once_however_many(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    many = [metric(n, 1 + 1 / n, 250) for n in range(1, 251)]
    provider.job("ftjob-1", {"status": "running", "events": many}, DONE)
    views, _, _ = follow(tmp_path, provider)
    assert [one.id for one in views["ftjob-1"].events] == [one["id"] for one in many]
    assert provider.seen.count("GET /fine_tuning/jobs/ftjob-1/events") == 4


def test_jobs_of_several_targets_each_at_its_own_pace(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    receipt(tmp_path, "there-2", "ftjob-2")
    receipt(tmp_path, "gone-1", "ftjob-3", target="gone")
    provider.job("ftjob-1", 500, 500, DONE)
    provider.job("ftjob-2", {"status": "running"}, DONE)
    views, shown, _ = follow(tmp_path, provider)
    assert [view.id[-1] for view in shown] == ["3", "1", "2", "2", "1", "1"]
    assert "is no target of kind openai in the target file" in views["ftjob-3"].trouble
    assert command_module.exit_of(views.values()) == Exit.PARTLY


def test_trainings_on_this_machine_are_jobs_too(tmp_path, provider):
    losses = {"losses": [[1, 2.0, None], [2, 1.5, 1.75]], "steps": 4}
    receipt(tmp_path, "here-1", "here-1", kind="train", target="here", notes=losses)
    with Receipts(tmp_path).locked("here-1"):
        ours = book(tmp_path, provider)
        (view,) = Watch(ours.views(), ours.source, Time(), None).once()
    assert (view.status, view.outcome, view.points[-1]) == ("queued", "going", (2, 4, 1.5, 1.75))
    views, _, _ = follow(tmp_path, provider)
    assert (views["here-1"].status, views["here-1"].outcome) == ("interrupted", "failed")
    assert provider.seen == []


def test_somebody_elses_receipt_is_not_written(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", DONE)
    with Receipts(tmp_path).locked("there-1"):
        follow(tmp_path, provider)
    assert Receipts(tmp_path).read("there-1").job.status == "queued"


def test_a_job_is_not_asked_for_at_another_provider_than_it_was_begun_at(tmp_path, provider):
    begun = receipt(tmp_path, "there-1", "ftjob-1")
    begun.identity = {"base_url": "https://old.example/v1"}
    begun.save()
    provider.job("ftjob-1", DONE)
    jobs, _, _ = follow(tmp_path, provider)
    assert "it was sent with 'https://old.example/v1': put that back" in jobs["ftjob-1"].trouble
    ours = book(tmp_path, provider)
    with pytest.raises(RefusedError, match="it was sent with"):
        ours.provider_of(ours.views()[0])
    assert provider.seen == []
    assert Receipts(tmp_path).read("there-1").job.status == "queued"


def test_jobs_are_shown_beside_what_is_no_receipt(command, tmp_path, provider, capsys):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", DONE)
    (tmp_path / "uploads/there-2.json").mkdir()
    (tmp_path / "uploads/there-3.json").write_text('{"id": "there-')
    assert command() == Exit.STORAGE
    told = capsys.readouterr()
    assert "succeeded" in told.out
    assert "there-2.json: a folder, not a receipt" in told.err
    assert "there-3.json: not a receipt that can be read" in told.err


def test_jobs_are_found_by_their_beginning():
    views = [
        JobView("ftjob-12", "there", receipt="there-1", dataset="bees/1"),
        JobView("ftjob-1", "there", receipt="there-2", dataset="bees/2"),
    ]
    for name, meant in (("ftjob-1", "ftjob-1"), ("ftjob-12", "ftjob-12"), ("bees", "ftjob-1")):
        assert [view.id for view in chosen(views, [name])[0]] == [meant]
    said = "wasps: no such job; known: ftjob-12, ftjob-1"
    assert chosen(views, ["wasps", ""])[1][0] == said


def test_the_display_is_whole(tmp_path, provider):
    receipt(tmp_path, "there-1", "ftjob-1")
    many = [metric(n, 4 / n, 8) for n in range(1, 5)]
    provider.job("ftjob-1", {"status": "running", "events": many})
    ours = book(tmp_path, provider)
    views = Watch(ours.views(), ours.source, Time(), None).once()
    console = Console(record=True, width=160)
    with console.capture() as caught:
        console.print(display(views, console.width))
    line = caught.get().splitlines()[1]
    for part in (
        "ftjob-1",
        "bees/20261124-1",
        "running",
        "█████░░░░░  50%",
        "█▃▂▁ 4 → 1",
        "base-1",
    ):
        assert part in line
    assert "2023-11-14 22:13  ftjob-1  Step 4/8: training loss=1.00" in caught.get()


def test_a_provider_may_say_little():
    view = seen(JobView("1", "there"), object())
    assert (view.status, view.outcome, view.created) == ("", "going", 0)
    assert outcome_of("", 0, "") == "going"
    assert sparkline([]) == ""


# -- The command ----------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch, provider):
    """The command in this process; called with arguments, it gives its exit code."""
    (tmp_path / "targets.toml").write_text(TARGETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUB_KEY", "x")
    monkeypatch.setattr(glue.Book.__init__, "__defaults__", (provider.client,))
    monkeypatch.setattr(command_module.time, "sleep", lambda _: None)
    made = command_module.Command()
    made.settings = Settings({"DATA_DIR": str(tmp_path)})
    parser = argparse.ArgumentParser()
    made.add_options(parser)

    def run(*args):
        made.exitcode = 0
        options, names = parser.parse_known_args(list(args))
        made.run(names, options)
        return made.exitcode

    return run


def test_scripts_wait_for_the_model(command, tmp_path, provider, capsys):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", {"status": "running", "events": [metric(1, 2)]}, DONE)
    assert command("bees", "--wait") == Exit.OK
    said = capsys.readouterr()
    assert said.out == "ftjob-1 succeeded: ft:base-1:bees; scrapy try --job ftjob-1\n"
    assert said.err.splitlines() == [
        "ftjob-1 is running",
        "ftjob-1 Step 1/4: training loss=2.00",
        "ftjob-1 is succeeded",
    ]
    assert command("--wait") == Exit.OK  # nothing is under way
    assert command("ftjob-1", "--json") == Exit.OK
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["model"], shown["points"][0]["loss"]) == ("ft:base-1:bees", 2)


def test_a_failed_job_fails_the_script(command, tmp_path, provider, capsys):
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", {"status": "failed", "error": {"message": "too few lines"}})
    assert command("ftjob-1", "--wait") == Exit.FAILED
    assert capsys.readouterr().out == "ftjob-1 failed: too few lines\n"


def test_jobs_are_steered(command, tmp_path, provider, capsys):
    receipt(tmp_path, "there-1", "ftjob-1")
    receipt(tmp_path, "here-1", "here-1", kind="train", target="here")
    provider.job("ftjob-1")
    provider.job("ftjob-9")
    assert command("--pause", "ftjob-1") == Exit.OK
    assert command("--resume", "ftjob-1") == Exit.OK
    assert command("--cancel", "ftjob-1") == Exit.OK
    assert capsys.readouterr().out.splitlines() == [
        f"ftjob-1 is {status}" for status in ("pausing", "running", "cancelled")
    ]
    assert Receipts(tmp_path).read("there-1").job.status == "cancelled"
    assert command("--cancel", "ftjob-9") == Exit.CONFIGURATION  # no receipt tells of it
    assert command("--cancel", "ftjob-9", "--to", "there") == Exit.OK
    assert command("--pause", "here-1") == Exit.FAILED
    assert "end that with Ctrl-C" in capsys.readouterr().err


def test_what_is_known_is_shown_when_the_provider_is_not_there(command, tmp_path, provider, capsys):
    receipt(tmp_path, "there-1", "ftjob-1")
    (tmp_path / "uploads/torn.json").write_text("{")
    provider.job("ftjob-1", httpx2.ConnectError("unplugged"))
    assert command() == Exit.PARTLY
    said = capsys.readouterr()
    assert "queued" in said.out
    assert "does not answer (unplugged)\n" in said.err
    assert "torn.json: not a receipt that can be read" in said.err


def test_watching_draws_the_jobs(command, tmp_path, provider, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", {"status": "running", "events": [metric(1, 2), metric(2, 1)]}, DONE)
    assert command("--watch") == Exit.OK
    said = capsys.readouterr()
    assert "50%" in said.err
    assert "Step 2/4: training loss=1.00" in said.err
    assert "ft:base-1:bees" in said.err
    assert said.out.startswith("ftjob-1 succeeded: ft:base-1:bees")


def test_the_jobs_of_a_provider_are_shown_too(command, tmp_path, provider, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.job("ftjob-1", {"status": "running"})
    provider.job("ftjob-2", status="cancelled", created_at=1_700_000_500)
    assert command("--to", "there") == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["job", "ftjob-1", "ftjob-2"]
    provider.key = "another"
    assert command("--to", "there") == Exit.PARTLY
    said = capsys.readouterr()
    assert "ftjob-1" in said.out
    assert "does not take the key in STUB_KEY: set another" in said.err


@pytest.mark.parametrize("status", ["validating_files", "queued", "running"])
def test_the_stub_speaks_as_openais_own_types_say(status, tmp_path, provider):
    """So that what is read of it is what OpenAI sends."""
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.is_strict = True
    provider.job("ftjob-1", {"status": status, "events": [metric(1, 2.0)]}, DONE)
    views, _, _ = follow(tmp_path, provider)
    assert views["ftjob-1"].outcome == "succeeded"
    assert book(tmp_path, provider).with_others("there")[0].model == "ft:base-1:bees"


def test_wrong_asking_is_said(command, tmp_path, capsys):
    assert command("--to", "nowhere") == Exit.CONFIGURATION
    assert "no target [nowhere]; there are: there, here" in capsys.readouterr().err
    assert command() == Exit.OK
    assert "there is no job so far: scrapy upload" in capsys.readouterr().err
    for every in ("0", "nan", "inf"):
        with pytest.raises(UsageError, match="--every: more than 0 seconds, 86400 at most"):
            command("--watch", "--every", every)
    (tmp_path / "targets.toml").unlink()
    assert command("--to", "there") == Exit.CONFIGURATION
    assert "targets.toml: no such file; scrapy upload --example" in capsys.readouterr().err


def test_a_target_file_is_read_as_editors_write_it_or_named(command, tmp_path, capsys):
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS, "utf-8-sig")
    assert command("--to", "there") == Exit.OK
    file.write_bytes(TARGETS.encode("utf-16"))
    assert command() == Exit.CONFIGURATION
    assert "targets.toml: not UTF-8: save it in that encoding" in capsys.readouterr().err
    file.unlink()
    file.mkdir()
    assert command() == Exit.CONFIGURATION
    assert "targets.toml cannot be read: Is a directory" in capsys.readouterr().err


# -- OpenAI's own specification -------------------------------------------------------


@pytest.fixture(scope="module")
def spec():
    path = SHARED / "spec/openai-finetuning.openapi.json"
    if not path.exists():
        pytest.skip("the specification is not here")
    return json.loads(path.read_text("utf-8"))


def operation(spec, method, path):
    """What the specification says of a request."""
    for template, operations in spec["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", r"[\\w-]+", template), path):
            return operations[method.lower()]
    raise AssertionError(f"{path} is not in the specification")


def test_requests_and_answers_are_as_the_specification_says(spec, tmp_path, provider):
    jsonschema = pytest.importorskip("jsonschema")
    receipt(tmp_path, "there-1", "ftjob-1")
    provider.is_strict = True
    many = [metric(n, 1 + 1 / n, 150) for n in range(1, 151)]
    provider.job("ftjob-1", {"status": "running", "events": many})
    source = book(tmp_path, provider).provider("there")
    source.all()
    assert len(source.events(source.job("ftjob-1").id, set())) == 150
    for what in ("pause", "resume", "cancel"):
        source.change(what, "ftjob-1")
    assert len(provider.exchanges) == 7
    for request, answer in provider.exchanges:
        told = operation(spec, request.method, request.url.path.removeprefix("/v1"))
        known = {one["name"] for one in told["parameters"] if one["in"] == "query"}
        assert set(request.url.params) <= known
        schema = told["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": spec["components"]})


# -- Through the commands, over HTTP ---------------------------------------------------


@pytest.mark.slow
def test_people_upload_wait_steer_and_try(tmp_path):
    crawler = Crawler(tmp_path)
    name = built(crawler.data, pages=30).name
    with stub_provider.serving() as there:
        (tmp_path / "targets.toml").write_text(
            f'[there]\nkind = "openai"\nbase_url = "{there.url}"\nkey = "STUB_KEY"\n'
            'model = "base-1"\nhyperparameters = { n_epochs = 2 }\n'
        )

        def scrapy(*args):
            setting = f"TARGETS_FILE={tmp_path / 'targets.toml'}"
            return crawler.run(*args, "-s", setting, STUB_KEY=stub_provider.KEY)

        there.statuses = ["validating_files"]
        there.events = [metric(2, 0.5), metric(1, 2.0)]
        done = scrapy("upload", "bees", "--to", "there")
        assert done.code == 0, done.err
        (job,) = there.jobs
        done = scrapy("jobs")
        assert re.search(rf"^{job} .*{name} .*validating_files", done.out, re.MULTILINE)
        assert "50% █▁ 2 → 0.5" in " ".join(done.out.split())
        there.statuses = []
        assert scrapy("jobs", "--pause", "bees").out == f"{job} is paused\n"
        there.statuses = ["running", "running", "succeeded"]
        there.fault("GET .*jobs/", 500)
        done = scrapy("jobs", job, "--wait", "--every", "0.1")
        model = there.jobs[job]["fine_tuned_model"]
        assert (done.code, done.out) == (0, f"{job} succeeded: {model}; scrapy try --job {job}\n")
        done = scrapy("try", "--prompts", "2", "--json")
        assert done.code == 0, done.err
        assert [one["tuned"]["text"] for one in json.loads(done.out)["tried"]] == [
            f"by {model}"
        ] * 2

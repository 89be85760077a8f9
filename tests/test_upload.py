"""Uploads to a provider of OpenAI's protocol: once, resumed, found again; errors' words."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
from argparse import Namespace
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from bundles import built
from openai.types.fine_tuning import JobCreateParams
from pydantic import TypeAdapter
from scrapy.settings import Settings
from stub_provider import KEY, MODEL, serving

from ftcrawler.affected import affected
from ftcrawler.commands import uploads
from ftcrawler.exits import Exit
from ftcrawler.preflight import stale
from ftcrawler.schema import SCHEMA
from ftcrawler.uploading import Wishes, upload_dataset
from pipelines import patience, upload
from pipelines.bundles import bundle_of
from pipelines.destinations import FailedError, RefusedError, destination_of
from pipelines.destinations.openai import OpenAIProtocol
from pipelines.destinations.targetfile import TargetError, load_targets
from pipelines.jobsource import client_of
from pipelines.receipts import Receipt, ReceiptError, Receipts
from pipelines.versions import find

ROOT = Path(__file__).resolve().parent.parent
NOW = 1_795_000_000.0


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A built dataset, made once."""
    data = tmp_path_factory.mktemp("uploads")
    built(data)
    return data


@pytest.fixture
def data(shelf, tmp_path):
    shutil.copytree(shelf / "datasets", tmp_path / "datasets", symlinks=True)
    return tmp_path


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(patience, "_FIRST", 0.001)
    with serving() as provider:
        yield provider


def target_of(url: str, **more):
    said = {"base_url": url, "model": MODEL, "settle": 0.05, "retries": 3} | more
    lines = [f"{name} = {toml(value)}" for name, value in said.items()]
    return load_targets("[there]\nkind = 'openai'\n" + "\n".join(lines))["there"]


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)


class Heard(list):
    """What a call told."""

    def __call__(self, what, done, total):
        if not done and not total:
            self.append(what)


def send(data, target, heard=None, key=KEY, dataset="bees", **wishes):
    environment = {"OPENAI_API_KEY": key} if key else {}
    wishes = Wishes(environment, ROOT / "ftcrawler/prices.toml", NOW, **wishes)
    return upload_dataset(data, dataset, target, wishes, Heard() if heard is None else heard)


def errors(done):
    return [one.says for one in done.problems if one.weight == "error"]


# -- Once ------------------------------------------------------------------------------


def test_files_arrive_whole_and_one_job_begins_with_them(data, stub):
    done = send(data, target_of(stub.url, hyperparameters={"n_epochs": 2}, suffix="bees", seed=7))
    assert (done.exit, errors(done)) == (Exit.OK, [])
    folder = data / "datasets/bees/latest/openai-chat"
    arrived = {stub.files[f]["filename"]: bytes(c) for f, c in stub.contents.items()}
    assert sorted(arrived.values()) == sorted(path.read_bytes() for path in folder.iterdir())
    [job] = stub.jobs.values()
    asked = job["asked"]
    assert asked["method"] == {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 2}},
    }
    assert (asked["suffix"], asked["seed"], asked["model"]) == ("bees", 7, MODEL)
    assert asked["metadata"]["ftcrawler"] == f"{done.receipt.id}#1"
    assert stub.files[asked["training_file"]]["filename"].startswith("bees-train-")
    assert stub.files[asked["validation_file"]]["filename"].startswith("bees-validation-")
    kept = Receipts(data).read(done.receipt.id)
    assert (kept.job.id, kept.state) == (job["id"], "sent")
    assert KEY not in "".join(path.read_text("latin-1") for path in (data / "uploads").glob("*"))


def test_a_second_call_sends_nothing(data, stub):
    send(data, target_of(stub.url))
    before = len(stub.seen), stub.sent
    assert send(data, target_of(stub.url)).exit == Exit.OK
    assert not [line for line in stub.seen[before[0] :] if line.startswith("POST")]
    assert stub.sent == before[1]


def test_without_its_receipt_files_and_job_are_found_again(data, stub):
    send(data, target_of(stub.url))
    sent = stub.sent
    shutil.rmtree(data / "uploads")
    assert send(data, target_of(stub.url)).receipt.job.id == next(iter(stub.jobs))
    assert (len(stub.files), len(stub.jobs), stub.sent) == (2, 1, sent)


def test_what_is_there_is_found_on_any_page_of_a_long_list(data, stub):
    send(data, target_of(stub.url))
    for number in range(45):
        stub.add_file(f"other-{number}.jsonl", 1, b"")
    shutil.rmtree(data / "uploads")
    send(data, target_of(stub.url))
    assert (len(stub.files), len(stub.jobs)) == (47, 1)


def test_other_hyperparameters_are_another_job_with_the_same_files(data, stub):
    send(data, target_of(stub.url))
    send(data, target_of(stub.url, hyperparameters={"n_epochs": 4}))
    assert (len(stub.files), len(stub.jobs)) == (2, 2)


def test_a_key_or_a_price_makes_no_other_upload(data, stub):
    send(data, target_of(stub.url))
    send(data, target_of(stub.url, per_million_tokens=3, timeout=99))
    assert (len(stub.files), len(stub.jobs)) == (2, 1)


@pytest.mark.parametrize(
    ("match", "kind", "times"),
    [
        pytest.param("POST /files", "lost", 1, id="answer to a file lost"),
        pytest.param("POST /files", "reset", 2, id="reset in the middle of a file"),
        pytest.param("POST /files", 500, 2, id="server errors"),
        pytest.param("POST /fine_tuning/jobs", "lost", 1, id="answer to a job lost"),
        pytest.param("POST /fine_tuning/jobs", 503, 2, id="jobs unavailable"),
        pytest.param("POST /uploads/.*/parts", "reset", 2, id="reset in the middle of a part"),
        pytest.param("POST /uploads/.*/parts", "lost", 1, id="answer to a part lost",
                     marks=pytest.mark.slow),
        pytest.param("POST /uploads/.*/complete", "lost", 1, id="answer to the completion lost"),
        pytest.param("POST /uploads$", "lost", 1, id="answer to a new upload lost",
                     marks=pytest.mark.slow),
        pytest.param("GET /files", 502, 2, id="lists unavailable"),
    ],
)  # fmt: skip
def test_what_breaks_is_done_again_and_never_twice(data, stub, monkeypatch, match, kind, times):
    monkeypatch.setattr(upload, "_MB", 2_000)
    fault = stub.fault(match, kind, times)
    done = send(data, target_of(stub.url, uploads="parts" if "uploads" in match else "plain",
                                part_mb=1))  # fmt: skip
    assert (done.exit, errors(done), fault.times) == (Exit.OK, [], 0)
    assert (len(stub.files), len(stub.jobs)) == (2, 1)
    names = [file["filename"] for file in stub.files.values()]
    assert len(set(names)) == 2
    for identity, content in stub.contents.items():
        assert hashlib.sha256(content).hexdigest()[:16] in stub.files[identity]["filename"]


def test_retry_after_is_waited_for(data, stub):
    stub.fault("POST /files", 429, 1, retry_after="0.4")
    heard, began = Heard(), time.monotonic()
    assert send(data, target_of(stub.url), heard).exit == Exit.OK
    assert time.monotonic() - began > 0.4
    assert "asking again" in heard[0]


def test_what_does_not_pass_is_one_sentence_and_the_next_call_goes_on(data, stub):
    fault = stub.fault("POST /fine_tuning/jobs", 500, 99)
    done = send(data, target_of(stub.url))
    assert done.exit == Exit.FAILED
    assert "after 4 tries: upload again later" in errors(done)[0]
    fault.times, sent = 0, stub.sent
    assert send(data, target_of(stub.url)).exit == Exit.OK
    assert (stub.sent, len(stub.jobs)) == (sent, 1)


# -- In parts --------------------------------------------------------------------------


def test_a_second_call_sends_only_the_parts_that_are_missing(data, stub, monkeypatch):
    monkeypatch.setattr(upload, "_MB", 2_000)
    fault = stub.fault("POST /uploads/.*/complete", 403, 99)
    target = target_of(stub.url, uploads="parts", part_mb=1, validation=False)
    done = send(data, target)
    assert done.exit == Exit.CONFIGURATION
    assert "HTTP 403" in errors(done)[0]
    fault.times = 0
    parts = Receipts(data).all()[0].files[0].transfer.parts
    receipt = Receipts(data).all()[0]
    receipt.files[0].transfer.parts = parts[:-2]
    receipt.save()
    before = stub.sent
    assert send(data, target).exit == Exit.OK
    assert 2_000 < stub.sent - before <= 4_000
    assert len(stub.files) == 1


def test_an_upload_that_expired_is_begun_anew(data, stub, monkeypatch):
    monkeypatch.setattr(upload, "_MB", 2_000)
    stub.fault("POST /uploads/.*/complete", 400)
    done = send(data, target_of(stub.url, uploads="parts", part_mb=1))
    assert (done.exit, errors(done)) == (Exit.OK, [])
    assert (len(stub.uploads), len(stub.files)) == (3, 2)


def test_parts_are_sent_at_once_elsewhere_the_file_as_a_whole(data, stub, monkeypatch):
    monkeypatch.setattr(upload, "_MB", 2_000)
    stub.has_uploads = False
    assert send(data, target_of(stub.url, part_mb=1)).exit == Exit.OK
    assert (len(stub.uploads), len(stub.files)) == (0, 2)


def test_a_file_that_changes_while_it_is_sent_is_not_used(data, stub):
    target = target_of(stub.url)
    bundle = bundle_of(data, built_version(data), "openai-chat", Heard())
    bundle.files[0].path.write_bytes(bundle.files[0].path.read_bytes().replace(b"a", b"b"))
    receipt = Receipt(id="x", target="there", kind="openai", dataset="bees", digest="0")
    with pytest.raises(RefusedError, match="changed while it was sent"):
        destination_of(target, {"OPENAI_API_KEY": KEY}).send(bundle, receipt, Heard())
    assert (stub.files, stub.jobs) == ({}, {})


def built_version(data):
    return find(data, "bees")


# -- Refused, a sentence each -----------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "fault", "said"),
    [
        pytest.param({}, ("GET /files", 401), "does not take the key in OPENAI_API_KEY", id="key"),
        pytest.param({"model": "gone"}, None, "has none of this name", id="model gone"),
        pytest.param({"model": ""}, None, "model: name the one to be trained", id="no model"),
        pytest.param({}, ("GET /files", "html"), "does not answer as OpenAI's API", id="html"),
        pytest.param({}, ("GET /files", 404), "see base_url", id="another API"),
        pytest.param({"max_cost": 0.000001, "per_million_tokens": 5}, None, "or give --yes",
                     id="too dear"),
        pytest.param({"max_cost": 1}, None, "without a price", id="no price"),
        pytest.param({"format": "trl"}, None, "no format that", id="a format of others"),
        pytest.param({"hyperparameters": {"n_epochs": "many"}}, None, "n_epochs", id="epochs"),
        pytest.param({"check": "opnai"}, None, "check opnai: known are", id="check"),
        pytest.param({"price": "none"}, None, "no price [none]", id="price"),
    ],
)  # fmt: skip
def test_nothing_is_sent_when_something_is_wrong(data, stub, more, fault, said):
    if fault:
        stub.fault(*fault, times=99)
    done = send(data, target_of(stub.url, **more))
    assert done.exit == Exit.CONFIGURATION
    assert [says for says in errors(done) if said in says], errors(done)
    assert all("\n" not in says for says in errors(done))
    assert not [line for line in stub.seen if line.startswith("POST")]
    assert list((data / "uploads").glob("*.json")) == []


def test_without_a_key_or_a_listener_it_is_said_which(data, stub):
    assert (
        "set the environment variable OPENAI_API_KEY"
        in errors(send(data, target_of(stub.url), key=""))[0]
    )
    nobody = target_of("http://127.0.0.1:9/v1", retries=0)
    assert "does not answer" in errors(send(data, nobody))[0]


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-one sk-two", "sk-öne"])
def test_a_key_that_can_be_none_is_not_sent_and_not_shown(data, stub, key):
    [said] = errors(send(data, target_of(stub.url), key=key))
    assert said.startswith("[there] OPENAI_API_KEY holds a space, a line break")
    assert "sk-" not in said
    assert stub.seen == []


def test_all_problems_come_at_once(data, stub):
    done = send(data, target_of(stub.url, model="gone", max_cost=1, check="no"))
    assert len(errors(done)) == 3


def test_a_full_quota_ends_at_once(data, stub):
    stub.fault("POST /fine_tuning/jobs", 429, 9).code = "insufficient_quota"
    done = send(data, target_of(stub.url))
    assert done.exit == Exit.CONFIGURATION
    assert "the quota is used up" in errors(done)[0]
    assert sum(line == "POST /fine_tuning/jobs" for line in stub.seen) == 1


@pytest.mark.parametrize(("ends", "hinders"), [("2027-06-01", True), ("2099-01-01", False)])
def test_a_model_that_is_shut_down_soon(data, stub, ends, hinders):
    stub.model(MODEL, ends)
    done = send(data, target_of(stub.url, shutdown_days=365), dry_run=True)
    assert bool(errors(done)) == hinders
    assert any(f"shut down on {ends}" in one.says for one in done.problems)


def test_a_dry_run_sends_nothing_and_knows_the_cost(data, stub):
    target = target_of(stub.url, per_million_tokens=1000, hyperparameters={"n_epochs": 3})
    done = send(data, target, dry_run=True)
    assert (done.exit, done.receipt, stub.files) == (Exit.OK, None, {})
    assert done.cost.total == pytest.approx(done.cost.tokens * 3 / 1000)


def test_a_dataset_that_was_changed_by_hand_is_refused(data, stub):
    path = next((data / "datasets/bees/latest/openai-chat").resolve().glob("train*"))
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    done = send(data, target_of(stub.url))
    assert "was changed since the dataset was built" in errors(done)[0]


def test_no_such_dataset(data, stub):
    assert "no such dataset" in errors(send(data, target_of(stub.url), dataset="wasps"))[0]


def test_a_job_that_failed_begins_anew_only_when_told(data, stub):
    target = target_of(stub.url)
    receipt = send(data, target).receipt
    receipt.job.status = "failed"
    receipt.save()
    done = send(data, target)
    assert (done.exit, len(stub.jobs)) == (Exit.CONFIGURATION, 1)
    assert "--again" in errors(done)[0]
    done = send(data, target, again=True)
    assert (done.exit, len(stub.jobs), len(stub.files)) == (Exit.OK, 2, 2)
    assert [job.id for job in done.receipt.past_jobs] == [receipt.job.id]


def test_a_file_that_the_provider_refuses_begins_no_job(data, stub):
    target = target_of(stub.url)
    stub.fault("POST /fine_tuning/jobs", 403)
    send(data, target)
    for file in stub.files.values():
        file |= {"status": "error", "status_details": "line 3 is too long"}
    receipt = Receipts(data).all()[0]
    sender = OpenAIProtocol(target, {"OPENAI_API_KEY": KEY})
    found = upload.Sender(target, client(target), patience.Patience(target, Heard()), Heard())
    with pytest.raises(RefusedError, match="line 3 is too long"):
        found.ready(receipt.files[0])
    assert sender.target.name == "there"


def client(target):
    return client_of(target, {"OPENAI_API_KEY": KEY})


def test_two_calls_never_send_the_same_at_once(data, stub):
    name = send(data, target_of(stub.url)).receipt.id
    with Receipts(data).locked(name):
        assert send(data, target_of(stub.url)).exit == Exit.LOCKED


def test_a_damaged_receipt_is_named(data, stub):
    name = send(data, target_of(stub.url)).receipt.id
    path = Receipts(data).path(name)
    path.write_text("{", "utf-8")
    done = send(data, target_of(stub.url))
    assert str(path) in errors(done)[0]
    with pytest.raises(ReceiptError):
        Receipts(data).all()


def test_waiting_is_not_endless(stub):
    target = target_of(stub.url)
    stub.fault("GET /models", 429, 1, retry_after="5000")
    with pytest.raises(FailedError, match="after 1 tries"):
        patience.Patience(target, Heard()).ask(lambda: client(target).models.retrieve(MODEL))


# -- Permission ------------------------------------------------------------------------


def test_rows_that_were_taken_back_are_found_in_what_was_sent(tmp_path, stub):
    version = built(tmp_path)
    receipt = send(tmp_path, target_of(stub.url)).receipt
    receipts = Receipts(tmp_path)
    assert list(affected(tmp_path, [receipt], receipts)) == []
    rows = pq.read_table(receipts.path(receipt.id, ".rows.parquet")).to_pylist()
    files = version.manifest["files"]
    assert len(rows) == sum(file["rows"] for file in files)
    url = rows[0]["url"]
    memory(tmp_path, rows, gone={rows[0]["document_id"]: "retracted: asked by mail"})
    [hit] = affected(tmp_path, [receipt], receipts)
    assert hit.pages == {url: "retracted: asked by mail"}
    assert hit.rows == sum(row["url"] == url for row in rows)
    done = send(tmp_path, target_of(stub.url, suffix="other"))
    assert "must not be used any more (retracted: asked by mail)" in errors(done)[0]
    shutil.rmtree(tmp_path / "datasets")
    assert [one.rows for one in affected(tmp_path, [receipt], receipts)] == [hit.rows]


def test_files_are_not_called_removed_where_they_never_were(data, stub, tmp_path, capsys):
    receipt = send(data, target_of(stub.url)).receipt
    (file := tmp_path / "t.toml").write_text(
        "[there]\nkind = 'openai'\nbase_url = 'http://127.0.0.1:9/v1'\n"
    )
    command = uploads.Command()
    command.settings = Settings({"DATA_DIR": str(data), "TARGETS_FILE": str(file)})
    command.run([receipt.id], Namespace(affected=False, delete_files=True, json=False))
    assert command.exitcode == Exit.CONFIGURATION
    assert f"it was sent with '{stub.url}': put that back" in capsys.readouterr().err
    assert not any(sent.deleted_at for sent in Receipts(data).read(receipt.id).files)


@pytest.mark.parametrize("content", [b"x", None])
def test_of_an_upload_whose_rows_are_not_known_any_more_it_is_said(data, stub, content, capsys):
    receipt = send(data, target_of(stub.url)).receipt
    listed = Receipts(data).path(receipt.id, ".rows.parquet")
    listed.write_bytes(content) if content else listed.unlink()
    command = uploads.Command()
    command.settings = Settings({"DATA_DIR": str(data)})
    for names, code in ((), Exit.STORAGE), (("",), Exit.CONFIGURATION):
        options = Namespace(affected=True, delete_files=False, json=False)
        command.run(list(names), options)
        assert command.exitcode == code
    told = capsys.readouterr()
    assert "No upload that can be read holds rows that were taken back." in told.out
    assert f"{listed}: which rows bees/" in told.err
    assert ": no such receipt; known: there-" in told.err


def memory(data, rows, gone=(), checked=NOW):
    """A site's memory with the documents of some rows."""
    folder = data / "sites" / rows[0]["site"]
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "state.db")) as db:
        db.executescript(SCHEMA)
        for number, (document, url) in enumerate({(r["document_id"], r["url"]) for r in rows}):
            at = checked - number
            db.execute(
                "INSERT INTO urls(id, key, url, kind, status, rank, depth, checked_at) "
                "VALUES (?, ?, ?, 'page', 'done', 0, 0, ?)",
                (number, url.encode(), url, at),
            )
            why = dict(gone).get(document, "")
            db.execute("INSERT INTO documents VALUES (?, ?, 1, ?)", (document, number, why))
        db.commit()


@pytest.mark.parametrize(("days", "refused"), [(30, False), (9, True), (0, False)])
def test_permission_must_have_been_looked_at_lately(tmp_path, days, refused):
    rows = [{"document_id": "d", "url": "https://bees.example/", "site": "bees"}]
    memory(tmp_path, rows, checked=NOW - 10 * 86_400)
    problems = list(stale({"bees": {"d"}, "handmade": {"h"}}, tmp_path, days, NOW))
    assert bool(problems) == refused
    if refused:
        assert "scrapy consent --recheck --site bees" in problems[0].says


def test_files_are_removed_at_their_provider(data, stub):
    receipt = send(data, target_of(stub.url)).receipt
    there = destination_of(target_of(stub.url), {"OPENAI_API_KEY": KEY})
    there.delete(receipt, Heard())
    there.delete(receipt, Heard())
    assert stub.files == {}
    assert all(file.deleted_at for file in Receipts(data).read(receipt.id).files)


# -- The target file -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\nkind='openay'", "kind: must be one of openai, huggingface, local, train"),
        ("[a]\nmodel='m'", "kind: must be one of"),
        ("[a]\nkind='openai'\nkey='sk-abc123'", "never the key itself"),
        ("[a]\nkind='openai'\nbase_url='api.x/v1'", "an http:// or https:// address"),
        ("[a]\nkind='openai'\nbase_url='https://me:sk-abc123@api.x/v1'", "without user and pass"),
        ("[a]\nkind='huggingface'\nrepo='b'\nendpoint='https://sk-abc123@h.x'", "without user"),
        ("[a]\nkind='local'\nurl='sftp://me:sk-abc123@h.x/shelf'", "url: no password here"),
        ("[a]\nkind='openai'\nmodle='m'", "modle: unknown key; allowed here: format"),
        ("[a]\nkind='openai'\npart_mb=65", "part_mb: input should be less than or equal to 64"),
        ("[a]\nkind='openai'\ntimeout=inf", "timeout: input should be a finite number"),
        ("[a]\nkind='openai'\nmax_cost=nan", "max_cost: input should be a finite number"),
        ("[a]\nkind='openai'\nhyperparameters={n_epochs=inf}", "n_epochs: a text, a finite"),
        ("[A b]\nkind='openai'", "not valid TOML"),
        ("['A b']\nkind='openai'", "small letters"),
        ("a = 1", "outside of a table"),
    ],
)
def test_faults_of_the_target_file(text, said):
    with pytest.raises(TargetError) as error:
        load_targets(text)
    assert said in error.value.problems[0]
    assert len(error.value.problems) == 1
    assert "sk-abc123" not in str(error.value)


def test_the_example_is_a_good_target_file():
    found = load_targets((ROOT / "targets.example.toml").read_text("utf-8"))
    assert {target.kind for target in found.values()} == {"openai", "huggingface", "local", "train"}


def test_requests_for_jobs_are_as_the_client_types_them(data):
    bundle = bundle_of(data, built_version(data), "openai-chat", Heard())
    for name, target in load_targets((ROOT / "targets.example.toml").read_text("utf-8")).items():
        if target.kind == "openai":
            files = {"train": "file-1", "validation": "file-2"}
            params = OpenAIProtocol(target, {}).params(files, bundle, f"{name}#1")
            TypeAdapter(JobCreateParams).validate_python(params)
            assert all(len(value) <= 512 for value in params["metadata"].values())


def test_a_format_that_was_not_built_is_rendered_once(data, stub):
    heard = Heard()
    version = built_version(data)
    one = bundle_of(data, version, "trl", heard)
    assert heard == ["writing trl, train", "writing trl, validation"]
    assert bundle_of(data, version, "trl", heard) == one
    assert len(heard) == 2
    lines = one.files[0].path.read_bytes().splitlines()
    assert len(lines) == one.files[0].rows == version.manifest["pairs"]["train"]


# -- As a user ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_tells_sends_and_lists(crawler, data, stub, tmp_path):
    crawler.data = data
    (tmp_path / "targets.toml").write_text(
        f'[there]\nkind = "openai"\nbase_url = "{stub.url}"\nmodel = "{MODEL}"\nsettle = 0.1\n'
        f"per_million_tokens = 5\n"
    )
    environment = {"FTCRAWLER_TARGETS": str(tmp_path / "targets.toml"), "OPENAI_API_KEY": KEY}
    tried = crawler.run("upload", "bees", "--to", "there", "--dry-run", **environment)
    assert (tried.code, stub.files) == (0, {})
    assert "About 0.0" in tried.err
    stub.statuses = ["running", "exploding", "succeeded"]
    sent = crawler.run("upload", "bees", "--to", "there", **environment)
    assert sent.code == 0, sent.err
    assert "ftjob-" in sent.out
    assert KEY not in sent.out + sent.err
    listed = crawler.run("uploads", **environment)
    assert "bees-train-" in listed.out
    assert crawler.run("uploads", "--affected", **environment).code == 0
    wrong = crawler.run("upload", "bees", "--to", "here", **environment)
    assert wrong.code == 2
    assert "no target [here]; there are: there" in wrong.err
    removed = crawler.run("uploads", "bees", "--delete-files", **environment)
    assert (removed.code, stub.files) == (0, {})

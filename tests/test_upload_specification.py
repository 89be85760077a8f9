"""Uploads through a proxy that holds each request and answer against OpenAI's specification."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest
from bundles import built
from conftest import SHARED
from openai import APIStatusError, OpenAI
from stub_provider import KEY, MODEL, serving
from test_upload import Heard, errors, send, target_of

from ftcrawler.exits import Exit
from pipelines import upload
from pipelines.destinations import destination_of

SPECIFICATION = SHARED / "spec" / "openai-finetuning.openapi.json"
PRISM = os.environ.get("PRISM") or shutil.which("prism")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SPECIFICATION.exists(), reason="no specification beside the clone"),
    pytest.mark.skipif(not PRISM, reason="no Prism: see .ci/run"),
]


@contextmanager
def prism(behind: str):
    """The proxy, once it listens; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        PRISM,
        "proxy",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "--errors",
        SPECIFICATION,
        behind,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "Prism ended"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def proxied():
    with serving() as provider, prism(provider.url.removesuffix("/v1")) as url:
        yield provider, url


def test_every_call_and_answer_is_as_the_specification_says(proxied, tmp_path, monkeypatch):
    provider, url = proxied
    monkeypatch.setattr(upload, "_MB", 3_000)
    built(tmp_path)
    plain = send(tmp_path, target_of(url, uploads="plain", suffix="one", seed=3))
    assert (plain.exit, errors(plain)) == (Exit.OK, [])
    there = destination_of(target_of(url), {"OPENAI_API_KEY": KEY})
    there.delete(plain.receipt, Heard())
    parts = target_of(url, uploads="parts", part_mb=1, hyperparameters={"n_epochs": 2})
    done = send(tmp_path, parts)
    assert (done.exit, errors(done)) == (Exit.OK, [])
    assert (len(provider.jobs), len(provider.files)) == (2, 2)
    calls = {line.partition(" /")[0] + " " + line.split("/")[1] for line in provider.seen}
    assert {"POST files", "POST uploads", "POST fine_tuning", "DELETE files", "GET models"} <= calls
    lost = provider.fault("POST /fine_tuning/jobs", "lost")
    again = send(tmp_path, target_of(url, suffix="two"))
    assert (again.exit, errors(again), lost.times) == (Exit.OK, [], 0)
    assert len(provider.jobs) == 3


def test_the_proxy_refuses_what_the_specification_does_not_know(proxied):
    """Otherwise the test above could not fail."""
    with pytest.raises(APIStatusError) as refused:
        OpenAI(base_url=proxied[1], api_key=KEY, max_retries=0).post(
            "/fine_tuning/jobs", body={"model": MODEL}, cast_to=object
        )
    assert refused.value.status_code == 422

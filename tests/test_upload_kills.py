"""Uploads that are killed at random instants: one job, and one copy of each file, all the same."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time

import pytest
from bundles import built
from killed_uploads import ROOT
from stub_provider import Provider, serving

from pipelines.receipts import Receipts

KILLS = int(os.environ.get("KILLS", "50"))


class Uploads:
    """A process that has everything imported and forks for each upload."""

    def __init__(self, data, url):
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import killed_uploads; killed_uploads.serve({str(data)!r}, {url!r})",
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, seconds=60.0):
        """The exit code, negative for a kill; and how long it took."""
        begin = time.monotonic()
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()), time.monotonic() - begin

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_random_instants_there_is_one_job_and_one_copy_of_each_file(tmp_path):
    """Every few kills an upload may come to its end; then the provider is a new one."""
    dice, killed = random.Random(8), 0
    data = tmp_path / "data"
    version = built(data, pages=40)
    provider = Provider()
    provider.delay = 0.01
    with serving(provider):
        uploads = Uploads(data, provider.url)
        try:
            code, takes = first(provider, data, uploads)
            while killed < KILLS:
                begin_anew(provider, data)
                for _ in range(8):
                    code, _ = uploads.run(dice.uniform(0.02, takes * 0.6))
                    assert code in (0, -9)
                    killed += code == -9
                    if code == 0 or killed >= KILLS:
                        break
                assert uploads.run()[0] == 0
                check(provider, data, version)
        finally:
            uploads.close()
    assert killed == KILLS


def first(provider, data, uploads):
    """One that nobody disturbs, for how long it takes."""
    begin_anew(provider, data)
    return uploads.run()


def begin_anew(provider, data):
    for kept in (provider.files, provider.contents, provider.jobs, provider.uploads):
        kept.clear()
    for path in (data / "uploads").glob("*"):
        if path.is_file():
            path.unlink()


def check(provider, data, version):
    assert len(provider.jobs) == 1
    names = [file["filename"] for file in provider.files.values()]
    assert len(names) == len(set(names)) == 2
    [receipt] = Receipts(data).all()
    assert (receipt.state, receipt.job.id) == ("sent", next(iter(provider.jobs)))
    for file in receipt.files:
        content = provider.contents[file.id]
        assert hashlib.sha256(content).hexdigest() == file.sha256
        written = version.manifest["written"][f"openai-chat/{file.split}.jsonl"]
        assert written == file.sha256

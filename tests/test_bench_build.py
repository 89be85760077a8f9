"""The bench of the build on few documents: planted near-duplicates are found, nothing else is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_planted_near_duplicates_are_found():
    done = subprocess.run(
        [sys.executable, "-m", "bench.build", "--documents", "2000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    score, precision, recall = map(
        float, re.search(r"F1 ([\d.]+), precision ([\d.]+), recall ([\d.]+)", done.stdout).groups()
    )
    assert score >= 0.98
    assert precision >= 0.999
    assert recall >= 0.97
    assert "; 0 taken for copies of others" in done.stdout

"""Sends one bundle to a Hub or a folder, in processes that are killed when asked to."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import bundles
import huggingface_hub.constants
import stub_hub
from huggingface_hub import HfApi, errors

from pipelines.destinations import destination_of
from pipelines.destinations.targetfile import HuggingFaceTarget, LocalTarget
from pipelines.versions import find

IMPORTED = (HfApi, errors)  # they are imported late; a process that is forked has them
ROOT = Path(__file__).resolve().parent.parent


def send(data: Path, url: str) -> None:
    """To a Hub by its address, or to a folder."""
    huggingface_hub.constants.HF_HUB_DISABLE_XET = True
    bundle = bundles.bundled(find(data, "bees"))
    if url.startswith("http:"):
        target = HuggingFaceTarget(name="hub", kind="huggingface", repo="ann/bees", endpoint=url)
    else:
        target = LocalTarget(name="hub", kind="local", url=url)
    there = destination_of(target, {"HF_TOKEN": stub_hub.KEY})
    there.send(bundle, bundles.receipt(data, bundle, target.kind, "hub"), bundles.silent)


class Sends:
    """A process that has everything imported and forks for each send."""

    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import sending; sending.serve({str(data)!r})"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, url: str, seconds: float = 60) -> tuple[bool, float]:
        """Whether it came to its end within so many seconds, or was killed; how long it took."""
        self._process.stdin.write(f"{seconds} {url}\n")
        self._process.stdin.flush()
        code, took = self._process.stdout.readline().split()
        assert code in ("0", "-9")
        return code == "0", float(took)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def serve(data: str) -> None:
    """A send for each line: seconds until it is killed, and where to."""
    while line := sys.stdin.readline():
        seconds, _, url = line.strip().partition(" ")
        begin = time.monotonic()
        child = os.fork()
        if not child:
            send(Path(data), url)
            os._exit(0)
        handle = os.pidfd_open(child)
        if not select.select([handle], [], [], float(seconds))[0]:
            os.kill(child, signal.SIGKILL)
        os.close(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code} {time.monotonic() - begin}\n")
        sys.stdout.flush()

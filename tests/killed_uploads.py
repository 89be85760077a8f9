"""Uploads one dataset to one provider, in processes that are killed when asked to."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path

from openai import OpenAI
from openai.types.fine_tuning import JobCreateParams
from stub_provider import KEY, MODEL

from ftcrawler.uploading import Wishes, upload_dataset
from pipelines import upload
from pipelines.destinations import openai as protocol
from pipelines.destinations.targetfile import OpenAITarget

ROOT = Path(__file__).resolve().parent.parent
IMPORTED = (OpenAI, JobCreateParams, protocol)  # they are imported late; forks have them
PART = 6_000  # bytes, so that a small file has many parts


def send(data: Path, url: str) -> int:
    """The exit code of one upload; what the provider is known to take is not looked at again."""
    target = OpenAITarget(
        name="there", kind="openai", base_url=url, model=MODEL, uploads="parts", part_mb=1,
        parallel=2, settle=0.15, check="",
    )  # fmt: skip
    wishes = Wishes({"OPENAI_API_KEY": KEY}, ROOT / "ftcrawler/prices.toml", 1_795_000_000.0, 0)
    done = upload_dataset(data, "bees", target, wishes, lambda *_: None)
    return int(done.exit)


def serve(data: str, url: str) -> None:
    """An upload for each line, which says in how many seconds it is killed."""
    upload._MB = PART
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            os._exit(send(Path(data), url))
        handle = os.pidfd_open(child)
        if not select.select([handle], [], [], float(line))[0]:
            os.kill(child, signal.SIGKILL)
        os.close(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()

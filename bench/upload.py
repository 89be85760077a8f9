"""What an upload costs: throughput beside httpx alone, and memory over a large file.

``python -m bench.upload``: the same bytes to the same stub in a process of its own, several rounds,
ours in parts and as one request, and ``httpx`` streaming the file in one request. Then one file of
many gigabytes in parts, and the most memory that took.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx2  # noqa: E402 - the client that openai brings
from openai import OpenAI  # noqa: E402
from stub_provider import KEY, MODEL, Provider, serving  # noqa: E402

from pipelines.destinations import BundleFile  # noqa: E402
from pipelines.destinations.targetfile import OpenAITarget  # noqa: E402
from pipelines.patience import Patience  # noqa: E402
from pipelines.receipts import Receipt, Receipts, SentFile  # noqa: E402
from pipelines.upload import Sender  # noqa: E402
from pipelines.windows import stamp  # noqa: E402

MB = 1 << 20


def serve(pipe: Connection) -> None:
    """The stub, in a process of its own, which keeps no bytes."""
    with serving(Provider(keeps=False)) as provider:
        pipe.send(provider.url)
        pipe.recv()


def make(path: Path, megabytes: int) -> BundleFile:
    """A file of lines; its hash and stamp are known before, as a bundle's are."""
    line = b'{"messages": [{"role": "user", "content": "' + b"bees " * 180 + b'"}]}\n'
    block = (line * (MB // len(line) + 1))[:MB]
    found = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(block)
            found.update(block)
    return BundleFile(path, "train", megabytes * MB, 0, found.hexdigest(), stamp(path))


def ours(url: str, file: BundleFile, folder: Path, how: str, number: int) -> float:
    target = OpenAITarget(
        name="stub", kind="openai", base_url=url, model=MODEL, uploads=how, settle=0
    )
    client = OpenAI(base_url=url, api_key=KEY, max_retries=0)
    sender = Sender(target, client, Patience(target, lambda *_: None), lambda *_: None)
    receipt = Receipts(folder).adopt(
        Receipt(id=f"bench-{how}-{number}", target="stub", kind="openai", dataset="b", digest="0")
    )
    sent = SentFile(
        split="train", name=f"b-{how}-{number}.jsonl", bytes=file.bytes, sha256=file.sha256
    )
    receipt.files = [sent]
    begin = time.perf_counter()
    sender.bring(file, sent, receipt)
    return time.perf_counter() - begin


def plain(url: str, file: BundleFile, number: int) -> float:
    with httpx2.Client(timeout=600) as client, file.path.open("rb") as opened:
        begin = time.perf_counter()
        answer = client.post(
            f"{url}/files",
            headers={"Authorization": f"Bearer {KEY}"},
            data={"purpose": "fine-tune"},
            files={"file": (f"plain-{number}.jsonl", opened)},
        )
        answer.raise_for_status()
        return time.perf_counter() - begin


def peak(url: str, path: Path, megabytes: int, sha256: str, folder: Path) -> str:
    """The most memory, in MB, of a process before and after it sent a file in parts."""
    code = (
        "import resource, sys; from pathlib import Path; from bench.upload import *;"
        "url, path, size, sha, folder, how = sys.argv[1:];"
        "file = BundleFile(Path(path), 'train', int(size), 0, sha, stamp(Path(path)));"
        "rss = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "begin = rss(); ours(url, file, Path(folder), 'parts', int(size)); print(begin, rss())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, url, str(path), str(megabytes * MB), sha256, str(folder), ""],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return " -> ".join(done.stdout.split())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--large", type=int, default=2048, help="megabytes of the large file")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = here.recv()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = make(folder / "file.jsonl", options.megabytes)
        taken: dict[str, list[float]] = {"httpx alone": [], "plain": [], "parts": []}
        for number in range(options.rounds):
            taken["httpx alone"].append(plain(url, file, number))
            for how in ("plain", "parts"):
                taken[how].append(ours(url, file, folder, how, number))
        print(f"{options.megabytes} MB, {options.rounds} rounds: median, best")
        for how, seconds in taken.items():
            said = []
            for choose in (statistics.median, min):
                base, mine = choose(taken["httpx alone"]), choose(seconds)
                said.append(f"{options.megabytes / mine:6.0f} MB/s {base / mine:5.2f} times")
            print(f"  {how:12} {'   '.join(said)}")
        small = peak(url, file.path, options.megabytes, file.sha256, folder)
        file.path.unlink()
        large = make(folder / "large.jsonl", options.large)
        most = peak(url, large.path, options.large, large.sha256, folder)
        print(f"  most memory in MB: {small} ({options.megabytes} MB), {most} ({options.large} MB)")
    here.send("end")
    server.join(5)


if __name__ == "__main__":
    main()

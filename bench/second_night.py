"""A second night against the first: bytes, time, rows; then one with 5% of the pages changed.

``python bench/second_night.py [PAGES [KIB]]``: 2,000 pages of about 170 KiB unless told otherwise,
delay 0, everything on loopback; and the memory of the crawl from start to end.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def serving(pages: int, kib: int) -> Iterator[str]:
    """The bench's site in a process of its own; yields its URL."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "bench" / "serve.py"), str(pages), str(kib)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stdin
        yield server.stdout.readline().strip()
        server.stdin.close()


def ask(url: str) -> str:
    """The body of a page."""
    with urllib.request.urlopen(url) as answer:  # a loopback address of our own
        return str(answer.read().decode())


def resident(pid: int | str = "self") -> int:
    """Resident memory in KiB, 0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def crawl(folder: Path, *arguments: str) -> tuple[float, list[int], dict[str, int]]:
    """Seconds, resident memory every half second in KiB, and the run's counters."""
    environment = {
        **os.environ,
        "FTCRAWLER_DATA": str(folder / "data"),
        "FTCRAWLER_SITES": str(folder),
    }
    begun = time.monotonic()
    memory: list[int] = []
    with subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "articles", "-L", "ERROR", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:

        def watch() -> None:
            while process.poll() is None:
                memory.append(resident(process.pid))
                time.sleep(0.5)

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        watcher.join()
    record = max((folder / "data" / "runs").glob("*.json"), key=lambda p: p.stat().st_mtime_ns)
    counts = json.loads(record.read_text(encoding="utf-8"))["sites"]["bench"]["counts"]
    return time.monotonic() - begun, [kib for kib in memory if kib], counts


def rows(counts: dict[str, int]) -> int:
    """New pair rows."""
    return sum(n for name, n in counts.items() if name.startswith("pairs/"))


def on_disk(data: Path) -> dict[str, int]:
    """Bytes by folder of DATA_DIR, and those of shards by their format."""
    sizes: dict[str, int] = {}
    for path in data.rglob("*"):
        if path.is_file():
            folder = path.relative_to(data).parts[0]
            kind = f" {path.suffix}" if path.suffix in {".parquet", ".jsonl"} else ""
            sizes[folder + kind] = sizes.get(folder + kind, 0) + path.stat().st_size
    return sizes


def main(pages: int, kib: int) -> None:
    """Print the three nights side by side."""
    with tempfile.TemporaryDirectory() as name, serving(pages, kib) as url:
        folder = Path(name)
        (folder / "bench.toml").write_text(
            f'start_urls = ["{url}/"]\n[request]\ndelay = 0\nconcurrency = 16\n'
            "allow_private_addresses = true\n",
            encoding="utf-8",
        )
        start, _, _ = crawl(folder, "-s", "CLOSESPIDER_PAGECOUNT=1")
        (folder / "data").rename(folder / "warm-up")
        nights = []
        for label in ("first night", "second, nothing changed", "third, 5% changed"):
            if label.startswith("third"):
                ask(f"{url}/-/changed/{pages // 20}")
            sent = int(ask(f"{url}/-/sent"))
            seconds, memory, counts = crawl(folder)
            if not nights:
                disk = on_disk(folder / "data")
            nights.append((label, seconds, int(ask(f"{url}/-/sent")) - sent, memory, counts))
        size = len(ask(url)) // 1024
        print(f"{pages} pages of {size} KiB; an empty run takes {start:.1f} s, included below\n")
        print(f"{'':26}{'seconds':>9}{'pages/s':>9}{'body bytes':>13}{'new pairs':>11}  memory")
        for label, seconds, sent, memory, counts in nights:
            visited = sum(counts.get(f"page/{o}", 0) for o in ("document", "unchanged"))
            quarter = memory[len(memory) // 4] if memory else 0
            print(
                f"{label:26}{seconds:9.1f}{visited / seconds:9.0f}{sent:13,}{rows(counts):11,}"
                f"  {quarter // 1024} MiB at a quarter, {memory[-1] // 1024} MiB at the end"
            )
        print("\non the disk after the first night, KiB a page:")
        for part, size in sorted(disk.items()):
            print(f"  {part:22}{size / 1024 / pages:6.2f}")
        (_, first, first_bytes, _, _), (_, second, second_bytes, _, _) = nights[:2]
        print(
            f"\nsecond night / first night: bytes {second_bytes / first_bytes:.3f}, "
            f"time {second / first:.2f}, without start-up "
            f"{(second - start) / (first - start):.2f}"
        )


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [2000, 170][len(sizes) :]))

"""Pages a second, side by side: ours with everything on, and three ordinary ways.

``python bench/speed.py [--pages N] [--rounds N] [--only bare,ours]``. Every round runs each way
once over the same site, in turn; ratios are of the same round, and their median is told.

``bare``: a Scrapy spider that fetches and follows with LinkExtractor, nothing else.
``ordinary``: the same with trafilatura in a pipeline and a JSON lines feed.
``command``: trafilatura's own command line over the list of URLs, without its pauses.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import serving, write

ROOT = Path(__file__).resolve().parent.parent
WAYS = ("bare", "ordinary", "command", "ours")
CONCURRENCY = 16
SITE = """
start_urls = ["{url}/p/0.html"]
[request]
delay = 0
concurrency = {concurrency}
allow_private_addresses = true
"""
SPIDER = """
import sys
from scrapy import Spider, Request
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

url, way, out = sys.argv[1:]

class Pages(Spider):
    name = "pages"
    start_urls = [url + "/p/0.html"]
    links = LinkExtractor()
    def parse(self, response):
        for link in self.links.extract_links(response):
            yield Request(link.url)
        if way == "ordinary":
            yield {"url": response.url, "html": response.text}

class Extract:
    def process_item(self, item):
        import trafilatura
        text = trafilatura.extract(item.pop("html"), url=item["url"])
        return {**item, "text": text}

settings = {
    "LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": False, "TELNETCONSOLE_ENABLED": False,
}
if way == "ordinary":
    settings["ITEM_PIPELINES"] = {Extract: 300}
    settings["FEEDS"] = {out: {"format": "jsonlines"}}
process = CrawlerProcess(settings)
crawler = process.create_crawler(Pages)
process.crawl(crawler)
process.start()
print("PAGES", crawler.stats.get_value("response_received_count"))
"""


def ours(url: str, folder: Path) -> int:
    """Everything on: consent, state, pairs, dedupe, shards."""
    (folder / "sites").mkdir()
    (folder / "sites" / "bench.toml").write_text(SITE.format(url=url, concurrency=CONCURRENCY))
    environment = {
        **os.environ,
        "FTCRAWLER_DATA": str(folder / "data"),
        "FTCRAWLER_SITES": str(folder / "sites"),
        "FTCRAWLER_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "scrapy", "crawl", "articles"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    (record,) = (folder / "data" / "runs").glob("*.json")
    return int(json.loads(record.read_text())["sites"]["bench"]["counts"]["page/document"])


def spider(url: str, folder: Path, way: str) -> int:
    """A Scrapy spider of the ordinary kind."""
    out = str(folder / "out.jsonl")
    command = [sys.executable, "-c", SPIDER, url, way, out]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return int(done.stdout.rsplit("PAGES", 1)[1])


def command(url: str, folder: Path, pages: int) -> int:
    """Trafilatura's command line, without the pause between downloads."""
    import trafilatura  # noqa: PLC0415 - for its default configuration only

    config = (Path(trafilatura.__file__).parent / "settings.cfg").read_text()
    ours = {"SLEEP_TIME": "0", "SSRF_PROTECTION": "off"}
    kept = [line for line in config.splitlines() if not line.startswith(tuple(ours))]
    said = "".join(f"\n{name} = {value}" for name, value in ours.items())
    (folder / "settings.cfg").write_text(
        "\n".join(kept).replace("[DEFAULT]", f"[DEFAULT]{said}", 1)
    )
    (folder / "urls.txt").write_text("\n".join(f"{url}/p/{n}.html" for n in range(pages)))
    line = [sys.executable, "-m", "trafilatura.cli", "-i", "urls.txt", "-o", "out"]
    line += ["--config-file", "settings.cfg", "--parallel", "2"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True)
    return sum(1 for _ in (folder / "out").rglob("*.txt"))


def measured(way: str, url: str, pages: int) -> tuple[float, int, float]:
    """Seconds, pages and CPU seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if way == "ours":
            count = ours(url, Path(folder))
        elif way == "command":
            count = command(url, Path(folder), pages)
        else:
            count = spider(url, Path(folder), way)
        seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, count, cpu


def _line(number: int, way: str, count: int, seconds: float, cpu: float) -> str:
    return (
        f"round {number}  {way:<9}{count:>7,} pages {seconds:>7.1f} s {count / seconds:>7.1f} "
        f"pages/s {1000 * cpu / max(count, 1):>7.1f} CPU ms/page"
    )


def main() -> None:
    """Run the rounds and tell the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(WAYS))
    options = parser.parse_args()
    ways = [way for way in WAYS if way in options.only.split(",")]
    cache = Path(tempfile.gettempdir()) / "ftcrawler-bench"
    root = cache / f"site-2-{options.pages}"
    write(root, options.pages, cache)
    size = sum(file.stat().st_size for file in (root / "p").iterdir())
    print(f"{options.pages:,} pages of {size / options.pages / 1000:.0f} kB on average")
    rates: dict[str, list[float]] = {way: [] for way in ways}
    with serving(root, cache) as url:
        for number in range(options.rounds):
            for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
                seconds, count, cpu = measured(way, url, options.pages)
                rates[way].append(count / seconds)
                print(_line(number + 1, way, count, seconds, cpu), flush=True)
    print()
    for way in ways:
        if way == "ours" or "ours" not in rates:
            continue
        ratios = [a / b for a, b in zip(rates["ours"], rates[way], strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        print(f"ours against {way:<9}{statistics.median(ratios):>6.2f}  ({spread})")


if __name__ == "__main__":
    main()

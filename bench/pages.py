"""A realistic site on disk: real prose in pages of about 170 kB, served by nginx on loopback.

``python bench/pages.py FOLDER PAGES`` writes PAGES static pages. Their prose comes from the Debian
package debian-handbook, which ``apt-get download`` fetches; around it stand what real pages have:
inline scripts and styles, menus, cards, related links, a footer. Sizes are log-normal around
170 kB, as on the web; the same arguments give the same bytes.
"""

from __future__ import annotations

import contextlib
import html
import math
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

MEDIAN, SPREAD = 160_000, 0.5  # bytes; the mean is about 180 kB
LINKS = 70
FAN = 8  # every page is reached from page (n - 1) // FAN
_PARAGRAPH = re.compile(r'<div class="para">(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
CONFIG = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  log_format times '$msec $request_time $server_addr $uri'; access_log {log};
  types {{ text/html html; }} default_type text/html; charset utf-8; sendfile on;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ {listen} root {root}; keepalive_requests 1000000; }}
}}
"""


def package(name: str, folder: Path) -> Path:
    """The files of a Debian package, unpacked below ``folder`` and not installed."""
    target = folder / name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", name], cwd=folder, check=True)
        (file,) = folder.glob(f"{name}_*.deb")
        subprocess.run(["dpkg-deb", "-x", file, target], check=True)
    return target


def prose(cache: Path) -> list[str]:
    """Paragraphs of real text, in the order of their files."""
    found = []
    for path in sorted(package("debian-handbook", cache).rglob("en-US/*.html")):
        for match in _PARAGRAPH.findall(path.read_text("utf-8")):
            text = " ".join(html.unescape(_TAG.sub("", match)).split())
            if len(text) > 120:
                found.append(text)
    return list(dict.fromkeys(found))


def links(number: int, pages: int, chance: random.Random) -> list[int]:
    """The pages that a page names: those below it, and others."""
    children = range(FAN * number + 1, min(FAN * number + FAN + 1, pages))
    return [*children, *(chance.randrange(pages) for _ in range(LINKS - len(children)))]


def page(number: int, pages: int, texts: list[str], median: int = MEDIAN) -> str:
    """One page; the same arguments give the same page."""
    chance = random.Random(number)
    share = median / MEDIAN
    size = min(max(chance.lognormvariate(math.log(MEDIAN), SPREAD), 30_000), 900_000) * share
    count = max(2, round(chance.randint(6, 30) * share))
    own = [chance.choice(texts) for _ in range(count)]
    body = "".join(
        (f"<h2>Part {place // 5 + 1} of {number}</h2>" if place % 5 == 0 else "")
        + f"<p>{html.escape(text)} <em>Note {number}.{place}.</em></p>"
        for place, text in enumerate(own)
    )
    named = links(number, pages, chance)
    menu = "".join(
        f'<li class="menu__item menu__item--level-{n % 3}" data-track="nav-{n}">'
        f'<a class="menu__link" href="/p/{n}.html" title="Report {n}">Report {n}</a></li>'
        for n in named[: LINKS // 2]
    )
    cards = "".join(
        f'<div class="card card--related" data-id="{n}"><div class="card__media">'
        f'<img loading="lazy" src="/i/{n}.jpg" alt=""></div><div class="card__body">'
        f'<a href="/p/{n}.html"><span class="card__title">More on {n}</span></a></div></div>'
        for n in named[LINKS // 2 :]
    )
    frame = (
        f"<header><nav><ul>{menu}</ul></nav></header><main><article><h1>Report {number}</h1>{body}"
        f'</article></main><aside class="related">{cards}</aside><footer><p>Imprint</p></footer>'
    )
    left = int(size) - len(frame) - 400
    wrappers = max(left // 3, 0) // 90
    boxes = "".join(
        f'<div class="grid__cell grid__cell--{n % 12}" data-slot="{chance.random():.9f}"></div>'
        for n in range(wrappers)
    )
    data = ",".join(f'"k{n}":{chance.random():.12f}' for n in range(max(left * 2 // 3, 0) // 22))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report {number} - The '
        f'Reports</title><meta name="description" content="Report {number}"><script>window.state='
        f"{{{data}}};</script></head><body>{frame}<div class=grid>{boxes}</div></body></html>"
    )


def write(folder: Path, pages: int, cache: Path, median: int = MEDIAN) -> None:
    """Write the site, unless it is there; prose and frame shrink with ``median`` bytes a page."""
    done = folder / f".{pages}"
    if done.exists():
        return
    texts = prose(cache)
    (folder / "p").mkdir(parents=True, exist_ok=True)
    for number in range(pages):
        (folder / "p" / f"{number}.html").write_text(page(number, pages, texts, median), "utf-8")
    (folder / "robots.txt").write_text("User-agent: *\nAllow: /\n")
    done.touch()


@contextlib.contextmanager
def serving(
    root: Path, cache: Path, hosts: Sequence[str] = ("127.0.0.1",), log: Path | None = None
) -> Iterator[str]:
    """Nginx over a folder, on a free port of loopback addresses; the URL of the first.

    ``log`` gets a line a request: its end in seconds since 1970, its duration, address, path.
    """
    program = shutil.which("nginx") or str(package("nginx", cache) / "usr/sbin/nginx")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        listen = " ".join(f"listen {host}:{port};" for host in hosts)
        told = f"{log} times" if log else "off"
        config.write_text(CONFIG.format(folder=folder, listen=listen, root=root, log=told))
        with subprocess.Popen([program, "-c", config, "-e", f"{folder}/error.log"]) as server:
            try:
                _wait_for(hosts[0], port)
                yield f"http://{hosts[0]}:{port}"
            finally:
                server.terminate()


def _wait_for(host: str, port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection((host, port)):
            return
        time.sleep(0.05)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), Path(tempfile.gettempdir()) / "ftcrawler-bench")

"""No request reaches an address that is not public: by spelling, redirect, listing or rebinding."""

import socket
import threading

import pytest
from web import Answer, article

from ftcrawler.addresses import is_public
from ftcrawler.urls import canonical

NOT_PUBLIC = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255
192.168.0.1 169.254.169.254 169.254.0.1 100.64.0.1 100.100.100.200 192.0.0.1 192.0.0.192
192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1
2001:10::1 2002:7f00:1:: fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
not-an-address 127.1 0x7f.1
""".split()
PUBLIC = "93.184.216.34 8.8.8.8 1.1.1.1 2606:4700::1111 2a00:1450:4001::5e ::ffff:8.8.8.8".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(address)


@pytest.fixture
def victim():
    """A listener on another loopback address that counts connections."""
    with socket.create_server(("127.0.0.2", 0)) as server:
        server.settimeout(0.1)
        hits: list[object] = []
        over = threading.Event()

        def listen():
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                hits.append(connection)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], hits
        over.set()
        thread.join()


# Each is a way to write a loopback address in a URL; {port} is the victim's.
SPELLINGS = [
    "http://127.0.0.2:{port}/",
    "http://127.2:{port}/",
    "http://127.0.2:{port}/",
    "http://0x7f.0.0.2:{port}/",
    "http://0x7f000002:{port}/",
    "http://2130706434:{port}/",
    "http://0177.0.0.2:{port}/",
    "http://0177.0x0.0.02:{port}/",
    "http://017700000002:{port}/",
    "http://0x7F.2:{port}/",
    "http://[::ffff:127.0.0.2]:{port}/",
    "http://[::ffff:7f00:2]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.2]:{port}/",
    "http://[::127.0.0.2]:{port}/",
    "http://[64:ff9b::127.0.0.2]:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://user@127.0.0.2:{port}/",
    "http://127.0.0.2.:{port}/",
    "http://①②⑦.⓪.⓪.②:{port}/",
    "http://127。0。0。2:{port}/",
    "http://１２７.0.0.2:{port}/",
    "http://[::1]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::]:{port}/",
    "http://127.0.0.2%2F:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
]


def test_no_spelling_of_a_private_address_is_connected_to(victim, crawler):
    """All of them as seeds of one site that does not permit private addresses."""
    port, hits = victim
    seeds = [spelling.format(port=port) for spelling in SPELLINGS]
    usable = [seed for seed in seeds if canonical(seed)]  # the others no site file may name
    assert len(usable) > 22
    listed = ", ".join(f'"{seed}"' for seed in usable)
    crawler.site(text=f"start_urls = [{listed}]\n[request]\ndelay = 0\ntimeout = 3\n")
    done = crawler.run(
        "crawl", "articles", "-s", "RETRY_TIMES=0", FTCRAWLER_CONTACT="someone@example.org"
    )
    assert hits == []
    assert done.code in (0, 3), done.err
    counts = done.counts()
    assert counts["page/denied/private-address"] >= 15
    assert "page/document" not in counts


def redirect(port):
    return Answer(b"", 302, headers={"Location": f"http://127.0.0.2:{port}/x"})


def index(**pages):
    def build(web, port):
        web.page("/", pages.get("html", article("Index")).replace("PORT", str(port)))
        web.page("/fine", article("Fine"))
        for path, make in pages.get("routes", {}).items():
            web.routes[path] = make(web, port)

    return build


LINK = "<a href='http://127.0.0.2:PORT/x'>x</a>"
PATHS = {
    "a link": index(html=article("I") + LINK),
    "a redirect": index(
        html=article("I", links=("/away", "/fine")), routes={"/away": lambda w, p: redirect(p)}
    ),
    "a redirect of robots.txt": index(routes={"/robots.txt": lambda w, p: redirect(p)}),
    "a redirect of the sitemap": index(routes={"/map.xml": lambda w, p: redirect(p)}),
    "a redirect of the feed": index(routes={"/feed.xml": lambda w, p: redirect(p)}),
    "a sitemap index": index(
        routes={
            "/map.xml": lambda w, p: Answer(
                f"<sitemapindex><sitemap><loc>http://127.0.0.2:{p}/s</loc></sitemap>"
                "</sitemapindex>".encode()
            )
        }
    ),
    "pages of a sitemap": index(
        routes={
            "/map.xml": lambda w, p: Answer(
                f"<urlset><url><loc>http://127.0.0.2:{p}/s</loc></url></urlset>".encode()
            )
        }
    ),
    "a feed": index(
        routes={
            "/feed.xml": lambda w, p: Answer(
                f"<rss><channel><item><link>http://127.0.0.2:{p}/s</link></item></channel></rss>"
                "".encode()
            )
        }
    ),
    "a sitemap that robots.txt names": index(
        routes={"/robots.txt": lambda w, p: Answer(f"Sitemap: http://127.0.0.2:{p}/s\n".encode())}
    ),
    "a licence that robots.txt names": index(
        routes={"/robots.txt": lambda w, p: Answer(f"License: http://127.0.0.2:{p}/l\n".encode())}
    ),
    "a base element": index(
        html=article("I").replace("<head>", "<head><base href='http://127.0.0.2:PORT/'>")
        + "<a href='x'>x</a>"
    ),
    "a refresh": index(
        html=article("I").replace(
            "<head>", "<head><meta http-equiv=refresh content='0;url=http://127.0.0.2:PORT/'>"
        )
    ),
}


@pytest.mark.parametrize("name", PATHS)
def test_no_way_leads_to_an_address_that_the_site_file_does_not_name(name, victim, web, crawler):
    port, hits = victim
    PATHS[name](web, port)
    crawler.site(
        text=f'start_urls = ["{web.url}/"]\nsitemaps = "robots"\nfeeds = ["{web.url}/feed.xml"]\n'
        "[request]\ndelay = 0\ntimeout = 3\nallow_private_addresses = true\n"
    )
    if "the sitemap" in name or "of a sitemap" in name or "sitemap index" in name:
        web.routes["/robots.txt"] = Answer(f"Sitemap: {web.url}/map.xml\n".encode())
    done = crawler.run("crawl", "articles", "-s", "RETRY_TIMES=0")
    assert hits == []
    assert "Traceback" not in done.err


REBINDING = """
import socket
real = socket.getaddrinfo
asked = []

def getaddrinfo(host, port, *args, **kwargs):
    if host in ("rebinding.example", b"rebinding.example"):
        asked.append(host)
        host = "93.184.216.34" if len(asked) <= {public} else "127.0.0.2"
    return real(host, port, *args, **kwargs)

socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.parametrize("public", [0, 1])
def test_a_name_that_changes_its_address_gains_nothing(public, victim, crawler, tmp_path):
    """The first look-up answers a public address, each later one the victim's."""
    port, hits = victim
    (tmp_path / "sitecustomize.py").write_text(REBINDING.format(public=public))
    crawler.site(
        text=f'start_urls = ["http://rebinding.example:{port}/"]\n'
        "[request]\ndelay = 0\ntimeout = 3\n"
    )
    path = f"{tmp_path}:{crawler.environment()['PYTHONPATH']}"
    done = crawler.run(
        "crawl",
        "articles",
        "-s",
        "RETRY_TIMES=0",
        PYTHONPATH=path,
        FTCRAWLER_CONTACT="someone@example.org",
    )
    assert hits == []
    assert done.code == (0 if public == 0 else 3)
    if public:
        assert "rebinding.example resolves to" in done.err

"""The raw archive: WARC records that can be read alone, and extraction from them."""

import dataclasses
import gzip

import pytest
from warcio.archiveiterator import ArchiveIterator
from web import article

from pipelines.archive import ArchiveError, page_record, read_page
from pipelines.records import Page, Verdict

PAGE = Page(
    site="s",
    url="http://a.example/%C3%A9?q=x%20y",
    status=200,
    headers=(("content-type", "text/html; charset=utf-8"), ("etag", '"x"')),
    body="<p>é</p>".encode() + bytes(range(256)),
    fetched_at="2026-11-24T02:00:00Z",
    verdict=Verdict("allow", "robots.txt", "no rule, é", "line\nbreak"),
)


def test_a_record_comes_back_as_it_was_and_is_the_same_each_time(tmp_path):
    record = page_record(PAGE)
    assert record == page_record(PAGE)
    (tmp_path / "a.warc.gz").write_bytes(b"x" * 100 + record + b"y" * 100)
    back = read_page(tmp_path / "a.warc.gz", 100, len(record), "s")
    length = ("content-length", str(len(PAGE.body)))
    assert back == dataclasses.replace(PAGE, headers=(*PAGE.headers, length))


DAMAGE = {
    "cut short": lambda record: record[: len(record) // 2],
    "nothing": lambda record: b"",
    "other bytes": lambda record: b"z" * len(record),
    "a changed body": lambda record: gzip.compress(gzip.decompress(record).replace(b"<p>", b"<b>")),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_record_that_is_not_whole_is_named(name, tmp_path):
    path = tmp_path / "a.warc.gz"
    record = DAMAGE[name](page_record(PAGE))
    path.write_bytes(record)
    with pytest.raises(ArchiveError, match=r"a\.warc\.gz at 0: no whole record"):
        read_page(path, 0, len(record) or 1, "s")


WARC = "[archive]\nwarc = true\n"


def small_web(web):
    web.page("/", article("Index", links=("/a", "/b", "/thin", "/no")))
    web.page("/a", article("Alpha"), etag=True)
    web.page("/b", article("Beta"), etag=True)
    web.page("/thin", "<p>Too thin.</p>")
    web.page("/no", article("No").replace("<head>", "<head><meta name=robots content=noai>"))


def test_the_archive_is_whole_warc_and_has_what_may_be_kept(web, crawler):
    small_web(web)
    crawler.site(web, more=WARC)
    done = crawler.run()
    assert done.code == 0, done.err
    (file,) = (done.data / "archive" / "site=web").iterdir()
    with file.open("rb") as stream:
        found = [r.rec_headers.get_header("WARC-Target-URI") for r in ArchiveIterator(stream)]
    assert sorted(found) == sorted(f"{web.url}{path}" for path in ("/", "/a", "/b", "/thin"))
    document = done.rows("documents")[0]
    assert document["warc_file"] == file.relative_to(done.data).as_posix()
    again = crawler.run()
    assert again.code == 0
    assert len(list((done.data / "archive" / "site=web").iterdir())) == 1


def test_reextract_with_the_same_rules_gives_the_same_rows(web, crawler):
    small_web(web)
    crawler.site(web, more=WARC)
    crawler.run()
    web.page("/a", article("Alpha").replace("the 5th mile", "the fifth mile"))
    done = crawler.run()
    requests = len(web.seen)
    rows, documents = done.rows(), done.rows("documents")
    assert len(documents) == 4
    into = crawler.data.with_name("into")
    replayed = crawler.run("reextract", "--into", str(into))
    assert replayed.code == 0, replayed.err
    new = dataclasses.replace(replayed, data=into)
    assert new.rows() == rows
    assert new.rows("documents") == documents
    assert len(web.seen) == requests
    in_place = crawler.run("reextract")
    assert in_place.code == 0, in_place.err
    assert in_place.rows() == rows
    assert in_place.rows("documents") == documents
    twice = crawler.run("reextract", "--into", str(into))
    assert twice.code == 2
    assert "not an empty folder" in twice.err


def test_reextract_with_other_rules_adds_rows_and_spares_the_next_crawl(web, crawler):
    small_web(web)
    crawler.site(web, more=WARC)
    before = crawler.run()
    rows = before.rows()
    crawler.site(web, more=WARC + "[extract]\nmin_words = 2\n[pairs]\nevery = 4\n")
    requests = len(web.seen)
    done = crawler.run("reextract")
    assert done.code == 0, done.err
    assert len(web.seen) == requests
    assert done.rows()[: len(rows)] == rows
    assert {row["url"] for row in done.rows()[len(rows) :]} >= {f"{web.url}/a"}
    assert f"{web.url}/thin" in {row["url"] for row in done.rows("documents")}
    total = len(done.rows())
    after = crawler.run()
    assert after.counts()["page/unchanged/not modified"] == 2
    assert len(after.rows()) == total


def test_reextract_leaves_out_what_was_retracted(web, crawler):
    small_web(web)
    crawler.site(web, more=WARC)
    crawler.run()
    del web.routes["/a"]
    crawler.run()
    into = crawler.data.with_name("into")
    done = crawler.run("reextract", "--into", str(into))
    assert done.code == 0, done.err
    urls = {row["url"] for row in dataclasses.replace(done, data=into).rows("documents")}
    assert f"{web.url}/b" in urls
    assert f"{web.url}/a" not in urls


def test_reextract_names_an_archive_that_is_damaged(web, crawler):
    small_web(web)
    crawler.site(web, more=WARC)
    crawler.run()
    (file,) = (crawler.data / "archive" / "site=web").iterdir()
    file.write_bytes(file.read_bytes()[:300])
    done = crawler.run("reextract", "--into", str(crawler.data.with_name("into")))
    assert done.code == 6
    assert file.name in done.err
    assert "Traceback" not in done.err

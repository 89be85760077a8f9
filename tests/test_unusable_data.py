"""What cannot be read is said in a sentence that names it, by every command that needs it."""

from __future__ import annotations

import pytest
from bundles import built

from ftcrawler.exits import Exit


@pytest.mark.parametrize("command", ["nightly --now", "schedule list", "dashboard --html {page}"])
def test_a_data_dir_that_is_a_file(crawler, tmp_path, command):
    crawler.data.write_text("")
    done = crawler.run(*command.format(page=tmp_path / "page.html").split())
    assert done.code == Exit.STORAGE
    assert f"ftcrawler: DATA_DIR {crawler.data} cannot be used: " in done.err
    assert "Traceback" not in done.err


def test_the_memory_of_a_site_whose_rows_are_sent(crawler, tmp_path):
    built(crawler.data)
    (targets := tmp_path / "targets.toml").write_text(
        f'[shelf]\nkind = "local"\nurl = "{tmp_path}/shelf"\n'
    )
    for folder in (crawler.data / "pairs").iterdir():
        memory = crawler.data / "sites" / folder.name.removeprefix("site=") / "state.db"
        memory.parent.mkdir(parents=True)
        memory.write_text("garbage")
    done = crawler.run("upload", "bees", "--to", "shelf", FTCRAWLER_TARGETS=str(targets))
    assert done.code == Exit.STORAGE
    assert "state.db cannot be read (file is not a database): put it back" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "shelf").exists()

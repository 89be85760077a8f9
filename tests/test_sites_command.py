"""``scrapy sites``: the table, the check of every file, the schema that editors read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from ftcrawler.commands.sites import load_every_site, schema_text, seeds_of, sites_table
from ftcrawler.site import SCHEMA_FILE, SiteError, json_schema
from ftcrawler.sitetext import load_site

SITES = Path(__file__).resolve().parent.parent / "ftcrawler" / "sites"
SHIPPED = sorted(path.name for path in SITES.glob("*.toml"))
SEED = 'start_urls = ["https://example.com/"]\n'


@pytest.fixture(autouse=True)
def _no_demo_is_served(monkeypatch):
    monkeypatch.setenv("DEMO_PORT", "8000")


def test_every_shipped_site_file_loads():
    assert [f"{site.name}.toml" for site in load_every_site(SITES)] == SHIPPED


def test_the_shipped_schema_is_the_generated_one():
    """When it is not: ``scrapy sites --schema > ftcrawler/sites/site.schema.json``."""
    assert (SITES / SCHEMA_FILE).read_text("utf-8") == schema_text()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_site_file_names_the_schema_and_keeps_to_its_keys(name):
    text = (SITES / name).read_text("utf-8")
    assert text.startswith(f"#:schema ./{SCHEMA_FILE}\n")
    schema = json_schema()
    for key, value in tomllib.loads(text).items():
        assert key in schema["properties"]
        if isinstance(value, dict):
            assert value.keys() <= schema["$defs"][key.capitalize()]["properties"].keys()


def test_the_schema_refuses_unknown_keys_and_the_name():
    schema = json_schema()
    tables = [schema, *schema["$defs"].values()]
    assert [table["additionalProperties"] for table in tables] == [False] * len(tables)
    assert "name" not in schema["properties"]
    assert "required" not in schema


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        (SEED, "1 page"),
        ('feeds = ["https://example.com/a", "https://example.com/b"]', "2 feeds"),
        (f'{SEED}sitemaps = "robots"', "1 page, sitemaps of robots.txt"),
        (f'{SEED}sitemaps = ["https://example.com/map"]', "1 page, 1 sitemap"),
    ],
)
def test_seeds_are_counted(text, seeds):
    assert seeds_of(load_site(text, "some")) == seeds


def test_the_table_has_a_row_for_each_site():
    site = load_site(f"enabled = false\n{SEED}[request]\ndelay = 2.5\n", "bees")
    console = Console(width=100)
    with console.capture() as shown:
        console.print(sites_table([site]))
    words = shown.get().split()
    assert words[:5] == ["site", "enabled", "seeds", "delay", "strategies"]
    assert words[5:] == "bees no 1 page 2.5 s title, heading, sentence".split()


def test_all_problems_of_all_files_are_found_disabled_ones_included(tmp_path):
    (tmp_path / "one.toml").write_text(f"{SEED}[pairs]\nevery = 1\nwindow = 0\n")
    (tmp_path / "two.toml").write_text("enabled = false\nstart_urls = ['example.com']\n")
    with pytest.raises(SiteError) as caught:
        load_every_site(tmp_path)
    keys = [problem.split(": ")[1] for problem in caught.value.problems]
    assert sorted(keys) == ["pairs.every", "pairs.window", "start_urls"]


def test_the_command_lists_the_sites(crawler):
    crawler.site(text=SEED, name="bees")
    done = crawler.run("sites")
    assert done.code == 0, done.err
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["site", "enabled"],
        ["bees", "yes"],
    ]
    assert not crawler.data.exists()


def test_the_command_ends_with_2_and_every_problem(crawler):
    crawler.site(text=f"{SEED}colour = 'red'\n[request]\ndelay = -1\n", name="bees")
    done = crawler.run("sites")
    assert (done.code, done.out) == (2, "")
    assert "bees.toml: colour: unknown key; allowed here: enabled, start_urls" in done.err
    assert "bees.toml: request.delay: " in done.err


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_site_files_is_an_error(crawler, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    done = crawler.run("sites", FTCRAWLER_SITES=str(tmp_path / folder))
    assert done.code == 2
    assert str(tmp_path / folder) in done.err


def test_the_command_prints_the_schema(crawler):
    done = crawler.run("sites", "--schema")
    assert done.code == 0, done.err
    assert json.loads(done.out) == json_schema()


def test_the_command_takes_no_argument(crawler):
    done = crawler.run("sites", "bees")
    assert done.code == 2
    assert "takes no argument, 'bees' was given" in done.err

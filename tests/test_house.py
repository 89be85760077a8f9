"""The house itself: import directions, and documentation that names what there is."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from conftest import Crawler
from pydantic import BaseModel

from ftcrawler import answers, settings
from ftcrawler.exits import Exit
from ftcrawler.site import Site
from ftcrawler.sitetext import load_site
from pipelines.extract import REASONS
from pipelines.quality import PAIR_REASONS
from pipelines.records import Outcome, PairKind
from pipelines.shards import SCHEMAS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ftcrawler", "pipelines")
DOCS = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").glob("*.md"))
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "core", "common", "misc"}
# Scrapy's own commands are not in ftcrawler/commands; these are the ones that pages may name.
SCRAPY_COMMANDS = {"crawl", "list", "shell", "settings"}


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git clone")
    return tuple(path for name in listed.stdout.split("\0") if (path := ROOT / name).is_file())


def imports(path: Path) -> set[str]:
    """The dotted names that a file imports anywhere, also inside functions and for types."""
    found = set()
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} line {node.lineno}: a relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


# -- The code -------------------------------------------------------------------------


@pytest.mark.parametrize("path", sources("pipelines"), ids=name_of)
def test_pipelines_never_import_ftcrawler(path):
    assert "ftcrawler" not in packages(path)


@pytest.mark.parametrize("path", sources("pipelines"), ids=name_of)
def test_in_pipelines_only_the_stages_import_scrapy(path):
    known = packages(path) & {"scrapy", "twisted"}
    assert not known or name_of(path) == "pipelines/stages.py"


@pytest.mark.parametrize("path", sources(*PACKAGES, "tests", "bench"), ids=name_of)
def test_every_file_says_what_it_does(path):
    said = ast.get_docstring(ast.parse(text_of(path)))
    assert said, "no docstring at the top"
    assert said.splitlines()[0].endswith((".", ":")), "the first line is a sentence"


def test_what_calls_itself_pure_reads_no_clock_file_or_network():
    unclean = {"os", "time", "random", "secrets", "socket", "subprocess", "sqlite3", "pathlib"}
    found = {
        name_of(path): packages(path) & unclean
        for path in sources(*PACKAGES)
        if re.search(r"\bPure\b", ast.get_docstring(ast.parse(text_of(path))) or "")
    }
    assert len(found) > 15
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_no_module_is_called_after_nothing():
    names = {name_of(path): set(path.with_suffix("").parts) for path in sources(*PACKAGES)}
    assert [name for name, parts in names.items() if parts & FORBIDDEN_NAMES] == []


def test_modules_do_not_import_each_other_in_a_circle():
    """Imports for types only count too: they are how a circle begins, except from Scrapy's."""
    graph = {}
    for path in sources(*PACKAGES):
        parts = path.relative_to(ROOT).with_suffix("").parts
        graph[".".join(part for part in parts if part != "__init__")] = top_imports(path)
    graph = {name: found & graph.keys() - {name} for name, found in graph.items()}
    while leaves := {name for name, found in graph.items() if not found}:
        graph = {name: found - leaves for name, found in graph.items() if name not in leaves}
    assert graph == {}


def top_imports(path: Path) -> set[str]:
    """The dotted names that are imported when the file is."""
    found = set()
    for node in ast.parse(text_of(path)).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


# -- What the pages name --------------------------------------------------------------


def missing_from(page: str, names) -> list[str]:
    """The names that do not stand between backticks in a page, examples aside."""
    prose = re.sub(r"^```.*?^```", "", text_of(ROOT / page), flags=re.MULTILINE | re.DOTALL)
    marked = " ".join(re.findall(r"`([^`\n]+)`", prose))
    return [n for n in names if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", marked)]


def environment_variables() -> set[str]:
    found = set()
    for path in sources("ftcrawler"):
        found |= set(re.findall(r"\bFTCRAWLER_[A-Z_]+\b", text_of(path)))
    for path in (ROOT / "ftcrawler" / "sites").glob("*.toml"):
        found |= set(re.findall(r"\$\{(\w+)\}", text_of(path)))
    return found


def test_every_setting_is_explained():
    own = [name for name in vars(settings) if name.isupper() and name != "ROOT"]
    assert len(own) > 20
    assert missing_from("docs/settings.md", own) == []


def test_every_setting_that_the_page_names_exists():
    first_cells = re.findall(
        r"^\| (`[A-Z`_, ]+`) \|", text_of(ROOT / "docs/settings.md"), re.MULTILINE
    )
    named = {name for cell in first_cells for name in re.findall(r"[A-Z_]{4,}", cell)}
    unknown = {n for n in named if not hasattr(settings, n)} - environment_variables()
    assert unknown == set()


def test_every_environment_variable_is_explained_and_in_the_example():
    variables = environment_variables() - {"FTCRAWLER_KILL_AT"}  # tests alone set it
    assert "FTCRAWLER_DATA" in variables
    assert missing_from("docs/settings.md", variables) == []
    example = text_of(ROOT / ".env.example")
    assert [name for name in variables if f"{name}=" not in example] == []
    commented = re.findall(r"^#? ?([A-Z_]+)=", example, re.MULTILINE)
    assert len(re.findall(r"^# .*\n#? ?[A-Z_]+=", example, re.MULTILINE)) == len(commented)


def keys(model: type[BaseModel]):
    """(key, its field, its table) of every key of a site file."""
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield f"[{key}]", field, ""
            yield from ((inner, f, key) for inner, f, _ in keys(field.annotation))
        elif key != "name":
            yield key, field, ""


@pytest.mark.parametrize(
    ("key", "field", "table"), list(keys(Site)), ids=lambda value: str(value)[:20]
)
def test_every_key_of_a_site_file_is_explained_with_its_default(key, field, table):
    page = text_of(ROOT / "docs/site-files.md")
    part = page.partition(f"## `[{table}]`")[2].partition("\n## ")[0] if table else page
    if key.startswith("["):
        assert f"\n## `{key}`" in page
        return
    row = re.search(rf"^\| `{key}` \|[^|]+\| ([^|]+) \|", part, re.MULTILINE)
    assert row, f"{key} has no row"
    default = field.default
    assert default is not None or row[1] == "none"
    if default is not None and key != "allowed_domains":
        shown = next(iter(tomllib.loads(f"x = {row[1].strip('`')}").values()))
        assert shown == default


def test_the_examples_of_the_site_file_page_are_good_site_files():
    examples = re.findall(r"```toml\n(.+?)```", text_of(ROOT / "docs/site-files.md"), re.DOTALL)
    assert len(examples) >= 5
    for example in examples:
        seed = "" if "start_urls" in example else 'start_urls = ["https://example.com/"]\n'
        load_site(seed + example, "example", environment={"EXAMPLE_TOKEN": "x"})


def literals(kind) -> tuple[str, ...]:
    return kind.__args__


def feed_reasons() -> set[str]:
    return set(re.findall(r'FeedError\("([a-z-]+)"\)', text_of(ROOT / "ftcrawler/feeds.py")))


def test_every_outcome_and_reason_is_explained():
    code = text_of(ROOT / "ftcrawler/reading.py") + text_of(ROOT / "ftcrawler/working.py")
    said = re.findall(r'outcome\(\w+, "\w+", "([a-z -]+)"\)', code)
    assert {"redirect-loop", "permitted"} <= set(said)
    names = {*literals(Outcome), *REASONS, *feed_reasons(), *said}
    names |= {reason for _, reason in answers._REASONS}
    assert missing_from("docs/operations.md", names) == []


def test_every_strategy_and_reason_for_dropping_a_pair_is_explained():
    assert (
        missing_from(
            "docs/pairs.md", (*literals(PairKind), *PAIR_REASONS, "duplicate", "already-written")
        )
        == []
    )


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_every_exit_code_is_explained(page):
    rows = re.findall(r"^\| (\d) \|", text_of(ROOT / page), re.MULTILINE)
    assert rows == [str(int(code)) for code in Exit]


@pytest.mark.parametrize("stream", SCHEMAS)
def test_every_column_is_explained(stream):
    page = text_of(ROOT / "docs/data.md")
    part = page.partition(f"\n## `{stream}`\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.+?`) \|", part, re.MULTILINE)
    named = [name for cell in cells for name in re.findall(r"\w+", cell)]
    assert named == SCHEMAS[stream].names


def test_every_own_command_is_named_in_the_pages():
    own = {path.stem for path in (ROOT / "ftcrawler/commands").glob("[a-z]*.py")}
    named = {name for path in DOCS for name in commands_in(text_of(path))}
    assert own <= named
    assert named <= own | SCRAPY_COMMANDS


def commands_in(text: str) -> list[str]:
    return re.findall(r"(?:`|bin/|-m |\n)scrapy ([a-z]+)", text)


def test_every_make_target_that_is_named_exists_and_the_other_way_round():
    makefile = text_of(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    code = "\n".join(c for path in DOCS for c in re.findall(r"`+[^`]+`+", text_of(path)))
    named = set(re.findall(r"\bmake (?:[A-Z]+=\S+ )?([a-z-]+)", code))
    assert named <= targets
    assert {"demo", "test", "check"} <= named
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    assert set(phony[1].split()) == targets
    assert all(re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE) for target in targets)


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in DOCS:
        for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
            path, _, anchor = target.partition("#")
            if "://" in target:
                continue
            goal = (page.parent / path) if path else page
            if not goal.exists() or (anchor and anchor not in anchors(goal)):
                broken.append(f"{name_of(page)}: {target}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have on the usual forges."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_pages_and_files_that_the_code_names_exist():
    naming = [*sources(*PACKAGES), *(ROOT / "ftcrawler/sites").glob("*.toml")]
    assert [
        f"{name_of(path)}: {name}"
        for path in naming
        for name in re.findall(r"\b(?:[\w-]+/)*[\w-]+\.md\b", text_of(path))
        if not (ROOT / name).exists()
    ] == []


# -- The examples run ------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """A folder as the clone's is after ``make demo``."""
    folder = tmp_path_factory.mktemp("house")
    done = Crawler(folder).run("demo", FTCRAWLER_SITES="")
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("page", DOCS, ids=name_of)
def test_the_python_examples_run(page, demo, monkeypatch):
    blocks = re.findall(r"```python\n(.+?)```", text_of(page), re.DOTALL)
    if not blocks:
        pytest.skip("no example")
    monkeypatch.chdir(demo)
    names: dict[str, object] = {}
    for block in blocks:
        if ">>>" not in block:
            exec(compile(block, name_of(page), "exec"), names)
            continue
        test = doctest.DocTestParser().get_doctest(block, names, name_of(page), str(page), 0)
        report: list[str] = []
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        result = runner.run(test, out=report.append, clear_globs=False)
        names |= test.globs
        assert result.failed == 0, "".join(report)


# -- The tree --------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=name_of)
def test_every_requirement_is_pinned_and_says_why(path):
    lines = [line for line in text_of(path).splitlines() if line[:1] not in ("", "#")]
    pinned = re.compile(r"[\w.\[\]-]+==[\w.+]+(; python_version < '[\d.]+')?\s+# \S")
    faults = [line for line in lines if not (pinned.match(line) or line.startswith("-r "))]
    assert faults == []


def test_no_machine_is_named_in_tracked_files():
    """No path of somebody's machine, and no registry but the default one."""
    # In pieces, so that this file does not name them.
    machine = "|".join(("/ho" + "me/[a-z]", "/Us" + "ers/[A-Z]", "/ro" + "ot/", "/wo" + "rk/"))
    registry = "|".join(("index" + "-url", "trusted" + "-host", "pypi[a-z0-9.-]*" + "/simple"))
    fault = re.compile(f"(?<![\\w.])(?:{machine})|{registry}")
    found = []
    for path in tracked():
        if path.relative_to(ROOT).parts[:2] == ("tests", "pages"):
            continue  # saved pages name what they like
        try:
            text = text_of(path)
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {match[0]}" for match in fault.finditer(text)]
    assert found == []


def test_the_licence_is_the_whole_of_apache_2():
    text = text_of(ROOT / "LICENSE")
    assert "Apache License" in text[:200]
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) > 11_000


def test_commands_describe_themselves():
    for path in (ROOT / "ftcrawler/commands").glob("[a-z]*.py"):
        command = importlib.import_module(f"ftcrawler.commands.{path.stem}").Command
        assert command().short_desc()
        assert command().long_desc() != command().short_desc()

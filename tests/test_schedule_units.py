"""Units that start the nights: read by what they are for, never less often than sites want."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml
from conftest import ROOT, Crawler
from cronsim import CronSim

from ftcrawler.cronfields import cron_line, fields_of, in_utc, made_up
from ftcrawler.schedule import upcoming
from ftcrawler.slots import Rhythm
from ftcrawler.units import Place, crontab, github_actions, kubernetes, systemd

YEAR = 2026
BERLIN = Rhythm("30 2 * * *", "Europe/Berlin")
RHYTHMS = [
    BERLIN,
    Rhythm("0 3 * * *", "UTC"),
    Rhythm("15 4 * * MON-FRI", "Asia/Kolkata"),
    Rhythm("0 1,13 1,15 * *", "America/New_York"),
    Rhythm("0 3 1 * MON", "Pacific/Auckland"),
    Rhythm("5 2 LW * *", "Europe/London"),
    Rhythm("0 3 L * TUE", "UTC"),
    Rhythm("10 0 * * FRI#2", "Australia/Lord_Howe"),
    Rhythm("20 23 * 2,8 SUN", "America/St_Johns"),
    Rhythm("40 * * * 5L", "Asia/Kathmandu"),
    Rhythm("*/20 2 */3 * *", "Europe/Berlin"),
]
IDS = [f"{rhythm.cron} {rhythm.zone}" for rhythm in RHYTHMS]
ODD = Place("/srv/a b 100%/$x/bin/python", "/srv/a b 100%", "/srv/da ta%n", "/srv/$sites")


def wanted(rhythm: Rhythm) -> list[datetime]:
    """The slots of a year."""
    start = datetime(YEAR, 1, 1, tzinfo=UTC)
    slots = upcoming(rhythm.cron, rhythm.zone, start, 3000)
    return [slot for slot in slots if slot < start + timedelta(days=365)]


def fires(lines: list[str], zone: str) -> set[datetime]:
    """When cron lines fire in a year by a scheduler that skips what the clock skips.

    Six fields are asked for, since with them CronSim makes up for nothing.
    """
    found = set()
    for line in lines:
        for slot in CronSim(f"0 {line}", datetime(YEAR - 1, 12, 30, tzinfo=ZoneInfo(zone))):
            moment = slot.astimezone(UTC)
            if moment.year > YEAR:
                break
            found.add(moment)
    return found


@pytest.mark.parametrize("rhythm", RHYTHMS, ids=IDS)
def test_no_slot_of_a_year_is_without_a_start_soon_after(rhythm):
    """By UTC at the minute; by the zone's own clock within the hour that spring leaves out."""
    slots = wanted(rhythm)
    fields = fields_of(rhythm.cron)
    utc = fires([cron_line(f) for f in in_utc(fields, rhythm.zone, YEAR)], "UTC")
    own = fires([cron_line(made_up(fields, rhythm.zone, YEAR))], rhythm.zone)
    skipped = []
    for slot in slots:
        if slot not in utc:
            skipped.append(slot)
        assert any(slot + timedelta(minutes=late) in own for late in (0, 5, 10, 15, 20, 30, 35, 45))
    # What is made up for after the gap is at another time than its line says: minutes later.
    assert all(any(slot + timedelta(minutes=late) in utc for late in range(61)) for slot in skipped)
    assert len(skipped) <= 1


def calendar(timer: str) -> list[str]:
    return re.findall(r"^OnCalendar=(.+)$", timer, re.MULTILINE)


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="Debian's package systemd is not there"
)


@needs_systemd
@pytest.mark.parametrize("scope", ["--system", "--user"])
def test_systemd_takes_the_units(tmp_path, scope):
    python = tmp_path / "an odd 100% $place" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    place = Place(str(python), str(tmp_path), str(tmp_path / "da ta%n"), str(tmp_path / "$s"))
    files = systemd(RHYTHMS, place, YEAR)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", scope, "verify", *(str(tmp_path / name) for name in files)],
        capture_output=True,
        text=True,
        check=False,
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert "ftcrawler-nightly" not in done.stderr, done.stderr
    assert "Persistent=true" in files["ftcrawler-nightly.timer"]
    assert "SuccessExitStatus=8" in files["ftcrawler-nightly.service"]


@needs_systemd
def test_systemd_starts_the_night_that_spring_leaves_out():
    lines = calendar(systemd([BERLIN], ODD, YEAR)["ftcrawler-nightly.timer"])
    command = ["systemd-analyze", "calendar", "--iterations=2", "--base-time=2026-03-28 12:00 UTC"]
    said = subprocess.run([*command, *lines], capture_output=True, text=True, check=True).stdout
    assert "Sun 2026-03-29 01:30:00 UTC" in said
    slots = upcoming(BERLIN.cron, BERLIN.zone, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert slots == [datetime(2026, 3, 29, 1, tzinfo=UTC)]


@pytest.mark.parametrize("rhythms", [RHYTHMS[:1], RHYTHMS], ids=["one", "many"])
def test_kubernetes_takes_the_cronjobs(rhythms):
    schema = json.loads((Path(__file__).parent / "schemas" / "kubernetes.json").read_text())
    known = {name.rpartition(".")[2]: name for name in schema["$defs"]}
    parts = list(yaml.safe_load_all(kubernetes(rhythms, ODD, YEAR)))
    assert [part["kind"] for part in parts] == [
        "PersistentVolumeClaim",
        *["CronJob"] * len(rhythms),
    ]
    for part in parts:
        kind = {**schema, "$ref": f"#/$defs/{known[part['kind']]}"}
        jsonschema.Draft202012Validator(kind).validate(part)
    jobs = [part["spec"] for part in parts[1:]]
    assert all(job["concurrencyPolicy"] == "Forbid" for job in jobs)
    assert [job["timeZone"] for job in jobs] == [rhythm.zone for rhythm in rhythms]
    assert jobs[0]["schedule"] == "30 2-3 * * *"
    assert len({part["metadata"]["name"] for part in parts}) == len(parts)


def test_an_odd_image_name_stays_one_word():
    image = 'host:5000/a:b # "c"'
    place = Place("p", "f", "d", "s", image)
    job = list(yaml.safe_load_all(kubernetes([BERLIN], place, YEAR)))[1]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == image


def test_github_takes_the_workflow(tmp_path):
    path = tmp_path / "nightly.yml"
    path.write_text(github_actions(RHYTHMS, YEAR))
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows",
         str(path)],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if "No module named" in done.stderr:
        pytest.skip("check-jsonschema is not installed")
    assert done.returncode == 0, done.stdout
    crons = [entry["cron"] for entry in yaml.safe_load(path.read_text())[True]["schedule"]]
    assert "30 0 * * *" in crons  # Berlin's summer
    assert "30 1 * * *" in crons  # and winter
    many = github_actions([Rhythm(f"{n} * * * *", "UTC") for n in range(60)], YEAR)
    assert yaml.safe_load(many)[True]["schedule"] == [{"cron": "17 * * * *"}]


def test_a_crontab_has_one_line_that_a_shell_reads_back():
    text = crontab(RHYTHMS[:2], ODD, YEAR)
    (line,) = (line for line in text.splitlines() if not line.startswith("#"))
    minutes, rest = line.split(" * * * * ")
    assert minutes == "0,30"
    assert not re.search(r"(?<!\\)%", rest)  # cron would end the command there
    command = rest.replace("\\%", "%").partition(" && FTC")[0].replace("mkdir -p", "printf '%s|'")
    said = subprocess.run(
        ["sh", "-c", command.replace("&& cd", "&& printf '%s|'")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "/srv/da ta%n|/srv/a b 100%|"
    assert crontab(RHYTHMS, ODD, YEAR).splitlines()[1].startswith("*/15 * * * * ")


@pytest.mark.slow
def test_the_command_lists_tells_and_writes(crawler: Crawler, tmp_path: Path):
    site = 'start_urls = ["http://x.example/"]\n[schedule]\ncron = "{}"\ntimezone = "{}"\n'
    crawler.site(name="a", text=site.format("30 2 * * *", "Europe/Berlin"))
    crawler.site(name="b", text=site.format("0 3 * * SUN", "UTC"))
    listed = crawler.run("schedule", "list")
    assert listed.code == 0
    assert re.search(r"a +30 2 \* \* \* +Europe/Berlin .+due now", listed.out)
    soon = crawler.run("schedule", "next", "--count", "4")
    assert len(soon.out.splitlines()) == 4
    assert "02:30 Europe/Berlin  a" in soon.out
    into = tmp_path / "units"
    written = crawler.run("schedule", "export", "--systemd", "--into", str(into))
    assert written.code == 0
    assert {path.name for path in into.iterdir()} == {
        "ftcrawler-nightly.service", "ftcrawler-nightly.timer",
    }  # fmt: skip
    service = (into / "ftcrawler-nightly.service").read_text()
    assert f"WorkingDirectory={ROOT}" in service
    assert crawler.run("schedule", "export").code == 2
    crawler.site(name="c", text=site.format("0 0 30 2 *", "UTC"))
    broken = crawler.run("schedule", "list")
    assert broken.code == 2
    assert "c.toml: schedule.cron: never fires" in broken.err
    assert "30 2 * * *" in broken.out

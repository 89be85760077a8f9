"""The last night in Prometheus' text format: as a file that is written whole, or on a port.

The format is version 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ftcrawler.alarms import Alarm, read_alarms
from ftcrawler.nights import began, ended, instant
from ftcrawler.pageserver import LOOPBACK, Answer, PageServer
from ftcrawler.runs import nights
from ftcrawler.writing import write_text

KIND: Final = "text/plain; version=0.0.4"
_HELP: Final = {
    "ftcrawler_run_started_seconds": "When the last night began, seconds since 1970.",
    "ftcrawler_run_ended_seconds": "When it ended.",
    "ftcrawler_run_duration_seconds": "How long it took.",
    "ftcrawler_run_exit_code": "Its exit code.",
    "ftcrawler_run_info": "Its id and how it ended.",
    "ftcrawler_stage_exit_code": "The exit code of what followed the crawl.",
    "ftcrawler_dataset_rows": "Rows of the dataset that was built.",
    "ftcrawler_site_crawled_seconds": "When a site was crawled last.",
    "ftcrawler_site_exit_code": "The exit code of a site's crawl by itself.",
    "ftcrawler_site_pages": "Pages of a site that night, by what became of them.",
    "ftcrawler_site_rows": "New rows of a site that night.",
    "ftcrawler_site_held_documents": "Documents of a site that stand.",
    "ftcrawler_site_pending_urls": "URLs of a site that wait for a visit.",
    "ftcrawler_site_duration_seconds": "How long a site's crawl took.",
    "ftcrawler_site_received_bytes": "Bytes that a site sent.",
    "ftcrawler_alarm": "1 for each alarm that stands.",
    "ftcrawler_alarm_since_seconds": "Since when an alarm stands.",
    "ftcrawler_disk_free_bytes": "Free bytes of the disk that holds the data.",
    "ftcrawler_disk_total_bytes": "All bytes of that disk.",
}
_Sample = tuple[str, Mapping[str, str], float]


def metrics_text(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> str:
    """A night's record as metrics; all are gauges, since each night replaces the one before."""
    by_name: dict[str, list[str]] = {name: [] for name in _HELP}
    for name, labels, value in _samples(record, alarms):
        by_name[name].append(f"{name}{_labels(labels)} {_number(value)}")
    parts = [
        "\n".join((f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge", *lines))
        for name, lines in by_name.items()
        if lines
    ]
    return "\n".join((*parts, ""))


def write_metrics(path: Path, record: Mapping[str, Any], alarms: Sequence[Alarm]) -> None:
    """Write the file for node_exporter's textfile collector, whole or not at all.

    Raises :class:`OSError`.
    """
    if fault := write_text(path, metrics_text(record, alarms)):
        raise OSError(fault)


def serve_metrics(port: int, data_dir: Path, host: str = LOOPBACK) -> PageServer:
    """Serve ``/metrics`` of the newest record in a thread; raises :class:`OSError`."""

    def show(path: str) -> Answer | None:
        if path != "/metrics":
            return None
        found, _ = nights(data_dir, 1)
        record = found[-1] if found else {}
        return Answer(KIND, metrics_text(record, read_alarms(record)).encode())

    return PageServer(show, port, host)


def _samples(record: Mapping[str, Any], alarms: Sequence[Alarm]) -> Iterator[_Sample]:
    yield from _run(record)
    for name, site in (record.get("sites") or {}).items():
        yield from _site(name, site, began(record))
    for alarm in alarms:
        if alarm.state != "cleared":
            labels = {"site": alarm.site, "name": alarm.name, "severity": alarm.severity}
            yield "ftcrawler_alarm", labels, 1
            yield from _time("ftcrawler_alarm_since_seconds", labels, alarm.since)
    for name, value in (record.get("disk") or {}).items():
        if name in ("free", "total"):
            yield f"ftcrawler_disk_{name}_bytes", {}, value


def _run(record: Mapping[str, Any]) -> Iterator[_Sample]:
    yield from _time("ftcrawler_run_started_seconds", {}, began(record))
    yield from _time("ftcrawler_run_ended_seconds", {}, ended(record))
    if record.get("seconds") is not None:
        yield "ftcrawler_run_duration_seconds", {}, record["seconds"]
    if record.get("exit_code") is not None:
        yield "ftcrawler_run_exit_code", {}, record["exit_code"]
    if record.get("id"):
        said = {"id": record["id"], "reason": str(record.get("reason", ""))}
        yield "ftcrawler_run_info", said, 1
    for name, stage in (record.get("stages") or {}).items():
        yield "ftcrawler_stage_exit_code", {"stage": name}, stage.get("exit_code", 0)
        for split in ("train", "validation"):
            if split in stage:
                labels = {"dataset": str(stage.get("dataset", "")), "split": split}
                yield "ftcrawler_dataset_rows", labels, stage[split]


def _site(name: str, site: Mapping[str, Any], at: str) -> Iterator[_Sample]:
    of = {"site": name}
    if site.get("run"):
        yield from _time("ftcrawler_site_crawled_seconds", of, at)
    yield "ftcrawler_site_exit_code", of, site.get("exit_code") or 0
    for outcome, pages in (site.get("pages") or {}).items():
        yield "ftcrawler_site_pages", {**of, "outcome": outcome}, pages
    for stream, rows in (site.get("rows") or {}).items():
        yield "ftcrawler_site_rows", {**of, "stream": stream}, rows
    for key, metric in (
        ("held", "held_documents"),
        ("pending", "pending_urls"),
        ("seconds", "duration_seconds"),
        ("bytes", "received_bytes"),
    ):
        if site.get(key) is not None:
            yield f"ftcrawler_site_{metric}", of, site[key]


def _time(name: str, labels: Mapping[str, str], said: str) -> Iterator[_Sample]:
    if at := instant(said):
        yield name, labels, at.timestamp()


def _labels(labels: Mapping[str, str]) -> str:
    r"""Labels in their braces, escaped.

    >>> print(_labels({"site": 'a"b\\c'}))
    {site="a\"b\\c"}
    """
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    """A number without a needless fraction.

    >>> _number(3.0), _number(0.25)
    ('3', '0.25')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))

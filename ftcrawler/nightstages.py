"""What follows a night's crawl: build, check, upload, each a command in its own process."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ftcrawler.children import Children, Ended
from ftcrawler.exits import Exit
from ftcrawler.nightorder import Order
from ftcrawler.nightparts import GOOD
from pipelines.versions import latest


class NightStages:
    """Builds, checks and uploads, and writes into the night's record what came of it."""

    def __init__(
        self,
        order: Order,
        record: dict[str, Any],
        children: Children,
        *,
        leaving: Callable[[], bool],
        tell: Callable[[str], None],
        keep: Callable[[], None],
    ) -> None:
        self.order = order
        self.record = record
        self._children = children
        self._leaving = leaving
        self._tell = tell
        self._keep = keep

    def run(self) -> None:
        """Build, check and upload, each only when the one before went well."""
        good = any(site["outcome"] in GOOD for site in self.record["sites"].values())
        if not (self.order.build and good):
            return
        steps: list[tuple[str, Callable[[], dict[str, Any]]]] = [
            ("build", self._build),
            ("check", self._check),
        ]
        if self.order.upload:
            steps.append(("upload", self._upload))
        for name, step in steps:
            if self.record["stages"].get(name, {}).get("exit_code") == Exit.OK:
                continue  # before the night broke off
            if self._leaving():
                return
            self._tell(f"{name}s")
            entry = step()
            if self._leaving() and entry["exit_code"]:
                return
            self.record["stages"][name] = entry
            self._keep()
            if entry["exit_code"]:
                return

    def _build(self) -> dict[str, Any]:
        order = self.order
        before = latest(order.data_dir, order.dataset)
        ended = self._children.run("build", "--name", order.dataset, *order.build_options)
        entry = _stage(ended) | {"dataset": order.dataset, "version": "", "fresh": False}
        entry |= {"train": 0, "validation": 0, "documents": 0}
        version = latest(order.data_dir, order.dataset)
        if version and not ended.code:
            manifest = version.manifest
            entry |= {
                "version": version.folder.name,
                "fresh": before is None or before.folder != version.folder,
                "train": manifest["pairs"]["train"],
                "validation": manifest["pairs"]["validation"],
                "documents": manifest["documents"]["used"],
            }
        return entry

    def _check(self) -> dict[str, Any]:
        dataset = f"{self.order.dataset}/{self.record['stages']['build']['version']}"
        ended = self._children.run("check", dataset, "--json", "--no-tokens", keep=True)
        report = _report(ended)
        numbers = {name: int(report.get(name, 0)) for name in ("errors", "warnings")}
        return _stage(ended) | numbers

    def _upload(self) -> dict[str, Any]:
        """Never beyond what the target's ``max_cost`` permits: nobody is there to say yes."""
        dataset = f"{self.order.dataset}/{self.record['stages']['build']['version']}"
        target = self.order.upload
        ended = self._children.run("upload", dataset, "--to", target, "--json", keep=True)
        report = _report(ended)
        receipt = report.get("receipt") or {}
        entry = _stage(ended) | {"target": target, "receipt": str(receipt.get("id", ""))}
        found = report.get("problems") or ()
        faults = [str(one["says"]) for one in found if one.get("weight") == "error"]
        return entry | ({"says": "; ".join(faults)} if entry["exit_code"] and faults else {})


def _report(ended: Ended) -> dict[str, Any]:
    """What a command printed as JSON; nothing when it came to no end."""
    with suppress(ValueError, TypeError):
        return dict(json.loads(ended.out))
    return {}


def _stage(ended: Ended) -> dict[str, Any]:
    says = ""
    if ended.code:
        code = Exit(ended.code).name if ended.code in set(Exit) else f"code {ended.code}"
        says = f"ended with {code}: the log says why"
    code_of = ended.code if ended.code >= 0 else int(Exit.INTERNAL)
    return {"exit_code": code_of, "seconds": round(ended.seconds, 1), "says": says}

"""``scrapy alarms``: the alarms that stand, for people and for whatever looks at exit codes."""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ftcrawler.alarms import Alarm, alarms_now, loud
from ftcrawler.clock import iso
from ftcrawler.commands.crawl import complain
from ftcrawler.exits import Exit
from ftcrawler.messages import alarm_line
from ftcrawler.runs import nights
from ftcrawler.telling import tell

_LOOKED_BACK = 60
_TRIAL = "This is a trial: scrapy alarms --try sent it, and nothing is wrong"


class Command(ScrapyCommand):
    """Show the alarms."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """The line in ``scrapy --help``."""
        return "Show the alarms that stand, also that no night began; try webhooks and mail"

    def long_desc(self) -> str:
        """The text of ``scrapy alarms --help``."""
        return (
            "The alarms of the last night, and whether a night is missing since: run it from "
            "another timer, or as a check of your monitoring. scrapy alarms --try sends a trial "
            "to every webhook and mail address of the environment. Exit codes: 0 no alarm that is "
            "more than a notice, 9 alarm, 3 a trial was not delivered, 2 there is nobody to tell."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Scrapy's options, and ours."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="a list of objects")
        parser.add_argument(
            "--try", dest="trial", action="store_true", help="tell a trial by webhook and mail"
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show, or try."""
        if args:
            raise UsageError
        assert self.settings is not None
        if opts.trial:
            self.exitcode = _try(self.settings)
            return
        found, faults = nights(Path(self.settings["DATA_DIR"]).absolute(), _LOOKED_BACK)
        complain(faults)
        standing = [a for a in alarms_now(found, datetime.now(UTC)) if a.state != "cleared"]
        if opts.json:
            print(json.dumps([alarm.as_dict() for alarm in standing], indent=1, ensure_ascii=False))
        else:
            print("\n".join(map(alarm_line, standing)) or _nothing(found))
        self.exitcode = Exit.ALARM if loud(standing) else Exit.OK


def _nothing(found: list[dict[str, Any]]) -> str:
    return "no alarm" if found else "no night so far: scrapy nightly runs one"


def _try(settings: Any) -> Exit:
    """Send a trial to everybody who is told of nights."""
    if not (os.environ.get("FTCRAWLER_WEBHOOK") or os.environ.get("FTCRAWLER_MAIL")):
        complain(["nobody is to be told: set FTCRAWLER_WEBHOOK or FTCRAWLER_MAIL (in .env, say)"])
        return Exit.CONFIGURATION
    now = iso(time.time())
    alarm = Alarm("trial", "", "notice", _TRIAL, now, now, "Nothing is to be done.")
    record = {"started_at": now, "ended_at": now, "exit_code": 0, "sites": {}, "id": "trial"}
    if problems := tell(record, [alarm], {**dict(settings), "TELL": "always"}):
        complain(problems)
        return Exit.FAILED
    print("told")
    return Exit.OK

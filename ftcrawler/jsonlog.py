"""The log as JSON lines, and the run's id in every line of it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Final

from ftcrawler.clock import iso

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

KINDS: Final = ("text", "json")
# What every record has; anything else was given by the caller.
_USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN: Final = (str, int, float, bool, type(None))


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, run, and what was added."""

    def __init__(self, run: str = "") -> None:
        super().__init__()
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        """One object without a line break."""
        said: dict[str, Any] = {
            "time": f"{iso(record.created)[:-1]}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if self._run:
            said["run"] = self._run
        for name, value in vars(record).items():
            if name not in _USUAL and name not in said and isinstance(value, _PLAIN):
                said[name] = value
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class RunFormatter(logging.Formatter):
    """Lines as Scrapy writes them, with the run's id after the level."""

    def __init__(self, run: str, form: str, dates: str) -> None:
        mark = run.replace("%", "%%")
        super().__init__(form.replace("%(levelname)s:", f"%(levelname)s {mark}:"), dates)


def formatter_of(settings: BaseSettings) -> logging.Formatter | None:
    """The log's formatter by ``LOG_AS`` and ``RUN_ID``; None for Scrapy's own."""
    run = str(settings["RUN_ID"] or "")
    if settings["LOG_AS"] == "json":
        return JsonFormatter(run)
    if run:
        return RunFormatter(run, str(settings["LOG_FORMAT"]), str(settings["LOG_DATEFORMAT"]))
    return None


def dress(settings: BaseSettings) -> None:
    """Give the log's handlers their formatter; called whenever Scrapy may have made new ones."""
    if formatter := formatter_of(settings):
        for handler in logging.root.handlers:
            handler.setFormatter(formatter)

"""A crawl's end with ``UPLOAD_TARGET``: the dataset is built and uploaded, each by its command.

The upload's preflight is the check: whatever stands against it ends the run there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ftcrawler.children import Children
from ftcrawler.exits import Exit

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from ftcrawler.children import Ended

_CARRIED: Final = (
    "DATA_DIR", "SITES_DIR", "TARGETS_FILE", "NIGHTLY_DATASET", "UPLOAD_CONSENT_DAYS"
)  # fmt: skip


def wanted(settings: BaseSettings) -> bool:
    """Whether a crawl ends with an upload; within a night, the night does that itself."""
    return bool(settings["UPLOAD_TARGET"]) and not settings["RUN_ID"]


def faults(settings: BaseSettings) -> list[str]:
    """What is wrong with the target: it is said before the crawl."""
    if not wanted(settings):
        return []
    from ftcrawler.jobs import read_targets  # noqa: PLC0415 - only where something is uploaded
    from pipelines.destinations.targetfile import TargetError  # noqa: PLC0415 - the same

    try:
        read_targets(settings, str(settings["UPLOAD_TARGET"]))
    except TargetError as error:
        return [*error.problems, *dataset_faults(settings)]
    return dataset_faults(settings)


def dataset_faults(settings: BaseSettings) -> list[str]:
    """What is wrong with the name of the dataset that is built when the crawl is over."""
    from pipelines.versions import is_name  # noqa: PLC0415 - only where something is built

    if is_name(name := str(settings["NIGHTLY_DATASET"])):
        return []
    return [f"NIGHTLY_DATASET: small letters, digits, - and _, 64 at most (found {name!r})"]


def finish(
    settings: BaseSettings,
    tell: Callable[[str], None],
    run: Callable[..., Ended] | None = None,
) -> Exit:
    """Build and upload, the second only when the first went well; the exit code of the last."""
    options = [word for name in _CARRIED for word in ("-s", f"{name}={settings[name]}")]
    run = run or Children(options, leaving=lambda: False).run
    dataset = str(settings["NIGHTLY_DATASET"])
    more = settings.getlist("NIGHTLY_BUILD_OPTIONS")
    steps = (
        ("build", ("build", "--name", dataset, *more)),
        ("upload", ("upload", dataset, "--to", str(settings["UPLOAD_TARGET"]))),
    )
    for name, command in steps:
        tell(f"{name}: scrapy {' '.join(command)}")
        ended = run(*command, keep=True)
        if ended.out.strip():
            tell(ended.out.strip())
        if ended.code:
            return Exit(ended.code) if ended.code in set(Exit) else Exit.INTERNAL
    return Exit.OK

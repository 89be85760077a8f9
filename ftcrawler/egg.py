"""The settings when the project runs from an egg under scrapyd: unpacked, then as in the clone.

Site files and pages are read as files, and the processes that read pages import the project
anew; a zip can do neither. Every process that scrapyd starts unpacks the egg into a folder of
its own, 0.1 s long, and removes it when it ends.
"""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import ftcrawler


def unpack(egg: Path) -> Path:
    """The folder that holds what the egg holds, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="ftcrawler-egg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with zipfile.ZipFile(egg) as packed:
        packed.extractall(folder)
    return folder


def _at_home() -> None:
    """Let this process and those that it starts import from the unpacked egg."""
    egg = Path(__file__).resolve().parent.parent
    if zipfile.is_zipfile(egg):
        folder = unpack(egg)
        sys.path.insert(0, str(folder))
        ftcrawler.__path__[:] = [str(folder / "ftcrawler")]


_at_home()

from ftcrawler.settings import *  # noqa: E402, F403 - the settings are there once it is unpacked

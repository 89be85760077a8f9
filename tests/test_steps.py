"""What commands show while they work: to people, and how much is done."""

import io

from rich.console import Console

from ftcrawler.importing import survey
from ftcrawler.steps import shown


def test_people_see_what_is_done_and_programs_nothing():
    for is_terminal in (True, False):
        file = io.StringIO()
        console = Console(file=file, force_terminal=is_terminal, width=80)
        with shown(console) as step:
            step("reading bees.csv", 256, 0)
            step("importing bees.csv", 512, 600)
        assert ("importing bees.csv" in file.getvalue()) is is_terminal
        assert ("512/600" in file.getvalue()) is is_terminal


def test_a_table_tells_how_far_it_is_read(tmp_path):
    path = tmp_path / "bees.csv"
    path.write_text("prompt,completion\n" + "What flies?,Bees do.\n" * 600, "utf-8")
    told = []
    assert survey(path, step=told.append).rows == 600
    assert told == [256, 512]

"""Which pairs are dropped, and under which name; what is masked."""

from __future__ import annotations

import time

import pytest

from pipelines.alone import gives_order, is_unnamed
from pipelines.completions import sends_elsewhere
from pipelines.fragments import is_fragment
from pipelines.headings import is_generic, tells_alone
from pipelines.pii import mask_pii
from pipelines.pointing import begins_small
from pipelines.quality import PAIR_REASONS, keep_pair
from pipelines.records import Block, Document, Pair
from pipelines.repetition import Phrases, repeats_lines, repeats_phrases
from pipelines.rules import PairRules
from pipelines.sift import kept_pairs
from pipelines.standing import leans
from pipelines.tongues import is_foreign, language_of

GOOD = "Honey is made from the nectar of flowers."
SAID = "Bees live in hives."
PROSE = (
    "Bees fly out in the morning and look for flowers near their hive. When one of them has found "
    "a meadow, she comes home and dances, and the others see from it how far they have to go. In "
    "summer a colony can gather more than a pound of nectar in one day, most of which is water "
    "that must leave before it is honey."
)


@pytest.mark.parametrize(
    ("kind", "prompt", "completion", "reason"),
    [
        pytest.param("title", "Bees", GOOD, None, id="a title may be one word"),
        pytest.param("title", "蜂", "蜂は花の蜜から蜂蜜を作ります。", None, id="or one letter"),
        pytest.param("sentence", "Bees live in large hives.", GOOD, None, id="a sentence"),
        pytest.param("title", "", GOOD, "prompt-empty", id="nothing"),
        pytest.param("title", " —", GOOD, "prompt-empty", id="only a dash"),
        pytest.param("title", "Bees", "...", "completion-empty", id="only dots"),
        pytest.param("heading", "2000-06-19", GOOD, "prompt-without-letters", id="a date"),
        pytest.param("title", "Bees (continued 9)\nIt is.", GOOD, "too-many-parts", id="ninth"),
        pytest.param("title", f"Bees (continued 8)\n{SAID}", GOOD, None, id="eighth"),
        pytest.param("title", "Bees (continued 2)\nIt is.", GOOD, "part-leans", id="on from it"),
        pytest.param("heading", "Bees (continued 2)", GOOD, "part-leans", id="on from nothing"),
        pytest.param(
            "title", "Bees", f"{GOOD} The diagram at the right shows it.", "figure-missing"
        ),
        pytest.param(
            "title", "Bees", "Wax, bee, hive\nHive, bee", "completion-unsaid", id="an index"
        ),
        pytest.param("title", "Bees", f"{GOOD}\nWax, bee", None, id="prose and an index"),
        pytest.param("title", "Bees", "bee wax [-v] [-q] [-r] <hive> …", "completion-unsaid"),
        pytest.param(
            "title",
            "蜂",
            "蜂の巣箱 > 蜂の蜜と花\n蜂の巣箱 > 蜂の蝋と花",
            "completion-unsaid",
            id="links in any script",
        ),
        pytest.param(
            "title", "Bees", f"{GOOD}\nA drone is a bee that\n{GOOD}", "completion-broken"
        ),
        pytest.param("heading", "Bees > Note", GOOD, "prompt-generic", id="a box in a path"),
        pytest.param("heading", "Bees > See also", GOOD, "prompt-generic", id="links in a path"),
        pytest.param(
            "heading", "Bees > 2026-01-02", GOOD, "prompt-without-letters", id="in a path"
        ),
        pytest.param(
            "title",
            "Bees in large wooden hives",
            " BEES in large\nwooden hives",
            "prompt-is-completion",
        ),
        pytest.param("title", "Bees", f"Bees.\n{GOOD}", "prompt-in-completion", id="headline"),
        pytest.param("title", "Honey", GOOD, None, id="only the beginning is the same"),
        pytest.param(
            "sentence", "Bees live in hives.", f"{GOOD} Bees live in hives.", "prompt-in-completion"
        ),
        pytest.param("sentence", "Bees fly.", GOOD, "prompt-too-short", id="two words"),
        pytest.param("title", "bee " * 101, GOOD, "prompt-too-long", id="a title of a page"),
        pytest.param("title", "Bees", "They do fly.", "completion-too-short", id="three words"),
        pytest.param("title", "Bees", f"{PROSE} " * 29, "completion-too-long", id="not cut"),
        pytest.param("title", "Page not found", GOOD, "error-page", id="404 in the title"),
        pytest.param(
            "title", "Bees", "The page you are looking for is not here.", "error-page", id="404"
        ),
        pytest.param("title", "Bees", "Please enable JavaScript to see it.", "error-page"),
        pytest.param("title", "Error pages", f"{PROSE} The page was not found.", None, id="about"),
        pytest.param("title", "Bees", "Subscribe now to continue reading this.", "paywall"),
        pytest.param("title", "Bees", "Cet article est réservé aux abonnés du journal.", "paywall"),
        pytest.param(
            "title", "Bees", "We use cookies. Accept all cookies or not.", "consent-banner"
        ),
        pytest.param(
            "title", "Bienen", "Diese Website verwendet Cookies für Sie.", "consent-banner"
        ),
        pytest.param("title", "Cookies", f"{PROSE} Then we eat the cookies.", None, id="eaten"),
        pytest.param("title", "Bees", f"Lorem ipsum dolor sit amet. {PROSE}", "blind-text"),
        pytest.param("heading", "3.1 Overview", GOOD, "prompt-generic", id="numbered"),
        pytest.param("heading", "Overview (continued 2)\nIt is.", GOOD, "prompt-generic"),
        pytest.param("heading", "Overview of bees", GOOD, None, id="an overview of something"),
        pytest.param("title", "Overview", GOOD, "title-generic", id="of any page"),
        pytest.param("title", "Chapter 3", GOOD, "title-generic", id="a number only"),
        pytest.param("title", "2. Who is this book for?", GOOD, "title-generic", id="which book"),
        pytest.param("title", "Chapter 3. Overview of bees", GOOD, None, id="names something"),
        pytest.param("title", "A.14. And Many More", GOOD, "title-generic", id="than what"),
        pytest.param("heading", "Bees > Why This Book?", GOOD, "prompt-generic", id="of this"),
        pytest.param("heading", "Bees > Hives and More", GOOD, None, id="and within"),
        pytest.param("heading", "Bees > Hives and", GOOD, "prompt-generic", id="cut"),
        pytest.param("heading", "Bees > Wax", f"This is another. {GOOD}", "completion-leans"),
        pytest.param("heading", "Bees > Wax", f"In step 3.10 above, a. {GOOD}", "completion-leans"),
        pytest.param("title", "Bees", f"The second step is this. {GOOD}", "completion-leans"),
        pytest.param("sentence", SAID, f"Here are the bees. {GOOD}", "completion-leans"),
        pytest.param("title", "Hives", f"It is probably there. {GOOD}", "completion-leans"),
        pytest.param("title", "Hives", f"It is hard to build one. {GOOD}", None, id="no pronoun"),
        pytest.param(
            "heading", "Bees > Wax", f"The wax described above. {GOOD}", "completion-leans"
        ),
        pytest.param(
            "heading", "Bees > Wax", f"Bees fly above the hive. {GOOD}", None, id="over it"
        ),
        pytest.param(
            "heading", "Bees > Wax", f"As described in RFC 9, bees fly. {GOOD}", None, id="named"
        ),
        pytest.param(
            "title", "Bees at home", f"As already mentioned, bees fly. {GOOD}", "completion-leans"
        ),
        pytest.param("heading", "Bees > Wax", f"Now that it is done. {GOOD}", "completion-leans"),
        pytest.param("title", "Bees at home", f"Now bees fly. {GOOD}", None, id="of the day"),
        pytest.param(
            "heading", "Bees > Wax", f"{GOOD} Some of them:", "completion-broken", id="list"
        ),
        pytest.param("heading", "Bees > Wax", f"{GOOD} Wax goes into the", "completion-broken"),
        pytest.param("heading", "Bees > Wax", f"{GOOD}\nSome are:\nold ones", None, id="its list"),
        pytest.param(
            "sentence",
            SAID,
            f"{GOOD}\n(11) How do they find them?",
            "completion-leans",
            id="the next question",
        ),
        pytest.param("sentence", SAID, f"{GOOD} Examples:.", "completion-leans", id="of a list"),
        pytest.param("sentence", SAID, f"{GOOD} Is that so?", None, id="the writer's question"),
        pytest.param("title", "Bees", f"Now that they fly, look. {GOOD}", "completion-leans"),
        pytest.param(
            "title", "Bees at home", f"In addition to these bees. {GOOD}", "completion-leans"
        ),
        pytest.param("title", "History", GOOD, None, id="may be the subject of a page"),
        pytest.param("heading", "Bees > Hives", f"Their wax. {GOOD}", "completion-leans"),
        pytest.param("heading", "Bees > Hives", f"It is known. {GOOD}", None, id="not of it"),
        pytest.param("title", "Bees", f"They fly. {GOOD}", None, id="a page begins as it likes"),
        pytest.param(
            "sentence",
            "SQLite opens sqlite3_open() when it begins.",
            f"This option is used for it. {GOOD}",
            "completion-leans",
            id="an option not named",
        ),
        pytest.param(
            "sentence",
            "SQLite has an option to tell what it does.",
            f"This option is used for it. {GOOD}",
            None,
            id="the option named",
        ),
        pytest.param("sentence", SAID, f"We saw. {GOOD}", "completion-leans"),
        pytest.param(
            "sentence",
            SAID,
            "This is an old hive.",
            "completion-little",
        ),
        pytest.param(
            "sentence",
            SAID,
            "Set it before all other things are begun.",
            "completion-little",
            id="an order",
        ),
        pytest.param(
            "sentence",
            SAID,
            f"This is an old hive. {GOOD}",
            None,
            id="more than that",
        ),
        pytest.param("heading", "Bees > Wax", "See the bee(1) page about it.", "completion-points"),
        pytest.param(
            "heading", "Bees > Wax", f"See the bee(1) page about it. {GOOD}", None, id="not all"
        ),
        pytest.param("sentence", "A list of all bees:", GOOD, "prompt-fragment", id="a colon"),
        pytest.param("sentence", "A list of all bees.", GOOD, "prompt-fragment", id="no verb"),
        pytest.param("sentence", "hives of bees are open.", GOOD, "prompt-fragment", id="small"),
        pytest.param("sentence", "However, they all live in hives.", GOOD, "prompt-leans"),
        pytest.param("sentence", "Remove the lid of a hive.", GOOD, "prompt-orders"),
        pytest.param("sentence", "Bees like the lid to be closed.", GOOD, "prompt-unnamed"),
        pytest.param(
            "sentence", "Bees live in large hives.", "See bees(1).", "completion-too-short"
        ),
        pytest.param(
            "sentence", "Bees live in large hives.", "See the page of bees(1).", "completion-points"
        ),
        pytest.param("sentence", "Bees live in hives.", f"{GOOD}\nTIP Eat", "completion-fragment"),
        pytest.param(
            "sentence", "Bees live in hives.", f"They eat these:\n{GOOD}", None, id="announced"
        ),
        pytest.param(
            "sentence", "Bees add 1 + 2 + 3 + 4 + 5 = 15.", GOOD, "prompt-symbols", id="a sum"
        ),
        pytest.param("title", "Sums", "1 + 2 = 3\n4 + 5 = 9\n6 + 7", "completion-symbols"),
        pytest.param(
            "title", "Sums", f"{GOOD}\nR-1-22-34\n{GOOD}!\n11-22-33", "completion-symbols"
        ),
        pytest.param("title", "Bees", f"{GOOD}\n" * 4, "repeated-lines"),
        pytest.param("title", "Bees", "bees fly home and eat. " * 20, "repeated-phrases"),
        pytest.param(
            "title",
            "Bees",
            "Die Biene ist ein Tier, und sie lebt in einem Stock mit der Königin.",
            "wrong-language",
        ),
        pytest.param("title", "Bees", "Пчёлы живут в ульях и делают мёд.", "wrong-language"),
    ],
)
def test_keep_pair(kind, prompt, completion, reason):
    assert keep_pair(Pair(prompt, completion, kind), PairRules(), "en") == reason
    if reason:
        without = PairRules(skip_rules=(reason,))
        assert keep_pair(Pair(prompt, completion, kind), without, "en") != reason


def test_every_rule_has_a_case():
    cases = {case.values[3] for mark in test_keep_pair.pytestmark for case in mark.args[1]}
    assert cases - {None} == set(PAIR_REASONS) - {"personal-data"}


@pytest.mark.parametrize("rules", [{"prompt_path": True}, {"skip_rules": ("prompt-generic",)}])
def test_a_generic_heading_is_kept_with_its_path(rules):
    pair = Pair("Bees > Overview", GOOD, "heading")
    assert keep_pair(pair, PairRules(**rules), "en") is None


@pytest.mark.parametrize(
    ("language", "sentence", "is_leaning"),
    [
        ("en", "This is made from wax.", True),
        ("en", "And so it goes on.", True),
        ("en", "In this case, nothing is done.", True),
        ("en", "“It is late,” he said.", True),
        ("en", "Despite its name, nobody came.", True),
        ("en", "Fork it off at the branch.", True),
        ("en", "You see that this process is simple.", True),
        ("en", "The table above lists them.", True),
        ("en", "To achieve this, an object has a type.", True),
        ("en", "You can get rid of those packages.", True),
        ("en", "All of those who came were bees, such as workers.", False),
        ("en", "In case of error, it prints the usage.", True),
        ("en", "When the bee is tired, it sleeps.", False),
        ("en", "The winner is version 1.", True),
        ("en", "You can either note it or not.", True),
        ("en", "If the keeper considers them ill, bees are moved.", True),
        ("en", "In the latter hive, honey is kept.", True),
        ("en", "The queen of the hive is old.", False),
        ("en", "All the history is hidden.", True),
        ("en", "None of the hives are empty.", True),
        ("en", "The main advantage is the price.", True),
        ("en", "The original hive remains unaltered.", True),
        ("en", "The main advantage of wax is its price.", False),
        ("en", "The DEFAULT clause specifies a value.", False),
        ("en", "All bees are insects.", False),
        ("en", "The default is white.", True),
        ("en", "The Z is a letter.", True),
        ("en", "The moved bees are back.", True),
        ("en", "The wild bees are back.", False),
        ("en", "Wax, however, melts.", True),
        ("en", "The bees will then leave the hive.", True),
        ("en", "The red bees are back.", False),
        ("en", "Please regard this as an experiment.", True),
        ("en", "Bees are not the only insects, though.", True),
        ("en", "Each guard closes the hive in the evening, then sleeps.", False),
        ("en", "If rain falls, bees then stay.", False),
        ("en", "They come and then leave.", True),
        ("en", "Bees come and then leave.", False),
        ("en", "In the other direction, bees come home.", True),
        ("en", "In the second case, bees are moved.", True),
        ("en", "Italy is a country.", False),
        ("en", "Thistles grow in the meadow.", False),
        ("en", "If the server is down, it is restarted.", False),
        ("de", "Dies ist aus Wachs.", True),
        ("de", "Deshalb fliegen Bienen aus.", True),
        ("de", "Dienstag fliegen Bienen aus.", False),
        ("fr", "Cependant, les abeilles volent.", True),
        ("fr", "Les abeilles volent.", False),
        ("es", "Sin embargo, las abejas vuelan.", True),
        ("es", "Las abejas vuelan.", False),
        ("pl", "To jest wosk.", False),
        ("", "This is unknown.", False),
    ],
)
def test_leaning(language, sentence, is_leaning):
    assert leans(sentence, language) == is_leaning


@pytest.mark.parametrize(
    ("language", "sentence", "is_bad"),
    [
        ("en", "Bees make honey.", False),
        ("en", "The bees' honey, wax and jelly.", True),
        ("en", "Bees make honey", True),
        ("en", "dpkg handles the packages.", False),
        ("en", "A walk in the park.", True),
        ("en", "The number of bits in the Bloom filter.", True),
        ("en", "The bees make honey.", False),
        ("en", "Lists the bees of a hive.", True),
        ("en", "Specifies the size of a hive.", True),
        ("en", "Large hive to split.", True),
        ("en", "The hive that will be moved (when bees are out).", True),
        ("en", "The hive that was moved is empty.", False),
        ("en", "Format of the resulting archive.", True),
        ("en", "files outside of the user's work area in the tree.", True),
        ("en", "color specification, as described under hives.", True),
        ("en", "nofail allows the boot to proceed.", False),
        ("en", "semanage user -l lists the mapping.", False),
        ("en", "A sequence of wax-filled cells, preceded by a hole.", True),
        ("en", "The human-readable name used in the header.", True),
        ("en", "The name is used in the header.", False),
        ("en", "Wax comprises two things.", False),
        ("en", "A comma separated list of common bees to notice.", True),
        ("en", "A boolean to turn bees on when pushes are made.", True),
        ("en", "Number of hives to be used for bees.", True),
        ("en", "Recursively finds the hives and moves bees.", True),
        ("en", "Hives, clone, etc.", True),
        ("en", "Comma-separated list of hives.", True),
        ("en", "Wax is made in hives.", False),
        ("en", "Clones a hive into a new place.", True),
        ("en", "Passes the honey on.", True),
        ("en", "Summarizes what the bees did.", True),
        ("en", "Lists are printed in the hive.", False),
        ("en", "Sometimes the bees leave.", False),
        ("en", "Is a synonym for wax.", True),
        ("en", "Is a drone a bee?", False),
        ("en", "Do not move the hive.", False),
        ("en", "Used to move hives.", True),
        ("en", "Hives used to move.", False),
        ("en", "With no name, lists the hives.", True),
        ("en", "If it rains, bees sit in the hive.", False),
        ("en", "Stat data of $GIT_DIR/info/exclude.", True),
        ("en", "/etc/passwd lists the users.", False),
        ("en", "Hives that are moved must be closed.", False),
        ("en", "A new lid for Langstroth hives added.", True),
        ("en", "A new lid for Langstroth hives was added.", False),
        ("en", "OLD_LID No longer used.", True),
        ("en", "The hive you want to move.", True),
        ("en", "The Langstroth Read/Write Compressed Hive for Bees.", True),
        ("en", "The Langstroth Read/Write Hive is for Bees.", False),
        ("en", "The hive you want to move is closed.", False),
        ("en", "A hive or one that can be quickly moved to a hive.", True),
        ("de", "Bienen machen Honig.", False),
        ("de", "Eine Liste der Bienen.", True),
        ("fr", "Les abeilles font du miel.", False),
        ("fr", "La liste des abeilles.", True),
        ("es", "Las abejas hacen miel.", False),
        ("es", "La lista de las abejas.", True),
        ("th", "ผึ้งทำน้ำผึ้ง", False),
        ("ja", "蜂は蜜を作る。", False),
        ("ja", "蜂の蜜", True),
        ("pl", "Lista pszczół.", False),
    ],
)
def test_fragments(language, sentence, is_bad):
    assert is_fragment(sentence, language) == is_bad


@pytest.mark.parametrize(
    ("sentence", "lacking"),
    [
        ("Remove the lid of a hive.", "order"),
        ("Add notes for a hive.", "order"),
        ("Silently remove the lid of a hive.", "order"),
        ("Internally, a hive is a box.", "name"),
        ("Internally, Langstroth is a beekeeper.", ""),
        ("Running strings /hive/bd returns bees.", "name"),
        ("Specify a hive that should be moved.", "order"),
        ("Do not open a hive in Lapland.", "order"),
        ("To find all hives in Lapland, use a map.", "order"),
        ("To find all hives in Lapland use a map.", "order"),
        ("Support for Langstroth hives was added.", ""),
        ("Bees like the lid to be closed.", "name"),
        ("Bees like the lid of a hive to be closed.", ""),
        ("Bees like the lid used for a hive to be closed.", ""),
        ("Bees like the Langstroth lid to be closed.", ""),
        ("Bees open a lid and close the lid.", ""),
        ("Bees live all over the world.", ""),
        ("Git reads the given list of bees.", "name"),
        ("The locate command finds bees.", "name"),
        ("The LV is a box.", "name"),
        ("The LV box is a hive.", ""),
        ("The Policy tells bees what to do.", "name"),
        ("The Bee Policy tells bees what to do.", ""),
        ("The a/ and b/ hives are the same.", "name"),
        ("By default, DMARC mail is dropped.", "name"),
        ("By default, Postfix drops DMARC mail.", ""),
        ("Crash tests run in a loop.", "name"),
        ("OIDs that are malformed generate an error.", "name"),
        ("NULL values result in NULL pointers.", "name"),
        ("Git reads the whole list of bees.", "name"),
        ("Git is known in the whole world.", ""),
        ("Langstroth lives in the most beautiful city in Lapland.", ""),
        ("Langstroth works in the private sector.", ""),
        ("Abort/reset a move of bees.", "order"),
        ("Browsing the Bee Gallery is a pleasure.", "name"),
        ("Calling sqlite3_free() is harmless.", ""),
        ("The Content-Type MUST be text.", "name"),
        ("Great efforts have been made for bees.", "name"),
        ("Once a hive and/or a box is closed, bees sleep.", "name"),
        ("Git has the locate command to find bees.", ""),
        ("Git has the new command to find bees.", "name"),
        ("The Langstroth hive is a box.", ""),
        ("If a hive is full, bees leave.", "name"),
        ("If a hive is full, Langstroth adds a box.", ""),
        ("If Langstroth comes in summer, a box is added.", "name"),
        ("In Lapland, a box is added.", ""),
        ("A hive keeps warm in winter.", "name"),
        ("Some hives have two lids.", "name"),
        ("Some Langstroth hives have two lids.", ""),
        ("Moving a hive takes a day.", "name"),
        ("Moving a Langstroth hive takes a day.", ""),
        ("Shown when Git counts bees.", "name"),
        ("What Git does is simple.", "name"),
        ("What does Git do?", ""),
        ("You can ask Git for bees.", "name"),
        ("A gateway is a system linking several networks.", ""),
        ("Certificates are an important building block.", ""),
        ("Hives can be moved.", "name"),
        ("Periodic moves can be made.", "name"),
        ("Hives are moved in spring.", "name"),
        ("Options come first.", "name"),
        ("Removals occur in order.", "name"),
        ("Honey is made from nectar.", ""),
        ("bees_move() returns a hive.", ""),
        ('The "expire" subcommand removes bees.', "name"),
        ("What is a bee?", ""),
        ("- is a dash.", ""),
    ],
)
def test_what_a_sentence_lacks_to_stand_alone(sentence, lacking):
    orders, is_bare = gives_order(sentence, "en"), is_unnamed(sentence, "en")
    assert ("order" if orders else "name" if is_bare else "") == lacking
    assert not gives_order(sentence, "de")
    assert not is_unnamed(sentence, "de")


@pytest.mark.parametrize(
    ("sentence", "points"),
    [
        ("Bees also sleep in winter.", True),
        ("A part of it belongs to Langstroth.", True),
        ("Bees like honey too.", True),
        ("Bees are too small to see.", False),
        ("Bees eat honey instead of wax.", False),
        ("Bees eat wax instead.", True),
        ("Both are insects.", True),
        ("Bees are both small and quick.", False),
        ("A hive is another box.", True),
        ("If that is the case, bees leave.", True),
        ("A good way to do that would be to leave.", True),
        ("The box that is a hive has a lid.", False),
        ("Bees that are old stay there.", True),
        ("In Lapland there are few bees.", False),
        ("Bees are more recent.", True),
        ("Bees are more recent than ants.", False),
        ("Bees eat more and more honey.", False),
        ("Bees turn up in version 3 of it.", True),
        ("Git version 3 is a release.", False),
        ("Version 3 adds bees.", True),
        ("Git merges Z into a branch.", True),
        ("Git reads <path> at first.", True),
        ("Git runs a → b.", True),
        ("When set to true, Git reads bees.", True),
        ("When Git reads, bees sleep.", False),
        ("We moved a hive.", True),
        ("In our example, a hive is moved.", True),
        ("I moved a hive.", True),
        ("Bees in the US are small.", False),
        ("Bees are here today.", True),
        ("Bees are small (see the table).", True),
        ("Step 3: Move a hive.", True),
        ("BEES - a list of them.", True),
        ("(2) Bees are small.", True),
        ("For all other hives, Git has a lid.", True),
        ("Git has more bees than all other hives than one.", False),
        ("One difference between Git and bees is wax.", True),
        ("Lid sizes in Git have been increased.", True),
        ("The GIT_LIDS setting is increased from 1 to 2.", True),
        ("CAUTION Moved lid?", True),
        ("If an error occurs, some value of Git is returned.", True),
        ("If an error occurs, lid_open() returns it to Git.", False),
        ("By contrast, Git has a lid.", True),
        ("Git follows rule (1), as bees do.", True),
        ("Git follows git(1), as bees do.", False),
        ("Git uses no number less than N.", True),
        ("Git sets *pLid to a box.", True),
        ("Git does not try to move them all.", True),
        ("Hives in Git have lids to move them.", False),
        ("Git takes care of that chore.", True),
        ("A hive in Git has the lid of that hive.", False),
        ("Git is like bees in that the lid is closed.", False),
        ("JANE SMITH HOW is it that bees fly?", True),
        ("During the same move, Langstroth closed a lid.", True),
        ("Most of its lids are those of Langstroth.", True),
        ("Path T-P is a hive.", True),
        ("Since v1.7.9, bees may fly.", True),
        ("Since v1.7.9, Git may fly.", False),
        ("If This.P5 is true, Git reads bees.", True),
        ("(2) What is a bee?", False),
        ("In July his hive was moved.", True),
        ("Langstroth moved his hive.", False),
        ("After each move, it sleeps.", True),
        ("Support for Langstroth hives is enhanced.", True),
        ("Langstroth keeps bees in the same way.", True),
        ("Langstroth keeps bees in the same way as Dadant.", False),
        ("A hive (a box, see sidebar HIVES) is a home of Bees.", True),
    ],
)
def test_pointing(sentence, points):
    assert leans(sentence, "en") == points


@pytest.mark.parametrize(
    ("text", "sends"),
    [
        ("See bees(1).", True),
        ("For a complete description of bees see bees(1).", True),
        ("Bees (discussed in Section 14.5) fly.", True),
        ("Bees walk to commits A and B.", True),
        ("The report on bees can be seen here.", True),
        ("Bees live here and there.", False),
        ("The list below has all bees.", True),
        ("Bees have a Section A.", False),
        ("See bees(1) for more. Bees are small.", True),
        ("Bees see more. See bees(1) for more.", False),
        ("Refer to the page of bees for details.", True),
        ("Bees are moved as described above.", True),
        ("Bees fly above a hive.", False),
        ("The following table lists bees.", True),
        ("Bees are small (see sidebar BEES).", True),
        ("In this chapter, bees are moved.", True),
        ("This chapter moves bees.", True),
        ("The hive in this garden is old.", False),
    ],
)
def test_what_sends_the_reader_elsewhere(text, sends):
    assert sends_elsewhere(text) == sends


@pytest.mark.parametrize(
    ("sentence", "small"),
    [("bees fly.", True), ("git-log shows bees.", False), ("-v shows bees.", True), ("蜂", False)],
)
def test_small_beginnings(sentence, small):
    assert begins_small(sentence) == small


@pytest.mark.parametrize(
    ("heading", "tells"),
    [
        ("Storage", False),
        ("Overview of storage", False),
        ("3.1 How bees store honey", True),
        ("Bees in winter and in summer", True),
        ("What is it good for?", True),
        ("Other things one sees", False),
        ("蜂の巣箱の話", True),
        ("蜂", False),
    ],
)
def test_headings_that_tell_alone(heading, tells):
    assert tells_alone(heading, "Bees") == tells


@pytest.mark.parametrize(
    ("prompt_path", "prompt"),
    [("auto", "Bees > Wax > Notes"), (True, "Bees > Wax > Notes"), (False, None)],
)
def test_a_heading_that_does_not_tell_has_its_path_in_front(prompt_path, prompt):
    blocks = (Block("heading", "Wax", 2), Block("heading", "Notes", 3), Block("paragraph", GOOD))
    document = Document("https://site.example/", "Bees", blocks, "en")
    kept, drops = kept_pairs(document, PairRules(("heading",), prompt_path=prompt_path))
    assert [pair.prompt for pair in kept if pair.first_block] == ([prompt] if prompt else [])
    assert drops == ({} if prompt else {"prompt-generic": 1})


@pytest.mark.parametrize(
    ("heading", "generic"),
    [("See also", True), ("A.2. Notes:", True), ("Hinweise", True), ("Bees", False), ("§", True)],
)
def test_generic(heading, generic):
    assert is_generic(heading) == generic


@pytest.mark.parametrize(
    ("text", "language", "foreign"),
    [
        (PROSE, "en", False),
        (PROSE, "de", True),
        (PROSE, "ja", True),
        (PROSE, "ru", True),
        (PROSE, "sw", False),
        ("The file /etc/passwd.", "ja", False),
        ("Bee", "de", False),
        ("SELECT a FROM b WHERE c = 1", "fr", False),
        ("日本語の文章です。これは長い文章で、まだまだ続きます。", "en", True),
    ],
)
def test_foreign(text, language, foreign):
    assert is_foreign(text, language) == foreign


@pytest.mark.parametrize(
    ("said", "text", "language"),
    [("en-GB", "", "en"), ("", PROSE, "en"), ("", "x = 1", ""), ("de", PROSE, "de")],
)
def test_the_language_is_the_page_s_or_what_its_small_words_tell(said, text, language):
    assert language_of(said, text) == language


@pytest.mark.parametrize(
    ("text", "lines", "phrases"),
    [
        pytest.param(PROSE, False, False, id="prose"),
        pytest.param("one\none\none", False, False, id="too few lines to tell"),
        pytest.param("one\none\ntwo\ntwo", True, False, id="half of the lines"),
        pytest.param("\n".join(f"line {n}" for n in range(40)), False, False, id="a list"),
        pytest.param(f"{PROSE} {PROSE}", False, True, id="all of it twice"),
        pytest.param("a b " * 24, False, False, id="fewer than 50 words"),
        pytest.param("a b " * 30, False, True, id="60 words"),
        pytest.param(f"{PROSE}\n" + "x = f(y)\n" * 40, True, False, id="prose with code"),
        pytest.param(f"{PROSE} {PROSE}\nx = f(y)\n", False, True, id="repeated prose with code"),
    ],
)
def test_repetition_as_gopher_counts_it(text, lines, phrases):
    assert (repeats_lines(text), repeats_phrases(text)) == (lines, phrases)
    assert Phrases(text, [0]).may_repeat(0, len(text)) or not phrases


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ask jane.doe@uni-bonn.de now.", "Ask [email] now."),
        ("<a+b@mail.co.uk>, x@y.org.", "<[email]>, [email]."),
        ("you@example.com and me@host.test", "you@example.com and me@host.test"),
        ("git@github.com:me/it.git", "git@github.com:me/it.git"),
        ("ssh://me@host.net/path", "ssh://me@host.net/path"),
        ("The unit user@1000.service", "The unit user@1000.service"),
        ("Call +49 (0)228 73-0 or +1-800-555-0199.", "Call [phone] or [phone]."),
        ("Call (555) 123-4567.", "Call [phone]."),
        ("Tel: 030 12 34 56 78", "Tel: [phone]"),
        ("Fon 0228/734567", "Fon [phone]"),
        ("2005-04-07 15:13:13 -0700", "2005-04-07 15:13:13 -0700"),
        ("ISBN 978-3-16-148410-0", "ISBN 978-3-16-148410-0"),
        ("+9223372036854775807 and 192.168.100.200", "+9223372036854775807 and 192.168.100.200"),
        ("+1.23 or 3.14159265358979", "+1.23 or 3.14159265358979"),
    ],
)
def test_masking(text, masked):
    assert mask_pii(text) == masked
    assert mask_pii(masked) == masked


@pytest.mark.parametrize(
    "text",
    ["+1" + " 1" * 50_000, "a@" + "b." * 50_000, "1" * 100_000, "@" * 100_000, "a@b" * 50_000],
)
def test_masking_is_fast_on_anything(text):
    begin = time.process_time()
    mask_pii(text)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    ("pii", "completions", "drops"),
    [
        ("mask", ["Ask [email] about their other habits."], {}),
        ("keep", ["Ask jane@uni-bonn.de about their other habits."], {}),
        ("drop", [], {"personal-data": 1}),
    ],
)
def test_personal_data(pii, completions, drops):
    text = "Bees make honey in summer. Ask jane@uni-bonn.de about their other habits."
    document = Document("https://site.example/", "Bees", (Block("paragraph", text),), "en")
    kept, dropped = kept_pairs(document, PairRules(("sentence",), pii=pii))
    assert [pair.completion for pair in kept] == completions
    assert dropped == drops
    assert [pair.masked for pair in kept] == [pii == "mask"] * len(kept)
    assert all(text[p.completion_start : p.completion_end].startswith("Ask jane@") for p in kept)

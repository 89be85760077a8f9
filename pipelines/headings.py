"""Headings of so many pages that they ask nothing by themselves. Pure.

English, German, French and Spanish.
"""

# ruff: noqa: RUF001 - apostrophes of real pages
from __future__ import annotations

import re
from typing import Final

# In the prompt of a further part of a long text, before the part's number.
CONTINUED: Final = " (continued "
PATH_JOINED_BY: Final = " > "
_LEAST_WORDS: Final = 3  # of a heading that tells what it is about
_LEAST_LETTERS: Final = 5  # where no spaces are between words
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STEM: Final = 5
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_LETTER: Final = re.compile(r"[^\W\d_]")
_PROGRAM: Final = re.compile(r"([\w.-]+)\(\d\w*\)(?: |$)")  # "git-log(1)"
_STAGE: Final = re.compile(r"\b(?:alpha|beta|rc)\b|\bv(?=\d)")
_PART: Final = re.compile(re.escape(CONTINUED) + r"(\d+)\)(?:\n|$)")

_GENERIC: Final = frozenset(
    phrase.strip()
    for phrase in (
        "overview, introduction, description, synopsis, name, names, usage, options, option, "
        "arguments, parameters, notes, note, remarks, comments, discussion, background, summary, "
        "abstract, conclusion, conclusions, results, more further "
        "further information, more information, additional information, further reading, see "
        "also, references, bibliography, links, external links, related, related links, "
        "resources, history, authors, author, contributors, credits, acknowledgements, "
        "acknowledgments, copyright, license, licence, contact, about, about us, about this "
        "document, examples, example, samples, input, environment, environment variables, "
        "files, bugs, reporting bugs, known issues, caveats, limitations, todo, to do, faq, faqs, "
        "questions, answers, help, support, index, contents, table of contents, appendix, "
        "glossary, preface, foreword, welcome, home, news, changes, changelog, general, other, "
        "others, misc, miscellaneous, miscellany, definition, definitions, terminology, basics, "
        "basic usage, getting started, quick start, quickstart, step 1, step 2, step 3, step 4, "
        "part 1, part 2, part 3, status, warning, warnings, caution, important, tip, tips, "
        "requirements, prerequisites, installation, configuration, features, advantages, "
        "disadvantages, benefits, motivation, rationale, purpose, goals, scope, objectives, "
        "commands, command, functions, methods, method, properties, attributes, constants, "
        "variables, types, syntax, semantics, format, return value, return values, returns, exit "
        "status, errors, exceptions, technical implementation, implementation notes, "
        "design, next steps, what's next, what’s next, the end, title, untitled, figure, table, "
        "video, photos, gallery, share, tags, categories, archive, git, "
        "überblick, übersicht, einleitung, einführung, beschreibung, verwendung, optionen, "
        "hinweise, hinweis, anmerkungen, zusammenfassung, fazit, ergebnis, ergebnisse, "
        "weitere informationen, siehe auch, literatur, quellen, weblinks, einzelnachweise, "
        "geschichte, autoren, lizenz, kontakt, über uns, beispiele, beispiel, dateien, fehler, "
        "anhang, inhalt, inhaltsverzeichnis, vorwort, allgemeines, sonstiges, grundlagen, "
        "voraussetzungen, warnung, achtung, tipp, "
        "présentation, aperçu, introduction, description, utilisation, remarques, remarque, "
        "résumé, conclusion, voir aussi, références, liens, histoire, historique, "
        "auteurs, licence, contact, à propos, exemples, exemple, fichiers, annexe, sommaire, "
        "table des matières, préface, généralités, divers, prérequis, attention, astuce, "
        "resumen, introducción, descripción, uso, opciones, notas, nota, observaciones, "
        "conclusión, conclusiones, véase también, referencias, enlaces, enlaces "
        "externos, historia, autores, licencia, contacto, acerca de, ejemplos, ejemplo, archivos, "
        "apéndice, contenido, índice, prefacio, generalidades, requisitos, aviso, consejo"
    ).split(",")
)
# What stands under one of these is not told by its title either: lists of links, mostly.
_LISTS: Final = frozenset(
    phrase.strip()
    for phrase in (
        "see also, references, bibliography, links, external links, related, related links, "
        "further reading, resources, contributors, credits, index, contents, table of contents, "
        "note, notice, warning, caution, important, tip, hinweis, warnung, achtung, tipp, "
        "remarque, attention, astuce, nota, aviso, consejo, "
        "home, contact, share, tags, categories, archive, git, title, untitled, figure, table, "
        "video, photos, gallery, copyright, siehe auch, literatur, quellen, weblinks, "
        "einzelnachweise, kontakt, inhalt, inhaltsverzeichnis, voir aussi, références, liens, "
        "contact, sommaire, table des matières, véase también, referencias, enlaces, enlaces "
        "externos, contacto, contenido, índice"
    ).split(",")
)
# As the title of a page they do not even say of what site or book.
_NO_TITLES: Final = frozenset(
    phrase.strip()
    for phrase in (
        "introduction, foreword, preface, index, contents, table of contents, overview, glossary, "
        "appendix, bibliography, references, see also, notes, summary, abstract, conclusion, "
        "conclusions, release notes, changelog, change log, changes, faq, faqs, "
        "frequently asked questions, home, home page, homepage, start page, main page, welcome, "
        "about, about us, about this book, about this document, contact, contact us, copyright, "
        "license, licence, legal notice, getting started, quick start, quickstart, news, blog, "
        "search, archive, archives, untitled, document, page, afterword, epilogue, prologue, "
        "acknowledgements, acknowledgments, credits, dedication, list of figures, "
        "list of tables, contributing, book structure, structure, conventions, audience, "
        "documentation, user guide, user manual, tutorial, examples, "
        "vorwort, einleitung, einführung, inhalt, inhaltsverzeichnis, übersicht, überblick, "
        "glossar, anhang, zusammenfassung, literatur, literaturverzeichnis, startseite, "
        "willkommen, über uns, kontakt, impressum, aktuelles, "
        "préface, avant-propos, sommaire, table des matières, aperçu, glossaire, annexe, résumé, "
        "bibliographie, accueil, bienvenue, à propos, mentions légales, actualités, "
        "prefacio, prólogo, introducción, índice, contenido, resumen, glosario, apéndice, "
        "conclusión, bibliografía, inicio, bienvenido, bienvenidos, acerca de, contacto, noticias"
    ).split(",")
)
_COUNTED: Final = re.compile(
    r"(?:chapter|part|section|appendix|page|volume|lesson|step|kapitel|teil|anhang|seite|chapitre"
    r"|partie|annexe|capítulo|parte|sección)\s+(?:\d+(?:[.\-]\d+)*|[ivxlc]+|[a-z])"
)
# "Why this book?", "And many more": which, and of what, a path does not tell either.
_OF_THIS: Final = re.compile(
    r"\bthis (?:book|document|manual|guide|tutorial|page|site|website|blog)\b"
    r"|\((?:see|details) below"
)
_CUT: Final = (" and", " or", " of", " the", " with", " that")
_GOES_ON: Final = re.compile(r"\W*(?:(?:[a-z]\.)?\d[\d.]*\W+)?(?:and|or|but|more on|more about) ")
_NUMBERING: Final = re.compile(
    r"^\W*(?:(?:[A-Z]\.?)?\d+(?:[.\-]\d+)*\.?|[IVX]+\.|[A-Z]\.|[a-z]\))?\W+"
)


def part_number(prompt: str) -> int:
    r"""Which part of a long text a title or heading asks for.

    >>> part_number("Bees"), part_number("Bees (continued 12)\nThey fly.")
    (1, 12)
    """
    found = _PART.search(prompt) if CONTINUED in prompt else None
    return int(found[1]) if found else 1


def is_generic(heading: str) -> bool:
    """Whether a heading says nothing without its page: "Overview", "3.1 Notes".

    >>> is_generic("3.1 Notes"), is_generic("Notes on Bees")
    (True, False)
    """
    plain = _plain(heading)
    return plain in _GENERIC or not plain


def is_generic_title(title: str) -> bool:
    """Whether the title of a page says nothing without its site: "Foreword", "Chapter 3".

    >>> is_generic_title("1. Foreword"), is_generic_title("Chapter 3. Wax")
    (True, False)
    """
    plain = _plain(title)
    if plain in _NO_TITLES:
        return True
    whole = title.split(CONTINUED, 1)[0].strip(" .:").casefold()
    return bool(_COUNTED.fullmatch(whole)) or _is_part(whole)


def _is_part(heading: str) -> bool:
    """Whether a heading, in small letters, speaks of its own page or goes on from another."""
    says = "this" in heading or "below" in heading
    is_cut = heading.endswith(_CUT)
    return is_cut or bool((says and _OF_THIS.search(heading)) or _GOES_ON.match(heading))


def heads_list(heading: str) -> bool:
    """Whether a heading, or the last one of a path, is such as "See also", or "And more".

    >>> heads_list("Bees > 4. See also"), heads_list("Bees > Overview")
    (True, False)
    """
    last = heading.split(CONTINUED, 1)[0].rpartition(PATH_JOINED_BY)[2]
    return _plain(last) in _LISTS or _is_part(last.casefold())


def _plain(heading: str) -> str:
    """A heading without its number, its marks and capitals, and the number of its part."""
    heading = heading.split(CONTINUED, 1)[0]
    return _NUMBERING.sub("", f" {heading}").strip(" .:!?\xa0").casefold()


def tells_alone(heading: str, title: str) -> bool:
    """Whether a heading says what its section is about to one who does not see its page.

    It has three words or more and asks, or says most of the title again; of a page of a manual,
    it names the program.

    >>> tells_alone("Storage", "Bees"), tells_alone("How bees store wax", "Bees")
    (False, True)
    >>> [tells_alone(text, "git-log(1)") for text in ("Files of the log", "How git-log works")]
    [False, True]
    """
    plain = _NUMBERING.sub("", f" {heading}").strip()
    if _UNSPACED.search(plain):
        return len(plain) >= _LEAST_LETTERS
    if len(plain.split()) < _LEAST_WORDS:
        return False
    program = _PROGRAM.match(title)
    if program:
        return program[1].casefold() in plain.casefold()
    named = _stems(title)
    return plain.endswith("?") or len(named & _stems(plain)) * 2 > len(named)


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _LONG_WORD.findall(text.casefold())}


def has_word(heading: str) -> bool:
    """Whether the last of a path has a word in it, be it of the version that a date is of.

    >>> has_word("News > 2004-06-22 (3.0.1 alpha)"), has_word("News > 3. Wax")
    (False, True)
    """
    last = heading.split(CONTINUED, 1)[0].rpartition(PATH_JOINED_BY)[2]
    return bool(_LETTER.search(_STAGE.sub("", last)))

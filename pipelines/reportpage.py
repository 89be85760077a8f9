"""A report -> one HTML page that needs nothing else, with no text that could run. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from html import escape
from typing import Any, Final

from pipelines import funnel
from pipelines.charts import share
from pipelines.holdings import Recipe
from pipelines.markup import Column, Html, cut, many, number, table, text, unfold
from pipelines.reportconsent import consent
from pipelines.reported import Report
from pipelines.reportparts import duplicates, growth, lengths
from pipelines.reportsample import sample
from pipelines.reportstyle import POLICY, SCRIPT, STYLE

FEW_SITES: Final = 25  # in the table of sites
MOST_SITES: Final = 150  # in that and in the one that is folded
MOST_TOLD: Final = 40  # sites whose reasons are listed
_NAMES: Final = 80  # characters of a name
_SECTIONS: Final = (
    ("about", "About"),
    ("funnel", "From addresses to rows"),
    ("sites", "Sites"),
    ("lengths", "Lengths"),
    ("duplicates", "Duplicates"),
    ("consent", "Languages, licences, consent"),
    ("growth", "Growth"),
    ("sample", "Sample"),
)


def report_page(report: Report) -> str:
    """The whole page as HTML."""
    title = f"{report.manifest['dataset']}, version {report.manifest['version']}"
    makers = (_about, _funnel, _sites, lengths, duplicates, consent, growth, sample)
    sections = "\n".join(
        f'<section id="{name}" aria-labelledby="{name}-h">\n<h2 id="{name}-h">{head}</h2>\n'
        f"{''.join(maker(report))}\n</section>"
        for (name, head), maker in zip(_SECTIONS, makers, strict=True)
    )
    links = "".join(f'<li><a href="#{name}">{head}</a></li>' for name, head in _SECTIONS)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">To the report</a>\n'
        f"<header>\n{_head(report)}\n</header>\n"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n'
        f'<main id="main">\n{sections}\n</main>\n'
        f"<footer>\n{_foot()}\n</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _head(report: Report) -> str:
    manifest = report.manifest
    pairs, tokens = manifest["pairs"], manifest["tokens"]
    sites = {site for site, _, state, _, _ in manifest["by"] if state in ("train", "validation")}
    shown = (
        ("rows", pairs["train"] + pairs["validation"]),
        ("to train on", pairs["train"]),
        ("to validate with", pairs["validation"]),
        ("tokens, estimated", tokens["train"] + tokens["validation"]),
        ("documents", manifest["documents"]["used"]),
        ("sites", len(sites)),
    )
    numbers = "".join(f"<div><dt>{what}</dt><dd>{number(n)}</dd></div>" for what, n in shown)
    return (
        f"<h1>{text(manifest['dataset'])}</h1>\n"
        f'<p class="quiet">Version <code>{text(manifest["version"])}</code>, built on '
        f"{text(manifest['date'])}</p>\n"
        f'<dl class="figures">{numbers}</dl>'
    )


def _foot() -> str:
    return (
        '<p class="quiet">This page needs no network and sends nothing. Its numbers are those of '
        "<code>manifest.json</code>, of the data and of the audit tables in the same folder.</p>"
    )


def _about(report: Report) -> Iterator[str]:
    manifest = report.manifest
    yield (
        "<p>Prompts and completions made of crawled pages, without what must not be used, without "
        "near-duplicates, divided so that nothing stands on both sides. Every row has the address, "
        "the time and the characters that it comes from.</p>"
    )
    shards = many(len(manifest["inputs"]), "shard")
    facts = [
        ("Version", f"number {manifest['sequence']}"),
        ("Before it", manifest["predecessor"] or "none"),
        ("Files", f"{len(manifest['files']):,} of data, made of {shards}"),
        ("Other formats", ", ".join(manifest["formats"]) or "none"),
        ("Tokens", "estimated as a quarter of the bytes"),
    ]  # fmt: skip
    if crawl := manifest.get("crawl"):
        runs = sum(one["runs"] for one in crawl.values())
        first = min((one["first"] for one in crawl.values() if one["first"]), default="")
        last = max((one["last"] for one in crawl.values() if one["last"]), default="")
        facts.append(
            (
                "Crawled",
                f"from {first} to {last}, {many(runs, 'run')} of {many(len(crawl), 'site')}",
            )
        )
    facts += [("Chosen", said) for said in _chosen(manifest["recipe"])]
    if manifest["damaged"]:
        facts.append(("Left out", many(len(manifest["damaged"]), "damaged shard")))
    said = (f"<dt>{text(name)}</dt><dd>{text(cut(value, 400))}</dd>" for name, value in facts)
    yield f'<dl class="facts">{"".join(said)}</dl>'
    told = {"recipe": manifest["recipe"], "rules": manifest["rules"],
            "software": manifest["software"]}  # fmt: skip
    shown = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True)
    yield unfold("Options, rules, software", f'<pre tabindex="0">{text(cut(shown, 8000))}</pre>')


def _chosen(recipe: dict[str, Any]) -> list[str]:
    """The options that are not the usual ones."""
    usual = json.loads(json.dumps(asdict(Recipe())))
    given = json.loads(json.dumps(recipe))
    found = [
        f"{name.replace('_', ' ')}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in sorted(given.items())
        if value != usual.get(name)
    ]
    return found or ["everything, by the usual options"]


def _funnel(report: Report) -> Iterator[str]:
    manifest = report.manifest
    yield (
        "<p>Every address, document and pair ends in one line: what there is, what goes and why, "
        "what is left.</p>"
    )
    if found := funnel.pages(manifest):
        known = funnel.totals(manifest["crawl"])
        yield step_table("Page addresses", found)
        yield (
            f'<p class="quiet">As each address was at its last visit, over {known.runs:,} runs. '
            f"{known.listings:,} sitemaps and feeds are not counted here.</p>"
        )
    else:
        yield (
            '<p class="quiet">What the crawls asked for is not known: this version was built '
            "without the sites' memory.</p>"
        )
    yield step_table("Documents", funnel.documents(manifest))
    yield step_table("Pairs", funnel.pairs(manifest))
    kinds, lines = funnel.by_kind(manifest)
    rows = [(name, *counts, sum(counts)) for name, counts in lines]
    columns = [Column("what"), *(Column(kind, number=True) for kind in kinds), Column("all", True)]
    yield f"<h3>By kind</h3>{table('Pairs in shards and what became of them', columns, rows)}"


def step_table(head: str, steps: list[funnel.Step]) -> str:
    """Steps as a table with bars."""
    name = f"{head.lower().replace(' ', '-')}-steps"
    whole = max(step.left + (step.number if step.sort == "out" else 0) for step in steps) or 1
    return (
        f'<h3 id="{name}">{head}</h3><table class="steps" aria-labelledby="{name}"><thead><tr>'
        '<th scope="col">what</th><th scope="col" class="n">number</th>'
        '<th scope="col" class="share">share</th></tr></thead><tbody>'
        f"{''.join(_step(step, whole) for step in steps)}</tbody></table>"
    )


def _step(step: funnel.Step, whole: int) -> str:
    begin, colour, sign = 0, "train", 1
    end = step.left
    if step.sort == "out":
        begin, end, colour, sign = step.left, step.left + step.number, "out", -1
    elif step.sort == "in":
        begin, colour = step.left - step.number, "validation"
    plus = "+" if step.sort == "in" else ""
    says = f' <span class="says">{text(step.says)}</span>' if step.says else ""
    mark = _SUM if step.sort in ("all", "left") else ""
    return (
        f'<tr{mark}><th scope="row">{text(cut(step.what, _NAMES))}{says}</th>'
        f'<td class="n">{plus}{number(sign * step.number)}</td>'
        f'<td class="share">{share(begin / whole, end / whole, colour)}</td></tr>'
    )


_SUM: Final = ' class="sum"'


def _sites(report: Report) -> Iterator[str]:
    found = funnel.by_site(report.manifest, report.figures.used)
    yield _site_table("Each site, those with the most rows first", found, found[:FEW_SITES])
    if len(found) > FEW_SITES:
        rest = _site_table("The sites that follow", found[FEW_SITES:], found[FEW_SITES:MOST_SITES])
        yield unfold("The sites that follow", rest)
    yield "<h3>Why, site by site</h3>"
    for site in found[:MOST_TOLD]:
        yield _reasons(report, site.name)
    if more := found[MOST_TOLD:]:
        yield (
            f'<p class="quiet">The reasons of {len(more):,} further sites are in the audit '
            "tables.</p>"
        )


def _site_table(caption: str, sites: list[funnel.Site], shown: list[funnel.Site]) -> Html:
    """Some sites, the others in one line, and the sum."""
    rows = [_site_row(site.name, [site]) for site in shown]
    if others := sites[len(shown) :]:
        rows.append(_site_row(f"{len(others):,} other sites", others))
    rows.append(_site_row("all", sites))
    heads = [head.replace("_", " ") for head in funnel.Site._fields[1:]]
    if all(site.addresses < 0 for site in sites):  # no memory is told of
        heads, rows = heads[2:], [(row[0], *row[3:]) for row in rows]
    columns = [Column("site"), *(Column(head, number=True) for head in heads)]
    return table(caption, columns, rows, sums=True)


def _site_row(name: str, sites: list[funnel.Site]) -> tuple[object, ...]:
    """The sum over sites; a dash where a number is not known of any."""
    numbers: list[object] = []
    for _, *values in zip(funnel.Site._fields[1:], *(site[1:] for site in sites), strict=True):
        known = [value for value in values if value >= 0]
        numbers.append(sum(known) if known else "\u2013")
    return (cut(name, _NAMES), *numbers)


def _reasons(report: Report, site: str) -> Html:
    """What did not become rows of a site, by reason."""
    crawl = (report.manifest.get("crawl") or {}).get(site)
    documents = {
        reason: count for (name, reason), count in report.figures.left_out.items() if name == site
    }
    pairs: dict[str, int] = {}
    for name, _kind, state, count, _tokens in report.manifest["by"]:
        if name == site and state not in ("train", "validation"):
            pairs[state] = pairs.get(state, 0) + count
    lines: list[tuple[str, Iterable[tuple[str, int]]]] = []
    if crawl:
        without = [
            (": ".join(filter(None, (outcome or funnel.NOT_VISITED, reason))), count)
            for outcome, reason, count in crawl["without"]
        ]
        lines += [("Addresses without a document", without)]
        lines += [("Pairs left out by the crawls", crawl["dropped"].items())]
    lines += [("Documents left out", documents.items()), ("Pairs left out", pairs.items())]
    said = (f"<dt>{what}</dt><dd>{_listed(counts)}</dd>" for what, counts in lines)
    return unfold(cut(site, _NAMES), f'<dl class="facts">{"".join(said)}</dl>')


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    ordered = sorted(counts, key=lambda one: (-one[1], one[0]))
    told = ", ".join(f"{text(cut(what, _NAMES))}&nbsp;{number(n)}" for what, n in ordered[:_MANY])
    if others := ordered[_MANY:]:
        told += f", {len(others):,} other reasons&nbsp;{number(sum(n for _, n in others))}"
    return told or "none"


_MANY: Final = 20  # reasons of a site

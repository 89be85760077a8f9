"""How a report looks, and the one script that it has. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

# Light, dark. Text on its ground has a contrast of 4.5 or more, bars of 3 or more (WCAG 2.2,
# 1.4.3 and 1.4.11); a test computes it.
COLOURS: Final = {
    "ground": ("#ffffff", "#15171a"),
    "raised": ("#f5f6f4", "#1e2125"),
    "ink": ("#1b1d1f", "#e4e4df"),
    "quiet": ("#5a5f63", "#a3a8ac"),
    "line": ("#dcdedb", "#33373c"),
    "link": ("#0b5394", "#86bfee"),
    "train": ("#2a6f97", "#5aa3cf"),
    "validation": ("#b3541e", "#e0935a"),
    "out": ("#8b8f92", "#757b81"),
    "gone": ("#f9dedc", "#52211f"),
    "came": ("#d9efdc", "#183f24"),
}
# Written on: ink, quiet and links on these.
GROUNDS: Final = ("ground", "raised")

_STYLE: Final = """
* { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: .5rem; top: .5rem; z-index: 2; background: var(--ground); padding: .5rem; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.15; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.2; margin: 0 0 .25rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { max-width: 44rem; margin: .4rem 0; }
.quiet, caption, figcaption, .meta { color: var(--quiet); font-size: .875rem; }
nav { position: sticky; top: 0; z-index: 1; background: var(--ground); margin-top: 1rem;
  border-bottom: 1px solid var(--line); }
nav ul { max-width: 68rem; margin: 0 auto; padding: .5rem 1rem; list-style: none;
  display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; font-size: .9rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { padding: 1.5rem 0 1.75rem; border-bottom: 1px solid var(--line); }
main section:last-child { border-bottom: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  gap: 1px; margin: 1.1rem 0 0; background: var(--line); border: 1px solid var(--line); }
.figures div { background: var(--ground); padding: .55rem .75rem; }
.figures dt { color: var(--quiet); font-size: .8rem; }
.figures dd { margin: 0; font-size: 1.3rem; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem;
  margin: .75rem 0; }
dl.facts dt { color: var(--quiet); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; width: 100%;
  margin: .75rem 0; }
.scroll table { margin: 0; }
table td { overflow-wrap: anywhere; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .22rem .9rem .22rem 0;
  border-bottom: 1px solid var(--line); font-weight: normal; }
th:last-child, td:last-child { padding-right: 0; }
thead th, thead th.n { color: var(--quiet); font-size: .8rem; vertical-align: bottom;
  white-space: normal; }
tfoot th, tfoot td, tr.sum th, tr.sum td { font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody th { overflow-wrap: anywhere; }
.scroll tbody th { min-width: 7rem; }
.scroll thead th:first-child, .scroll tbody th, .scroll tfoot th { position: sticky; left: 0;
  background: var(--ground); }
.steps { table-layout: fixed; margin: .5rem 0; }
.steps th.share { width: 38%; }
.steps th.n { width: 7rem; }
.steps td.share svg { margin: .4rem 0 0 .6rem; max-width: calc(100% - .6rem); }
.steps th.share { padding-left: .6rem; }
.says { color: var(--quiet); font-weight: normal; margin-left: .5em; }
svg { display: block; }
svg.plot { overflow: visible; margin: .3rem 0; }
svg text { fill: var(--quiet); font: .75rem system-ui, sans-serif; }
svg .axis { stroke: var(--quiet); }
.train { fill: var(--train); }
.validation { fill: var(--validation); }
.out { fill: var(--out); }
.key::before { content: ""; display: inline-block; width: .7em; height: .7em;
  margin-right: .4em; background: var(--train); }
.key.validation::before { background: var(--validation); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
  gap: .5rem 2.5rem; }
figure { margin: .75rem 0 0; min-width: 0; }
figcaption b { color: var(--ink); }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--link); font-size: .9rem; width: fit-content;
  max-width: 100%; overflow-wrap: anywhere; }
.twins { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; margin: .9rem 0 0;
  border-top: 1px solid var(--line); padding-top: .6rem; }
.twins > h4 { grid-column: 1 / -1; }
h4 { margin: 0; font-size: .9rem; }
.text { margin: .2rem 0; max-width: 48rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.twins .text { font-size: .9rem; }
del, ins { text-decoration-thickness: 1px; padding: 0 .1em; color: inherit; }
del { background: var(--gone); }
ins { background: var(--came); }
.more { color: var(--quiet); font-size: .85em; }
form { display: flex; flex-wrap: wrap; gap: .6rem 1rem; margin: .75rem 0; align-items: end; }
form[hidden] { display: none; }
label { font-size: .85rem; color: var(--quiet); display: grid; gap: .15rem; }
label.wide { flex: 1 1 16rem; }
input, select, button { font: inherit; color: var(--ink); background: var(--ground);
  border: 1px solid var(--out); border-radius: .25rem; padding: .3rem .5rem; width: 100%;
  min-height: 2.25rem; max-width: 100%; }
button { width: auto; cursor: pointer; }
ol.pairs { list-style: none; margin: 0; padding: 0; }
ol.pairs > li { border-top: 1px solid var(--line); padding: .7rem 0; content-visibility: auto;
  contain-intrinsic-size: auto 9rem; }
ol.pairs > li[hidden] { display: none; }
.prompt { font-weight: 600; }
.meta { overflow-wrap: anywhere; max-width: none; }
.meta span, .meta a, h4, dd, td, th { unicode-bidi: isolate; }
.meta span + span::before, .meta a::before { content: "\\00b7"; margin: 0 .4em;
  display: inline-block; text-decoration: none; color: var(--quiet); }
code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; font-size: .85rem; background: var(--raised); padding: .75rem;
  margin: .5rem 0; }
footer { padding-bottom: 2.5rem; }
@media (max-width: 42rem) {
  .twins { grid-template-columns: 1fr; }
  nav { position: static; }
  html { scroll-padding-top: .5rem; }
  .says { display: block; margin: 0; font-size: .8rem; }
  .steps th.share { width: 24%; }
  .steps th.n { width: 4.6rem; }
  th, td { padding-right: .6rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: .4rem; }
}
@media print { nav, form, .skip { display: none; } ol.pairs > li { break-inside: avoid; } }
"""

SCRIPT: Final = """
(function () {
  "use strict";
  var form = document.getElementById("search");
  var words = document.getElementById("words");
  var site = document.getElementById("site");
  var kind = document.getElementById("kind");
  var told = document.getElementById("told");
  var rows = [].slice.call(document.querySelectorAll("#pairs > li"));
  function plain(text) { return text.normalize("NFKC").toLowerCase(); }
  var texts = rows.map(function (row) { return plain(row.textContent); });
  var waiting = 0;
  function filter() {
    var wanted = plain(words.value).split(/\\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (row, place) {
      var good = (!site.value || row.dataset.site === site.value) &&
        (!kind.value || row.dataset.kind === kind.value) &&
        wanted.every(function (word) { return texts[place].indexOf(word) >= 0; });
      row.hidden = !good;
      shown += good ? 1 : 0;
    });
    told.textContent = shown + " of " + rows.length + " pairs";
  }
  function soon() { clearTimeout(waiting); waiting = setTimeout(filter, 120); }
  words.addEventListener("input", soon);
  site.addEventListener("change", filter);
  kind.addEventListener("change", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); filter(); });
  form.addEventListener("reset", function () { setTimeout(filter, 0); });
  form.hidden = false;
  filter();
}());
"""


def _variables(place: int) -> str:
    return " ".join(f"--{name}: {pair[place]};" for name, pair in COLOURS.items())


STYLE: Final = (
    f"\n:root {{ color-scheme: light dark; {_variables(0)} }}\n"
    f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(1)} }} }}{_STYLE}"
)


def source_hash(code: str) -> str:
    """What a Content-Security-Policy calls an inline script or style of these bytes."""
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


# Nothing is loaded, nothing is sent, and of what is inline only these two count.
POLICY: Final = (
    f"default-src 'none'; style-src {source_hash(STYLE)}; script-src {source_hash(SCRIPT)}; "
    "base-uri 'none'; form-action 'none'"
)

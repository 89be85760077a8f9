"""A dataset's manifest -> its page for people and for the Hub, and its Croissant metadata. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from pipelines.licences import licence_of

Manifest = Mapping[str, Any]

# What the Hub calls licences that are known here; all others are "other" there.
_HUB: Final = {
    "MIT": "mit",
    "Apache-2.0": "apache-2.0",
    "CC0-1.0": "cc0-1.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0",
    "CC-BY-ND-4.0": "cc-by-nd-4.0",
    "CC-BY-NC-ND-4.0": "cc-by-nc-nd-4.0",
    "GFDL-1.3-or-later": "gfdl",
    "ODbL-1.0": "odbl",
    "ODC-By-1.0": "odc-by",
    "PDDL-1.0": "pddl",
}
_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
# The context of the Croissant format 1.0 (mlcommons.org/croissant/1.0).
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def hub_licence(manifest: Manifest) -> str:
    """What the Hub calls the licence of all documents; ``other`` when there are several."""
    names = {licence_of(text).name for text in manifest["licenses"]}
    known = {_HUB.get(name, "other") for name in names}
    return known.pop() if len(known) == 1 else "other"


def _size(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "n>100M")


def _front(manifest: Manifest) -> str:
    """The YAML at the top: JSON values are YAML."""
    splits = [name for name in ("train", "validation") if manifest["pairs"][name]]
    lines = [
        f"pretty_name: {json.dumps(manifest['dataset'], ensure_ascii=False)}",
        f"license: {hub_licence(manifest)}",
    ]
    if languages := sorted(code for code in manifest["languages"] if code):
        lines += ["language:", *(f"- {json.dumps(code)}" for code in languages)]
    rows = manifest["pairs"]["train"] + manifest["pairs"]["validation"]
    lines += [
        "task_categories:",
        "- text-generation",
        "size_categories:",
        f"- {_size(rows)}",
        "tags:",
        "- prompt-completion",
        "- crawled",
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for split in splits:
        lines += [f"  - split: {split}", f"    path: data/{split}-*.parquet"]
    return "\n".join(("---", *lines, "---"))


def table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """A table in Markdown, line by line; what stands in a cell cannot end it."""
    lines = [" | ".join(("", *head, "")).strip(), "| --- " * len(head) + "|"]
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else _cell(str(cell)) for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _sites(manifest: Manifest) -> list[tuple[Any, ...]]:
    found: dict[str, list[int]] = {}
    for site, _kind, state, pairs, _tokens in manifest["by"]:
        row = found.setdefault(site, [0, 0, 0])
        row[("train", "validation").index(state) if state in ("train", "validation") else 2] += (
            pairs
        )
    return [(site, *row) for site, row in sorted(found.items())]


def licence_table(manifest: Manifest) -> list[str]:
    """The licences that pages name, what they ask for, and how many documents have them."""
    rows = [
        (text or "none named", licence_of(text).name or "not known",
         ", ".join(licence_of(text).obligations) or "nothing that is known", count)
        for text, count in sorted(manifest["licenses"].items())
    ]  # fmt: skip
    return table(("as the page says", "known as", "asks for", "documents"), rows)


def card(manifest: Manifest) -> str:
    """``README.md``: what is in the dataset, how it was made, under which licences."""
    pairs, documents, tokens = manifest["pairs"], manifest["documents"], manifest["tokens"]
    parts = [
        _front(manifest),
        "",
        f"# {manifest['dataset']}",
        "",
        (f"Version {manifest['version']}: {pairs['train']:,} pairs to train on and "
        f"{pairs['validation']:,} to validate with, about {tokens['train']:,} and "
        f"{tokens['validation']:,} tokens. They come from {documents['used']:,} documents of "
        f"{len(_sites(manifest)):,} sites, crawled where the sites permit it. Near-duplicates, "
        "the same page and the same text never stand on both sides."),
        "",
        *table(("site", "train", "validation", "left out"), _sites(manifest)),
        "",
        "## What was left out",
        "",
        *table(("reason", "documents", "pairs"), [
            (name, documents["left_out"].get(name, 0), pairs["left_out"].get(name, 0))
            for name in sorted({*documents["left_out"], *pairs["left_out"]})
        ]),
        "",
        ("`audit/documents.parquet` and `audit/pairs-*.parquet` name every one, with the document "
        "or pair that was kept in its place."),
        "",
        "## Licences",
        "",
        *licence_table(manifest),
        "",
        ("`ATTRIBUTION` names the title, authors, address and licence of every document. The texts "
        "belong to their authors; what a page says of its use is in the crawl's ledger."),
        "",
        "## How it was made",
        "",
        "```json",
        json.dumps(manifest["recipe"], indent=1, ensure_ascii=False),
        "```",
        "",
        "`manifest.json` has the inputs with their hashes, every count, and the software.",
        "",
    ]  # fmt: skip
    return "\n".join(parts)


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:DateTime" if pa.types.is_timestamp(kind) else "sc:Text"


def croissant(manifest: Manifest, columns: pa.Schema) -> dict[str, Any]:
    """``croissant.json``: files, splits and columns in the Croissant format 1.0."""
    files: list[dict[str, Any]] = [
        {
            "@type": "cr:FileObject",
            "@id": f"data/{file['name']}",
            "name": file["name"],
            "contentUrl": f"data/{file['name']}",
            "contentSize": f"{file['bytes']} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file["sha256"],
        }
        for file in manifest["files"]
    ]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest["dataset"],
        "description": "Prompts and completions made of crawled pages; README.md says how.",
        "version": manifest["version"],
        "datePublished": manifest["date"],
        "license": sorted(text for text in manifest["licenses"] if text) or ["unknown"],
        "inLanguage": sorted(code for code in manifest["languages"] if code),
        "isLiveDataset": False,
        "distribution": files,
        "recordSet": [_record_set(file["name"], columns) for file in manifest["files"]],
    }


def _record_set(name: str, columns: pa.Schema) -> dict[str, Any]:
    """The rows of one file: readers of the format take files one by one, or whole archives."""
    identity = name.partition(".")[0]
    return {
        "@type": "cr:RecordSet",
        "@id": identity,
        "name": identity,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{identity}/{column.name}",
                "name": column.name,
                "dataType": _data_type(column.type),
                "source": {
                    "fileObject": {"@id": f"data/{name}"},
                    "extract": {"column": column.name},
                },
            }
            for column in columns
        ],
    }

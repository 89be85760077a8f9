"""An adapter's page for people and for the Hub: what it was made of, and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pipelines.cards import hub_licence, licence_table, table
from pipelines.trainingcompare import figures


def card(
    receipt: Mapping[str, Any],
    manifest: Mapping[str, Any],
    comparison: dict[str, Any],
    *,
    is_folder: bool,
) -> str:
    """``README.md`` of an adapter: base model, dataset with its hash, licences, figures.

    ``is_folder``: the base model is a folder, not a name on the Hub.
    """
    # A folder's name only: where it lies is nobody's business where the adapter goes.
    base = PurePath(receipt["base_model"]).name if is_folder else receipt["base_model"]
    plan = receipt["plan"] | {"model": base, "revision": receipt["model_commit"]}
    parts = [
        "---",
        f"base_model: {json.dumps(base)}",
        "library_name: peft",
        "pipeline_tag: text-generation",
        f"license: {hub_licence(manifest)}",
        "tags:",
        "- lora",
        "- trl",
        "- sft",
        "---",
        "",
        f"# {base}, tuned on {receipt['dataset']}",
        "",
        (f"A LoRA adapter for `{base}`, trained for {receipt['steps']:,} steps on "
        f"{receipt['rows']['train']:,} pairs; {receipt['rows']['validation']:,} were held out. "
        f"Where it is shared, the licence of the base model holds, too."),
        "",
        *_of_data(receipt, manifest),
        "## Licences of the texts",
        "",
        *licence_table(manifest),
        "",
        ("The dataset's `ATTRIBUTION` names the title, authors, address and licence of every "
        "document."),
        "",
        "## Before and after",
        "",
        *table(("", "before", "after"), figures(comparison)),
        "",
        "## How it was trained",
        "",
        "```json",
        json.dumps(plan, indent=1, ensure_ascii=False),
        "```",
        "",
        *table(("software", "version"), sorted(receipt["software"].items())),
        "",
    ]  # fmt: skip
    return "\n".join(parts)


def _of_data(receipt: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    return [
        "| dataset | |",
        "| --- | --- |",
        f"| name and version | `{receipt['dataset']}` |",
        f"| SHA-256 of its data | `{receipt['dataset_sha256']}` |",
        f"| built | {manifest['date']} |",
        f"| languages | {', '.join(sorted(filter(None, manifest['languages']))) or 'not said'} |",
        "",
    ]

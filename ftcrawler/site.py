"""What a site file may say: its model, with what each key means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    model_validator,
)

from ftcrawler.consent.decision import Permission, Statement, decide
from ftcrawler.consent.licences import LicencePolicy
from ftcrawler.sitetables import (
    Alarms,
    Archive,
    Consent,
    Domain,
    Extract,
    Follow,
    HttpUrl,
    Pairs,
    Request,
    Revisit,
    Schedule,
    Table,
    robots_or_list,
)
from ftcrawler.urls import host_of, origin_of
from pipelines.records import Trace, Verdict
from pipelines.rules import ExtractRules, PairRules

SITE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
MOST_REPEATS = 3  # of one segment in a path: more are a trap
SCHEMA_FILE = "site.schema.json"


class SiteError(ValueError):
    """Site files that cannot be used; ``problems`` holds one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class Site(Table):
    """One site file, ``ftcrawler/sites/NAME.toml``."""

    name: str = Field(exclude=True)
    enabled: bool = Field(True, description="Crawled when no site is named.")
    start_urls: list[HttpUrl] = Field([], description="Where the crawl begins.")
    allowed_domains: list[Domain] = Field(
        [], description="Hosts that are crawled, with their subdomains; default: the start URLs'."
    )
    sitemaps: Annotated[list[HttpUrl] | Literal["robots"], BeforeValidator(robots_or_list)] = Field(
        [], description='Sitemap URLs, or "robots" for those that robots.txt names.'
    )
    feeds: list[HttpUrl] = Field([], description="RSS or Atom feeds.")
    follow: Follow = Follow()
    request: Request = Request()
    extract: Extract = Extract()
    pairs: Pairs = Pairs()
    revisit: Revisit = Revisit()
    schedule: Schedule = Schedule()
    alarms: Alarms = Alarms()
    archive: Archive = Archive()
    consent: Consent = Consent()

    @model_validator(mode="after")
    def _has_somewhere_to_begin(self) -> Site:
        listed = self.sitemaps if isinstance(self.sitemaps, list) else []
        if not (self.start_urls or listed or self.feeds):
            raise ValueError("start_urls is missing: name at least one page, sitemap or feed")
        if self.revisit.min_hours > self.revisit.max_hours:
            raise ValueError("[revisit] min_hours is greater than max_hours")
        return self

    @cached_property
    def domains(self) -> tuple[str, ...]:
        """``allowed_domains``, or the hosts of the seeds when it is empty."""
        if self.allowed_domains:
            return tuple(self.allowed_domains)
        listed = self.sitemaps if isinstance(self.sitemaps, list) else []
        return tuple(dict.fromkeys(map(host_of, [*self.start_urls, *listed, *self.feeds])))

    def covers(self, url: str) -> bool:
        """Whether a canonical URL's host is one of the site's, or a subdomain of one."""
        return self.covers_host(host_of(url))

    def covers_host(self, host: str) -> bool:
        """Whether a host name is one of the site's, or below one."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)

    def trusts(self, url: str) -> bool:
        """Whether a URL may get the headers of the site file, which may be keys.

        Origins that the site file names, and its hosts by https at the usual port.
        """
        listed = self.sitemaps if isinstance(self.sitemaps, list) else []
        named = {origin_of(seed) for seed in (*self.start_urls, *listed, *self.feeds)}
        if origin_of(url) in named:
            return True
        return self.covers(url) and origin_of(url) == f"https://{host_of(url)}"

    def follows(self, url: str) -> bool:
        """Whether a canonical URL is within the site's hosts and its ``[follow]`` rules."""
        if not self.covers(url) or _looks_endless(url):
            return False
        if any(re.search(pattern, url) for pattern in self.follow.deny):
            return False
        return not self.follow.allow or any(re.search(p, url) for p in self.follow.allow)

    def rules_hash(self) -> str:
        """Changes when pages must be read anew because what is taken from them changed.

        Two parts with a colon between: the rules of rows, and those of links and consent.
        """
        rows = self.model_dump_json(
            include={"extract", "pairs"}, exclude={"pairs": {"system_prompt"}}
        )
        links = self.model_dump_json(include={"follow", "allowed_domains", "consent"})
        links += self.request.model_dump_json(include={"render", "render_hosts"}) * (
            self.request.render
        )
        return ":".join(hashlib.sha256(part.encode()).hexdigest() for part in (rows, links))

    def decide(
        self, statements: list[Statement], *, page: bool = True, trace: Trace | None = None
    ) -> Verdict:
        """The verdict on using a URL; before its ``page`` is known, silence is no answer yet."""
        given = self.consent.permission
        verdict = decide(
            statements,
            profile=self.consent.profile if page else "default",
            permission=Permission(**given.model_dump()) if given else None,
        )
        return replace(verdict, trace=trace)

    @property
    def licence_policy(self) -> LicencePolicy:
        """What the ``[consent]`` table makes of licences."""
        return LicencePolicy(self.consent.noncommercial, self.consent.no_derivatives)

    @property
    def extract_rules(self) -> ExtractRules:
        """The ``[extract]`` table as the pipelines want it."""
        table = self.extract
        return ExtractRules(
            table.article, table.title, table.paragraphs, tuple(table.drop), table.min_words
        )

    @property
    def pair_rules(self) -> PairRules:
        """The ``[pairs]`` table as the pipelines want it."""
        values = self.pairs.model_dump()
        if {"strategies", "prompt_path"} & self.pairs.model_fields_set == {"strategies"}:
            values["prompt_path"] = False
        lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
        return PairRules(**values | lists)


def _looks_endless(url: str) -> bool:
    """Whether a path repeats itself, as relative links on a page of every path make it do."""
    parts = [part for part in url.split("?", 1)[0].split("/")[3:] if part]
    return len(parts) > MOST_REPEATS and max(map(parts.count, parts)) > MOST_REPEATS


def json_schema() -> dict[str, Any]:
    """The JSON schema that editors use for ``sites/*.toml``."""
    schema = Site.model_json_schema(mode="validation")
    schema["properties"].pop("name")
    schema["required"] = [key for key in schema.get("required", []) if key != "name"]
    if not schema["required"]:
        del schema["required"]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}

"""The tables of a site file, with what each key means."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from ftcrawler.consent.decision import Profile
from ftcrawler.consent.licences import Choice
from ftcrawler.remedies import SITE_ALARMS
from ftcrawler.schedule import check_cron, check_zone
from ftcrawler.urls import canonical, host_of
from pipelines.quality import PAIR_REASONS
from pipelines.records import PairKind
from pipelines.rules import Pii, Splitter
from pipelines.selectors import check_selector


def _regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


def _selector(selector: str) -> str:
    check_selector(selector)
    return selector


def _pair_rule(name: str) -> str:
    if name not in PAIR_REASONS:
        raise ValueError(f"no such rule; allowed: {', '.join(PAIR_REASONS)}")
    return name


def _http_url(url: str) -> str:
    if not (good := canonical(url)):
        raise ValueError("not an absolute http:// or https:// URL")
    return good


def _domain(domain: str) -> str:
    host = host_of(canonical(f"http://{domain}/"))
    if not host or canonical(f"http://{domain}/") != canonical(f"http://{host}/"):
        raise ValueError('not a host name: write "example.com", without scheme, port or path')
    return host


def _header_name(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in ("user-agent", "from", "host"):
            raise ValueError(f"{name} is set by ftcrawler; say who you are with contact")
        if re.search(r"[\r\n\x00]", value):
            raise ValueError(f"the value of {name!r} has a line break")
    return headers


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def robots_or_list(value: object) -> object:
    """``robots`` or a list, else ``ValueError``: pydantic would tell of both at once."""
    if value != "robots" and not isinstance(value, list):
        raise ValueError(f'write a list of URLs, or "robots" (found {value!r})')
    return value


def _cron(cron: str) -> str:
    return check_cron(cron) if cron else cron


def _zone(zone: str) -> str:
    return check_zone(zone) if zone else zone


def _alarm(name: str) -> str:
    if name not in SITE_ALARMS:
        raise ValueError(f"no such alarm of a site; allowed: {', '.join(SITE_ALARMS)}")
    return name


AlarmName = Annotated[str, AfterValidator(_alarm)]
Share = Annotated[float, Field(gt=0, le=1, strict=False)]
PairRule = Annotated[str, AfterValidator(_pair_rule)]
Cron = Annotated[str, AfterValidator(_cron)]
Zone = Annotated[str, AfterValidator(_zone)]
Regex = Annotated[str, AfterValidator(_regex)]
Selector = Annotated[str, AfterValidator(_selector)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Sitemaps = Annotated[list[HttpUrl] | Literal["robots"], BeforeValidator(robots_or_list)]
Domain = Annotated[str, AfterValidator(_domain)]


class Table(BaseModel):
    """A table of a site file: no key but its own, each of its own type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Follow(Table):
    """Which links are followed. Seeds are always fetched."""

    allow: list[Regex] = Field([], description="A URL must match one of these, when given.")
    deny: list[Regex] = Field([], description="A URL that matches one of these is left out.")
    max_depth: int | None = Field(None, ge=0, description="Links from a seed; 0: seeds only.")
    max_pages: int | None = Field(None, ge=1, description="Pages fetched in one run, at most.")


class Request(Table):
    """How pages are asked for."""

    delay: float = Field(1.0, ge=0, le=3600, strict=False, description="Seconds between requests.")
    concurrency: int = Field(2, ge=1, le=64, description="Requests under way at once.")
    contact: str = Field(
        "", description="Where the site's owner reaches you; default: FTCRAWLER_CONTACT."
    )
    timeout: float = Field(30.0, gt=0, le=600, strict=False, description="Seconds for one answer.")
    headers: Annotated[dict[str, str], AfterValidator(_header_name)] = Field(
        {}, description="Extra request headers; ${NAME} is taken from the environment."
    )
    allow_private_addresses: bool = Field(
        False, description="Permit loopback and private addresses (a site on your own machine)."
    )
    render: bool = Field(
        False, description="Read pages as a browser shows them, once their scripts have run."
    )
    render_hosts: list[Domain] = Field(
        [], description="Other hosts whose scripts and data a rendered page may ask for."
    )


class Extract(Table):
    """What to take from a page: CSS selectors, all optional, that override the generic way."""

    article: Selector = Field("", description="The element that holds the text.")
    title: Selector = Field("", description="The title.")
    paragraphs: Selector = Field("", description="Elements that become one block each.")
    drop: Annotated[
        list[Selector], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])
    ] = Field([], description="Elements removed first.")
    min_words: int = Field(10, ge=1, description="Documents with fewer words are rejected.")


class Pairs(Table):
    """How documents become prompt/completion pairs."""

    strategies: list[PairKind] = Field(["title", "heading", "sentence"], min_length=1)
    every: int = Field(3, ge=2, description="Every nth sentence is a prompt.")
    window: int = Field(5, ge=1, description="Sentences after the prompt in a window.")
    splitter: Splitter = Field("sentencex", description='"regex" is the plain [.?!] split.')
    system_prompt: str = Field("", description="A system message for chat formats.")
    max_tokens: int = Field(
        2000, ge=0, description="Longer completions are cut, about so many tokens each; 0: never."
    )
    max_parts: int = Field(
        8, ge=0, description="Of the parts of a title or heading, so many are kept; 0: all."
    )
    prompt_path: bool | Literal["auto"] = Field(
        "auto",
        description="A heading's prompt begins with the title and the headings above it; by "
        "itself where the heading does not tell alone, never where strategies are named.",
    )
    min_prompt_words: int = Field(4, ge=0, description="Sentences with fewer words are no prompts.")
    max_prompt_words: int = Field(100, ge=1, description="Prompts with more words are dropped.")
    min_completion_words: int = Field(
        5, ge=0, description="Completions with fewer words are dropped."
    )
    pii: Pii = Field("mask", description="What becomes of e-mail addresses and phone numbers.")
    skip_rules: list[PairRule] = Field([], description="Names of rules that are not applied.")


class Revisit(Table):
    """How soon a page is looked at again: a tenth of the time since it last changed."""

    min_hours: float = Field(0.0, ge=0, strict=False, description="Never sooner than this.")
    max_hours: float = Field(168.0, ge=0, strict=False, description="Never later than this.")
    full_days: float = Field(
        30.0, ge=0, strict=False, description="Then read whole, whatever the validators say."
    )


class Schedule(Table):
    """When ``scrapy nightly`` crawls the site."""

    cron: Cron = Field("", description="Minute, hour, day, month, weekday; default: NIGHTLY_CRON.")
    timezone: Zone = Field("", description="Whose clock; default: NIGHTLY_TIMEZONE.")


class Alarms(Table):
    """From where on a night's numbers raise an alarm."""

    min_nights: int = Field(7, ge=2, le=28, description="Nights to compare with, at least.")
    errors: Share = Field(0.2, description="Failed pages, as a share of all.")
    gone: Share = Field(0.2, description="Pages that answer 404 or 410.")
    yield_fell: Share = Field(0.5, description="Documents, as a share of the fewest before.")
    yield_rose: float = Field(
        5.0, ge=1, strict=False, description="Documents, as a multiple of the most before."
    )
    content_fell: Share = Field(
        0.3, description="By so much fewer documents with titles, headings, the usual language."
    )
    duplicates: Share = Field(0.3, description="By so much more pairs that are there already.")
    mute: list[AlarmName] = Field([], description="Names of alarms that are never raised.")


class Archive(Table):
    """Whether what was fetched is kept as it came, for ``scrapy reextract``."""

    warc: bool = Field(False, description="Write each page to a WARC file.")


class WrittenPermission(Table):
    """The operator's written permission: kept with every page that it lets through."""

    by: str = Field(min_length=1, description="Who gave it.")
    when: str = Field(min_length=1, description="Its date.")
    text: str = Field("", description="Its words.")
    reference: str = Field("", description="The document that holds them.")

    @model_validator(mode="after")
    def _says_something(self) -> WrittenPermission:
        if not (self.text.strip() or self.reference.strip()):
            raise ValueError("text or reference is missing: the permission's words, or where")
        return self


class Consent(Table):
    """What silence means, what licences permit, and a permission that outweighs refusals."""

    profile: Profile = Field("default", description='"strict": only pages that say yes.')
    noncommercial: Choice = Field(
        "note", description='Licences with NC: "note" uses the page, "deny" leaves it out.'
    )
    no_derivatives: Choice = Field("note", description="The same for licences with ND.")
    permission: WrittenPermission | None = Field(None, description="A written permission.")

"""The target file: where datasets may go, one table each, and its errors. Pure.

A target says everything but the key: of that it only names the environment variable.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from pipelines.trainingplan import Plan

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PART_MB: Final = 64  # 2**20 bytes; more the Uploads API takes in no part
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")

Setting = str | int | float | bool
_FORMS: Final = ("str", "int", "float", "bool")  # pydantic tells of each that it is not


class TargetError(ValueError):
    """A target file that cannot be used; ``problems`` has a sentence for each fault."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class Common(BaseModel):
    """What every target may say.

    ``format`` is one of ``pipelines.formats.FORMATS`` and ``check`` one of
    ``pipelines.targets.TARGETS``, each empty for what goes as it is; ``key`` names the environment
    variable of the key. ``price`` names an entry of the price table, ``per_million_tokens`` says
    it here; ``max_cost`` is what an upload may cost unless ``--yes`` is given.
    """

    # TOML knows inf and nan, which no price, time or hyperparameter is.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    # What decides, beside the data, about the outcome there: another value is another upload.
    # Everything else (a key, a price, a time) may change without one.
    DECISIVE: ClassVar[tuple[str, ...]] = ()
    # And of that, where it leads: what was sent elsewhere is not to be looked for here.
    PLACE: ClassVar[tuple[str, ...]] = ()

    name: str = Field(default="", exclude=True)
    format: str = ""
    check: str = ""
    key: str = ""
    price: str = ""
    per_million_tokens: float = Field(default=0, ge=0)
    currency: str = "USD"
    epochs: int = Field(default=0, ge=0)
    max_cost: float | None = Field(default=None, ge=0)

    @field_validator("key")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        if value and not _VARIABLE.fullmatch(value):
            # Not shown: it may be the key itself.
            raise ValueError(
                "name the environment variable that holds the key, such as OPENAI_API_KEY, "
                "never the key itself"
            )
        return value

    def identity(self) -> dict[str, Any]:
        """What makes an upload of the same data another one."""
        said = self.model_dump(mode="json")
        return {name: said[name] for name in ("kind", *self.DECISIVE)}

    def moved(self, sent: Mapping[str, Any]) -> str:
        """Why what was sent under this name, by its identity then, is not there; ``""`` if it is.

        >>> LocalTarget(name="x", kind="local", url="b").moved({"kind": "local", "url": "a"})
        "[x] has url = 'b' now, it was sent with 'a': put that back in the target file"
        """
        now = self.identity()
        for key in ("kind", *self.PLACE):
            if sent.get(key, now[key]) != now[key]:
                return (
                    f"[{self.name}] has {key} = {now[key]!r} now, it was sent with {sent[key]!r}: "
                    f"put that back in the target file"
                )
        return ""


class OpenAITarget(Common):
    """OpenAI, and who speaks its protocol: files, and jobs of fine-tuning.

    ``uploads``: ``parts`` for large files in parts that are resumed, ``plain`` for providers
    without ``/uploads`` (Azure), ``auto`` to find out. ``extra`` goes into the request that
    creates the job, as it is. ``start_job = false`` only uploads the files. What was begun and
    never answered is given ``settle`` seconds to appear before it is begun again.
    """

    DECISIVE = (
        *("base_url", "model", "method", "hyperparameters", "suffix", "seed", "extra"),
        *("validation", "start_job", "format"),
    )
    PLACE = ("base_url",)

    kind: Literal["openai"]
    base_url: str = "https://api.openai.com/v1"
    key: str = "OPENAI_API_KEY"
    format: str = "openai-chat"
    check: str = "openai"
    model: str = ""
    method: Literal["supervised", ""] = "supervised"
    hyperparameters: dict[str, Setting] = Field(default_factory=dict)
    suffix: str = Field(default="", max_length=64)
    seed: int | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    validation: bool = True
    start_job: bool = True
    uploads: Literal["auto", "parts", "plain"] = "auto"
    part_mb: int = Field(default=PART_MB, ge=1, le=PART_MB)
    parallel: int = Field(default=4, ge=1, le=16)
    timeout: float = Field(default=600, gt=0)
    retries: int = Field(default=6, ge=0, le=20)
    settle: float = Field(default=5, ge=0)
    shutdown_days: int = Field(default=30, ge=0)

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return _address(value)


class HuggingFaceTarget(Common):
    """A dataset's repository on the Hugging Face Hub, or on a server that speaks its protocol."""

    DECISIVE = ("repo", "endpoint", "branch", "format")
    PLACE = ("repo", "endpoint", "branch")

    kind: Literal["huggingface"]
    repo: str = Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")
    key: str = "HF_TOKEN"
    endpoint: str = ""
    branch: str = "main"
    private: bool = True

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return _address(value) if value else ""


class LocalTarget(Common):
    """A folder, or object storage by a URL that fsspec knows; ``options`` are fsspec's."""

    DECISIVE = ("url", "format")
    PLACE = ("url",)

    kind: Literal["local"]
    url: str = Field(min_length=1)
    options: dict[str, Setting] = Field(default_factory=dict)

    @field_validator("url")
    @classmethod
    def _has_no_password(cls, value: str) -> str:
        if re.match(r"[^/]+://[^/@]*:[^/]*@", value):
            raise ValueError("no password here: leave it to what the storage's client reads")
        return value


class TrainTarget(Common, Plan):
    """Training on this machine, as the plan says; ``into`` is the folder of trainings.

    Without it, ``models`` beside the folder of datasets.
    """

    DECISIVE = ("into", *(name for name in Plan.model_fields if name != "device"))

    kind: Literal["train"]
    check: str = "trl"
    into: str = ""

    def plan(self) -> Plan:
        """What is trained how, without where from and where to."""
        return Plan.model_validate({name: getattr(self, name) for name in Plan.model_fields})


Target = OpenAITarget | HuggingFaceTarget | LocalTarget | TrainTarget
_ANY: Final[TypeAdapter[Target]] = TypeAdapter(Annotated[Target, Field(discriminator="kind")])
_MODELS: Final[dict[str, type[Common]]] = {
    "openai": OpenAITarget,
    "huggingface": HuggingFaceTarget,
    "local": LocalTarget,
    "train": TrainTarget,
}


def _address(value: str) -> str:
    """An address of the web as it is, without a slash at its end; it is shown and kept."""
    if not re.fullmatch(r"https?://[^/\s@]+(/[^\s@]*)?", value):
        raise ValueError("an http:// or https:// address without user and password")
    return value.rstrip("/")


def load_targets(text: str, file: str = "targets.toml") -> dict[str, Target]:
    r"""All targets of a target file's text, by name.

    Raises :class:`TargetError` with every fault: file, target, key, remedy.

    >>> load_targets('[shelf]\nkind = "local"\nurl = "shelf"')["shelf"].url
    'shelf'
    """
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError([f"{file}: not valid TOML: {error}"]) from None
    found: dict[str, Target] = {}
    problems: list[str] = []
    for name, table in tables.items():
        if not isinstance(table, dict):
            problems.append(f"{file}: {name}: stands outside of a table: write it below [NAME]")
        elif not NAME.fullmatch(name):
            problems.append(f"{file}: [{name}]: small letters, digits, - and _, 40 at most")
        else:
            try:
                found[name] = _ANY.validate_python({**table, "name": name})
            except ValidationError as error:
                said = dict.fromkeys(_said(one, table) for one in error.errors())
                problems += [f"{file}: [{name}] {one}" for one in said]
    if problems:
        raise TargetError(problems)
    return found


def choose(targets: dict[str, Target], name: str, file: str = "targets.toml") -> Target:
    """The target of a name. Raises :class:`TargetError` for one that there is not."""
    if name not in targets:
        known = ", ".join(targets) or "none; scrapy upload --example shows some"
        raise TargetError([f"{file}: no target [{name}]; there are: {known}"])
    return targets[name]


def _said(error: Any, table: dict[str, Any]) -> str:
    """One fault as one sentence: the key, what is wrong, what is allowed."""
    kind = str(table.get("kind"))
    key = ".".join(str(part) for part in error["loc"] if part not in _MODELS)
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return f"kind: must be one of {', '.join(_MODELS)} (found {table.get('kind', 'none')!r})"
    if error["type"] == "extra_forbidden":
        fields = _MODELS[kind].model_fields
        for part in error["loc"][1:-1]:
            fields = getattr(fields[part].annotation, "model_fields", fields)
        known = ", ".join(one for one in fields if one != "name")
        return f"{key}: unknown key; allowed here: {known}"
    if error["loc"][-1] in _FORMS:
        return f"{key.rpartition('.')[0]}: a text, a finite number, true or false"
    message = error["msg"].removeprefix("Value error, ")
    return f"{key}: {message[:1].lower()}{message[1:]}"

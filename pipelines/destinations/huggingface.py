"""A dataset's repository on the Hugging Face Hub: one commit that holds a version, or none.

What the branch holds is compared file by file before each try, so that a second call, a kill and
a lost answer neither send bytes twice nor commit twice.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipelines.destinations import Bundle, FailedError, Problem, RefusedError, Tell, key_of
from pipelines.destinations.targetfile import HuggingFaceTarget
from pipelines.hubanswers import is_transient, sentence
from pipelines.hubrepository import Held, Repository
from pipelines.licences import passes
from pipelines.parcels import MARK, mark, note, note_removed, parcel
from pipelines.receipts import Receipt

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")

MISSING: Final = (
    "the Hub's client is not installed: make setup-hub, or pip install -r requirements-hub.txt"
)
_WAITS: Final = (1.0, 4.0, 16.0)  # seconds before the second try, the third, the last
_ROWS: Final = re.compile(r"(?:train|validation)[^/]*\.(?:parquet|jsonl|json|csv)")


def destination(target: HuggingFaceTarget, environment: Mapping[str, str]) -> HuggingFace:
    """The repository of a target. Raises :class:`RefusedError` without a key or the client."""
    key = key_of(target, environment)
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - heavy, and not always installed
        from huggingface_hub.utils import disable_progress_bars  # noqa: PLC0415 - the same
    except ImportError:
        raise RefusedError(f"[{target.name}] {MISSING}") from None
    disable_progress_bars()
    return HuggingFace(target, HfApi(endpoint=target.endpoint or None, token=key or False))


class HuggingFace:
    """A target of kind ``huggingface``."""

    def __init__(
        self, target: HuggingFaceTarget, api: HfApi, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.target = target
        self.there = Repository(api, target.repo, target.branch)
        self._sleep = sleep

    def preflight(self, bundle: Bundle) -> Iterator[Problem]:
        """Whether the key may write, and what stands in the repository already."""
        try:
            yield from self._access(self._asked(self.there.api.whoami))
            info = self._asked(self.there.info)
            if info is not None:
                yield from self._present(bundle, info)
        except (RefusedError, FailedError) as error:
            yield Problem(str(error))
        if not self.target.private and (number := _not_open(bundle)):
            yield Problem(
                f"[{self.target.name}] private = false publishes {number:,} documents under no "
                f"licence that is known to permit it: build with --license-policy known, or keep "
                f"it private",
                "warning",
            )

    def _access(self, me: Mapping[str, Any]) -> Iterator[Problem]:
        if me.get("auth", {}).get("accessToken", {}).get("role") == "read":
            yield Problem(
                f"[{self.target.name}] the key in {self.target.key} may only read: make one that "
                f"may write at {self.there.api.endpoint}/settings/tokens"
            )
        owner = self.target.repo.rpartition("/")[0]
        mine = [me["name"], *(one["name"] for one in me.get("orgs", ()))]
        if not owner:
            self.there.repo = f"{me['name']}/{self.target.repo}"
        elif owner not in mine and self._asked(self.there.info) is None:
            yield Problem(
                f"[{self.target.name}] repo {self.target.repo}: there is none, and this key can "
                f"make one only for {', '.join(mine)}"
            )

    def _present(self, bundle: Bundle, info: Any) -> Iterator[Problem]:
        name, repo = self.target.name, self.there.repo
        if self.target.private and not info.private:
            yield Problem(
                f"[{name}] repo {repo} is public: make it private there, or say private = false"
            )
        if self.target.branch == "main":
            yield from (
                Problem(said) for said in self._foreign(bundle, self._asked(self.there.held))
            )

    def _foreign(self, bundle: Bundle, held: Held) -> Iterator[str]:
        """What of others would be loaded together with the dataset."""
        folder = bundle.format or "data"
        rows = [file for file in held.files if file.partition("/")[0] == folder]
        if MARK not in held.files and (mixed := [row for row in rows if _ROWS.search(row)]):
            yield (
                f"[{self.target.name}] repo {self.there.repo} has {mixed[0]} from somewhere else, "
                f"which would be mixed with the dataset: remove it there, or name another repo"
            )

    def send(self, bundle: Bundle, receipt: Receipt, tell: Tell) -> None:
        """Make the branch hold the version, in one commit."""
        items = parcel(bundle)
        items.append(mark(bundle, items))
        total = sum(item.size for item in items)
        self._asked(self._prepare, tell)

        def bring() -> Held:
            held = self.there.held()
            if not all(held.has(item) for item in items):
                for said in self._foreign(bundle, held):
                    raise RefusedError(said)
                title = f"{bundle.version.name} ({bundle.digest[:12]})"
                self.there.commit(items, held, title, lambda done: tell("sending", done, total))
                held = self.there.held()
            return held

        api = self.there.api
        receipt.place = f"{api.endpoint}/datasets/{self.there.repo}/tree/{self.target.branch}"
        note(receipt, bundle, items, lambda _: "")
        held = self._asked(bring, tell)
        receipt.revision = held.revision
        receipt.state = "sent"
        note(receipt, bundle, items, lambda item: item.name)

    def delete(self, receipt: Receipt, tell: Tell) -> None:
        """Remove the dataset's files, the branch's history and the bytes in storage."""
        self._asked(self._resolve, tell)
        if self._asked(self.there.info, tell) is not None:
            self._withdraw(receipt, tell)
        note_removed(receipt)

    def _withdraw(self, receipt: Receipt, tell: Tell) -> None:
        title = f"{receipt.dataset} ({receipt.digest[:12]}) is withdrawn"
        number = self._asked(lambda: self.there.take_back(receipt.digest, title), tell)
        tell(f"{self.there.repo}: {number} files and the branch's history are removed", 0, 0)

    def _resolve(self) -> None:
        """A repository that is named without an owner is the key's own."""
        if "/" not in self.there.repo:
            self.there.repo = f"{self.there.api.whoami()['name']}/{self.there.repo}"

    def _prepare(self) -> None:
        self._resolve()
        if self.there.info() is None:
            self.there.make(private=self.target.private)
        if self.target.branch != "main":
            self.there.make_branch()

    def _asked(self, ask: Callable[[], T], tell: Tell = lambda *_: None) -> T:
        """What the Hub says, asked again while that may help; its errors as sentences."""
        waits = list(_WAITS)
        while True:
            try:
                return ask()
            except RefusedError:
                raise
            except OSError as error:
                if getattr(error, "filename", None):  # a file of ours, not the network
                    raise
                self._bear(error, waits, tell)
            except Exception as error:  # noqa: BLE001 - the client's errors have no common kind
                self._bear(error, waits, tell)

    def _bear(self, error: Exception, waits: list[float], tell: Tell) -> None:
        """Wait before another try, or give up with a sentence."""
        said = sentence(error, self.target, self.there.api.endpoint)
        if not (waits and is_transient(error)):
            raise said from error
        wait = waits.pop(0)
        tell(f"{said}; the next try is in {wait:g} s", 0, 0)
        self._sleep(wait)


def _not_open(bundle: Bundle) -> int:
    """The documents that no known licence lets one publish."""
    return sum(
        count
        for text, count in bundle.version.manifest["licenses"].items()
        if not passes(text, "known")
    )

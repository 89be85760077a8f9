"""One dataset's repository on the Hub: what it holds, a commit, and taking all of it back.

Whatever the Hub's client raises passes through.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from pipelines.destinations import RefusedError
from pipelines.parcels import MARK, Item

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

KIND: Final = "dataset"
_AT_ONCE: Final = 5  # files on their way together

Done = Callable[[int], None]  # hears how many bytes are there


@dataclass(frozen=True, slots=True)
class Held:
    """The files of a branch by name, with their hashes, and the commit that has them."""

    revision: str
    files: Mapping[str, str] = field(default_factory=dict)

    def has(self, item: Item) -> bool:
        """Whether a file is there with the same bytes."""
        found = self.files.get(item.name, "")
        return found == (blob_hash(item) if found.startswith("git:") else item.sha256)


def blob_hash(item: Item) -> str:
    """What git calls a file's content, for files that are kept in git itself.

    >>> from pipelines.parcels import made
    >>> blob_hash(made("empty", b""))
    'git:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    with item.open() as file:
        found = hashlib.sha1(b"blob %d\0" % item.size)  # noqa: S324 - git's hash, not ours
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return f"git:{found.hexdigest()}"


class Repository:
    """A repository and its branch."""

    def __init__(self, api: HfApi, repo: str, branch: str) -> None:
        self.api = api
        self.repo = repo
        self.branch = branch

    def info(self) -> Any:
        """What the Hub says about it, or None when there is none."""
        from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - heavy

        try:
            return self.api.repo_info(self.repo, repo_type=KIND)
        except RepositoryNotFoundError as error:
            if error.response.status_code == 401:  # noqa: PLR2004 - no key, or a wrong one
                raise
            return None

    def make(self, *, private: bool) -> None:
        """Make it, unless it is there."""
        made = self.api.create_repo(self.repo, repo_type=KIND, private=private, exist_ok=True)
        self.repo = made.repo_id  # with its owner, when only a name was given

    def make_branch(self) -> None:
        """Make the branch, unless it is there."""
        self.api.create_branch(self.repo, branch=self.branch, repo_type=KIND, exist_ok=True)

    def held(self) -> Held:
        """What the branch holds now."""
        info = self.api.repo_info(self.repo, repo_type=KIND, revision=self.branch)
        files: dict[str, str] = {}
        for one in self.api.list_repo_tree(
            self.repo, recursive=True, revision=info.sha, repo_type=KIND
        ):
            if blob := getattr(one, "blob_id", None):
                lfs = getattr(one, "lfs", None)
                files[one.path] = lfs.sha256 if lfs else f"git:{blob}"
        return Held(info.sha, files)

    def mark(self, held: Held) -> Mapping[str, Any] | None:
        """Our mark in the repository, or None where there is none."""
        if MARK not in held.files:
            return None
        with TemporaryDirectory() as folder:
            path = self.api.hf_hub_download(
                self.repo, MARK, repo_type=KIND, revision=held.revision, local_dir=folder
            )
            try:
                said = json.loads(Path(path).read_bytes())
                return {"digest": said["digest"], "files": [*said["files"], MARK]}
            except (ValueError, KeyError, TypeError):  # somebody edited it: it marks itself alone
                return {"digest": "", "files": [MARK]}

    def commit(self, items: list[Item], held: Held, title: str, done: Done) -> None:
        """One commit: what is new or changed comes, what is ours and no more wanted goes.

        Bytes that the Hub has, also of a call that was killed, are not sent again. Nobody else's
        commit is undone: when there was one since ``held``, the Hub answers 412.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # noqa: PLC0415

        wanted = {item.name for item in items}
        marked = (self.mark(held) or {"files": ()})["files"]
        gone = sorted({*marked} & held.files.keys() - wanted)
        new = [item for item in items if not held.has(item)]
        adds = [
            CommitOperationAdd(item.name, str(item.path) if item.path else item.content)
            for item in new
        ]
        sent = sum(item.size for item in items) - sum(item.size for item in new)
        for start in range(0, len(new), _AT_ONCE):
            several = adds[start : start + _AT_ONCE]
            self.api.preupload_lfs_files(
                self.repo, several, repo_type=KIND, revision=self.branch, free_memory=False
            )
            for item, add in zip(new[start : start + _AT_ONCE], several, strict=True):
                _agree(item, add)
                sent += item.size
            done(sent)
        self.api.create_commit(
            self.repo,
            [*adds, *(CommitOperationDelete(name) for name in gone)],
            commit_message=title,
            repo_type=KIND,
            revision=self.branch,
            parent_commit=held.revision,
        )

    def take_back(self, digest: str, title: str) -> int:
        """Remove a dataset, the branch's history, and bytes that nothing else there needs.

        Returns how many files were removed from the branch: none when it holds another dataset by
        now, then only the history goes. A branch without our mark is left alone.
        """
        from huggingface_hub import CommitOperationDelete  # noqa: PLC0415 - heavy

        held = self.held()
        mark = self.mark(held)
        if mark is None:
            return 0
        marked = set(mark["files"]) & held.files.keys()
        ours = sorted(marked) if mark["digest"] == digest else []
        if ours:
            self.api.create_commit(
                self.repo,
                [CommitOperationDelete(name) for name in ours],
                commit_message=title,
                repo_type=KIND,
                revision=self.branch,
                parent_commit=held.revision,
            )
        self.api.super_squash_history(
            self.repo, branch=self.branch, commit_message=title, repo_type=KIND
        )
        folders = {name.partition("/")[0] for name in marked if "/" in name}
        self._purge(folders)
        return len(ours)

    def _purge(self, folders: set[str]) -> None:
        """Bytes of these folders that no branch holds any more."""
        refs = self.api.list_repo_refs(self.repo, repo_type=KIND)
        kept: set[str] = set()
        for branch in refs.branches:
            kept |= {*Repository(self.api, self.repo, branch.name).held().files.values()}
        lost = [
            one
            for one in self.api.list_lfs_files(self.repo, repo_type=KIND)
            if one.filename.partition("/")[0] in folders and not {one.oid, one.file_oid} & kept
        ]
        if lost:
            self.api.permanently_delete_lfs_files(self.repo, lost, repo_type=KIND)


def _agree(item: Item, add: CommitOperationAdd) -> None:
    if add.upload_info.sha256.hex() != item.sha256:
        raise RefusedError(
            f"{item.path}: its bytes are not those of its dataset's manifest: it was changed "
            f"since; build the dataset anew"
        )

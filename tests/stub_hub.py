"""A Hugging Face Hub on loopback: datasets' repositories with commits, LFS, history and faults.

It speaks what ``huggingface_hub`` asks of the Hub when files are sent without Xet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

KEY = "hf_good"
OF_LFS = (".parquet", ".jsonl")


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Commit:
    """A commit: its title, and every file that it has."""

    oid: str
    title: str
    files: dict[str, bytes]


@dataclass
class Repo:
    private: bool = True
    branches: dict[str, list[Commit]] = field(default_factory=dict)
    lfs: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # pushed, and for which file

    def commit(self, branch: str, title: str, files: dict[str, bytes]) -> Commit:
        history = self.branches.setdefault(branch, [])
        oid = hashlib.sha1(f"{len(history)}{title}{sorted(files)}".encode()).hexdigest()
        history.append(Commit(oid, title, files))
        return history[-1]

    def at(self, revision: str) -> Commit | None:
        if revision in self.branches:
            return self.branches[revision][-1]
        return next((c for h in self.branches.values() for c in h if c.oid == revision), None)


class Hub:
    """The state, and what to do wrong: ``faults`` are asked with method and path, once each."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.seen: list[str] = []
        self.broken: list[str] = []  # what must not be asked
        self.faults: list[Callable[[str, str], int | str | None]] = []
        self.me: dict[str, Any] = {
            "type": "user",
            "name": "ann",
            "orgs": [{"name": "hive"}],
            "auth": {"accessToken": {"role": "write"}},
        }
        self.url = ""

    def repo(self, name: str = "ann/bees", **more: Any) -> Repo:
        made = self.repos[name] = Repo(**more)
        made.commit("main", "initial commit", {".gitattributes": b"*.parquet filter=lfs\n"})
        return made

    def fail(self, method: str, path: str, how: int | str, times: int = 1) -> None:
        """A status, or ``reset`` (nothing is done), ``lost`` (it is done, unanswered), ``html``."""
        for _ in range(times):
            self.faults.append(lambda m, p: how if m == method and re.search(path, p) else None)

    def fault(self, method: str, path: str) -> int | str | None:
        for each in self.faults:
            if how := each(method, path):
                self.faults.remove(each)
                return how
        return None

    def write(self, folder: Path, name: str = "ann/bees", branch: str = "main") -> None:
        """A branch as files."""
        for path, content in self.repos[name].at(branch).files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else headers and body in two writes cost 40 ms
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = unquote(urlsplit(self.path).path)
        self.hub.seen.append(f"{self.command} {path}")
        how = self.hub.fault(self.command, path)
        if how == "reset":
            self.close_connection = True
            return
        if isinstance(how, int):
            self.answer(how, {"error": "storage limit reached" if how == 403 else "no"})
            return
        if how == "html":
            self.answer(200, b"<html>welcome</html>")
            return
        if how != "lost":
            self.act(path, body)
            return
        real, self.answer = self.answer, lambda *_, **__: None
        self.act(path, body)
        self.answer = real
        self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_any  # noqa: N815

    def answer(self, status: int, said: Any = None, **headers: str) -> None:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def act(self, path: str, body: bytes) -> None:
        if self.headers.get("Authorization") != f"Bearer {KEY}" and "/lfs-put/" not in path:
            self.answer(401, {"error": "Invalid username or password."})
            return
        command = "GET" if self.command == "HEAD" else self.command
        for method, pattern, name in ROUTES:
            if method == command and (found := re.fullmatch(pattern, path)):
                getattr(self, name)(body, **found.groupdict())
                return
        self.answer(404, {"error": f"no {path}"})

    def found(self, repo: str, rev: str = "main") -> tuple[Repo, Commit] | None:
        one = self.hub.repos.get(repo)
        commit = one.at(rev) if one else None
        if one and commit:
            return one, commit
        code = "RevisionNotFound" if one else "RepoNotFound"
        self.answer(404, {"error": "not found"}, X_Error_Code=code)
        return None

    def whoami(self, _: bytes) -> None:
        self.answer(200, self.hub.me)

    def create(self, body: bytes) -> None:
        said = json.loads(body)
        owner = said.get("organization") or "ann"
        name = f"{owner}/{said['name']}"
        if name in self.hub.repos:
            self.answer(409, {"error": "You already created this dataset repo", "url": name})
            return
        self.hub.repo(
            name, private=said.get("visibility") == "private" or said.get("private", False)
        )
        self.answer(200, {"url": f"{self.hub.url}/datasets/{name}"})

    def info(self, _: bytes, repo: str, rev: str = "main") -> None:
        if found := self.found(repo, rev):
            self.answer(200, {"id": repo, "sha": found[1].oid, "private": found[0].private})

    def tree(self, _: bytes, repo: str, rev: str) -> None:
        if not (found := self.found(repo, rev)):
            return
        listed = []
        for path, content in sorted(found[1].files.items()):
            one: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
            one["oid"] = blob(content)
            if path.endswith(OF_LFS):
                oid = hashlib.sha256(content).hexdigest()
                one["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
            listed.append(one)
        self.answer(200, listed)

    def resolve(self, _: bytes, repo: str, rev: str, path: str) -> None:
        found = self.found(repo, rev)
        if not found:
            return
        content = found[1].files[path]
        self.answer(200, content, X_Repo_Commit=found[1].oid, ETag=f'"{blob(content)}"')

    def yaml(self, _: bytes) -> None:
        self.answer(200, {"errors": [], "warnings": []})

    def preupload(self, body: bytes, repo: str, rev: str) -> None:
        if not (found := self.found(repo, rev)):
            return
        files = []
        for one in json.loads(body)["files"]:
            path, mode = one["path"], "lfs" if one["path"].endswith(OF_LFS) else "regular"
            held = found[1].files.get(path)
            oid = None if held is None else blob(held)
            if held is not None and mode == "lfs":
                oid = hashlib.sha256(held).hexdigest()
            files.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self.answer(200, {"files": files})

    def batch(self, body: bytes, repo: str) -> None:
        objects = []
        for one in json.loads(body)["objects"]:
            made = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.repos[repo].lfs:
                href = f"{self.hub.url}/lfs-put/{repo}/{one['oid']}"
                made["actions"] = {"upload": {"href": href}}
            objects.append(made)
        self.answer(200, {"transfer": "basic", "objects": objects})

    def put(self, body: bytes, repo: str, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            self.answer(400, {"error": "checksum"})
            return
        if oid in self.hub.repos[repo].lfs:
            self.hub.broken.append(f"{oid} was sent twice")
        self.hub.repos[repo].lfs[oid] = body, ""
        self.answer(200, b"")

    def commit(self, body: bytes, repo: str, rev: str) -> None:
        if not (found := self.found(repo, rev)):
            return
        lines = [json.loads(line) for line in body.splitlines()]
        header = lines[0]["value"]
        if header.get("parentCommit", found[1].oid) != found[1].oid:
            self.answer(412, {"error": "the branch has moved"})
            return
        files = dict(found[1].files)
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = found[0].lfs[value["oid"]][0]
                files[value["path"]] = content
                found[0].lfs[value["oid"]] = content, value["path"]
            else:
                del files[value["path"]]
        made = found[0].commit(rev, header["summary"], files)
        url = f"{self.hub.url}/datasets/{repo}/commit/{made.oid}"
        self.answer(200, {"commitUrl": url, "commitOid": made.oid, "hookOutput": ""})

    def squash(self, body: bytes, repo: str, rev: str) -> None:
        if found := self.found(repo, rev):
            found[0].branches[rev].clear()
            found[0].commit(rev, json.loads(body)["message"], found[1].files)
            self.answer(200, {})

    def branch(self, _: bytes, repo: str, rev: str) -> None:
        one = self.hub.repos[repo]
        if rev in one.branches:
            self.answer(409, {"error": "Reference already exists"})
            return
        one.branches[rev] = list(one.branches["main"])
        self.answer(200, {})

    def refs(self, _: bytes, repo: str) -> None:
        if found := self.found(repo):
            branches = [
                {"name": name, "ref": f"refs/heads/{name}", "targetCommit": history[-1].oid}
                for name, history in found[0].branches.items()
            ]
            self.answer(200, {"branches": branches, "converts": [], "tags": []})

    def lfs_files(self, _: bytes, repo: str) -> None:
        self.answer(200, [
            {"fileOid": oid, "oid": oid, "filename": name, "size": len(content),
             "pushedAt": "2026-11-24T00:00:00.000Z"}
            for oid, (content, name) in self.hub.repos[repo].lfs.items()
        ])  # fmt: skip

    def lfs_delete(self, body: bytes, repo: str) -> None:
        for oid in json.loads(body)["deletions"]["sha"]:
            del self.hub.repos[repo].lfs[oid]
        self.answer(200, {})


_REPO, _REV = r"(?P<repo>[\w.-]+/[\w.-]+)", r"(?P<rev>[\w.-]+)"
ROUTES = (
    ("GET", "/api/whoami-v2", "whoami"),
    ("POST", "/api/repos/create", "create"),
    ("POST", "/api/validate-yaml", "yaml"),
    ("GET", f"/api/datasets/{_REPO}/refs", "refs"),
    ("GET", f"/api/datasets/{_REPO}/lfs-files", "lfs_files"),
    ("POST", f"/api/datasets/{_REPO}/lfs-files/batch", "lfs_delete"),
    ("GET", f"/api/datasets/{_REPO}", "info"),
    ("GET", f"/api/datasets/{_REPO}/revision/{_REV}", "info"),
    ("GET", f"/api/datasets/{_REPO}/tree/{_REV}", "tree"),
    ("POST", f"/api/datasets/{_REPO}/preupload/{_REV}", "preupload"),
    ("POST", f"/api/datasets/{_REPO}/commit/{_REV}", "commit"),
    ("POST", f"/api/datasets/{_REPO}/super-squash/{_REV}", "squash"),
    ("POST", f"/api/datasets/{_REPO}/branch/{_REV}", "branch"),
    ("POST", rf"/datasets/{_REPO}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", f"/lfs-put/{_REPO}/(?P<oid>[0-9a-f]+)", "put"),
    ("GET", f"/datasets/{_REPO}/resolve/{_REV}/(?P<path>.+)", "resolve"),
)


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub until the end of the block."""
    hub = Hub()
    handler = type("HubHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()

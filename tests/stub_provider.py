"""A provider that speaks OpenAI's protocol, on loopback: files, uploads, jobs, models, and faults.

It remembers what it was sent, as a provider does: also a file whose answer was lost on its way.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-good"
CHUNK = 1 << 16
MODEL = "base-1"
CHANGES = {"cancel": "cancelled", "pause": "paused", "resume": "running"}


class Fault:
    """What goes wrong with requests that match, ``times`` often.

    ``kind``: a status, ``reset`` in the middle of the body, ``lost`` after it was done, ``html``.
    """

    def __init__(self, match: str, kind: int | str, times: int = 1, **headers: str):
        self.match, self.kind, self.times, self.headers = match, kind, times, headers
        self.code = ""


class Provider:
    """What the stub keeps."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.keeps = keeps  # whether files' bytes are kept; hashes are always
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, dict[str, bytes]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.sent = 0
        self.expires = 3600
        self.has_uploads = True
        self.events: list[dict[str, Any]] = []  # of every job
        self.statuses: list[str] = []  # what a job is, look by look; the last one stays
        self.delay = 0.0
        self.url = ""
        self.model(MODEL)

    def model(self, name: str, shutdown: str | None = None) -> None:
        self.models[name] = {
            "id": name, "object": "model", "created": 1, "owned_by": "x", "shutdown_date": shutdown
        }  # fmt: skip

    def fault(self, match: str, kind: int | str, times: int = 1, **headers: str) -> Fault:
        found = Fault(match, kind, times, **headers)
        self.faults.append(found)
        return found

    def name(self, what: str) -> str:
        return f"{what}-{next(self.numbers)}"

    def add_file(self, name: str, size: int, content: bytes, digest: str = "") -> dict[str, Any]:
        file = {
            "id": self.name("file"),
            "object": "file",
            "bytes": size,
            "created_at": int(time.time()),
            "filename": name,
            "purpose": "fine-tune",
            "status": "processed",
        }
        with self.lock:
            self.files[file["id"]] = file
            self.contents[file["id"]] = content
        return file


@contextmanager
def serving(provider: Provider | None = None) -> Iterator[Provider]:
    """The stub on a free port; ``provider.url`` is the base URL."""
    provider = provider or Provider()
    server = Server(("127.0.0.1", 0), Handler)
    server.provider = provider
    provider.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


class Server(ThreadingHTTPServer):
    """One that bears clients that are killed."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing of connections that broke."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class BrokenOffError(Exception):
    """The other side went away in the middle."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *args):
        """Say nothing."""

    @property
    def provider(self) -> Provider:
        return self.server.provider

    def do_GET(self):
        self.handle_one("GET")

    def do_POST(self):
        self.handle_one("POST")

    def do_DELETE(self):
        self.handle_one("DELETE")

    def handle_one(self, method: str) -> None:
        provider = self.provider
        address = urlsplit(self.path)
        path = address.path.removeprefix("/v1")
        line = f"{method} {path}"
        with provider.lock:
            provider.seen.append(line)
            fault = next((f for f in provider.faults if f.times and re.search(f.match, line)), None)
            if fault:
                fault.times -= 1
        try:
            body = self.body(fault)
        except (BrokenOffError, OSError):
            self.reset()
            return
        if fault and fault.kind == "html":
            self.raw(200, b"<html><h1>Welcome</h1></html>", "text/html")
            return
        if fault and isinstance(fault.kind, int):
            self.error(fault.kind, "the stub says so", fault.code, fault.headers)
            return
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self.error(401, "Incorrect API key provided", "invalid_api_key")
            return
        time.sleep(provider.delay)
        status, answer = self.route(method, path, body, parse_qs(address.query))
        if fault and fault.kind == "lost":
            self.reset()
            return
        self.say(status, answer)

    def body(self, fault: Fault | None) -> bytes:
        """The whole body; half of it for a connection that is reset."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            found = bytearray()
            while size := int(self.rfile.readline() or b"0", 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(found)
        size = int(self.headers.get("Content-Length") or 0)
        if fault and fault.kind == "reset":
            self.rfile.read(size // 2)
            raise BrokenOffError
        found = bytearray(size)
        view, at = memoryview(found), 0
        while at < size:
            got = self.rfile.readinto(view[at : at + CHUNK * 16])
            if not got:
                raise BrokenOffError
            at += got
        return found

    def reset(self) -> None:
        """Close with RST."""
        linger = struct.pack("ii", 1, 0)
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def raw(self, status: int, content: bytes, kind: str, headers: dict | None = None) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("x-request-id", "req-1")
            for name, value in (headers or {}).items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
        except OSError:
            self.close_connection = True

    def say(self, status: int, answer: Any) -> None:
        self.raw(status, json.dumps(answer).encode(), "application/json")

    def error(self, status: int, message: str, code: str = "", headers: dict | None = None) -> None:
        said = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
        content = json.dumps({"error": said}).encode()
        self.raw(status, content, "application/json", headers)

    # -- What there is ------------------------------------------------------------------

    def route(self, method: str, path: str, body: bytes, query: dict) -> tuple[int, Any]:
        provider = self.provider
        parts = path.strip("/").split("/")
        kind = self.headers.get("Content-Type", "")
        if parts[0] == "files":
            return self.route_files(method, parts, body, kind, query)
        if parts[0] == "uploads" and provider.has_uploads:
            return self.route_uploads(parts, body, kind)
        if parts[0] == "models" and len(parts) > 1 and (model := provider.models.get(parts[1])):
            return 200, model
        if parts[:2] == ["fine_tuning", "jobs"]:
            return self.route_jobs(method, parts, body, query)
        if parts == ["chat", "completions"]:
            said = {"role": "assistant", "content": f"by {json.loads(body)['model']}"}
            return 200, {"choices": [{"index": 0, "message": said}]}
        return 404, wrong(f"no {path}")

    def route_files(self, method, parts, body, kind, query) -> tuple[int, Any]:
        provider = self.provider
        if len(parts) == 1 and method == "POST":
            fields = multipart(body, kind)
            name, content = fields["file"]
            provider.sent += len(content)
            return 200, provider.add_file(name, len(content), bytes(content) * provider.keeps)
        if len(parts) == 1:
            with provider.lock:
                return 200, page(list(provider.files.values()), query)
        found = provider.files.get(parts[1])
        if not found:
            return 404, wrong(f"No such File object: {parts[1]}")
        if method == "DELETE":
            del provider.files[parts[1]]
            return 200, {"id": parts[1], "object": "file", "deleted": True}
        return 200, found

    def route_uploads(self, parts, body, kind) -> tuple[int, Any]:
        provider = self.provider
        if len(parts) == 1:
            asked = json.loads(body)
            upload = {
                "id": provider.name("upload"),
                "object": "upload",
                "bytes": asked["bytes"],
                "created_at": int(time.time()),
                "filename": asked["filename"],
                "purpose": asked["purpose"],
                "status": "pending",
                "expires_at": int(time.time() + provider.expires),
            }
            provider.uploads[upload["id"]] = upload
            provider.parts[upload["id"]] = {}
            return 200, upload
        upload = provider.uploads.get(parts[1])
        if not upload:
            return 404, wrong("No such upload")
        if upload["status"] != "pending":
            return 400, wrong(f"Upload is {upload['status']}")
        if parts[2] == "parts":
            _, content = multipart(body, kind)["data"]
            part = provider.name("part")
            provider.sent += len(content)
            kept = bytes(content) if provider.keeps else len(content).to_bytes(8, "big")
            provider.parts[upload["id"]][part] = kept
            return 200, {
                "id": part,
                "object": "upload.part",
                "created_at": int(time.time()),
                "upload_id": upload["id"],
            }
        return self.complete(upload, json.loads(body))

    def complete(self, upload, asked) -> tuple[int, Any]:
        provider = self.provider
        held = provider.parts[upload["id"]]
        chosen = [held[part] for part in asked["part_ids"]]
        content = b"".join(chosen) if provider.keeps else b""
        size = len(content) if provider.keeps else sum(int.from_bytes(c, "big") for c in chosen)
        if size != upload["bytes"]:
            return 400, wrong("bytes do not match")
        if provider.keeps and asked.get("md5") not in (None, hashlib.md5(content).hexdigest()):
            return 400, wrong("md5 does not match")
        upload["status"] = "completed"
        file = provider.add_file(upload["filename"], size, content)
        return 200, {**upload, "file": file}

    def route_jobs(self, method, parts, body, query) -> tuple[int, Any]:
        provider = self.provider
        if len(parts) == 2 and method == "POST":
            asked = json.loads(body)
            if asked["training_file"] not in provider.files:
                return 400, wrong("no such training file")
            job = {
                "object": "fine_tuning.job",
                "id": provider.name("ftjob"),
                "created_at": int(time.time()),
                "finished_at": None,
                "fine_tuned_model": None,
                "model": asked["model"],
                "status": "validating_files",
                "error": None,
                "trained_tokens": None,
                "training_file": asked["training_file"],
                "validation_file": asked.get("validation_file"),
                "organization_id": "org-1",
                "result_files": [],
                "seed": asked.get("seed", 1),
                "hyperparameters": {"n_epochs": "auto"},
                "metadata": asked.get("metadata"),
                "asked": asked,
            }
            with provider.lock:
                provider.jobs[job["id"]] = job
            return 200, {name: value for name, value in job.items() if name != "asked"}
        if len(parts) == 2:
            listed = [
                {name: value for name, value in job.items() if name != "asked"}
                for job in list(provider.jobs.values())
            ]
            return 200, page(listed, query)
        job = provider.jobs.get(parts[2])
        if not job:
            return 404, wrong("no such job")
        if len(parts) > 3 and parts[3] == "events":
            return 200, page(provider.events, query)
        if len(parts) > 3:
            job["status"] = CHANGES[parts[3]]
        elif provider.statuses:
            job["status"] = provider.statuses[0]
            if len(provider.statuses) > 1:
                provider.statuses.pop(0)
            if job["status"] == "succeeded":
                job["fine_tuned_model"], job["finished_at"] = f"ft:{job['model']}:1", 2
        return 200, {name: value for name, value in job.items() if name != "asked"}


def wrong(message: str) -> dict[str, Any]:
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": None, "code": ""}
    }


def page(entries: list[dict[str, Any]], query: dict) -> dict[str, Any]:
    """The latest first, so many as are asked for, after the one that is named."""
    entries = sorted(entries, key=lambda entry: -int(entry["id"].partition("-")[2]))
    limit = int(query.get("limit", ["20"])[0])
    after = query.get("after", [""])[0]
    if after:
        begin = next((n for n, e in enumerate(entries) if e["id"] == after), len(entries))
        entries = entries[begin + 1 :]
    shown = entries[:limit]
    return {
        "object": "list",
        "data": shown,
        "has_more": len(entries) > limit,
        "first_id": shown[0]["id"] if shown else "",
        "last_id": shown[-1]["id"] if shown else "",
    }


def multipart(body: bytes, kind: str) -> dict[str, tuple[str, memoryview]]:
    """The fields of a form: file name and content."""
    boundary = b"--" + kind.partition("boundary=")[2].encode()
    view, found, at = memoryview(body), {}, 0
    while True:
        begin = body.find(boundary, at)
        head_end = body.find(b"\r\n\r\n", begin)
        if begin < 0 or head_end < 0:
            return found
        head = bytes(view[begin:head_end]).decode()
        end = body.find(b"\r\n" + boundary, head_end)
        name = re.search(r'\bname="([^"]*)"', head)[1]
        file = re.search(r'filename="([^"]*)"', head)
        found[name] = (file[1] if file else "", view[head_end + 4 : end])
        at = end

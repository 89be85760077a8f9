"""A provider's fine-tuning jobs and answers of models, below the client: HTTP without sockets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
from openai import OpenAI

Step = dict[str, Any] | int | str | Exception


def event(number: int, message: str = "", **data: Any) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{number}",
        "created_at": 1_700_000_000 + number,
        "level": "info",
        "message": message or f"event {number}",
        "type": "metrics" if data else "message",
        "data": data or None,
    }


def metric(number: int, loss: float, total: int = 4) -> dict[str, Any]:
    said = f"Step {number}/{total}: training loss={loss:.2f}"
    return event(number, said, step=number, train_loss=loss, total_steps=total)


class Provider:
    """Each look at a job takes the next of its ``steps``; the last one stays.

    A step is what changes in the job, with ``events`` that are new by then, or a fault: a status,
    ``html``, or an exception of the network.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, list[Step]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.seen: list[str] = []
        self.exchanges: list[tuple[httpx2.Request, httpx2.Response]] = []
        self.key = "sk-good"
        self.is_strict = False  # whether the client refuses what is not as OpenAI's types say
        self.answer: Callable[[dict[str, Any]], str | int | tuple[int, str]] = lambda asked: (
            f"by {asked['model']}"
        )

    def job(self, identity: str, *steps: Step, **more: Any) -> None:
        self.jobs[identity] = {
            "object": "fine_tuning.job",
            "id": identity,
            "created_at": 1_700_000_000,
            "finished_at": None,
            "fine_tuned_model": None,
            "model": "base-1",
            "status": "queued",
            "error": None,
            "trained_tokens": None,
            "training_file": "file-1",
            "validation_file": None,
            "organization_id": "org-1",
            "result_files": [],
            "seed": 1,
            "hyperparameters": {"n_epochs": "auto"},
        } | more
        self.steps[identity], self.events[identity] = list(steps), []

    def client(self, target, environment) -> OpenAI:
        del environment
        return OpenAI(
            base_url=target.base_url,
            api_key="sk-good",
            max_retries=0,
            _strict_response_validation=self.is_strict,
            http_client=httpx2.Client(transport=httpx2.MockTransport(self._handle)),
        )

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        response = self._answer(request)
        self.exchanges.append((request, response))
        return response

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path.removeprefix("/v1")
        self.seen.append(f"{request.method} {path}")
        if request.headers["authorization"] != f"Bearer {self.key}":
            return self._fault(401)
        if path == "/chat/completions":
            said = self.answer(json.loads(request.content))
            if isinstance(said, tuple):
                return self._fault(*said)
            if isinstance(said, int):
                return self._fault(said)
            message = {"role": "assistant", "content": said}
            return httpx2.Response(200, json={"choices": [{"index": 0, "message": message}]})
        if path == "/fine_tuning/jobs":
            return self._page(list(self.jobs.values())[::-1])
        found = re.fullmatch(r"/fine_tuning/jobs/([\w-]+)(?:/(\w+))?", path)
        if not found or found[1] not in self.jobs:
            return self._fault(404)
        return self._job(found[1], found[2], request)

    def _job(self, identity: str, what: str | None, request: httpx2.Request) -> httpx2.Response:
        job = self.jobs[identity]
        if what == "events":
            limit, after = request.url.params["limit"], request.url.params.get("after")
            listed = self.events[identity][::-1]
            if after:
                listed = listed[1 + [one["id"] for one in listed].index(after) :]
            return self._page(listed[: int(limit)], more=len(listed) > int(limit))
        if what in ("cancel", "pause", "resume"):
            if job["status"] == "succeeded":
                return self._fault(400)
            pausing = "queued" if self.is_strict else "pausing"  # which OpenAI's types have not
            job["status"] = {"cancel": "cancelled", "pause": pausing, "resume": "running"}[what]
        elif self.steps[identity]:
            step = self.steps[identity].pop(0)
            if isinstance(step, Exception):
                raise step
            if not isinstance(step, dict):
                return self._fault(step)
            self.events[identity] += step.pop("events", [])
            job |= step
        return httpx2.Response(200, json=job)

    def _page(self, listed: list[Any], *, more: bool = False) -> httpx2.Response:
        return httpx2.Response(200, json={"object": "list", "data": listed, "has_more": more})

    def _fault(self, how: int | str, says: str = "that cannot be") -> httpx2.Response:
        if how == "html":
            headers = {"content-type": "text/html"}
            return httpx2.Response(200, content=b"<html>log in</html>", headers=headers)
        error = {"message": says, "type": "invalid", "code": None}
        headers = {"retry-after": "77", "x-request-id": "req-1"}
        return httpx2.Response(int(how), json={"error": error}, headers=headers)

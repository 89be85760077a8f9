"""Processes that do the CPU work: one that hangs or dies costs its job, never the run.

Each worker is a process of its own with one socket to it. Jobs and answers are length-prefixed
bytes; a worker gets the next job while it works on one, so that it never waits for us. A job that
takes too long ends its worker with SIGKILL; the jobs behind it go to another.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

logger = logging.getLogger(__name__)

# Jobs that one worker holds, the one under way included: a commit that takes the reactor 50 ms
# does not leave it without.
AHEAD = 4
_STACK = 1 << 20  # bytes, of the thread that takes jobs in
_PR_SET_PDEATHSIG = 1  # prctl(2)
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # a worker is one of many
_LENGTH = struct.Struct("!I")
_ROOT = Path(__file__).resolve().parent.parent
# Workers need no keys: they see pages that anyone may have written.
_PASSED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "VIRTUAL_ENV")


class WorkerError(RuntimeError):
    """A job was lost: its worker died (``extractor-crashed``) or hung (``extractor-timeout``)."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(detail)


class ClosedError(RuntimeError):
    """A job was not done because the pool was closed."""


@dataclass(eq=False)
class _Job:
    body: bytes
    answer: asyncio.Future[bytes]


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    jobs: deque[_Job] = field(default_factory=deque)
    done: int = 0
    busy_since: float = 0.0
    task: asyncio.Task[None] | None = None
    leaving: bool = False


class Pool:
    """Up to ``size`` processes that run ``target``, a ``"module:function"`` of one socket.

    ``setup`` is the first message that each gets. ``seconds`` are those that a job may take,
    ``recycle`` the jobs after which a worker makes room for a fresh one.
    """

    def __init__(
        self,
        target: str,
        setup: bytes,
        *,
        size: int,
        seconds: float = 30.0,
        recycle: int = 2_000,
    ) -> None:
        self._target = target
        self._setup = setup
        self._size = size
        self._seconds = seconds
        self._recycle = recycle
        self._workers: list[_Worker] = []
        self._waiting: deque[_Job] = deque()
        self._starting = 0
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, body: bytes) -> bytes:
        """The answer to a job.

        Raises :class:`WorkerError` when its worker was lost, :class:`ClosedError` when the pool
        is closed before it is there.
        """
        if self._closed:
            raise ClosedError
        job = _Job(body, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._spread()
        return await job.answer

    def begin(self) -> None:
        """Start every worker now, and not when its first job comes."""
        for _ in range(self._size - len(self._workers) - self._starting):
            self._add()

    @property
    def load(self) -> int:
        """Jobs that are not answered yet."""
        return len(self._waiting) + sum(len(worker.jobs) for worker in self._workers)

    async def close(self) -> None:
        """End every worker, whatever it does, and let nothing wait for ever."""
        self._closed = True
        if self._watch:
            self._watch.cancel()
        for worker in list(self._workers):
            self._end(worker, ClosedError())
        for job in self._waiting:
            _fail(job, ClosedError())
        self._waiting.clear()

    def _spread(self) -> None:
        """Give waiting jobs to the workers with the fewest; start one when all are taken."""
        while self._waiting:
            able = [w for w in self._workers if len(w.jobs) < AHEAD and not w.leaving]
            idle = min(able, key=lambda worker: len(worker.jobs), default=None)
            here = sum(not worker.leaving for worker in self._workers) + self._starting
            if (idle is None or idle.jobs) and here < self._size:
                self._add()
                if idle is None:
                    return
            if idle is None:
                return
            self._give(idle, self._waiting.popleft())

    def _add(self) -> None:
        self._starting += 1
        asyncio.ensure_future(self._start()).add_done_callback(self._started)

    def _give(self, worker: _Worker, job: _Job) -> None:
        if not worker.jobs:
            worker.busy_since = time.monotonic()
        worker.jobs.append(job)
        worker.writer.write(_LENGTH.pack(len(job.body)))
        worker.writer.write(job.body)

    async def _start(self) -> None:
        """A new worker with its set-up sent."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own program; a fork is quick
                [sys.executable, "-c", _PROGRAM, str(_ROOT), self._target, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={name: os.environ[name] for name in _PASSED if name in os.environ}
                | _ONE_THREAD,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us; we end them
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        worker = _Worker(process, reader, writer)
        writer.write(_LENGTH.pack(len(self._setup)))
        writer.write(self._setup)
        self._workers.append(worker)
        worker.task = asyncio.ensure_future(self._listen(worker))
        if self._watch is None:
            self._watch = asyncio.ensure_future(self._look_after())

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting -= 1
        if error := None if task.cancelled() else task.exception():
            logger.critical("no extraction process can be started: %s", error)
            while self._waiting and not self._workers:
                _fail(self._waiting.popleft(), WorkerError("extractor-crashed", str(error)))
        if self._closed:
            for worker in list(self._workers):
                self._end(worker, ClosedError())
        self._spread()

    async def _listen(self, worker: _Worker) -> None:
        """Take a worker's answers until it is gone."""
        try:
            while True:
                (length,) = _LENGTH.unpack(await worker.reader.readexactly(_LENGTH.size))
                answer = await worker.reader.readexactly(length)
                job = worker.jobs.popleft()
                worker.busy_since = time.monotonic()
                worker.done += 1
                if not job.answer.done():
                    job.answer.set_result(answer)
                if worker.done >= self._recycle:
                    worker.leaving = True
                if worker.leaving and not worker.jobs:
                    break
                self._spread()
        except (asyncio.IncompleteReadError, OSError):
            pass
        code = worker.process.poll()
        self._end(worker, WorkerError("extractor-crashed", f"its process ended ({code})"))
        self._spread()

    async def _look_after(self) -> None:
        """End workers whose job takes too long."""
        while True:
            await asyncio.sleep(min(0.5, self._seconds / 4))
            late = time.monotonic() - self._seconds
            for worker in list(self._workers):
                if worker.jobs and worker.busy_since < late:
                    detail = f"no answer within {self._seconds:g} s"
                    self._end(worker, WorkerError("extractor-timeout", detail))
            self._spread()

    def _end(self, worker: _Worker, error: Exception) -> None:
        """Take a worker out: the job under way is lost, those behind it go to another."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        if worker.jobs:
            _fail(worker.jobs.popleft(), error)
            self._waiting.extendleft(reversed(worker.jobs))
            worker.jobs.clear()
        worker.writer.close()
        if worker.process.poll() is None:
            worker.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(1.0)
        if worker.task and worker.task is not asyncio.current_task():
            worker.task.cancel()

    def pids(self) -> list[int]:
        """The process ids of the workers."""
        return [worker.process.pid for worker in self._workers]


def _fail(job: _Job, error: Exception) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)


_PROGRAM = """
import importlib, socket, sys
root, target, number = sys.argv[1:]
sys.path.insert(0, root)
module, _, function = target.partition(":")
with socket.socket(fileno=int(number)) as connection:
    getattr(importlib.import_module(module), function)(connection)
"""


def serve(
    connection: socket.socket,
    begin: Callable[[bytes], Callable[[bytes], bytes]],
    memory: int = 0,
) -> None:
    """A worker's life: ``begin`` with the set-up gives the function that answers each job.

    ``memory`` is the most bytes of data that it may hold, 0 for no limit.
    """
    _die_with_parent()
    if memory:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    with connection.makefile("rb") as incoming:
        answer = begin(_read(incoming))
        jobs: SimpleQueue[bytes | None] = SimpleQueue()
        threading.stack_size(_STACK)
        threading.Thread(target=_take_in, args=(incoming, jobs), daemon=True).start()
        try:
            while (job := jobs.get()) is not None:
                body = answer(job)
                connection.sendall(_LENGTH.pack(len(body)) + body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other end is gone, and with it the thread
        except BaseException:  # noqa: BLE001 - this process has nothing else to do
            traceback.print_exc()
            os._exit(1)  # nothing waits for the thread, which holds the socket's file


def _take_in(incoming: BinaryIO, jobs: SimpleQueue[bytes | None]) -> None:
    """Take jobs from the socket, which has room for one, while another is worked on."""
    with contextlib.suppress(EOFError, OSError, ValueError):  # the last: it was closed here
        while True:
            jobs.put(_read(incoming))
    jobs.put(None)


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, whatever it does then."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _read(incoming: BinaryIO) -> bytes:
    head = incoming.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    length = _LENGTH.unpack(head)[0]
    body = incoming.read(length)
    if len(body) < length:
        raise EOFError
    return body

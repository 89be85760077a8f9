"""Workers that hang, die or eat: each costs its job, and nothing else."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from conftest import ROOT

from ftcrawler.pool import ClosedError, Pool, WorkerError

TARGET = "tests.pool_targets:main"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def pool(**options):
    return Pool(TARGET, b"setup", **{"size": 2, "seconds": 1.0, **options})


async def outcome(workers, word):
    try:
        return (await workers.run(word.encode())).decode().split()[0]
    except WorkerError as error:
        return error.reason
    except ClosedError:
        return "closed"


async def outcomes(workers, words):
    try:
        return await asyncio.gather(*(outcome(workers, word) for word in words))
    finally:
        await workers.close()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a file of the kernel's
        return file.read().split(")")[1].split()[0] == "Z"


def test_every_job_has_its_own_answer():
    words = [f"w{n}" for n in range(200)]
    assert run(outcomes(pool(), words)) == words


@pytest.mark.parametrize(
    ("bad", "reason"), [("loop", "extractor-timeout"), ("die", "extractor-crashed")]
)
def test_a_bad_job_costs_itself_and_nothing_else(bad, reason):
    words = [f"w{n}" for n in range(30)]
    words.insert(7, bad)
    expected = [reason if word == bad else word for word in words]
    assert run(outcomes(pool(), words)) == expected


def test_jobs_that_eat_memory_end_at_the_limit():
    words = ["a", "eat 3000000000", "b", "eat 1000"]
    assert run(outcomes(pool(size=1), words)) == ["a", "extractor-crashed", "b", "1000"]


def test_big_jobs_do_not_stop_the_loop():
    """Twenty megabytes to workers that are busy: the loop goes on all the while."""

    async def scene():
        workers = pool(seconds=20)
        jobs = [workers.run(b"sleep 0.3") for _ in range(2)]
        jobs += [workers.run(b"w " + bytes(20_000_000)) for _ in range(4)]
        task = asyncio.gather(*jobs)
        turns = 0
        while not task.done():
            await asyncio.sleep(0.01)
            turns += 1
        await workers.close()
        return turns

    assert run(scene()) > 10


def test_workers_are_replaced_after_their_time():
    async def scene():
        workers = pool(size=1, recycle=10)
        answers = [await workers.run(b"who") for _ in range(35)]
        await workers.close()
        return len(set(answers))

    assert run(scene()) == 4


def test_workers_see_no_keys(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("FTCRAWLER_SESSION", "s-1")

    async def scene():
        workers = pool(size=1)
        try:
            return (await workers.run(b"environment")).decode().split()
        finally:
            await workers.close()

    names = run(scene())
    assert "PATH" in names
    assert not {"OPENAI_API_KEY", "FTCRAWLER_SESSION"} & set(names)


def test_closing_ends_workers_that_loop():
    async def scene():
        workers = pool(seconds=60)
        tasks = [asyncio.ensure_future(outcome(workers, "loop")) for _ in range(6)]
        await asyncio.sleep(1.5)
        pids = workers.pids()
        await asyncio.wait_for(workers.close(), 5)
        return pids, await asyncio.gather(*tasks)

    pids, reasons = run(scene())
    assert len(pids) == 2
    assert set(reasons) == {"closed"}
    assert all(map(gone, pids))


def test_random_kills_cost_at_most_one_job_each():
    async def scene():
        workers = pool(seconds=20)
        tasks = [asyncio.ensure_future(outcome(workers, f"w{n}")) for n in range(3_000)]
        chance = random.Random(7)
        kills = 0
        while kills < 20 and not all(task.done() for task in tasks):
            await asyncio.sleep(0.02)
            if pids := workers.pids():
                os.kill(chance.choice(pids), signal.SIGKILL)
                kills += 1
        found = await asyncio.gather(*tasks)
        await workers.close()
        return kills, found

    kills, found = run(scene())
    lost = [n for n, answer in enumerate(found) if answer != f"w{n}"]
    assert kills >= 5
    assert len(lost) <= kills
    assert {found[n] for n in lost} <= {"extractor-crashed"}


ORPHAN = """
import asyncio, os, sys
sys.path.insert(0, {root!r})
from ftcrawler.pool import Pool

async def scene():
    workers = Pool("tests.pool_targets:main", b"setup", size=1, seconds=60)
    asyncio.ensure_future(workers.run(b"loop"))
    while not workers.pids():
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    print(workers.pids()[0], flush=True)
    await asyncio.sleep(60)

asyncio.run(scene())
"""


def test_a_worker_dies_with_a_parent_that_was_killed():
    program = ORPHAN.format(root=str(ROOT))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    until = time.monotonic() + 5
    while not gone(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert gone(pid)

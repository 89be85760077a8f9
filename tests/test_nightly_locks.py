"""One night at a time: who holds the lock, when a dead one's is taken over, what is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from ftcrawler import locks
from ftcrawler.locks import STALE, NightLock, is_dead, started, whereabouts
from ftcrawler.state import LockedError
from ftcrawler.watch import ALIVE, is_alive

HERE = {"host": "h", "machine": "m", "boot": "b1", "view": "pid:[1]"}


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def holder(**more) -> dict:
    me = os.getpid()
    return {**HERE, "pid": me, "started": started(me), "beat": 1000.0, "groups": [], **more}


@pytest.mark.parametrize(
    ("more", "now", "dead"),
    [
        pytest.param({}, 1000.0, False, id="alive"),
        pytest.param({}, 99_000.0, False, id="alive and without a heartbeat: it is swapped out"),
        pytest.param({"started": "1"}, 1000.0, True, id="its number belongs to another by now"),
        pytest.param({"boot": "b0"}, 1001.0, True, id="the machine was started anew"),
        pytest.param({"host": "other"}, 1000.0 + STALE / 2, False, id="another container, alive"),
        pytest.param({"host": "other"}, 1001.0 + STALE, True, id="another container, silent"),
        pytest.param({"host": "other"}, 900.0 - STALE, True, id="its heartbeat is of the future"),
        pytest.param({"view": "pid:[2]"}, 1001.0, False, id="processes that cannot be seen"),
        pytest.param({"machine": "m2", "boot": "b0"}, 1001.0, False, id="two machines of one name"),
    ],
)
def test_who_counts_as_dead(more, now, dead):
    assert is_dead(holder(**more), HERE, now) == dead


def test_a_process_that_has_ended_is_dead_at_once(gone):
    assert is_dead(holder(pid=gone), HERE, 1000.0)


def test_two_nights_never_run_at_once(tmp_path):
    first, second = NightLock(tmp_path / "lock"), NightLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(LockedError, match=rf"another night runs \(pid {os.getpid()} on .+ alive"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    assert not (tmp_path / "lock").exists()


def test_a_dead_nights_lock_is_taken_over_and_what_it_started_is_ended(tmp_path, gone):
    path = tmp_path / "lock"
    orphan = subprocess.Popen(["sleep", "60"], start_new_session=True)
    since = started(orphan.pid)
    left = {**whereabouts(), "pid": gone, "started": "1", "beat": time.time()}
    path.write_text(json.dumps({**left, "token": "x", "groups": [[orphan.pid, since]]}))
    lock = NightLock(path)
    lock.acquire()
    assert lock.broken_by["pid"] == gone
    assert orphan.wait(5) == -signal.SIGTERM
    lock.release()


def test_a_process_that_took_over_the_number_of_one_that_was_started_is_left_alone(tmp_path, gone):
    other = subprocess.Popen(["sleep", "60"], start_new_session=True)
    left = {**whereabouts(), "pid": gone, "started": "1", "beat": time.time(), "token": "x"}
    (tmp_path / "lock").write_text(json.dumps({**left, "groups": [[other.pid, "1"]]}))
    lock = NightLock(tmp_path / "lock")
    lock.acquire()
    lock.release()
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_lock_that_says_nothing_keeps_nobody_out(tmp_path, text):
    (tmp_path / "lock").write_text(text)
    lock = NightLock(tmp_path / "lock")
    lock.acquire()
    lock.release()


def test_a_night_notes_that_its_lock_was_taken_and_leaves_it_to_the_other(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "BEAT", 0.01)
    lock = NightLock(tmp_path / "lock")
    lock.acquire()
    other = json.dumps({**json.loads((tmp_path / "lock").read_text()), "token": "another"})
    (tmp_path / "lock").write_text(other)
    until = time.monotonic() + 5
    while not lock.taken and time.monotonic() < until:
        time.sleep(0.01)
    assert lock.taken
    lock.release()
    assert (tmp_path / "lock").read_text() == other


def test_the_heartbeat_goes_on_and_names_what_was_started(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "BEAT", 0.01)
    ticks = iter(range(10**6))
    lock = NightLock(tmp_path / "lock", lambda: float(next(ticks)))
    lock.acquire()
    lock.note_group(os.getpgid(0))
    first = json.loads((tmp_path / "lock").read_text())
    assert first["groups"] == [[os.getpgid(0), started(os.getpgid(0))]]
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if json.loads((tmp_path / "lock").read_text())["beat"] > first["beat"] + 2:
            break
    else:
        pytest.fail("no heartbeat")
    lock.release()


def test_a_daemon_is_alive_by_its_sign_of_life_or_its_nights_heartbeat(tmp_path):
    now = time.time()
    assert is_alive(tmp_path, now)[0] is False
    (tmp_path / ALIVE).write_text("{}")
    assert is_alive(tmp_path, now)[0] is True
    assert is_alive(tmp_path, now + 1000)[0] is False
    (tmp_path / locks.FILE).write_text("{}")
    os.utime(tmp_path / ALIVE, (now - 1000, now - 1000))
    assert is_alive(tmp_path, now)[0] is True

"""What the workers of tests/test_pool.py do: jobs are words."""

from __future__ import annotations

import os
import signal
import time

from ftcrawler.pool import serve


def act(body: bytes) -> bytes:
    word, _, rest = body.decode().partition(" ")
    if word == "loop":
        while True:
            pass
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "eat":
        return str(len(bytearray(int(rest)))).encode()
    if word == "sleep":
        time.sleep(float(rest))
    if word == "environment":
        return "\n".join(sorted(os.environ)).encode()
    return f"{word} {os.getpid()}".encode()


def main(connection):
    def begin(setup):
        return act if setup == b"setup" else lambda body: setup

    serve(connection, begin, memory=1 << 30)

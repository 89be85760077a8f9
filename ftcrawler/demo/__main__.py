"""`python -m ftcrawler.demo [--port N]`: serve the demo site until Ctrl-C."""

import argparse
import contextlib
import sys
import threading

from ftcrawler.demo.server import serve


def main() -> int:
    """Serve until interrupted; the first line printed is the site's URL."""
    parser = argparse.ArgumentParser(prog="python -m ftcrawler.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free port")
    port = parser.parse_args().port
    with serve(port=port) as server, contextlib.suppress(KeyboardInterrupt):
        sys.stdout.write(f"{server.url}/\n")
        sys.stdout.flush()
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())

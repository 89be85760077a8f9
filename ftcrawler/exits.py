"""Exit codes that a scheduler can trust; docs/operations.md explains each."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command tells the shell."""

    OK = 0
    INTERNAL = 1  # a fault of ours
    CONFIGURATION = 2  # a site file, setting or argument is wrong; nothing was fetched
    FAILED = 3  # every request failed
    PARTLY = 4  # some sites failed or were left out, others went well
    LOCKED = 5  # another process works on every chosen site
    STORAGE = 6  # the disk or the state refused; nothing half-written is left
    INTERRUPTED = 7  # ended by Ctrl-C or SIGTERM; the next run goes on
    NOTHING_DUE = 8  # no site is due tonight
    ALARM = 9  # all went well, but what came is not as usual

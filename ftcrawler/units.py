"""What starts ``scrapy nightly`` in time: units for systemd, cron, Kubernetes, GitHub. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ftcrawler.cronfields import Fields, calendar_lines, cron_line, fields_of, in_utc, made_up
from ftcrawler.exits import Exit
from ftcrawler.slots import Rhythm

MOST_MINUTES = 4  # of an hour in a crontab; more are every quarter
MOST_CRONS = 30  # of a workflow
_SERVICE = """\
[Unit]
Description=ftcrawler: crawl what is due, build, check, upload
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
{environment}ExecStart={command}
# {idle}: nothing was due.
SuccessExitStatus={idle}
KillMode=mixed
TimeoutStopSec=60
Nice=10
IOSchedulingClass=idle
NoNewPrivileges=true
"""
_TIMER = """\
[Unit]
Description=ftcrawler: when sites are due

[Timer]
{calendar}
# What was missed while the machine was off is made up for once.
Persistent=true
AccuracySec=1min

[Install]
WantedBy=timers.target
"""
_CRONTAB = """\
# Which sites are due, scrapy nightly decides by their own clocks; most of the time it ends at once.
{minutes} * * * * {command}
"""
_CRONJOB = """\
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: ftcrawler
spec:
  schedule: {schedule}
  timeZone: {zone}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 21600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        metadata:
          labels:
            app.kubernetes.io/name: ftcrawler
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 60
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: nightly
              image: {image}
              command: ["python", "-m", "scrapy", "nightly", "--idle-ok"]
              env:
                - name: FTCRAWLER_DATA
                  value: /data
              envFrom:
                - secretRef:
                    name: ftcrawler
                    optional: true
              resources:
                requests:
                  cpu: 500m
                  memory: 1Gi
                limits:
                  memory: 3Gi
              securityContext:
                allowPrivilegeEscalation: false
                capabilities:
                  drop: ["ALL"]
              volumeMounts:
                - name: data
                  mountPath: /data
                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: data
              persistentVolumeClaim:
                claimName: ftcrawler-data
            - name: tmp
              emptyDir: {{}}
"""
_CLAIM = """\
# kubectl apply -f FILE. What .env would hold (FTCRAWLER_CONTACT, keys) goes into a secret:
#   kubectl create secret generic ftcrawler --from-env-file=.env
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ftcrawler-data
  labels:
    app.kubernetes.io/name: ftcrawler
spec:
  accessModes: ["ReadWriteOnce"]
  resources:
    requests:
      storage: 20Gi
"""
_WORKFLOW = """\
# Crawls on GitHub's machines; state and shards live in its cache (10 GB for a repository, and
# what is not used for a week is removed): for small sites and for trying.
name: nightly

on:
  schedule:
{crons}
  workflow_dispatch:

permissions:
  contents: read

concurrency:
  group: nightly
  cancel-in-progress: false

jobs:
  nightly:
    runs-on: ubuntu-latest
    timeout-minutes: 350
    env:
      FTCRAWLER_DATA: ${{{{ github.workspace }}}}/data
      FTCRAWLER_CONTACT: ${{{{ secrets.FTCRAWLER_CONTACT }}}}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
          cache: pip
      - run: python -m pip install -r requirements.txt
      - uses: actions/cache/restore@v4
        with:
          path: data
          key: ftcrawler-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
          restore-keys: ftcrawler-
      - run: python -m scrapy nightly --idle-ok --minutes 300
      - uses: actions/cache/save@v4
        if: always()
        with:
          path: data
          key: ftcrawler-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}
"""


@dataclass(frozen=True)
class Place:
    """Where the project is: Python, its folder, and where data go; settings to hand on."""

    python: str
    folder: str
    data_dir: str
    sites_dir: str
    image: str = "ftcrawler:latest"


def systemd(rhythms: Iterable[Rhythm], place: Place, year: int) -> dict[str, str]:
    """A service and its timer, for the system or for a user."""
    lines: dict[str, None] = {}
    for rhythm in rhythms:
        fields = made_up(fields_of(rhythm.cron), rhythm.zone, year)
        lines |= dict.fromkeys(calendar_lines(fields, rhythm.zone))
    calendar = "\n".join(f"OnCalendar={line}" for line in lines)
    given = {"FTCRAWLER_DATA": place.data_dir, "FTCRAWLER_SITES": place.sites_dir}
    environment = "".join(
        f"Environment={_unit_word(f'{name}={value}')}\n" for name, value in given.items()
    )
    command = f"{_unit_word(place.python)} -m scrapy nightly"
    service = _SERVICE.format(
        folder=place.folder.replace("%", "%%"),
        environment=environment,
        command=command,
        idle=int(Exit.NOTHING_DUE),
    )
    return {
        "ftcrawler-nightly.service": service,
        "ftcrawler-nightly.timer": _TIMER.format(calendar=calendar),
    }


def _unit_word(word: str) -> str:
    """A program or a variable's value as systemd reads it back: it expands only ``%`` there.

    >>> print(_unit_word("/srv/100% $mine/python"))
    "/srv/100%% $mine/python"
    """
    word = word.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    return f'"{word}"' if set(word) & set(" \t'\"\\;") else word


def crontab(rhythms: Iterable[Rhythm], place: Place, year: int) -> str:
    """A line for ``crontab -e``.

    It comes every hour: a cron knows one clock, and makes up for nothing.
    """
    minutes = sorted(
        {
            minute
            for rhythm in rhythms
            for fields in in_utc(fields_of(rhythm.cron), rhythm.zone, year)
            for minute in fields.minutes
        }
    )
    told = ",".join(map(str, minutes)) if len(minutes) <= MOST_MINUTES else "*/15"
    data, log = shlex.quote(place.data_dir), shlex.quote(f"{place.data_dir}/nightly.log")
    command = (
        f"mkdir -p {data} && cd {shlex.quote(place.folder)} && "
        f"FTCRAWLER_DATA={data} FTCRAWLER_SITES={shlex.quote(place.sites_dir)} "
        f"{shlex.quote(place.python)} -m scrapy nightly --idle-ok >>{log} 2>&1"
    )
    return _CRONTAB.format(minutes=told, command=command.replace("%", "\\%"))


def kubernetes(rhythms: Sequence[Rhythm], place: Place, year: int) -> str:
    """A claim for the data and a CronJob for each rhythm."""
    jobs = [
        _CRONJOB.format(
            name="ftcrawler-nightly" if len(rhythms) == 1 else f"ftcrawler-nightly-{number}",
            schedule=json.dumps(cron_line(made_up(fields_of(rhythm.cron), rhythm.zone, year))),
            zone=json.dumps(rhythm.zone),
            image=json.dumps(place.image),
        )
        for number, rhythm in enumerate(rhythms, start=1)
    ]
    return _CLAIM + "".join(jobs)


def github_actions(rhythms: Iterable[Rhythm], year: int) -> str:
    """A workflow for ``.github/workflows/nightly.yml``; its cron lines are UTC."""
    found: dict[str, Fields] = {
        cron_line(fields): fields
        for rhythm in rhythms
        for fields in in_utc(fields_of(rhythm.cron), rhythm.zone, year)
    }
    lines = list(found)[:MOST_CRONS] if len(found) <= MOST_CRONS else ["17 * * * *"]
    crons = "\n".join(f"    - cron: {json.dumps(line)}" for line in lines)
    return _WORKFLOW.format(crons=crons)

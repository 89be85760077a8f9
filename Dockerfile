# Crawls every night: docker compose up -d, or with anything else that runs containers.
FROM python:3.11-slim-bookworm

# PID 1 hands signals on and reaps what killed crawls leave behind. Its version is the release's.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt requirements-hub.txt ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    -r requirements.txt -r requirements-hub.txt
COPY LICENSE scrapy.cfg ./
COPY pipelines ./pipelines
COPY ftcrawler ./ftcrawler
RUN python -m compileall -q ftcrawler pipelines

# The user can write to /data and /tmp only; a folder that is mounted there must be its own.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin crawler \
    && install -d -o crawler -g crawler /data
ENV FTCRAWLER_DATA=/data \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
USER 10001:10001
VOLUME ["/data"]

ENTRYPOINT ["tini", "--", "scrapy"]
CMD ["nightly", "--daemon"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=2m --timeout=20s --start-period=1m --retries=3 \
    CMD ["scrapy", "nightly", "--alive"]

"""Scrapy settings: literals and environment, no logic. docs/settings.md explains each."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

from ftcrawler.commands import wanted

ROOT = Path(__file__).resolve().parent.parent
load_dotenv(ROOT / ".env")

BOT_NAME = "ftcrawler"
SPIDER_MODULES = ["ftcrawler.spiders"]
NEWSPIDER_MODULE = "ftcrawler.spiders"
COMMANDS_MODULE = wanted(sys.argv)
ADDONS = {"ftcrawler.addon.FtcrawlerAddon": 100}

# -- ftcrawler's own ------------------------------------------------------------------
DATA_DIR = os.environ.get("FTCRAWLER_DATA") or "data"
SITES_DIR = os.environ.get("FTCRAWLER_SITES") or str(ROOT / "ftcrawler" / "sites")
CONTACT = os.environ.get("FTCRAWLER_CONTACT", "")
CHROMIUM = os.environ.get("FTCRAWLER_CHROMIUM", "")
SHARD_FORMATS = ["parquet", "jsonl"]
SHARD_ROWS = 20_000
SHARD_BYTES = 32 * 1024 * 1024
COMMIT_BATCH = 64
EXTRACT_PROCESSES = os.environ.get("FTCRAWLER_PROCESSES") or os.cpu_count() or 1
EXTRACT_SECONDS = 30.0
EXTRACT_PAGES = 2_000
COMMIT_SECONDS = 5.0
PROGRESS = "auto"
PROGRESS_SECONDS = 0.0
WARC_BYTES = 1024 * 1024 * 1024
NIGHTLY_CRON = os.environ.get("FTCRAWLER_CRON") or "0 3 * * *"
NIGHTLY_TIMEZONE = os.environ.get("FTCRAWLER_TIMEZONE") or "UTC"
NIGHTLY_DATASET = "all"
NIGHTLY_BUILD_OPTIONS: list[str] = []
RUN_PAGES = 0
RUN_SECONDS = 0.0
RUN_ID = ""
TELL = os.environ.get("FTCRAWLER_TELL") or "always"
TELL_SECONDS = 10.0
METRICS_FILE = os.environ.get("FTCRAWLER_METRICS_FILE", "")
METRICS_PORT = 0
METRICS_HOST = "127.0.0.1"
TARGETS_FILE = os.environ.get("FTCRAWLER_TARGETS") or str(ROOT / "targets.toml")
UPLOAD_TARGET = os.environ.get("FTCRAWLER_UPLOAD_TARGET", "")
UPLOAD_CONSENT_DAYS = 30.0
LOG_AS = os.environ.get("FTCRAWLER_LOG_AS") or "text"
CLOCK_OFFSET = 0.0

# -- Scrapy's -------------------------------------------------------------------------
LOG_LEVEL = os.environ.get("FTCRAWLER_LOG_LEVEL") or "INFO"
LOG_VERSIONS: list[str] = []  # they are in the run's record
STATS_DUMP = False
COOKIES_ENABLED = False
REDIRECT_ENABLED = False  # a redirect is an outcome of its URL; its goal is fetched as itself
METAREFRESH_ENABLED = False
ROBOTSTXT_OBEY = False  # replaced by ftcrawler.fetching.ConsentGate, which fails closed
HTTPCACHE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # on by default in Scrapy 2.19, and runs arbitrary code
TELNETCONSOLE_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
TWISTED_DNS_RESOLVER = "ftcrawler.addresses.GuardedResolver"  # no private addresses
HTTPPROXY_ENABLED = False  # behind a proxy, the addresses connected to could not be checked
DOWNLOAD_HANDLERS = {"file": None, "data": None, "ftp": None, "s3": None}
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_DELAY_JITTER = 0
CONCURRENT_ITEMS = 1  # one item a response; Scrapy starts as many tasks for each response
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the outcome is logged once, by the spider
REFERER_ENABLED = False
LOGSTATS_INTERVAL = 0  # ftcrawler.display tells
MEMUSAGE_ENABLED = False

"""The tables of a site's state, and the steps from each of its versions to the next."""

# Each entry takes a state from one version to the next; SCHEMA is the newest.
_LEDGER = """
CREATE TABLE ledger(                      -- what the signals said, a row each time they change
    id INTEGER PRIMARY KEY,
    url_id INTEGER NOT NULL,
    run INTEGER NOT NULL,                 -- the run that found it so, at that time;
    at REAL NOT NULL,                     -- it holds until the URL's next row
    verdict TEXT NOT NULL,                -- allow, deny, defer
    signal TEXT NOT NULL,                 -- the deciding one
    reason TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    headers TEXT NOT NULL,                -- JSON: those that carry signals
    redirects TEXT NOT NULL,              -- JSON: the URLs that led here
    body_hash TEXT NOT NULL,
    robots_group TEXT NOT NULL,
    robots_rule TEXT NOT NULL,
    robots_line INTEGER NOT NULL,
    evidence TEXT NOT NULL,               -- JSON: every statement
    origin_key TEXT NOT NULL              -- into evidence
);
CREATE INDEX ledger_url ON ledger(url_id);
CREATE TABLE evidence(                    -- what an origin said, shared by the rows of its pages
    key TEXT PRIMARY KEY, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE policies(                    -- every robots.txt that decided something, as it was
    sha256 TEXT PRIMARY KEY, url TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE blocks(                      -- on how many pages a block stands
    hash BLOB PRIMARY KEY, n INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE boilerplate(                 -- those that are left out, since when
    hash BLOB PRIMARY KEY, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE retractions(                 -- what the operator took back by hand
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                   -- url, match, site
    pattern TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    lifted_at REAL NOT NULL DEFAULT 0
);
"""
MIGRATIONS: tuple[str, ...] = (
    "ALTER TABLE urls ADD COLUMN via INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE urls ADD COLUMN entry BLOB NOT NULL DEFAULT '';"
    "ALTER TABLE urls ADD COLUMN checked_at REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE origins ADD COLUMN final_url TEXT NOT NULL DEFAULT '';" + _LEDGER,
)

SCHEMA = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE urls(
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,             -- url_key(url): an index of a quarter of the size
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,                 -- pending, done
    rank INTEGER NOT NULL,                -- 0 seeds and listings, 1 new or changed, 2 due again
    depth INTEGER NOT NULL,               -- links from a seed
    hops INTEGER NOT NULL DEFAULT 0,      -- redirects that led here
    lastmod TEXT NOT NULL DEFAULT '',     -- as a sitemap or feed says
    outcome TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    http_status INTEGER NOT NULL DEFAULT 0,
    redirect_to TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    body_hash TEXT NOT NULL DEFAULT '',
    body_at REAL NOT NULL DEFAULT 0,      -- when a body came last
    liar INTEGER NOT NULL DEFAULT 0,      -- its validators stayed while its text changed
    text_hash TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 0,  -- documents made of this URL so far
    run INTEGER NOT NULL DEFAULT 0,       -- the run of the last visit
    visits INTEGER NOT NULL DEFAULT 0,
    changes INTEGER NOT NULL DEFAULT 0,
    fetched_at REAL NOT NULL DEFAULT 0,   -- seconds since 1970, UTC, like all times here
    changed_at REAL NOT NULL DEFAULT 0,
    due_at REAL NOT NULL DEFAULT 0,
    via INTEGER NOT NULL DEFAULT 0,       -- the URL that redirected here last
    entry BLOB NOT NULL DEFAULT '',       -- digest of its newest row in the ledger
    checked_at REAL NOT NULL DEFAULT 0    -- when its signals were read last
);
CREATE INDEX urls_pending ON urls(rank, depth, id) WHERE status = 'pending';
CREATE INDEX urls_due ON urls(due_at) WHERE status = 'done';
CREATE TABLE outlinks(url_id INTEGER PRIMARY KEY, links BLOB NOT NULL);
CREATE TABLE documents(
    document_id TEXT PRIMARY KEY,
    url_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    retracted TEXT NOT NULL DEFAULT ''    -- why its rows must not be used any more
) WITHOUT ROWID;
CREATE INDEX documents_url ON documents(url_id);
CREATE TABLE captures(
    id INTEGER PRIMARY KEY,               -- in the order of the commits
    url_id INTEGER NOT NULL,
    file TEXT NOT NULL,                   -- a WARC file, relative to DATA_DIR
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    document_id TEXT NOT NULL             -- empty for a page that gave none
);
CREATE TABLE fingerprints(hash BLOB PRIMARY KEY, url_id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE echoes(                      -- pairs that stand on further pages, too
    hash BLOB NOT NULL, url_id INTEGER NOT NULL, PRIMARY KEY(hash, url_id)
) WITHOUT ROWID;
CREATE INDEX fingerprints_url ON fingerprints(url_id);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, stream TEXT NOT NULL, row TEXT NOT NULL);
CREATE INDEX outbox_stream ON outbox(stream, id);
CREATE TABLE shards(
    file TEXT PRIMARY KEY,                -- relative to DATA_DIR
    stream TEXT NOT NULL,
    number INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    run INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE origins(
    origin TEXT PRIMARY KEY,              -- scheme, host and port
    status INTEGER NOT NULL,              -- of the last robots.txt that told something
    body BLOB NOT NULL,
    fetched_at REAL NOT NULL,
    final_url TEXT NOT NULL DEFAULT ''    -- behind redirects
) WITHOUT ROWID;
CREATE TABLE probes(                      -- ai.txt, tdmrep.json and their like
    origin TEXT PRIMARY KEY, results TEXT NOT NULL, fetched_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                   -- crawl, reextract
    started_at REAL NOT NULL,
    ended_at REAL,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE counts(
    run INTEGER NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(run, name)
) WITHOUT ROWID;
{_LEDGER}"""

"""Telling: payloads that chat programs take, mail through a real server, nothing that hangs."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult

from ftcrawler.alarms import Alarm
from ftcrawler.messages import MOST_ALARMS, format_of, headline, message, payload
from ftcrawler.telling import tell, troubled

SECRET = "s3cr3t-token"
PAGES = {"fetched": 93, "new": 9, "changed": 3}
RECORD = {
    "kind": "night", "id": "n1", "started_at": "2026-11-24T02:00:03Z", "reason": "finished",
    "ended_at": "2026-11-24T02:14:40Z", "exit_code": 9,
    "sites": {"bees": {"outcome": "ok", "says": ""}},
    "totals": PAGES | {"pairs": 96}, "stages": {}, "alarms": [], "errors": [],
}  # fmt: skip
WANTS = "FTCRAWLER_WEBHOOK wants https://..., or slack+https://... (discord, teams, generic)"
HOSTILE = "<!channel> @everyone & <b>"


def alarm(name="redesign", state="raised", severity="error", says=HOSTILE):
    since = "2026-11-24T02:00:03Z"
    return Alarm(name, "bees", severity, says, since, since, "Run scrapy preview.",
                 "https://bees.example/a", state=state)  # fmt: skip


@contextmanager
def hook(status=200, wait=0.0):
    """A webhook's server: what it was sent."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append(
                (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            time.sleep(wait)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook/{SECRET}", got
    finally:
        server.shutdown()
        server.server_close()


def test_the_first_line_is_the_whole_night():
    assert headline(RECORD | {"exit_code": 0}, []) == (
        "ftcrawler, 2026-11-24: no alarm. 1 of 1 sites crawled, 93 pages (9 new, 3 changed), "
        "96 new pairs"
    )
    said = message(
        RECORD, [alarm(), alarm("yield-fell", "standing"), alarm("zero-rows", "cleared")]
    )
    first, new, old, over = said.split("\n")
    assert first.startswith("ftcrawler, 2026-11-24: 2 alarms, 1 new. 1 of 1 sites")
    assert new.startswith(
        f"NEW error: bees redesign: {HOSTILE}. Run scrapy preview. Example: https"
    )
    assert old.startswith("since 2026-11-24 error: bees yield-fell")
    assert over == "over: bees zero-rows, which began 2026-11-24"


def test_trouble_without_an_alarm_is_not_called_good():
    assert "no alarm" not in headline(RECORD | {"exit_code": 4}, [])
    assert "2 sites, exit code 3" in headline({"sites": {"a": {}, "b": {}}, "exit_code": 3}, [])


def test_many_alarms_and_long_ones_fit_into_a_message():
    many = [alarm(says="x" * 400) for _ in range(30)]
    assert f"and {30 - MOST_ALARMS} more" in message(RECORD, many)
    assert len(payload("discord", RECORD, many)["content"]) <= 2_000
    assert len(payload("slack", RECORD, many)["text"]) <= 4_000


def test_names_of_crawled_pages_ring_no_bell():
    assert "&lt;!channel&gt; @everyone &amp;" in payload("slack", RECORD, [alarm()])["text"]
    assert payload("discord", RECORD, [alarm()])["allowed_mentions"] == {"parse": []}
    [card] = payload("teams", RECORD, [alarm()])["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["type"] for block in card["content"]["body"]] == ["TextBlock"] * 2
    assert payload("generic", RECORD, [alarm()])["alarms"][0]["name"] == "redesign"


@pytest.mark.parametrize(
    ("host", "kind"),
    [("hooks.slack.com", "slack"), ("discord.com", "discord"), ("a.b.logic.azure.com", "teams"),
     ("notdiscord.com", "generic"), ("discord.com.evil.example", "generic")],
)  # fmt: skip
def test_webhooks_are_known_by_their_host(host, kind):
    assert format_of(host) == kind


def test_a_webhook_is_told(monkeypatch):
    with hook() as (url, got):
        monkeypatch.setenv("FTCRAWLER_WEBHOOK", f"{url}\n slack+{url}")
        assert tell(RECORD, [alarm()], {}) == []
    assert all(body["text"].startswith("ftcrawler, 2026-11-24: 1 alarm, 1 new") for _, body in got)
    assert {"unfurl_links" in body for _, body in got} == {True, False}
    assert got[0][0] == f"/hook/{SECRET}"


def test_what_is_not_told_is_named_without_its_secret(monkeypatch, caplog):
    """Two hang, one refuses, one leads elsewhere, one is not there, others are no address."""
    with hook(wait=1) as (hangs, _), hook(500) as (bad, _), hook(302) as (moved, visits):
        taken = socket.create_server(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        urls = [hangs, hangs, bad, moved, f"http://127.0.0.1:{port}/{SECRET}", f"ftp://h/{SECRET}",
                f"http://[{SECRET}", f"nonsense+https://h/{SECRET}"]  # fmt: skip
        monkeypatch.setenv("FTCRAWLER_WEBHOOK", " ".join(urls))
        monkeypatch.setenv(
            "FTCRAWLER_MAIL", f"mailto:{SECRET} smtp://u:{SECRET}@127.0.0.1:{port}?to=a@b"
        )
        begun = time.monotonic()
        with caplog.at_level(logging.DEBUG):
            problems = tell(RECORD, [], {"TELL_SECONDS": 0.3})
        assert time.monotonic() - begun < 0.6
    assert [problem.partition(": ")[2] for problem in problems] == [
        *["no answer within 0.3 seconds"] * 2, "it answered 500", "it answered 302",
        "Connection refused",
        *[WANTS] * 3,
        "FTCRAWLER_MAIL wants smtp://USER:PASSWORD@HOST?to=ADDRESS", "Connection refused",
    ]  # fmt: skip
    assert len(visits) == 1
    assert problems[0].startswith("webhook 1 (127.0.0.1)")
    assert SECRET not in "\n".join(problems) + caplog.text
    assert {line.run for line in caplog.records if line.name == "ftcrawler.telling"} == {"n1"}


@pytest.mark.parametrize(
    ("code", "alarms", "told"),
    [(0, [], False), (9, [alarm(state="standing")], False), (9, [alarm()], True),
     (0, [alarm(state="cleared")], True), (0, [alarm(severity="notice")], False), (4, [], True)],
    ids=["all good", "it stands", "new", "over", "a notice", "a site failed"],
)  # fmt: skip
def test_with_trouble_only_news_is_told(code, alarms, told, monkeypatch):
    assert troubled(RECORD | {"exit_code": code}, alarms) == told
    with hook() as (url, got):
        monkeypatch.setenv("FTCRAWLER_WEBHOOK", url)
        tell(RECORD | {"exit_code": code}, alarms, {"TELL": "trouble"})
    assert bool(got) == told


def test_a_wrong_setting_is_named_and_all_is_told():
    assert tell(RECORD, [], {"TELL": "loudly"}) == ["TELL: one of always, trouble (found 'loudly')"]


# -- Mail ------------------------------------------------------------------------------------


class Box(Message):
    def __init__(self):
        super().__init__()
        self.letters = []

    def handle_message(self, message):
        self.letters.append(message)


class AnyPort(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def postbox(certificate, **options):
    """A mail server with STARTTLS and a password; without a certificate, with neither."""
    import ssl  # noqa: PLC0415 - here alone

    box = Box()
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=data.password == SECRET.encode(), handled=False)

        options |= {"tls_context": context, "require_starttls": True, "auth_required": True,
                    "authenticator": authenticate}  # fmt: skip
    controller = AnyPort(box, "127.0.0.1", 0, **options)
    controller.start()
    try:
        yield controller.port, box.letters
    finally:
        controller.stop()


def test_mail_goes_through_starttls_with_a_password(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with postbox(certificate) as (port, letters):
        at = f"127.0.0.1:{port}?to=ann@a.example,bo@b.example&from=crawler@c.example"
        monkeypatch.setenv("FTCRAWLER_MAIL", f"smtp://me%40c.example:{SECRET}@{at}")
        assert tell(RECORD, [alarm(says="zwölf → 0")], {}) == []
    [letter] = letters
    assert letter["To"] == "ann@a.example, bo@b.example"
    assert letter["From"] == "crawler@c.example"
    assert letter["Subject"].startswith("ftcrawler, 2026-11-24: 1 alarms"[:27])
    assert "zwölf → 0" in letter.get_payload(decode=True).decode()
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("url", "trusted", "says"),
    [
        ("smtp://me:wrong@{}?to=a@b.example", True, "SMTPAuthenticationError 535"),
        (f"smtp://me:{SECRET}@{{}}?to=a@b.example", False, "certificate verify failed"),
        (f"smtp://me:{SECRET}@{{}}?to=a@b.example&tls=no", True, "tls=no would send the password"),
        (f"smtp://me:{SECRET}@{{}}?to=a%0AX:%20y@b", True, "want mail addresses"),
    ],
    ids=["wrong password", "a certificate of nobody", "a password in the clear", "a header inside"],
)
def test_mail_that_cannot_be_sent_safely_is_not(url, trusted, says, certificate, monkeypatch):
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with postbox(certificate) as (port, letters):
        monkeypatch.setenv("FTCRAWLER_MAIL", url.format(f"127.0.0.1:{port}"))
        [problem] = tell(RECORD, [], {})
    assert problem.startswith("mail by 127.0.0.1: ")
    assert says in problem
    assert SECRET not in problem
    assert letters == []


def test_a_relay_on_this_machine_needs_no_tls(monkeypatch):
    with postbox(None) as (port, letters):
        monkeypatch.setenv("FTCRAWLER_MAIL", f"smtp://127.0.0.1:{port}?to=a@b.example&tls=no")
        assert tell(RECORD, [], {}) == []
    assert letters[0]["To"] == letters[0]["From"] == "a@b.example"

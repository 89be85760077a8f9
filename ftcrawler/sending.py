# ruff: noqa: N802, SLF001 - Twisted's names, and what it keeps for itself where it has no hook
"""Sending requests: after a site's last one, the next leaves no sooner than its delay permits.

Scrapy counts the delay from when a request's turn comes. Until it is really on its way a name may
have to be resolved, a connection opened and encrypted, and a busy event loop gone round: a second
request on an open connection would be all that sooner after the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web._newclient import ResponseNeverReceived
from twisted.web.client import HTTPConnectionPool, _RetryingHTTP11ClientProtocol
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
    from twisted.internet.tcp import Connection as TcpConnection
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web._newclient import Request as TxRequest
    from twisted.web.iweb import IResponse

    from ftcrawler.leaving import LeavingDownloader


@dataclass(frozen=True)
class _Turn:
    """One request's turn: it leaves ``delay`` seconds after its site's last one, or later."""

    site: str
    slot: Slot
    delay: float
    last: dict[str, float]  # when each site's last request left
    reactor: ReactorBase

    def come(self) -> Deferred[None]:
        """Answered when the request may leave."""
        wait = self.last.get(self.site, 0.0) + self.delay - monotonic()
        if wait <= 0:
            return succeed(None)
        call = None

        def give_up(_: Deferred[None]) -> None:
            call.cancel()  # type: ignore[attr-defined] # it is made below

        waiting: Deferred[None] = Deferred(give_up)
        call = self.reactor.callLater(wait, waiting.callback, None)
        # Another may have left meanwhile.
        return waiting.addCallback(lambda _: self.come())

    def left(self) -> None:
        """The request is on its way."""
        self.last[self.site] = self.slot.lastseen = monotonic()

    def leaves_soon(self) -> None:
        """The request is with the transport, which sends it when the event loop comes round.

        TLS gathers what it is given until the next round, and sends in that after it.
        """
        self.left()
        later = self.reactor.callLater
        later(0, later, 0, self.left)


@implementer(IHandshakeListener)
class _Connection(_LenientHTTP11ClientProtocol):
    """A connection that tells when it can send: over TLS, when the handshake is over."""

    _is_open = False
    _opening: Deferred[None] | None = None

    def opened(self) -> Deferred[None]:
        """Answered when what is written is sent."""
        if self._is_open or not isinstance(self.transport, TLSMemoryBIOProtocol):
            return succeed(None)
        self._opening = Deferred()
        return self._opening

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """As Twisted's; over a connection that was lost while the request waited, it fails."""
        if self.state != "QUIESCENT":
            lost = Failure(ConnectionLost())  # type: ignore[no-untyped-call] # Twisted's
            return fail(ResponseNeverReceived([lost]))  # type: ignore[no-untyped-call] # Twisted's
        return super().request(request)

    def handshakeCompleted(self) -> None:
        """As :class:`IHandshakeListener` says."""
        self._is_open = True
        opening, self._opening = self._opening, None
        if opening:
            opening.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """As Twisted's; a request that waited for the handshake has failed."""
        super().connectionLost(reason)  # type: ignore[no-untyped-call] # Twisted's
        opening, self._opening = self._opening, None
        if opening:
            opening.errback(ResponseNeverReceived([reason]))  # type: ignore[no-untyped-call] # Twisted's


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: ARG002
        return _Connection(self._quiescentCallback)  # type: ignore[no-untyped-call] # Twisted's


@dataclass(frozen=True)
class _Sending:
    """A connection for one request, which is sent when its turn comes."""

    turn: _Turn
    connection: _Connection | _RetryingHTTP11ClientProtocol

    @property
    def _own(self) -> _Connection:
        """The connection itself, which Twisted wraps when it was used before."""
        return cast("_Connection", getattr(self.connection, "_clientProtocol", self.connection))

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """As Twisted's."""
        waiting = self._own.opened().addCallback(lambda _: self.turn.come())
        waiting.addErrback(self._give_up)
        return waiting.addCallback(lambda _: self._send(request))

    def _give_up(self, reason: Failure) -> Failure:
        """Close the connection of a request that is not sent: nobody else knows of it."""
        if self._own.state == "QUIESCENT":
            self._own.transport.abortConnection()  # type: ignore[union-attr] # connected
        return reason

    def _send(self, request: TxRequest) -> Deferred[IResponse]:
        can_send = self._own.state == "QUIESCENT"
        transport = self._own.transport
        answer: Deferred[IResponse] = self.connection.request(request)
        if not can_send:
            return answer
        if isinstance(transport, TLSMemoryBIOProtocol):
            self.turn.leaves_soon()
        else:
            # At once: a failure is seen again, and dealt with, when the event loop comes round.
            cast("TcpConnection", transport).doWrite()  # type: ignore[no-untyped-call] # Twisted's
            self.turn.left()
        return answer


class _Pool(HTTPConnectionPool):
    """Twisted's pool of connections; ``turn`` is that of the request that asks for one next."""

    _factory = _Factory
    turn: _Turn | None = None

    def getConnection(
        self, key: Hashable, endpoint: IStreamClientEndpoint
    ) -> Deferred[HTTP11ClientProtocol]:
        """As Twisted's."""
        turn, self.turn = self.turn, None
        found: Deferred[Any] = super().getConnection(key, endpoint)
        if turn:
            found = found.addCallback(partial(_paced, turn))
        return found


def _paced(turn: _Turn, connection: _Connection | _RetryingHTTP11ClientProtocol) -> _Sending:
    """For one request; when the connection was lost meanwhile, the new one keeps its turn too."""
    if isinstance(connection, _RetryingHTTP11ClientProtocol):
        connect: Callable[[], Deferred[_Connection]] = connection._newConnection
        connection._newConnection = lambda: connect().addCallback(partial(_Sending, turn))
    return _Sending(turn, connection)


class SendingHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP client, which keeps a site's delay where its requests leave."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one

        pool = _Pool(reactor)  # type: ignore[no-untyped-call] # Twisted's
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        self._pool: _Pool = pool
        self._reactor = cast("ReactorBase", reactor)

    async def download_request(self, request: Request) -> Response:
        """As Scrapy's. Up to the asking for a connection nothing is waited for."""
        downloader: LeavingDownloader = self._crawler.engine.downloader  # type: ignore[assignment] # the add-on's
        site = request.meta["download_slot"]
        slot = downloader.slots[site]
        if slot.delay:
            self._pool.turn = _Turn(site, slot, slot.delay, downloader.left, self._reactor)
        return await super().download_request(request)

"""Which addresses may be connected to: public ones, decided where the connection is made.

The resolver stands between every host name and its connection, after the look-up, so that a
name which changes its address between a check and the connection gains nothing.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import implementer

if TYPE_CHECKING:
    from scrapy.crawler import Crawler, CrawlerProcess

logger = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA's special-purpose registries (RFC 6890) name what is not global; these are added, since
# Python's own lists differ between versions, or because an IPv4 address hides inside.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network
            "100.64.0.0/10",  # shared by carriers; a cloud's metadata at 100.100.100.200
            "169.254.0.0/16",  # link-local; metadata at 169.254.169.254
            "192.0.0.0/24",  # protocol assignments; metadata at 192.0.0.192
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "224.0.0.0/3",  # multicast, reserved, broadcast
            "::/96",  # IPv4-compatible
            "::ffff:0:0:0/96",  # IPv4-translated
            "64:ff9b:1::/48",  # local NAT64
            "100::/64",  # discard
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4
            "fc00::/7",  # unique local; metadata at fd00:ec2::254
            "fe80::/10",  # link-local
            "fec0::/10",  # site-local
            "ff00::/8",  # multicast
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(text: str) -> bool:
    """Whether an address, as the resolver gives it, is on the public internet.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    same = (net for net in _NOT_PUBLIC if net.version == address.version)
    return address.is_global and not any(address in net for net in same)


@implementer(IResolutionReceiver)
class _Filter:
    """Passes addresses on when every one of them may be connected to, or else none."""

    def __init__(self, receiver: Any, host: str) -> None:
        self._receiver = receiver
        self._host = host
        self._addresses: list[IAddress] = []

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802 - Twisted's name
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802 - Twisted's name
        self._addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802 - Twisted's name
        refused = [a for a in self._addresses if not is_public(str(getattr(a, "host", "")))]
        if refused:
            logger.warning("%s resolves to %s: not connected to", self._host, refused[0])
        else:
            for address in self._addresses:
                self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names with the reactor's resolver, and hides addresses that are not public.

    ``permits`` says of a host name whether a site file allows private addresses for it.
    """

    def __init__(self, reactor: Any, permits: Callable[[str], bool]) -> None:
        self._reactor = reactor
        self._inner: Any = reactor.nameResolver
        self._permits = permits

    @classmethod
    def from_crawler(cls, process: CrawlerProcess, reactor: Any) -> GuardedResolver:
        """The resolver of a process; the site files of all its crawls speak."""
        return cls(reactor, lambda host: any(_permits(c, host) for c in process.crawlers))

    def install_on_reactor(self) -> None:
        """Stand before every connection of the reactor."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: Any,  # noqa: N803 - Twisted's name
        hostName: str,  # noqa: N803 - Twisted's name
        portNumber: int = 0,  # noqa: N803 - Twisted's name
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803 - Twisted's name
        transportSemantics: str = "TCP",  # noqa: N803 - Twisted's name
    ) -> IHostResolution:
        """As :class:`IHostnameResolver` says."""
        permitted = self._permits(hostName.strip("[]").lower())
        receiver = resolutionReceiver if permitted else _Filter(resolutionReceiver, hostName)
        resolution: IHostResolution = self._inner.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )
        return resolution


def _permits(crawler: Crawler, host: str) -> bool:
    queues = getattr(crawler.spider, "queues", {})
    return any(
        queue.site.request.allow_private_addresses and queue.site.covers_host(host)
        for queue in queues.values()
    )

"""Addresses that webhooks may be sent to: not those inside one's own network, unless an admin of the machine allows the host.

A name is looked up once for each connection and the connection goes to the addresses that were checked, so a name whose answer
changes in between (DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from sessions_app.infrastructure.circuit import within

#: Longest (seconds) that a name is looked up.
LOOKUP_SECONDS = 3.0
#: Translates between IPv6 and the IPv4 address in its last bits, which may be one inside.
NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
WEB_PORTS = {"http": 80, "https": 443}


class ForbiddenAddressError(Exception):
    """The address is not one that webhooks are sent to; the text says why."""


class UnknownHostError(OSError):
    """No server has this name, or the lookup took too long."""


@dataclass(frozen=True)
class Target:
    """The parts of a checked address. `host` is ASCII, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int


def target_of(url: str) -> Target:
    """Return the parts of a web address. Raises `ForbiddenAddressError` for one that is never sent to."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, _ascii(parts.hostname or ""), parts.port
    except ValueError:
        raise ForbiddenAddressError(_("This is no web address. Write it like https://example.com/hooks.")) from None
    if scheme not in WEB_PORTS or not host:
        raise ForbiddenAddressError(_("This is no web address. Write it like https://example.com/hooks."))
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError(
            _("The address has a user name or a password in it. Leave them out: the signature says who we are.")
        )
    if parts.fragment:
        raise ForbiddenAddressError(_("Leave out what follows the # in the address: it is never sent."))
    target = Target(scheme, host, port or WEB_PORTS[scheme])
    if scheme == "http" and not is_allowed(target):
        raise ForbiddenAddressError(_("Use https: over http everybody on the way reads what is sent."))
    return target


def check_address(url: str) -> None:
    """Raise `ForbiddenAddressError` for an address inside one's own network, as far as names can be looked up now."""
    target = target_of(url)
    try:
        checked_ips(target)
    except UnknownHostError:
        # Names may come later; it is checked again at each connection.
        return


def checked_ips(target: Target) -> list[str]:
    """Return the IP addresses of the target's host. Raises `ForbiddenAddressError` when one of them is inside.

    Raises `UnknownHostError` when the host has none.
    """
    found = _looked_up(target.host, target.port)
    if not is_allowed(target):
        for ip in found:
            if is_inside(ip_address(ip.partition("%")[0])):
                where = target.host if target.host == ip else f"{target.host} ({ip})"
                raise ForbiddenAddressError(
                    _(
                        "%(where)s is inside our own network, where webhooks are not sent. "
                        "Who runs this program can allow it: KERN_WEBHOOK_HOSTS."
                    )
                    % {"where": where}
                )
    return found


def is_inside(ip: IPv4Address | IPv6Address) -> bool:
    """Return whether the address is not one of the public internet, in any of its forms."""
    if isinstance(ip, IPv6Address):
        within_it = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if within_it is not None:
            return is_inside(within_it)
        if ip.is_site_local:
            return True
    return not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified


def is_allowed(target: Target) -> bool:
    """Return whether the settings allow the host, with any port or this one."""
    allowed = {name.casefold() for name in settings.KERN_WEBHOOK_HOSTS}
    host = f"[{target.host}]" if ":" in target.host else target.host
    return bool(allowed & {host, f"{host}:{target.port}"})


def _translated(ip: IPv6Address) -> IPv4Address | None:
    return IPv4Address(ip.packed[-4:]) if any(ip in network for network in NAT64) else None


def _ascii(host: str) -> str:
    """Return the name as it is asked for in the DNS. Raises `ValueError` for what can be no name."""
    if ":" in host:
        return str(ip_address(host))
    name = (host if host.isascii() else host.encode("idna").decode("ascii")).rstrip(".")
    if not name or any(character <= " " or character in "\x7f%\\" for character in name):
        raise ValueError(host)
    return name.casefold()


def _looked_up(host: str, port: int) -> list[str]:
    try:
        found = within(LOOKUP_SECONDS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as problem:
        raise UnknownHostError(str(problem)) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses:
        raise UnknownHostError(host)
    return addresses

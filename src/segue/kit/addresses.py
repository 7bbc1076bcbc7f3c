"""Telling hosts of the public network from those that only this machine or its neighbours should reach."""

import ipaddress
import socket


def is_public(host: str) -> bool:
    """Whether all of a host's addresses are of the public network; asks the resolver, so it may take a while."""
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except OSError:
        return False
    addresses = {ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}
    return bool(addresses) and all(address.is_global and not address.is_multicast for address in addresses)

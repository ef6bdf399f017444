"""Whose packets a socket of rtp.io takes at all: filters the kernel runs, attached to sockets of this process.

rtp.io takes the first packet from anywhere for the party's own, and whoever sends it gets the call's audio. It has no list of
senders, but its sockets are this process's, so the kernel can be told: a classic BPF program on the socket drops what comes from
any other host before rtp.io sees it. Decides how a socket is found and what a program says. Leaves who may send to `latching.py`.
Linux only; elsewhere `SUPPORTED` is false. Sources: socket(7) SO_ATTACH_FILTER, Linux networking/filter.rst.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Collection, Iterator
from typing import Final

SUPPORTED: Final = sys.platform == "linux"

HOSTS_AT_MOST: Final = 16
"""Hosts one socket may take packets from: jumps of a program reach 255 instructions."""

NEAR: Final = 128
"""Descriptors around the expected one that are looked at first."""

_SO_ATTACH_FILTER: Final = 26
_NETWORK_HEADER: Final = 0xFFF00000
"""SKF_NET_OFF: what follows counts from the IP header."""

_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_WHOLE, _NOTHING = 0xFFFFFFFF, 0
_PROGRAM: Final = struct.Struct("HxxxxxxQ" if struct.calcsize("P") == 8 else "HxxI")

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


def program(version: int, hosts: Collection[str] | None) -> list[Instruction]:
    """Instructions that let in packets of `hosts`, addresses of IP `version` 4 or 6; None lets in everybody, nobody is in an
    empty collection. Addresses of the other version are passed over.

    >>> program(4, ()), program(4, None)
    ([(6, 0, 0, 0)], [(6, 0, 0, 4294967295)])
    """
    if hosts is None:
        return [(_RETURN, 0, 0, _WHOLE)]
    found = [ipaddress.ip_address(host.strip("[]")) for host in list(dict.fromkeys(hosts))[:HOSTS_AT_MOST]]
    made: list[Instruction] = []
    for address in found:
        if address.version != version:
            continue
        first, words = (12, address.packed) if version == 4 else (8, address.packed)
        parts = [int.from_bytes(words[place : place + 4], "big") for place in range(0, len(words), 4)]
        for place, part in enumerate(parts):
            left = 2 * (len(parts) - 1 - place)
            made.append((_LOAD_WORD, 0, 0, _NETWORK_HEADER + first + 4 * place))
            made.append((_JUMP_IF_EQUAL, 0, left + 1, part))  # one that differs skips the rest of this host
        made.append((_RETURN, 0, 0, _WHOLE))
    return [*made, (_RETURN, 0, 0, _NOTHING)]


def attach(fd: int, version: int, hosts: Collection[str] | None) -> None:
    """From now on the socket `fd` takes packets of `hosts` only (None: of everybody). OSError if the kernel refuses."""
    instructions = program(version, hosts)
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in instructions))
    argument = _PROGRAM.pack(len(instructions), ctypes.addressof(text))
    if _setsockopt(fd, socket.SOL_SOCKET, _SO_ATTACH_FILTER, argument, len(argument)) != 0:
        fault = ctypes.get_errno()
        raise OSError(fault, f"no filter on a socket: {os.strerror(fault)}")


def lowest_free() -> int:
    """The descriptor the next socket of this process gets, if nothing comes in between; the first ones when none is left."""
    try:
        fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 3
    os.close(fd)
    return fd


def find(ip: str, port: int, start: int = 3) -> int | None:
    """The descriptor of this process's socket that is bound to `ip` and `port`; None if there is none. It is looked for near
    `start` first: new sockets take the lowest descriptors that are free."""
    wanted = _bound_name(ip, port)
    name = (ctypes.c_ubyte * 128)()
    size = ctypes.c_uint32()
    for fd in _order(start):
        size.value = 128
        if _getsockname(fd, name, ctypes.byref(size)) == 0 and bytes(name[: len(wanted)]) == wanted:
            return fd
    return None


def _order(start: int) -> Iterator[int]:
    """Where to look: near `start` first, as descriptors of sessions that ended meanwhile are free again; then everywhere."""
    yield from range(start, start + NEAR)
    yield from range(start - 1, max(2, start - NEAR), -1)
    top = max(map(int, os.listdir("/proc/self/fd")), default=0)
    yield from range(top, 2, -1)


def _bound_name(ip: str, port: int) -> bytes:
    """How the kernel writes a socket's own name: family, port, address (and the flow of IPv6)."""
    address = ipaddress.ip_address(ip)
    if address.version == 4:
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + address.packed
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + address.packed


_getsockname = ctypes.PyDLL(None).getsockname
"""Called without letting Python's lock go: it takes less than a microsecond."""

_setsockopt = ctypes.CDLL(None, use_errno=True).setsockopt

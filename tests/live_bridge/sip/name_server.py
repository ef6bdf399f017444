"""A name server on loopback that says what a test tells it to (dnspython on both sides of the wire)."""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.live_bridge.media.telephone import rouse


class NameServer:
    """Authoritative for everything: `records` maps (name, type) to texts as in a zone file; what is not there is NXDOMAIN."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.ttl_s = 300
        self.silent = False
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._socket.getsockname()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        rouse(self._socket)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closed:
            data, source = self._socket.recvfrom(4096)
            if self._closed:
                return
            question = dns.message.from_wire(data)
            name, kind = question.question[0].name, dns.rdatatype.to_text(question.question[0].rdtype)
            text = name.to_text(omit_final_dot=True)
            self.asked.append((text, kind))
            if self.silent:
                continue
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.AA
            found = self.records.get((text, kind))
            if found:
                answer.answer.append(dns.rrset.from_text(name, self.ttl_s, "IN", kind, *found))
            elif not any(known == text for known, _ in self.records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), source)

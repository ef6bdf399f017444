"""Parts of an INVITE from outside: its caller as a carrier brings them, its hops, the answer to an offer that is refused.

Imported in the loop's thread only.
"""

from __future__ import annotations

import logging
from typing import Any

from live_bridge.sip.dialog import caller_id as rules
from live_bridge.sip.dialog import sdp
from live_bridge.sip.dialog.our_messages import ACCEPT, INCOMPATIBLE, header

log = logging.getLogger(__name__)


def carriers_caller(request: Any, who: Any) -> tuple[str, str]:
    """Number and name of a caller an operator brings: as the operator asserts them, else as From says (RFC 3325)."""

    def values(name: str) -> list[str]:
        return [str(field.body) for field in request.headers if field.name == name]

    asserted = rules.asserted_caller(values("p-asserted-identity"), values("privacy"))
    return rules.outside_caller(*(asserted or (who.getUrl().username, who.getUri().name)))


def not_taken(request: Any, refusal: sdp.Refusal) -> Any:
    """The answer to an offer that cannot be taken."""
    log.info("a call from %s is refused: %s", request.getSource()[0], refusal.why)
    response = request.genResponse(refusal.status, refusal.phrase)
    if refusal.status == 415:
        response.appendHeader(header("Accept", ACCEPT))
    else:
        response.appendHeader(header("Warning", INCOMPATIBLE))
    return response


def is_encrypted(request: Any) -> bool:
    """Whether a request came over TLS, by itself and not through a proxy of ours: keys in it are secret."""
    return getattr(request, "front", None) is None and str(request.getSource(2)[1]) == "tls"


def forwards_of(request: Any) -> int:
    """Hops a request may still take (RFC 3261 section 16.6)."""
    return int(request.getHFBody("max-forwards").getNum()) if request.countHFs("max-forwards") else 70

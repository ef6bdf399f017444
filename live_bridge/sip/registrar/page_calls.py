"""A page calls one of our external numbers as somebody outside would: what that takes, and as whose call it is taken.

Decides that the page proves a pass for a caller from outside, that the call was asked for, and that only numbers of trunks are
called so. Leaves passes to `passes.py`, calls to `endpoint.py`. Imported in the loop's thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from live_bridge.sip.dialog import caller_id
from live_bridge.sip.registrar.registrar import Registrar
from live_bridge.sip.settings import TrunkPeers
from live_bridge.sip.switch import Invitation


def outside_page(
    registrar: Registrar,
    trunks: Mapping[str, TrunkPeers],
    request: Any,
    username: str,
    invitation: Callable[..., Invitation],
) -> Invitation | Any:
    """The invitation that it is, made by `invitation`, or the response that refuses it. `username` is what From says."""
    proof = registrar.prove(request)
    if proof.result in ("absent", "stale"):
        return registrar.challenge(request, stale=proof.result == "stale")
    called = request.getRURI().username or ""
    held = registrar.passes.get(proof.username)
    if proof.result != "good" or held is None or held.user is not None or proof.username != username:
        return request.genResponse(403, "Forbidden")
    key = next((key for key, trunk in trunks.items() if caller_id.same_number(called, trunk.number)), None)
    if key is None:
        return request.genResponse(404, "Not Found")
    if not registrar.passes.may_call(held.login, called):
        return request.genResponse(403, "Forbidden")
    return invitation(called=trunks[key].number, caller=held.caller, caller_name="", trunk=key, origin="trunk")

"""How final responses to INVITEs of ours are acknowledged: the ACK of a refusal, that of a re-INVITE's 2xx, and 2xx too many.

The stock manager sends every ACK to the Contact and by the Record-Route of the response, whatever that says. Decides that the ACK
of 3xx to 6xx goes where the INVITE went, with its Request-URI and Route (RFC 3261 section 17.1.1.3); that a 2xx to a re-INVITE
changes no route of its dialog (section 12.2.1.2); and that a 2xx which nobody waits for any more, as a proxy passes on every one
of several phones that picked up (section 13.2.2.4), is acknowledged and its dialog hung up. Leaves everything else of
transactions to `transaction_manager.py` and the stack. Imported in the loop's thread only.
"""

from __future__ import annotations

from typing import Any

from sippy.SipAddress import SipAddress
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipRoute import SipRoute
from sippy.SipTransactionManager import RINGING, TERMINATED, TRYING, SipTMRetransmitO, SipTransactionManager

Key = tuple[Any, ...]
"""What the stack knows a client transaction by: Call-ID, From tag, CSeq, method, Via branch."""


class Acknowledging(SipTransactionManager):
    """The stock manager, with its ACKs put right."""

    def __init__(self, global_config: dict[str, Any], on_request: Any) -> None:
        self._answered: dict[Key, tuple[str | None, Any]] = {}
        """INVITEs of ours that have their final response: the To tag of the 2xx that was taken, None for a refusal, and the
        server they went out by. Kept for 32 to 64 s (64 T1: section 13.2.2.4)."""
        self._answered_before: dict[Key, tuple[str | None, Any]] = {}
        self._taken: dict[Key, tuple[Any, str, Any]] = {}
        """INVITEs of others that got a 2xx: by what it went out, what it was, where to. Kept as long, for a copy of the INVITE
        that comes after its ACK is no other call (RFC 6026 section 7.1)."""
        self._taken_before: dict[Key, tuple[Any, str, Any]] = {}
        super().__init__(global_config, on_request)

    def newTransaction(self, msg: Any, *given: Any, **options: Any) -> Any:  # noqa: N802 (the stack's name)
        """Send a request; an INVITE keeps its Route for the ACK, which the stock manager builds without."""
        transaction = super().newTransaction(msg, *given, **options)
        if transaction.ack is not None:
            transaction.routes = msg.getHFBCopys("route")
            transaction.in_dialog = msg.getHFBody("to").getTag() is not None
        return transaction

    def incomingResponse(self, msg: Any, t: Any, checksum: bytes) -> None:  # noqa: N802 (the stack's name)
        """A response to a request of ours."""
        status = msg.getSCode()[0]
        if not t.needack or status < 200:
            super().incomingResponse(msg, t, checksum)
        elif t.state is TERMINATED:  # it came after we had given up
            if status < 300:
                self.not_wanted(msg, t.userv, checksum)
        else:
            key, server = t.tid, t.userv
            if status >= 300:
                self._answered[key] = (None, server)
                self._refused(msg, t, checksum)
                return
            self._answered[key] = (msg.getHFBody("to").getTag(), server)
            if t.in_dialog and all(route.getUrl().lr for route in t.routes):
                msg.delHFs("record-route")
                msg.appendHeaders([SipHeader(name="record-route", body=route) for route in reversed(t.routes)])
            super().incomingResponse(msg, t, checksum)

    def sendResponse(self, resp: Any, t: Any = None, *given: Any, **options: Any) -> None:  # noqa: N802 (the stack's name)
        """Answer a request of somebody's."""
        key = resp.getTId(wBRN=True)
        transaction = self.tserver[key] if t is None else t
        super().sendResponse(resp, transaction, *given, **options)
        if transaction.needack and 200 <= resp.getSCode()[0] < 300:
            self._taken[key] = (transaction.userv, transaction.data, transaction.address)

    def is_late_copy(self, request: Any) -> bool:
        """Whether an INVITE has been taken before; then it has its answer once more."""
        key = request.getTId(wBRN=True)
        known = self._taken.get(key) or self._taken_before.get(key)
        if known is None or key in self.tserver:
            return False
        self.transmitData(*known)
        return True

    def answered_before(self, key: Key) -> tuple[str | None, Any] | None:
        """What is known of an INVITE of ours that has had its final response; None when it is long ago or was none."""
        return self._answered.get(key) or self._answered_before.get(key)

    def _refused(self, msg: Any, t: Any, checksum: bytes) -> None:
        """3xx to 6xx: the owner hears it, and the ACK goes the way of the INVITE, whatever Contact and Record-Route say."""
        for name in ("teA", "teB"):
            timer = getattr(t, name)
            if timer is not None:
                timer.cancel()
                setattr(t, name, None)
        ack, address = t.ack, t.address
        tag = msg.getHFBody("to").getTag()
        if tag is not None:
            ack.getHFBody("to").setTag(tag)
        ack.appendHeaders([SipHeader(name="route", body=route) for route in t.routes])
        try:
            if t.state in (TRYING, RINGING) and t.resp_cb is not None:
                if t.cb_ifver == 1:
                    t.resp_cb(msg)
                else:
                    t.resp_cb(msg, t)
        finally:
            self.transmitReq(t, ack, address, checksum)
            self.tclient.pop(t.tid, None)
            t.cleanup()

    def not_wanted(self, response: Any, server: Any, checksum: bytes) -> None:
        """A 2xx to an INVITE of ours that has been answered, or given up, before: it is acknowledged, and its call hung up."""
        sender, callee = response.getHFBody("from"), response.getHFBody("to")
        cseq, _ = response.getHFBody("cseq").getCSeq()
        if callee.getTag() is None or not response.countHFs("contact"):
            self.l1rcache[checksum] = SipTMRetransmitO()
            return
        target = response.getHFBody("contact").getUrl().getCopy()
        routes = response.getHFBCopys("record-route")
        routes.reverse()
        where = target.getTAddr()
        if routes:
            where = routes[0].getUrl().getTAddr()
            if not routes[0].getUrl().lr:
                routes.append(SipRoute(address=SipAddress(url=target)))
                target = routes.pop(0).getUrl()

        def request(method: str, number: int) -> Any:
            return SipRequest(
                method=method, ruri=target.getCopy(), fr0m=sender.getCopy(), to=callee.getCopy(),
                callid=response.getHFBCopy("call-id"), cseq=number, routes=[route.getCopy() for route in routes], target=where,
            )  # fmt: skip

        self.transmitMsg(server, request("ACK", cseq), where[0], checksum)
        self.newTransaction(request("BYE", cseq + 1), userv=server)

    def rCachePurge(self) -> None:  # noqa: N802 (the stack's name)
        """Every 32 s: what is older than that is forgotten."""
        super().rCachePurge()
        self._answered_before, self._answered = self._answered, {}
        self._taken_before, self._taken = self._taken, {}

"""The stack's states of a dialog in which ours differ: established, asked by the far end to change, cancelled by us.

Decides how requests of an established dialog are answered, and that a re-INVITE that is taken back leaves the session as it was.
Leaves the dialog itself to `dialog.py`. Sources: RFC 3261 sections 9, 14 and 15, RFC 3311, RFC 3515, RFC 6086. Imported in the
loop's thread only.
"""

from __future__ import annotations

from typing import Any, Final

from sippy.CCEvents import CCEventInfo, CCEventUpdate
from sippy.SipHeader import SipHeader
from sippy.Time.Timeout import Timeout
from sippy.UacStateCancelling import UacStateCancelling
from sippy.UasStateUpdating import UasStateUpdating
from sippy.UaStateConnected import UaStateConnected

from live_bridge.sip.dialog.our_messages import KEY_TYPES, Body, header

CANCELLED_AFTER_S: Final = 32.0
"""64 times T1."""


class Connected(UaStateConnected):
    """The established dialog."""

    def _invite(self, request: Any) -> Any:
        dialog = self.ua
        body = request.getBody()
        if body is None or (dialog.rSDP is not None and str(dialog.rSDP) == str(body)):
            dialog.uasResp = request.genResponse(100, "Trying", server=dialog.local_ua)
            dialog.global_config["_sip_tm"].sendResponse(dialog.uasResp)
            if body is None:
                text = dialog.owner.update_arrived(request)
                if text is not None:
                    dialog.lSDP = Body(text)
            dialog.sendUasResponse(
                200, "OK", dialog.lSDP, (dialog.lContact,), dialog.owner.refreshed(request), ack_wait=body is None
            )
            return None
        dialog.refreshing = dialog.owner.refreshed(request)
        return UaStateConnected._recvRequestInvite(self, request)

    def _update(self, request: Any) -> Any:
        dialog = self.ua
        response = request.genResponse(200, "OK", server=dialog.local_ua)
        response.appendHeader(SipHeader(name="contact", body=dialog.lContact))
        response.appendHeaders(dialog.owner.refreshed(request))
        if request.getBody() is not None:
            text = dialog.owner.update_arrived(request)
            if text is None:
                request.sendResponse(488, "Not Acceptable Here")
                return None
            dialog.rSDP = request.getBody()
            dialog.lSDP = Body(text)
            response.setBody(dialog.lSDP)
        dialog.global_config["_sip_tm"].sendResponse(response)
        return None

    def _refer(self, request: Any) -> Any:
        status = self.ua.owner.refer_arrived(request)
        request.sendResponse(
            status, {202: "Accepted", 400: "Bad Refer-To", 491: "Request Pending"}.get(status, "Forbidden")
        )
        return None

    def _offer(self, event: Any, headers: Any) -> Any:
        """Our re-INVITE, also one with the same description: a session refresh (RFC 4028). The stock state skips those."""
        dialog = self.ua
        dialog.lSDP = event.getData()
        request = dialog.genRequest("INVITE", dialog.lSDP, extra_headers=headers)
        dialog.newUacTransaction(request, req_extra_headers=headers)
        return (dialog.UacStateUpdating,)

    recv_event_handlers = {**UaStateConnected.recv_event_handlers, CCEventUpdate: _offer}

    def _info(self, request: Any) -> Any:
        body = request.getBody()
        if body is None or body.getType() in KEY_TYPES:
            request.sendResponse(200, "OK")
            if body is not None:
                self.ua.equeue.append(CCEventInfo(body, rtime=request.rtime, origin=self.ua.origin))
            return None
        response = request.genResponse(415, "Unsupported Media Type", server=self.ua.local_ua)
        response.appendHeader(header("Accept", ", ".join(KEY_TYPES)))
        self.ua.global_config["_sip_tm"].sendResponse(response)
        return None

    recv_request_handlers = {
        **UaStateConnected.recv_request_handlers,
        "INVITE": _invite,
        "UPDATE": _update,
        "REFER": _refer,
        "INFO": _info,
    }


class Updating(UasStateUpdating):
    """A re-INVITE of the peer waits for our answer. A REFER meanwhile is glare, not a hang-up as in the stock stack."""

    def _refer(self, request: Any) -> Any:
        request.sendResponse(491, "Request Pending")
        return None

    recv_request_handlers = {**UasStateUpdating.recv_request_handlers, "REFER": _refer}

    def cancel(self, rtime: Any, inreq: Any) -> None:
        """It was taken back, or nobody answered it in time; 487 has gone out. The stock state hangs up; the standard keeps the
        session as it was (RFC 3261 sections 9.2 and 14.2)."""
        dialog = self.ua
        if dialog.state is not self:
            return
        dialog.rSDP = None  # the same offer again is no refresh of what was taken back
        dialog.changeState((dialog.UaStateConnected,))
        dialog.owner.reinvite_cancelled()


class Cancelling(UacStateCancelling):
    """An INVITE of ours that we have cancelled. The stock state waits 300 s for its final response; the standard says that one
    which does not come within 64 times T1 never will (RFC 3261 section 9.1)."""

    def __init__(self, dialog: Any) -> None:
        super().__init__(dialog)
        self.te.cancel()
        self.te: Any = Timeout(self.goIdle, CANCELLED_AFTER_S)

    def goIdle(self) -> None:  # noqa: N802 (the stack's name)
        """Nothing came: dialog and transaction are given up."""
        self.te = None
        transaction, manager = self.ua.tr, self.ua.global_config["_sip_tm"]
        self.ua.changeState((self.ua.UaStateDead,))
        if transaction is not None:
            manager.forget(transaction)

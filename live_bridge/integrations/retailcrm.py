"""retailCRM by its published API, version 5 (R-16.3): the section *telephony*, and tasks.

Decides which of its methods a question or a call becomes. `GET telephony/manager` names customer and responsible manager in one
answer, `POST telephony/call/event` opens and closes the call's card at the manager, `POST telephony/calls/upload` keeps the call,
`POST tasks/create` leaves a task for a missed one. Numbers of employees are the additional codes that are entered at users there.
Source: docs.retailcrm.ru, API v5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from engine.numbers.phone_numbers import is_internal, subscriber
from live_bridge.config_sections import RetailCrmConfig
from live_bridge.integrations.crm import Answer, Person, Request, found_in, read_json

HEADER: Final = "X-API-KEY"

STATUS: Final = {
    "USER_BUSY": "busy", "NO_ANSWER": "no answered", "ORIGINATOR_CANCEL": "no answered", "CALL_REJECTED": "not allowed",
}  # fmt: skip
"""Words for the end of a call that nobody answered, by its cause; anything else is `failed`."""


class RetailCrm:
    """One account. `zone` is the PBX's, in which dates are told."""

    def __init__(self, config: RetailCrmConfig, key: str, zone: tzinfo) -> None:
        self._config, self._zone = config, zone
        self._base = f"{config.url.rstrip('/')}/api/v5"
        self._headers = ((HEADER, key),)

    def questions(self, number: str) -> Sequence[Request]:
        """See `Crm`: one method answers both questions."""
        asked = f"telephony/manager?details=1&ignoreStatus=1&phone={quote(number, safe='')}"
        return [Request(url=f"{self._base}/{asked}", headers=self._headers)]

    def read(self, answers: Sequence[Answer | None]) -> Person:
        """See `Crm`."""
        data = read_json(answers[0])
        names = [found_in(data, f"customer.{part}") for part in ("firstName", "lastName")]
        return Person(name=" ".join(filter(None, names)), user=found_in(data, "manager.code"))

    def told(self, facts: Mapping[str, Any]) -> Sequence[Request]:
        """See `Crm`: calls from and to outside; those within the PBX are nobody's customer's."""
        event, inbound = facts["event"], facts["direction"] == "inbound"
        phone = subscriber(str(facts["caller"] if inbound else facts["callee"]))
        if facts["direction"] == "local" or not phone:
            return ()
        if event == "call_ringing" or (event == "call_start" and not inbound):
            return [self._event("in" if inbound else "out", phone, facts)]
        if event == "call_missed":
            return [self._task(phone, facts)] if self._config.missed_task else ()
        if event == "call_end":
            return [self._event("hangup", phone, facts), self._kept(phone, facts)]
        return ()

    def _event(self, kind: str, phone: str, facts: Mapping[str, Any]) -> Request:
        said: dict[str, Any] = {"phone": phone, "type": kind, "callExternalId": facts["uuid"]}
        if kind != "hangup":
            said["codes"] = [facts["callee" if facts["direction"] == "inbound" else "caller"]]
        else:
            said["hangupStatus"] = self._status(facts)
        return self._post("telephony/call/event", event=said)

    def _kept(self, phone: str, facts: Mapping[str, Any]) -> Request:
        inbound = facts["direction"] == "inbound"
        call = {
            "date": self._date(facts["date"] - facts["call_duration"]),
            "type": "in" if inbound else "out",
            "phone": phone,
            "result": self._status(facts),
            "duration": facts["dialog_duration"],
            "externalId": facts["uuid"],
        }
        code = str(facts["callee"] if inbound else facts["caller"])
        if is_internal(code):
            call["code"] = code
        if facts.get("download_url"):
            call["recordUrl"] = facts["download_url"]
        return self._post("telephony/calls/upload", calls=[call])

    def _task(self, phone: str, facts: Mapping[str, Any]) -> Request:
        task = {
            "text": self._config.task_text.replace("{phone}", phone),
            "datetime": self._date(facts["date"] + self._config.task_after_min * 60)[:16],
            "performerId": self._config.task_performer,
            "phone": phone,
        }
        return self._post("tasks/create", task={name: value for name, value in task.items() if value is not None})

    def _status(self, facts: Mapping[str, Any]) -> str:
        if facts["dialog_duration"] > 0:
            return "answered"
        return STATUS.get(str(facts["hangup_cause"]), "failed")

    def _date(self, at_s: int) -> str:
        return datetime.fromtimestamp(at_s, UTC).astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _post(self, method: str, **fields: Any) -> Request:
        form = {name: msgspec.json.encode(value).decode() for name, value in fields.items()}
        if method == "tasks/create" and self._config.site:
            form["site"] = self._config.site
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return Request(
            method="POST", url=f"{self._base}/{method}", headers=(*self._headers, kind), body=urlencode(form).encode()
        )

"""Every bound of the engine with its reason. Nothing here is a setting of a PBX; settings stand in the document."""

from __future__ import annotations

from typing import Final

from engine.contract.ids import SECOND_US

ENTRIES_WITHOUT_WAIT: Final = 25
"""Element entries with no wait of at least `WAIT_COUNTS_US` between them before a call is a loop (R-02.14)."""

ENTRIES_IN_ALL: Final = 200
"""Element entries of one call in all (R-02.14)."""

WAIT_COUNTS_US: Final = 1 * SECOND_US
"""The least wait that breaks a loop (R-02.14)."""

LONGEST_CALL_US: Final = 4 * 3600 * SECOND_US
"""Longest call, answered or not (R-02.17)."""

USER_FIRST: Final = 100
USER_LAST: Final = 4999
"""Internal numbers of users (R-02.4)."""

ELEMENT_FIRST: Final = 5000
ELEMENT_LAST: Final = 5999
"""Internal numbers of service elements (R-02.7)."""

FIRST_KEY_US: Final = 5 * SECOND_US
"""Wait for the first key after the end of a prompt (R-05.5)."""

NEXT_DIGIT_US: Final = 2 * SECOND_US
"""Wait between digits of an extension (R-05.5)."""

KEY_ROUNDS: Final = 3
"""Rounds of a greeting with keys (R-05.6)."""

EXTENSION_DIGITS: Final = 4
"""Digits collected for an extension (R-05.8)."""

DEVICES_OF_USER: Final = 5
"""Devices that ring together (R-06.10)."""

PHONE_FORWARDING_CONTACTS: Final = 5
"""Contacts of a phone's own forwarding that are looked at (R-06.16)."""

FORWARDING_STEPS: Final = 10
"""Steps of a user's forwarding list (R-06.8)."""

GROUP_MEMBERS: Final = 50
"""Members of a group (R-07.4)."""

WAITING_CALLS: Final = 500
"""Largest bound a queue may set on its waiting calls (R-08.13)."""

HANDLE_TIMES_KEPT: Final = 50
"""Answered calls over which the mean handle time of the expected wait runs (R-08.18)."""

HANDLE_TIMES_NEEDED: Final = 10
"""Answered calls before an expected wait is announced (R-08.18)."""

MESSAGE_SHORTEST_US: Final = 3 * SECOND_US
MESSAGE_LONGEST_US: Final = 180 * SECOND_US
MESSAGE_SILENCE_US: Final = 10 * SECOND_US
"""Voice messages: dropped when shorter, cut when longer, ended by this much silence (R-09.3)."""

BOX_MESSAGES: Final = 100
"""Messages a box holds (R-09.4)."""

MAILBOX_KEY_US: Final = 10 * SECOND_US
MAILBOX_ROUNDS: Final = 2
"""Wait for a key after the choices of a mailbox were said, and how often they are said (R-09.6)."""

RECIPIENTS: Final = 10
"""E-mail addresses that a voice message goes to (R-09.2)."""

SOUND_SHORTEST_S: Final = 1.0
SOUND_LONGEST_S: Final = 300.0
"""Length of a sound that callers hear once (R-05.2); music repeats, and may be longer."""

NUMBER_ENTRIES: Final = 1000
"""Entries of a number rule (R-12.3)."""

HTTP_ADDRESS_POINTS: Final = 750
"""Unicode code points of a web address after trimming (R-13.3, R-13.6)."""

HTTP_ANSWER_BYTES: Final = 16 * 1024
HTTP_COMMANDS: Final = 10
HTTP_TIMEOUT_US: Final = 5 * SECOND_US
"""The size of a web server's answer and the time it may take (R-13.8)."""

MASK_LENGTH: Final = 128
"""Characters of a mask (R-14.13)."""

SELECTION_ENTRIES: Final = 100
"""Numbers, trunks or callers that a canary is narrowed to (R-25.6)."""

OUTGOING_RULES: Final = 500
"""Outgoing rules of a PBX (R-14.9)."""

NUMBER_LENGTH: Final = 32
"""Characters of a dialled number after cleaning, a leading plus not counted (R-14.11)."""

TRUNK_NUMBER_LEAST: Final = 2
TRUNK_NUMBER_MOST: Final = 15
"""Digits of a trunk's number (R-04.13); 15 is the most of ITU-T E.164."""

EMERGENCY_LEAST: Final = 2
EMERGENCY_MOST: Final = 8
"""Digits of an emergency number (R-02.8)."""

TRUNK_NAME_BYTES: Final = 70
"""UTF-8 bytes of a trunk's name (R-04.3)."""

TRUNK_LINES: Final = 1000
"""Largest number of lines that is not `unlimited` (R-04.8)."""

DOCUMENT_BYTES: Final = 4 * 1024 * 1024
DOCUMENT_DEPTH: Final = 16
DOCUMENT_NODES: Final = 200_000
"""Bytes, nesting and values (aliases counted as often as they repeat) of a document's text: far above any PBX, and
little enough that a hostile text is refused in seconds."""

RETRY_FLOOR_US: Final = 1 * SECOND_US
"""Least retry wait of a member whose phone refused or could not be reached at once: with a retry wait of 0 such an offer
would come back in the same instant, for ever. A member who did not answer has waited out the ring and needs no floor."""

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
"""Years that dates of a document may name."""

TIME_INTERVALS: Final = 10
"""Time intervals of a time rule (R-11.4)."""

CALENDAR_TEXT: Final = 1024 * 1024
"""Characters of an iCalendar text inside a document."""

OUTSIDE_RING_US: Final = 120 * SECOND_US
"""How long an outside number rings when nothing in the document says it: carriers give up around then."""

TALKED_US: Final = 5 * SECOND_US
"""Least bridged time that counts as having talked with somebody (R-18.4)."""

CRM_TIMEOUT_US: Final = 2 * SECOND_US
"""How long one source of the contact manager may take (R-18.5, R-16.5)."""

CALLBACK_TRIES: Final = 3
CALLBACK_GAP_US: Final = 300 * SECOND_US
CALLBACK_RING_US: Final = 45 * SECOND_US
"""A callback is tried once and twice again, five minutes apart (R-08.19), and rings as long as one asked for on a website
(R-17.4)."""

WIDGETS: Final = 200
WIDGET_ORIGINS: Final = 50
WIDGET_PAGES: Final = 50
WIDGET_MANAGERS: Final = 20
WIDGET_TEXT: Final = 200
"""Widgets of a PBX, sites and page paths of a widget, managers of a page, characters of a text: far above what sites have."""

MANAGERS_TRIED: Final = 3
MANAGER_RING_US: Final = 30 * SECOND_US
"""Managers that a direct callback rings one after another, and how long each (R-17.4)."""

VISITOR_RING_US: Final = 45 * SECOND_US
"""How long the visitor of a website rings (R-17.4)."""

CALLBACKS_PER_NUMBER: Final = 3
CALLBACKS_PER_ADDRESS: Final = 10
CALLBACKS_WITHIN_US: Final = 3600 * SECOND_US
"""Callbacks that may be asked for within an hour, for one number and from one address (R-17.5)."""

FAULTS_TOLD: Final = 500
"""Faults of one document that are listed at once: more is another document, and nobody reads on."""

PARKED_US: Final = 120 * SECOND_US
"""How long a call stays parked before whoever parked it is rung (R-15.11)."""

ALLOWED_NUMBERS: Final = 1000
"""Numbers that an administrator lists at a trunk as ones its calls may present (R-04.12)."""

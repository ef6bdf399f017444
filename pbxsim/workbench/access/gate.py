"""Whom the server lets in: which requests need a session, whose a session is, and what single-user mode means.

Decides that a server which only this machine can reach, and for which there are no persons, asks nobody: whoever reaches it acts
as the user who started it. Once there are persons it asks until it ends, and whatever cannot be read counts as nobody. A server
that others can reach always asks. Leaves persons and sessions to `persons.py`, what the pages show to `pages.py`.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import logging
import re
import sqlite3
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from tornado.httputil import HTTPServerRequest

from engine.numbers.digits import is_digits
from pbxsim.workbench.access import visitors
from pbxsim.workbench.access.persons import Person, Persons
from pbxsim.workbench.access.phone_sessions import PhoneSessions, PhoneUser
from pbxsim.workbench.access.rights import Apart, Role
from pbxsim.workbench.access.visitors import Employee, Visitor

log = logging.getLogger(__name__)

SIGN_IN: Final = "sign-in"
SET_PASSWORD: Final = "set-password"
OWN_PAGE: Final = "person"
BY_PHONE: Final = "sign-in-by-phone"
OPEN: Final = re.compile(r"(sign-in|sign-in-by-phone|set-password|alive|favicon\.ico|static/.*)")
"""Paths that need no session: they hold nothing of the PBX. Everything else does."""

EMPLOYEES_PAGE: Final = "history"
FOR_EMPLOYEES: Final = re.compile(r"(history(/.*|\?.*)?|relay/.*|components/.*|person|sign-out)")
"""Paths for who signed in by phone: their calls, and what that page loads. Everything else tells of more."""

NEEDS_PERSONS: Final = (
    "{where} can be reached from other machines, and there are no persons who could sign in: "
    "make one with `pbx user add NAME --role administrator`, or serve it on 127.0.0.1"
)
NEEDS_TLS: Final = (
    "{where} can be reached from other machines, and passwords would go there unencrypted: give --certificate and --key, "
    "or put a proxy with TLS in front of it and say --proxy"
)


class ServeRefused(Exception):
    """The server would be open to others. The sentence says what to do; `template` is it without `where`."""

    def __init__(self, template: str, where: str) -> None:
        self.template, self.where = template, where
        super().__init__(template.format(where=where))


class Gate:
    """Of one server process. `beyond` is where other machines reach it, empty for nowhere; `encrypted` whether browsers speak
    TLS, with it or with a proxy before it."""

    def __init__(self, persons: Persons, *, beyond: str = "", encrypted: bool = False, prefix: str = "") -> None:
        self.persons, self.beyond, self.encrypted = persons, beyond, encrypted
        self.phone_sessions = PhoneSessions(persons)
        self.path = f"/{prefix.strip('/')}/" if prefix.strip("/") else "/"
        self._asks = bool(beyond)
        self.cookie = cookie_name(str(persons.file), encrypted, self.path)

    def check(self) -> None:
        """Raises ServeRefused when others would get in."""
        if self.beyond and not self.persons.count():
            raise ServeRefused(NEEDS_PERSONS, self.beyond)
        if self.beyond and not self.encrypted:
            raise ServeRefused(NEEDS_TLS, self.beyond)

    def is_single_user(self) -> bool:
        """Whether nobody has to sign in."""
        if not self._asks:
            try:
                self._asks = self.persons.count() > 0
            except sqlite3.Error as error:
                log.error("the persons in %s cannot be read, so nobody gets in: %s", self.persons.file, error)
                self._asks = True
        return not self._asks

    def person(self, secret: str) -> Person | None:
        """Whose session a secret is of; nobody's while the file cannot be read."""
        try:
            return self.persons.session(secret)
        except sqlite3.Error as error:
            log.error("the persons in %s cannot be read, so nobody gets in: %s", self.persons.file, error)
            return None

    def visitor(self, request: HTTPServerRequest) -> Visitor | None:
        """Who sent a request; None for nobody who may."""
        if self.is_single_user():
            return Visitor(visitors.own_name(), self._roles_alone)
        secret = self.secret(request)
        person = self.person(secret) if secret else None
        if person is None:
            return self._employee(secret)
        return Visitor(
            person.name,
            lambda: self._roles(secret),
            secret,
            has_own_password=not person.temporary,
            calls=lambda: self._calls(secret),
            apart=lambda: self._apart(secret),
        )

    def _employee(self, secret: str) -> Employee | None:
        found = self._phone_user(secret) if secret else None
        if found is None:
            return None
        return Employee(found.user, found.address, lambda: self._phone_user(secret) is not None, secret)

    def _phone_user(self, secret: str) -> PhoneUser | None:
        try:
            return self.phone_sessions.find(secret)
        except sqlite3.Error as error:
            log.error("the persons in %s cannot be read, so nobody gets in: %s", self.persons.file, error)
            return None

    def is_for_employee(self, path: str) -> bool:
        """Whether a path is there for who signed in by phone.

        >>> from pathlib import Path
        >>> gate = Gate(Persons(Path("nobody")), prefix="/lab")
        >>> gate.is_for_employee("/lab/history/ws"), gate.is_for_employee("/lab/design"), gate.is_for_employee("/lab/")
        (True, False, False)
        """
        return self.is_open(path) or (path.startswith(self.path) and is_for_employees(path.removeprefix(self.path)))

    def _roles_alone(self) -> tuple[Role, ...] | None:
        return None if self.is_single_user() else ()

    def _roles(self, secret: str) -> tuple[Role, ...]:
        person = self.person(secret)
        return () if person is None or person.temporary else person.roles

    def _calls(self, secret: str) -> str:
        person = self.person(secret)
        return "" if person is None else person.calls

    def _apart(self, secret: str) -> Apart | None:
        person = self.person(secret)
        return None if person is None else person.apart

    def secret(self, request: HTTPServerRequest) -> str:
        """The secret that a request shows; empty for none."""
        found = request.cookies.get(self.cookie)
        return "" if found is None else found.value

    def is_open(self, path: str) -> bool:
        """Whether a path needs no session.

        >>> from pathlib import Path
        >>> gate = Gate(Persons(Path("nobody")), prefix="/lab")
        >>> gate.is_open("/lab/sign-in"), gate.is_open("/lab/design"), gate.is_open("/sign-in")
        (True, False, False)
        """
        return path.startswith(self.path) and OPEN.fullmatch(path.removeprefix(self.path)) is not None

    def is_for_own_password(self, path: str) -> bool:
        """Whether a path is there for who has to set a password of their own first.

        >>> from pathlib import Path
        >>> gate = Gate(Persons(Path("nobody")), prefix="/lab")
        >>> gate.is_for_own_password("/lab/person"), gate.is_for_own_password("/lab/design")
        (True, False)
        """
        return self.is_open(path) or path.removeprefix(self.path) in (OWN_PAGE, "sign-out")

    def way_in(self, request: HTTPServerRequest) -> str:
        """Where somebody signs in who then goes on to what was asked for."""
        uri = (request.uri or "").removeprefix(self.path)
        wanted = safe_page(uri)
        return f"{self.path}{SIGN_IN}" + (f"?next={quote(wanted, safe='')}" if wanted else "")

    def cookie_settings(self) -> dict[str, Any]:
        """How cookies of this server are set (RFC 6265, section 4.1.2)."""
        return {"path": self.path, "secure": self.encrypted, "samesite": "Lax", "httponly": True}


def cookie_name(file: str, encrypted: bool, path: str) -> str:
    """One a file of persons, as cookies know no ports; with TLS under a prefix that no other host can set.

    >>> cookie_name("a", True, "/"), cookie_name("a", False, "/lab/")
    ('__Host-pbx-session-ca978112', 'pbx-session-ca978112')
    """
    start = "" if not encrypted else "__Host-" if path == "/" else "__Secure-"
    return f"{start}pbx-session-{hashlib.sha256(file.encode()).hexdigest()[:8]}"


def safe_page(uri: str) -> str:
    """A page of ours with its query, from what somebody asked to go on to; empty for anything else.

    >>> safe_page("design?lang=ru"), safe_page("//evil.example"), safe_page("https://evil.example"), safe_page("a/b")
    ('design?lang=ru', '', '', '')
    """
    return uri if re.fullmatch(r"[a-z]+(\?[\w%&=.:+~*,@$!'()/?-]*)?", uri, re.ASCII) and len(uri) < 2000 else ""


def is_for_employees(page: str) -> bool:
    """Whether who signed in by phone may see a page of ours, with its query.

    >>> is_for_employees("history?call=c7"), is_for_employees("design"), is_for_employees("historyx"), is_for_employees("")
    (True, False, False, False)
    """
    return FOR_EMPLOYEES.fullmatch(page) is not None


def reached_at(address: str, origins: Sequence[str]) -> str:
    """Where other machines reach a server: its address, or a name that a proxy gives it; empty for nowhere.

    >>> reached_at("127.0.0.1", ["localhost:8080"]), reached_at("0.0.0.0", []), reached_at("::1", ["pbx.example.org"])
    ('', '0.0.0.0', 'pbx.example.org')
    """
    for one in (address, *(_host(origin) for origin in origins)):
        if not is_loopback(one):
            return one
    return ""


def is_loopback(host: str) -> bool:
    """Whether a name or address means this machine."""
    if host.lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def _host(origin: str) -> str:
    bare, _, port = origin.rpartition(":")
    return bare if bare and is_digits(port) else origin


_current: Gate | None = None


def use(gate: Gate) -> None:
    """Let this gate decide from now on."""
    global _current
    _current = gate


def current() -> Gate | None:
    """The gate of this process; None where nothing is served."""
    return _current

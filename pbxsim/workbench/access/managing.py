"""The page on which an administrator manages persons, and the page that a link to set one's password leads to.

Decides what is asked and shown: roles, a temporary password or a link (each shown once), lock, sessions, removal, and the last
acts. While there are no persons it makes the first, who is an administrator. The right is looked up with every act, the act is
kept under the name of who did it. Leaves what may be done to whom to `persons.py`, the look to `pages.py`.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from tornado.web import HTTPError

from engine.account import call_rights, sign_up
from engine.account.refusals import AccountRefused
from engine.contract.ids import SECOND_US, Instant
from pbxsim.workbench.access import employees
from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access.employees import RightsRefused
from pbxsim.workbench.access.persons import Person, PersonAct, PersonRefused, generate_password
from pbxsim.workbench.access.plain_page import NO_ADMINISTRATOR, Page
from pbxsim.workbench.access.rights import APART, Apart, Grant, Right, Role, apart_of

PATH: Final = "persons"


class PersonsPage(Page):
    """Who may sign in, and everything an administrator does about it."""

    async def get(self) -> None:
        """Show everybody."""
        self._must_manage()
        await self._show()

    async def post(self) -> None:
        """One act."""
        self._must_manage()
        acts: dict[str, Callable[[str], Awaitable[tuple[str, str]]]] = {
            "add": self._add,
            "roles": self._roles,
            "calls": self._calls,
            "apart": self._apart,
            "temporary": self._temporary,
            "link": self._link,
            "lock": self._lock,
            "unlock": self._unlock,
            "end": self._end,
            "remove": self._remove,
            "rights": lambda _: self._rights(),
            "end-phone": lambda _: self._end_phone(),
        }
        act, name = self.get_body_argument("act", ""), self.get_body_argument("name", "").strip()
        if act not in acts:
            raise HTTPError(400)
        try:
            done, secret = await acts[act](name)
        except AccountRefused:
            self.set_status(422)
            await self._show(wrong=self.texts("rights.filter_wrong", self._filter()[:80]))
            return
        except PersonRefused as error:
            self.set_status(422)
            await self._show(wrong=self.texts(f"persons.refused.{error.reason}", error.given))
            return
        except RightsRefused as error:
            self.set_status(422)
            await self._show(wrong=str(error))
            return
        await self._show(done=done, secret=secret)

    def _must_manage(self) -> None:
        """Raises HTTPError for who may not: asked with every request, whatever a page has shown before."""
        if not self.visitor.may(Right.MANAGE):
            raise HTTPError(403, reason=NO_ADMINISTRATOR)

    # --- acts: what is said of each, and a secret that is shown once ---------------------------------------------------

    async def _add(self, name: str) -> tuple[str, str]:
        is_first = not self.gate.persons.count()
        roles = {*self._chosen(), *((Role.ADMINISTRATOR,) if is_first else ())}
        by_link = self.get_body_argument("by", "") == "link" and not is_first
        password, by, calls = generate_password(), self.visitor.name, self._filter()

        def make() -> str:
            made = self.gate.persons.add(name, roles, password, temporary=True, calls=calls, by=by)
            return self._address(self.gate.persons.make_link(made.name, by=by)) if by_link else password

        secret = await self.in_turn(make)
        return self.texts("persons.linked" if by_link else "persons.added", name), secret

    async def _roles(self, name: str) -> tuple[str, str]:
        self.gate.persons.set_roles(name, self._chosen(), by=self.visitor.name)
        return self.texts("persons.changed", name), ""

    async def _calls(self, name: str) -> tuple[str, str]:
        self.gate.persons.set_calls(name, self._filter(), by=self.visitor.name)
        return self.texts("persons.calls_changed", name), ""

    async def _apart(self, name: str) -> tuple[str, str]:
        known = {str(grant) for grant in Grant}
        chosen = {right: self.get_body_argument(right, "") for right in APART}
        apart = Apart(**{right: Grant(word) for right, word in chosen.items() if word in known})
        self.gate.persons.set_apart(name, apart, by=self.visitor.name)
        return self.texts("persons.apart_changed", name), ""

    async def _temporary(self, name: str) -> tuple[str, str]:
        password, by = generate_password(), self.visitor.name
        await self.in_turn(lambda: self.gate.persons.set_password(name, password, temporary=True, by=by))
        return self.texts("persons.added", name), password

    async def _link(self, name: str) -> tuple[str, str]:
        return self.texts("persons.linked", name), self._address(
            self.gate.persons.make_link(name, by=self.visitor.name)
        )

    async def _lock(self, name: str) -> tuple[str, str]:
        self.gate.persons.lock(name, by=self.visitor.name)
        return self.texts("persons.locked_now", name), ""

    async def _unlock(self, name: str) -> tuple[str, str]:
        self.gate.persons.unlock(name, by=self.visitor.name)
        return self.texts("persons.unlocked", name), ""

    async def _end(self, name: str) -> tuple[str, str]:
        self.gate.persons.end_sessions(name, by=self.visitor.name)
        return self.texts("persons.ended", name), ""

    async def _remove(self, name: str) -> tuple[str, str]:
        self.gate.persons.remove(name, by=self.visitor.name)
        return self.texts("persons.removed", name), ""

    async def _rights(self) -> tuple[str, str]:
        return await employees.change(self), ""

    async def _end_phone(self) -> tuple[str, str]:
        return employees.end(self), ""

    def _filter(self) -> str:
        """Whose calls the form asks for; everybody's where it has no such field."""
        return self.get_body_argument("filter", call_rights.ALL).strip()

    def _chosen(self) -> list[Role]:
        """The roles that are ticked; words that are no role are left out."""
        return [role for role in Role if role in self.get_body_arguments("role")]

    def _address(self, code: str) -> str:
        """A link as it is sent to somebody."""
        return f"{self.request.protocol}://{self.request.host}{link_path(self.gate.path, code)}"

    # --- the page ----------------------------------------------------------------------------------------------------

    async def _show(self, wrong: str = "", done: str = "", secret: str = "") -> None:
        texts, kept = self.texts, self.gate.persons
        told = f'<p role="alert">{html.escape(wrong)}</p>' if wrong else ""
        told += f'<p role="status">{html.escape(done)}</p>' if done else ""
        if secret:
            told += (
                f'<p><code class="secret">{html.escape(secret)}</code></p><p>{html.escape(texts("persons.once"))}</p>'
            )
        everybody, sessions = kept.all(), kept.sessions()
        title = texts("persons.title")
        head = f"<h1>{html.escape(title)}</h1>{told}"
        head += f'<p class="quiet">{html.escape(texts("persons.hint" if everybody else "persons.first_hint"))}</p>'
        people = [self._person(one, sessions.get(one.name, 0)) for one in everybody]
        back = f'<p><a href="{html.escape(self.gate.path)}">{html.escape(texts("access.back"))}</a></p>'
        phones = await employees.sections(self, PATH) if everybody else []
        self.show(title, head, *people, self._adding(not everybody), *phones, *self._acts(), back, wide=True)

    def _person(self, one: Person, sessions: int) -> str:
        texts = self.texts
        barred = self.gate.persons.is_barred(one.name)
        chips = [texts("persons.locked")] if one.locked_at is not None else []
        chips += [texts("persons.barred")] if barred else []
        chips += [texts("persons.is_temporary")] if one.temporary else []
        chips += [texts("persons.sessions", sessions)] if sessions else []
        if call_rights.ALL not in one.calls.split(";"):
            chips.append(texts("rights.numbers", one.calls) if one.calls else texts("rights.none"))
        chips += [
            texts(f"apart.chip.{one.apart.of(right)}", texts(f"rights.{right}"))
            for right in APART
            if one.apart.of(right) is not Grant.ROLE
        ]
        shown = "".join(f'<span class="chip">{html.escape(chip)}</span>' for chip in chips)
        name = html.escape(one.name)
        since = html.escape(texts("persons.since", self._at(one.made_at), self._at(one.password_set_at)))
        sure = html.escape(texts("persons.sure", one.name))
        buttons = [
            self._button("temporary", one.name),
            self._button("link", one.name),
            *([self._button("unlock", one.name)] if one.locked_at is not None or barred else []),
            *([] if one.locked_at is not None else [self._button("lock", one.name)]),
            *([self._button("end", one.name)] if sessions else []),
        ]
        return (
            f'<h2>{name} {shown}</h2><p class="quiet">{since}</p>'
            f"{self._act('roles', one.name, texts('persons.give'), self._ticks(one.roles))}"
            f"<details><summary>{html.escape(texts('persons.calls_of'))}</summary>"
            f"{self._act('calls', one.name, texts('persons.give_calls'), self._calls_field(one.calls))}</details>"
            f"<details><summary>{html.escape(texts('persons.apart'))}</summary>"
            f"{self._act('apart', one.name, texts('persons.give_apart'), *self._apart_fields(one.apart))}</details>"
            f'<div class="row acts">{"".join(buttons)}</div>'
            f"<details><summary>{html.escape(texts('persons.remove'))}</summary><p>{sure}</p>"
            f"{self._button('remove', one.name)}</details>"
        )

    def _adding(self, is_first: bool) -> str:
        texts = self.texts
        title = html.escape(texts("persons.first" if is_first else "persons.add"))
        ways = "" if is_first else "".join(
            f'<label class="tick"><input type="radio" name="by" value="{way}"{" checked" if way == "temporary" else ""}>'
            f"{html.escape(texts(f'persons.by.{way}'))}</label>"
            for way in ("temporary", "link")
        )  # fmt: skip
        roles = self._ticks((Role.ADMINISTRATOR,) if is_first else (Role.VIEWER,))
        name = self.field("name", texts("access.name"), "text", "off")
        calls = "" if is_first else self._calls_field(call_rights.ALL)
        add = '<input type="hidden" name="act" value="add">'
        return f"<h2>{title}</h2>{self.form(PATH, texts('persons.add'), add, name, roles, calls, ways)}"

    def _calls_field(self, calls: str) -> str:
        return self.field(
            "filter", self.texts("persons.calls"), "text", "off", calls, must=False, most=call_rights.FILTER_MOST,
            example="100;102-110",
        )  # fmt: skip

    def _apart_fields(self, apart: Apart) -> list[str]:
        return [
            self.choice(
                right,
                self.texts(f"rights.{right}"),
                {grant: self.texts(f"apart.{grant}") for grant in Grant},
                apart.of(right),
            )
            for right in APART
        ]

    def _ticks(self, roles: tuple[Role, ...]) -> str:
        ticks = "".join(
            f'<label class="tick"><input type="checkbox" name="role" value="{role}"{" checked" if role in roles else ""}>'
            f"{html.escape(self.texts(f'role.{role}'))}</label>"
            for role in Role
        )
        legend = html.escape(self.texts("access.roles"))
        return f'<fieldset><legend>{legend}</legend><div class="row">{ticks}</div></fieldset>'

    def _button(self, act: str, name: str) -> str:
        return self._act(act, name, self.texts(f"persons.{act}"))

    def _act(self, act: str, name: str, button: str, *fields: str) -> str:
        hidden = f'<input type="hidden" name="act" value="{act}"><input type="hidden" name="name" value="{html.escape(name)}">'
        return self.form(PATH, button, hidden, *fields, plain=True)

    def _acts(self) -> list[str]:
        texts = self.texts
        rows = "".join(
            f"<tr><td>{html.escape(self._at(one.at))}</td><td>{html.escape(one.by)}</td>"
            f"<td>{html.escape(texts(f'persons.act.{one.act}'))}</td><td>{html.escape(one.person)}</td>"
            f"<td>{html.escape(self._given(one))}</td></tr>"
            for one in self.gate.persons.acts()
        )
        heads = "".join(
            f"<th>{html.escape(texts(f'persons.head.{head}'))}</th>" for head in ("at", "by", "act", "person", "roles")
        )
        table = f'<div class="scroll" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        return [f"<h2>{html.escape(texts('persons.acts'))}</h2>{table}"] if rows else []

    def _given(self, one: PersonAct) -> str:
        """What an act gave: roles, a filter of calls, or rights apart from roles."""
        if one.act == "apart":
            apart = apart_of(one.given)
            said = [
                self.texts(f"apart.chip.{apart.of(right)}", self.texts(f"rights.{right}"))
                for right in APART
                if apart.of(right) is not Grant.ROLE
            ]
            return "; ".join(said) or self.texts("apart.role")
        if one.act == "calls":
            return one.given or self.texts("rights.none")
        return ", ".join(self.texts(f"role.{role}") for role in one.given.split())

    def _at(self, at: Instant) -> str:
        return f"{self.texts.moment(datetime.fromtimestamp(at / SECOND_US, UTC))} UTC"


class SetPassword(Page):
    """A link leads here: somebody sets their password, once. The code is their secret until then."""

    def _log(self) -> None:
        """Nothing: the address would stand in the log, and the code in it."""

    def get(self) -> None:
        """The form, or that the link is over."""
        code = self.get_query_argument("code", "")
        person = self.gate.persons.of_link(code)
        if person is None:
            self._over()
            return
        self._form(code, person.name)

    async def post(self) -> None:
        """Set the password and go on to sign in."""
        code, password = self.get_body_argument("code", ""), self.get_body_argument("new", "", strip=False)
        person = self.gate.persons.of_link(code)
        if person is None:
            self._over()
            return
        try:
            await self.in_turn(self.gate.persons.use_link, code, password)
        except AccountRefused as error:
            self.set_status(422)
            self._form(code, person.name, self.weak(error))
            return
        except PersonRefused:
            self._over()
            return
        self.redirect(self.gate.path + gates.SIGN_IN, status=303)

    def _over(self) -> None:
        texts = self.texts
        self.set_status(410)
        words = html.escape(texts("persons.link_over", sign_up.LINK_US // SECOND_US // 3600))
        self.show(texts("persons.set"), f'<p role="alert">{words}</p>')

    def _form(self, code: str, name: str, wrong: str = "") -> None:
        texts = self.texts
        told = f'<p role="alert">{html.escape(wrong)}</p>' if wrong else ""
        title = texts("persons.set_for", name)
        form = self.form(
            gates.SET_PASSWORD,
            texts("persons.set"),
            f'<input type="hidden" name="code" value="{html.escape(code)}">',
            f'<input type="hidden" name="username" autocomplete="username" value="{html.escape(name)}">',
            self.field("new", texts("access.new"), "password", "new-password", focus=True),
        )
        self.show(title, f"<h1>{html.escape(title)}</h1>{told}{form}")


def link_path(path: str, code: str) -> str:
    """The path and query of a link below a server's own path.

    >>> link_path("/lab/", "a-code")
    '/lab/set-password?code=a-code'
    """
    return f"{path}{gates.SET_PASSWORD}?{urlencode({'code': code})}"


PATTERNS: Final = [(f"/{PATH}", PersonsPage), (f"/{gates.SET_PASSWORD}", SetPassword)]
"""Below the server's own prefix."""

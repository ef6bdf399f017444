"""The pages of signing in and out, and of one's own password.

Decides what is answered: the same words in the same time for a wrong name, a wrong password and a name that nobody has. Leaves
persons and locks to `persons.py`, signing in by phone to `phone_sign_in.py`, the look to `plain_page.py`.
"""

from __future__ import annotations

import html
import logging
from decimal import Decimal
from typing import Any, Final

from tornado.web import HTTPError

from engine.account import sip_login
from engine.account.refusals import AccountRefused
from pbxsim.workbench.access import gate as gates
from pbxsim.workbench.access import persons, phone_sign_in, rights
from pbxsim.workbench.access.persons import PersonRefused, SignInFailed
from pbxsim.workbench.access.plain_page import Page
from pbxsim.workbench.live import bridge_client
from pbxsim.workbench.live.bridge_client import BridgeError

log = logging.getLogger(__name__)


class SignIn(Page):
    """The sign-in page."""

    def get(self) -> None:
        """The form; who is signed in goes on to the pages."""
        if self.visitor.name:
            self.redirect(self._wanted())
            return
        self._form()

    async def post(self) -> None:
        """Try a name and a password; where both are empty, the address of a phone (R-23.3)."""
        address = self.get_body_argument("address", "").strip()[: sip_login.ADDRESS_MOST]
        name, password = self.get_body_argument("name", ""), self.get_body_argument("password", "", strip=False)
        if address and not name.strip() and not password:
            wrong = await phone_sign_in.begin(self, address, gates.safe_page(self.get_argument("next", "")))
            if wrong:
                self._form(wrong, address=address)
            return
        try:
            secret = await self.in_turn(self.gate.persons.sign_in, name, password)
        except SignInFailed as error:
            log.warning("a sign-in from %s failed: %s", self.request.remote_ip, error)
            self._form(self.failed(error), name)
            return
        self.end_session()
        self.begin_session(secret)
        log.info("%s signed in from %s", name.strip(), self.request.remote_ip)
        self.redirect(self._wanted(), status=303)

    def _form(self, wrong: str = "", name: str = "", address: str = "") -> None:
        texts = self.texts
        alert = f'<p role="alert">{html.escape(wrong)}</p>' if wrong else ""
        wanted = gates.safe_page(self.get_argument("next", ""))
        by_phone = bool(bridge_client.configured_address())
        user, must = name[: persons.NAME_MOST], not by_phone
        form = self.form(
            gates.SIGN_IN,
            texts("access.enter"),
            self.field(
                "name", texts("access.name"), "text", "username", user, focus=not name and not address, must=must
            ),
            self.field(
                "password", texts("access.password"), "password", "current-password", focus=bool(name), must=must
            ),
            *([self._address(address)] if by_phone else []),
            f'<input type="hidden" name="next" value="{html.escape(wanted)}">',
        )
        hint = texts("access.forgotten" if self.gate.persons.count() else "access.empty")
        title = texts("access.sign_in")
        quiet = f'<p class="quiet">{html.escape(hint)}</p>'
        self.show(title, f"<h1>{html.escape(title)}</h1>{alert}{form}{quiet}")

    def _address(self, address: str) -> str:
        """The field of who signs in by phone; name and password stay empty then."""
        texts = self.texts
        field = self.field(
            "address", texts("phone_login.address"), "text", "off", address, focus=bool(address), must=False,
            most=sip_login.ADDRESS_MOST, example=texts("phone_login.example"),
        )  # fmt: skip
        return f'<p class="or">{html.escape(texts("phone_login.or"))}</p>{field}'

    def _wanted(self) -> str:
        return self.gate.path + gates.safe_page(self.get_argument("next", ""))


class SignOut(Page):
    """Ends a session."""

    def post(self) -> None:
        """End it, in the database too, and go to the sign-in page."""
        self.end_session()
        self.redirect(self.gate.path + gates.SIGN_IN, status=303)


class OwnPage(Page):
    """Who one is here, what one may do, one's password, and the way out."""

    async def get(self) -> None:
        """Show it."""
        await self._show()

    async def post(self) -> None:
        """Change the password."""
        visitor, kept = self.visitor, self.gate.persons
        if not visitor.is_signed_in:
            raise HTTPError(403)
        old, new = (self.get_body_argument(field, "", strip=False) for field in ("old", "new"))
        try:
            await self.in_turn(kept.change_password, visitor.name, old, new)
        except SignInFailed as error:
            await self._show(self.failed(error))
            return
        except AccountRefused as error:
            self.set_status(422)
            await self._show(self.weak(error))
            return
        except PersonRefused:
            raise HTTPError(403) from None
        self.begin_session(await self.in_turn(kept.sign_in, visitor.name, new))
        if not visitor.has_own_password:
            self.redirect(self.gate.path, status=303)
            return
        await self._show(done=self.texts("access.changed"))

    async def _of_bridge(self) -> tuple[dict[str, Any], str]:
        """What the bridge says of who is here, and what is wrong; nothing of either without a bridge."""
        try:
            found = bridge_client.configured(self.visitor)
            if found is None:
                return {}, ""
            async with found:
                return await found.ask("GET", "/api/rights/own"), ""
        except BridgeError as error:
            return {}, f'<p role="alert">{html.escape(self.texts(error.text, error.detail))}</p>'

    def _balance(self, told: dict[str, Any]) -> str:
        """The balance, for who may see it, of a bridge that was told one."""
        texts = self.texts
        if not told.get("balance_rub"):
            return ""
        amount = f"{Decimal(told['balance_rub']):,.2f}".replace(",", "\N{NO-BREAK SPACE}")
        words = texts("rights.balance_is", amount if texts.language == "en" else amount.replace(".", ","))
        return f"<h2>{html.escape(texts('rights.balance_title'))}</h2><p>{html.escape(words)}</p>"

    async def _rights(self) -> str:
        """What an employee sees, as the bridge knows it."""
        texts = self.texts
        told, wrong = await self._of_bridge()
        if not told:
            return wrong
        numbers = "; ".join("-".join(str(end) for end in dict.fromkeys(one)) for one in told["numbers"])
        seen = texts("rights.all") if told["all"] else texts("rights.numbers", numbers)
        may = [texts(f"rights.{name}") for name in ("listen", "download", "balance") if told[name]]
        rows = "".join(f"<li>{html.escape(row)}</li>" for row in [seen, *may])
        return f"<h2>{html.escape(texts('access.rights'))}</h2><ul>{rows}</ul>{self._balance(told)}"

    async def _show(self, wrong: str = "", done: str = "") -> None:
        texts, visitor = self.texts, self.visitor
        back = f'<p><a href="{self.gate.path}">{html.escape(texts("access.back"))}</a></p>'
        if visitor.may(rights.Right.MANAGE):
            back = f'<p><a href="{self.gate.path}persons">{html.escape(texts("persons.title"))}</a></p>{back}'
        roles = visitor.roles()
        if visitor.user is not None:
            title = texts("access.employee", visitor.name)
            out = self.form("sign-out", texts("access.sign_out"))
            self.show(title, f"<h1>{html.escape(title)}</h1>{await self._rights()}{out}", back)
            return
        if not visitor.is_signed_in or roles is None:
            title = texts("access.alone")
            words = "".join(
                f"<p>{html.escape(part)}</p>"
                for part in (texts("access.alone_help", visitor.name), texts("access.alone_more"))
            )
            self.show(title, f"<h1>{html.escape(title[:1].upper() + title[1:])}</h1>{words}{back}")
            return
        title = texts("access.person", visitor.name)
        may = "".join(
            f"<li>{html.escape(texts(f'right.{right}'))}</li>" for right in rights.Right if visitor.may(right)
        )
        about = f"{texts('access.roles')}: {', '.join(texts(f'role.{role}') for role in roles)}"
        told_of, wrong_of = await self._of_bridge() if visitor.may(rights.Right.BALANCE) else ({}, "")
        told = f'<p role="alert">{html.escape(wrong)}</p>' if wrong else ""
        told += f'<p role="status">{html.escape(done)}</p>' if done else ""
        if not visitor.has_own_password:
            told += f"<p>{html.escape(texts('access.own_first'))}</p>"
            about, back = "", ""
        balance = self._balance(told_of) + wrong_of
        change = self.form(
            "person",
            texts("access.change"),
            self.field("old", texts("access.old"), "password", "current-password"),
            self.field("new", texts("access.new"), "password", "new-password"),
            plain=True,
        )
        self.show(
            title,
            f"<h1>{html.escape(title)}</h1>"
            + (
                f"<p>{html.escape(about)}</p><h2>{html.escape(texts('access.rights'))}</h2><ul>{may}</ul>{balance}"
                if about
                else ""
            )
            + self.form("sign-out", texts("access.sign_out")),
            f"<h2>{html.escape(texts('access.change'))}</h2>{told}{change}",
            *([back] if back else []),
        )


PATTERNS: Final = [(f"/{gates.SIGN_IN}", SignIn), ("/sign-out", SignOut), ("/person", OwnPage)]
"""Below the server's own prefix."""

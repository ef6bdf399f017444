"""One bridge put together: configuration, document, database, sounds, media, engine, SIP, mail. What `pbx live` runs.

Decides the order in which parts start and stop, and what must be right before the first call is taken: the document
without errors, every sound there and as long as the document says, calls of a killed bridge closed. Leaves every part to
its own file. Raises PbxError of some kind when it cannot start; nothing is left running then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from engine.account.call_rights import Rights, Sight
from engine.analysis import check
from engine.contract import events as ev
from engine.contract.ids import SECOND_US
from engine.control.engine import Engine
from engine.records import journal
from engine.records.history import CallRecord
from engine.state.flow import Flow
from live_bridge.calls.clock import Clock
from live_bridge.calls.media_watch import MediaWatch
from live_bridge.config import ConfigError, LiveConfig, Secrets, datasets, read_config
from live_bridge.integrations import setup as integrations
from live_bridge.integrations.asking import CrmAsker
from live_bridge.media import descriptors
from live_bridge.media.session import Media, MediaSettings
from live_bridge.media.sounds import Sounds
from live_bridge.outbound.http_client import WebClient, own_secret
from live_bridge.outbound.mail import Mailer
from live_bridge.outbound.webhooks import Hooks
from live_bridge.promotion.canary_watch import CanaryWatch
from live_bridge.promotion.gate import PromotionGate
from live_bridge.promotion.start import Start, Starter
from live_bridge.promotion.version_history import Versions
from live_bridge.service.account_state import AccountState
from live_bridge.service.document_file import read_document
from live_bridge.service.health_report import HealthReport
from live_bridge.service.housekeeping import Housekeeping
from live_bridge.service.mailbox_access import BoxesOfPbx
from live_bridge.service.mailboxes import Mailboxes
from live_bridge.service.manual_acts import ManualActs
from live_bridge.service.passwords import account, generate
from live_bridge.service.phone_settings import SettingsKeeper
from live_bridge.service.registrations import keep_registrations, restore_registrations
from live_bridge.service.runtime_versions import engine_version, tzdata_version
from live_bridge.service.seen_calls import SeenCalls
from live_bridge.service.sip_configuration import accounts_of, check_trunks, domain_of, sip_settings
from live_bridge.service.sip_logins import SipLogins
from live_bridge.service.user_rights import UserRights
from live_bridge.service.voicemail_pins import VoicemailPins
from live_bridge.sip.digest import Account
from live_bridge.store import private_files, webhook_outbox
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import JournalWriter, read_running, recover
from live_bridge.store.links import SECRET_FILE as LINK_SECRET
from live_bridge.store.links import Links
from live_bridge.store.member_activity import seats_of
from live_bridge.store.store import Store, StoreError
from live_bridge.store.webhook_outbox import HookBook

if TYPE_CHECKING:
    from live_bridge.calls.bridge_view import BridgeView
    from live_bridge.calls.call_controller import CallController
    from live_bridge.calls.driver import Driver
    from live_bridge.calls.engine_port import AnyEngine
    from live_bridge.calls.stage import Stage

log = logging.getLogger(__name__)

CALLERS_LOOKED_AT = 5_000
"""Calls of the history by which a version is asked whether its number rules miss callers (R-12.4): some weeks of an office."""


class Service:
    """A bridge from start to stop. Use as a context manager, or call `start` and `stop`."""

    def __init__(
        self,
        config: LiveConfig,
        broken: Callable[[], None] = lambda: None,
        extras: Sequence[Callable[[Service], Callable[[], None]]] = (),
        stage: Stage | None = None,
        starter: Starter | None = None,
    ) -> None:
        """`broken` is called once should a part stop working that only a new process can mend; `health` says which. `extras`
        are started last of all, with this service, and what each gives is called first when it stops: the API is one. With
        a `stage` this is a rehearsal: time, chance and servers are its own. `starter` says in whose name a document goes live;
        without one, that of a trial where there is no configuration file."""
        self.config = config
        self._stage = stage
        self._starter = Starter(is_trial=config.file is None) if starter is None else starter
        self.held_back = ""
        """Why the document's file is not live; empty when nothing holds it back."""
        self._extras = tuple(extras)
        self._broken = broken
        self._document = read_document(config)
        self._flow = self._document.flow
        self.versions: Versions | None = None
        self.pbx = self._document.pbx
        self.recovered: list[CallRecord] = []
        """Calls a killed bridge had left open, closed by this start."""
        self.new_passwords: dict[int, str] = {}
        """Passwords made by `give_passwords`: to be shown once."""
        self.started_at = 0.0
        self.store: Store
        self.records: BridgeJournal
        self.media: Media
        self.journal: JournalWriter
        self.driver: Driver
        self.view: BridgeView
        self.mailboxes: Mailboxes
        self.pins: VoicemailPins
        self.acts: ManualActs
        self.account: AccountState
        self.logins: SipLogins
        self.rights: UserRights
        self.canary: CanaryWatch
        self.mailer: Mailer | None = None
        self.web: WebClient
        self.talks: MediaWatch
        self.links: Links
        self.hooks: Hooks | None = None
        self._accounts: dict[int, Account] = {}
        """What the registrar looks at; changed in the loop's thread only."""
        self._hosts: dict[str, str] = {}
        """Operators' hosts by trunk, for history; changed in the loop's thread only."""
        self._known: dict[str, Flow] = {}
        """Every version this run may name."""
        self.book: HookBook | None = None
        """Puts down the webhooks of a call that is over."""
        self._parts = ExitStack()
        self.ready = False
        """Whether calls are taken."""
        self.housekeeping = Housekeeping(self)
        self._health = HealthReport(self)

    @property
    def flow(self) -> Flow:
        """The version that takes new calls; before the start, the document. Raises FlowError when that cannot be read."""
        if self.versions is not None:
            return self.versions.flow
        return self._document.meant if self._flow is None else self._flow

    def __enter__(self) -> Service:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- start and stop ----------------------------------------------------------------------------------------------

    def start(self, *, passwords_for_all: bool = False) -> None:
        """Start everything and take calls. With `passwords_for_all`, users who have none get one."""
        try:
            self._start(passwords_for_all)
        except BaseException:
            self._parts.close()
            raise

    def _start(self, passwords_for_all: bool) -> None:
        # Imported late: only a process that takes calls starts the SIP thread.
        from live_bridge.calls.bridge_view import BridgeView
        from live_bridge.calls.driver import Driver
        from live_bridge.sip.loop import the_loop

        config = self.config
        descriptors.raise_limit()
        secrets = Secrets(config.secrets)
        private_files.begin()
        private_files.make_folder(config.folder)
        private_files.close_to_others(config.folder)
        self.store = Store(config.database_url, may_be_away=True)
        self._parts.callback(self.store.close)
        # First what an earlier process left for the database: it may hold the end of calls, versions, passwords.
        self.records = BridgeJournal(
            self.store, self.pbx, config.folder,
            keep_bytes=config.keep.journal_mb * 1_000_000, keep_s=config.keep.journal_hours * 3600.0,
        )  # fmt: skip
        self._parts.callback(self.records.close)
        if not self.store.absent:
            self.store.remember_tokens()
        sounds = Sounds(config.prompts_folder, config.folder / "media" / "prepared", datasets() / "prompts")
        gate = PromotionGate(config.promotion, self.records.state, self.pbx)
        start = Start(
            self.records.state, gate, self._starter,
            check=lambda flow: check.check(flow, callers=self._callers()),
            sounds=lambda flow: sounds.check(flow.head.prompts),
        )  # fmt: skip
        document = self._document
        if document.unread is not None:
            restored = start.without_file(document.unread)
        else:
            restored = start.restore(document.meant, document.text)
        self.held_back = restored.held_back
        self.records.state.remember_texts(restored.flows)
        flow = self._flow = restored.live
        self._known = dict(restored.flows)
        if wrong := sounds.check(flow.head.prompts):
            raise ConfigError("\n".join(wrong))
        domain = domain_of(config, flow)
        if self.records.is_level:
            self.recovered = recover(self.store, self.pbx, domain)
        if passwords_for_all:
            self.give_passwords()
        check_trunks(config, restored.flows.values())
        settings = sip_settings(config, restored.in_force, self.records.state, secrets)
        self._accounts = dict(settings.accounts)
        settings = msgspec.structs.replace(settings, accounts=self._accounts)

        others = tuple(digest for digest in restored.flows if digest != flow.digest)
        header = journal.Header(engine=engine_version(), tzdata=tzdata_version(), flow=flow.digest, flows=others)
        self._hosts.update({key: trunk.host for key, trunk in settings.trunks.items()})
        label = self.records.state.label
        hooks = (*config.hooks, *integrations.hooks(config.integrations))
        book = HookBook(hooks, domain, lambda: self.flow, label) if hooks else None
        self.book = book
        if book is not None:
            for record in self.recovered:
                webhook_outbox.keep(self.store, self.pbx, book.ended(record), record.end)
        self.journal = JournalWriter(
            self.store, self.records.file, self.pbx, header, domain, self._hosts, book, mail=config.mail is not None,
            run=self.records.next_run(), seats=self._seats,
        )  # fmt: skip
        self._parts.callback(self.journal.close)

        media_settings = MediaSettings(
            listen=config.media.listen,
            public=config.media.public,
            ports=config.media.ports,
            folder=config.folder / "media",
        )
        loop = the_loop()
        self.media = Media(loop.post, media_settings, sounds, self._media_gone)
        self._parts.callback(self.media.close)
        if config.mail is not None:
            self.mailer = Mailer(
                self.store, self.pbx, config.mail, secrets.get(config.mail.password_name), self.media.recordings,
                self.name_of, flow.head.zone, config.language,
            )  # fmt: skip
            self._parts.callback(self.mailer.close)
        secret = secrets.get(config.web.secret_name).encode() or own_secret(config.folder)
        self.web = WebClient(config.web, secret, domain=config.domain)
        self._parts.callback(self.web.close)
        public = config.http.public if config.http is not None else ""
        self.links = Links(own_secret(config.folder, LINK_SECRET), self.media.recordings, public)
        crms = integrations.made(config.integrations, secrets, ZoneInfo(flow.head.zone))
        if hooks:
            keys = {hook.name: secrets.get(hook.secret_name).encode() or secret for hook in config.hooks}
            writers = integrations.writers(crms)
            self.hooks = Hooks(self.store, self.pbx, hooks, keys, self.web, self.links.url, writers=writers)
            self._parts.callback(self.hooks.close)
        calls_engine = Engine(flow)
        for other in restored.flows.values():
            calls_engine.know(other)
        clock = Clock() if self._stage is None else self._stage.clock
        if not clock.not_before(last := self.records.last_instant()):
            log.warning(
                "the last run ended %.1f h after the present time: the clock was wrong then, or is now. Calls are told "
                "the present time", (last - clock.now()) / SECOND_US / 3600,
            )  # fmt: skip
        parts: dict[str, Any] = {
            "journal": self.journal.append,
            "said": self.journal.said,
            "ask": CrmAsker(self.web, crms).ask,
            "send": self.mailer.send if self.mailer is not None else None,
        }
        self.driver = Driver(
            calls_engine,
            settings,
            self.media,
            rebuild=self._rebuild,
            language=config.language,
            refuses=self._refuses,
            clock=clock,
            **(parts if self._stage is None else self._stage.in_place_of(parts)),
        )
        self.logins = SipLogins(
            self.driver.ring_for_login,
            self.records.state,
            lambda: self.domain,
            lambda user: user in self.flow.head.users,
            config.folder,
        )
        self._parts.callback(self.logins.close)
        self.driver.start()
        self.view = BridgeView(self.driver)
        self.started_at = time.monotonic()
        self._parts.callback(self.driver.stop)
        restore_registrations(self.records, self.view, self.flow)
        self.mailboxes = Mailboxes(
            self.store, self.pbx, self.driver.tell_messages,
            lambda box, messages: self.driver.submit(ev.MailboxCounted(box=box, messages=messages)),
        )  # fmt: skip
        self._parts.callback(self.driver.subscribe(self.mailboxes.take))
        self.mailboxes.load()
        self.pins = VoicemailPins(config.folder, self.records.state)
        self.driver.open_mailboxes(BoxesOfPbx(self.mailboxes, self.pins, self.media.recordings))
        self.rights = UserRights(config.folder, self.records.state)
        phone_settings = SettingsKeeper(config.folder)
        phone_settings.restore(lambda user: user in self.flow.head.users, self.driver.submit)
        self._parts.callback(self.driver.subscribe(phone_settings.take))
        self.acts = ManualActs(
            self.records.state, self.pbx, lambda: self.flow, self.driver.submit, self.driver.forget_number
        )
        self.acts.restore()
        self.account = AccountState(self.records.state, self.pbx, lambda: self.flow, self.driver.submit, config.folder)
        self.account.restore()
        self.versions = Versions(
            self.records.state,
            self.pbx,
            self.driver,
            sounds,
            restored,
            self.journal.know,
            self._signalling_for,
            self._callers,
            gate,
        )
        self.records.feeder.on_fed = self._fed
        self.records.start()
        self.canary = self.versions.watch(self.store, self.records.settle)
        self._parts.callback(self.canary.start())
        self.talks = MediaWatch(self.driver.ask_inside(lambda controller: controller), loop, config.watch)
        self._parts.callback(self.talks.close)
        self._parts.callback(self.driver.subscribe(self.talks.take))
        if self.hooks is not None:
            self._parts.callback(self.driver.subscribe(self.hooks.take))
        for extra in self._extras:
            self._parts.callback(extra(self))
        self._parts.callback(self.housekeeping.start())
        self.ready = True

    def _callers(self) -> list[str]:
        """Numbers of the latest callers from outside, as their carriers presented them."""
        try:
            found = self.store.history(self.pbx, limit=CALLERS_LOOKED_AT)
        except StoreError as error:  # a version may be published while the database is away
            log.warning("number rules are not held against the history: %s", error)
            return []
        return [record.caller_id_number for record in found if record.accountcode in ("inbound", "missed")]

    def stop(self, drain_s: float | None = None) -> bool:
        """Take no new calls, give those in progress `drain_s` seconds, then end everything; False if calls were cut."""
        if not self.ready:
            return True
        self.ready = False
        drained = self.driver.drain(self.config.drain if drain_s is None else drain_s)
        keep_registrations(self.records, self.view)
        self.records.settle()  # a snapshot is right while the database lags too, only longer to read after
        self.housekeeping.keep_snapshot(must=True)
        self._parts.close()
        return drained

    # --- parts -------------------------------------------------------------------------------------------------------

    def give_passwords(self) -> dict[int, str]:
        """Make a SIP password for every user who has none for this domain; the new ones, to be shown once."""
        domain = domain_of(self.config, self.flow)
        known = self.records.state.accounts(self.pbx)
        for user in self.flow.head.users:
            if user not in known or known[user].realm != domain:
                password = generate()
                if self.store.absent:
                    self.records.state.keep_account(account(user, domain, password))
                else:
                    self.store.keep_account(self.pbx, account(user, domain, password))
                self.new_passwords[user] = password
        return self.new_passwords

    def new_password(self, user: int) -> str:
        """Give a user a new SIP password, on the disk and in force when this returns; it is to be shown once. KeyError for
        no user, JournalUnavailable when it cannot be written down: then the old one holds."""
        if user not in self.flow.head.users:
            raise KeyError(user)
        password = generate()
        self.records.state.keep_account(account(user, domain_of(self.config, self.flow), password))
        self.reload_accounts()
        return password

    def reload_accounts(self) -> None:
        """Take the users' passwords again from the database: a phone that registers next needs the new one."""
        flows = self.versions.in_force if self.versions is not None else (self.flow,)
        found = accounts_of(flows, domain_of(self.config, self.flow), self.records.state)
        if found == self._accounts:
            return
        accounts = self._accounts

        def put() -> None:
            accounts.clear()
            accounts.update(found)

        self.driver.ask_inside(lambda _: put())

    def name_of(self, number: int) -> str:
        """What people call an element or a user."""
        user = self.flow.head.users.get(number)
        if user is not None:
            return user.name or str(number)
        element = self.flow.elements.get(number)
        return element.name if element is not None and element.name else str(number)

    def _rebuild(self) -> AnyEngine:
        """An engine as it was before the event that broke it, from the journal."""
        self.journal.flush()
        known = self._known if self.versions is None else self.versions.flows
        # What was said is not compared: after a fault the engine may rightly say something else.
        return journal.replay(self.journal.header, read_running(self.store, self.records.file, self.journal.run), known)

    # --- versions ----------------------------------------------------------------------------------------------------

    def _signalling_for(self, flows: Sequence[Flow]) -> Callable[[CallController], None]:
        """Trunks and users of versions that are to take calls, with `live.yaml` as it is now; the result puts them in force
        in the thread of the calls, and calls in progress stay. ConfigError when `live.yaml` or a secret cannot be read."""
        config = self.config
        if config.file is not None:
            fresh = read_config(config.file)
            config = config.model_copy(update={"trunks": fresh.trunks, "secrets": fresh.secrets})
        settings = sip_settings(config, flows, self.records.state, Secrets(config.secrets))

        def put(controller: CallController) -> None:
            self._accounts.clear()
            self._accounts.update(settings.accounts)
            self._hosts.update({key: trunk.host for key, trunk in settings.trunks.items()})
            controller.endpoint.change(msgspec.structs.replace(settings, accounts=self._accounts))

        return put

    # --- what happens elsewhere --------------------------------------------------------------------------------------

    def _seats(self, digest: str) -> Mapping[int, Sequence[int]]:
        """Queues of the members of a version of this run."""
        found = self._known.get(digest)
        return {} if found is None else seats_of(found)

    def _fed(self, kinds: frozenset[str]) -> None:
        """The database has more to be sent."""
        if self.mailer is not None and "letters" in kinds:
            self.mailer.look()
        if self.hooks is not None and "hook_letters" in kinds:
            self.hooks.look()

    def _refuses(self, called: str) -> bool:
        """Whether a new call is refused: what cannot be written down is not begun, but for a call for help (R-02.8)."""
        return bool(self.records.file.failed) and called not in self.flow.head.settings.emergency

    def _media_gone(self) -> None:
        log.critical("rtp.io does not answer any more: no call gets media until this process is started again")
        self._broken()

    # --- what people ask ---------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        """How it goes: `ok` is false when something calls need is not well, `parts` says what."""
        return self._health.report()

    def rights_of(self, user: int) -> Rights | None:
        """What a user may see beside their own calls; None for nobody of this PBX."""
        return self.rights.of(user) if user in self.flow.head.users else None

    def seen_calls(self, sight: Sight) -> SeenCalls:
        """The calls that somebody sees (R-23.12)."""
        return SeenCalls(self.store, self.pbx, sight)

    @property
    def domain(self) -> str:
        """SIP domain of the PBX (R-01.4)."""
        return domain_of(self.config, self.flow)

    @property
    def recordings(self) -> Path:
        """Where voice messages lie."""
        return self.media.recordings

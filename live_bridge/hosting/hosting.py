"""The hosting process as a whole: its database, payment systems, and what happens by itself.

Decides what runs how often: e-mails and bridges every few seconds, the daily run every minute, as charges fall due at their own
instant whenever it comes; and that a fault of one of these stops none of the others. Leaves requests to `pages/`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from engine.contract.ids import SECOND_US, Instant
from live_bridge.hosting import billing, daily
from live_bridge.hosting.attaching import Attacher
from live_bridge.hosting.billing import How, Receipt
from live_bridge.hosting.bridges import Keeper
from live_bridge.hosting.config import HostingConfig, secret
from live_bridge.hosting.database import Database
from live_bridge.hosting.emails import Postman
from live_bridge.hosting.front import FrontKeeper
from live_bridge.hosting.numbers import Offer
from live_bridge.hosting.partner import PartnerOperator
from live_bridge.hosting.runners import ChildRunner, Runner, SystemdRunner
from live_bridge.hosting.sign_in import SignIn
from live_bridge.hosting.systems import PaymentSystem, PlatronSystem, RobokassaSystem
from live_bridge.hosting.telling import Teller
from live_bridge.payments.notices import NoticeRefused, PaymentNotice
from live_bridge.payments.platron import PlatronShop
from live_bridge.payments.robokassa import RobokassaShop
from live_bridge.store.rows import now

log = logging.getLogger(__name__)

LOOK_S = 2.0
RUN_EVERY_US = 60 * SECOND_US


class Hosting:
    """One hosting process. From any thread."""

    def __init__(self, config: HostingConfig, clock: Callable[[], Instant] = now) -> None:
        """Raises ConfigError for a secret that is not set, StoreError for a database that cannot be opened."""
        self.config = config
        self.clock = clock
        self.systems = _systems(config)
        password = secret(config.mail.password_name) if config.mail.password_name else ""
        self.database = Database(config.database)
        self.sign_in = SignIn(
            self.database,
            config.public,
            clock,
            config.trial_days * 86_400 * SECOND_US,
            config.servers,
            issuer=config.suffix,
        )
        self.postman = Postman(self.database, config.mail, password, clock)
        self.teller = Teller(self.database, clock, config.zone)
        self.keeper = _keeper(config, self.database, clock)
        self.front = FrontKeeper(self.database, config) if config.front is not None else None
        self.partner = _partner(config)
        self.attacher = Attacher(self.database, config, self.partner) if self.partner is not None else None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._ran_at: Instant = 0
        self._set_first_prices()

    def _set_first_prices(self) -> None:
        with self.database.writing() as connection:
            known = billing.price_changes(connection)
            if [one.at for one in known] == [0]:
                billing.set_prices(connection, 1, self.config.prices.price_list())

    # --- what happens by itself --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let happen what happens by itself, until `close`. Each sort in a thread of its own: a mail server that does not answer
        keeps no bridge waiting."""
        acts = [self._charge_and_tell, self.postman.send_due]
        if self.keeper is not None:
            acts.append(self.keeper.look)
        if self.front is not None:
            acts.append(self._keep_front)
        if self.attacher is not None:
            acts.append(self._attach)
        for act in acts:
            self._threads.append(threading.Thread(target=self._run, args=(act,), name=act.__name__, daemon=True))
            self._threads[-1].start()

    def close(self) -> None:
        """Stop, and let go of the database."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        if self.keeper is not None:
            self.keeper.close()
        self.teller.close()
        if self.partner is not None:
            self.partner.close()
        self.database.close()

    def _run(self, act: Callable[[], object]) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                act()
            except Exception:  # whatever it is, the next look tries again
                log.exception("what happens by itself failed; it is tried again")

    def _keep_front(self) -> None:
        if self.front is not None:
            self.front.look()

    def _attach(self) -> None:
        if self.attacher is not None:
            self.attacher.look(self.clock())

    def _charge_and_tell(self) -> None:
        at = self.clock()
        if at >= self._ran_at + RUN_EVERY_US:
            daily.run(self.database, at, self.config.zone, self.config.provider.model_dump())
            self._ran_at = at
        self.teller.tell_all()

    def offers(self, city: str) -> list[Offer]:
        """Free numbers of the partner operator (R-03.2). Raises PartnerAway, PartnerRefused."""
        if self.partner is not None:
            return self.partner.offers(city)
        known = (Offer(number=one.number, city=one.city, fee=one.fee) for one in self.config.numbers)
        return [one for one in known if city.lower() in one.city.lower()]

    # --- payments ----------------------------------------------------------------------------------------------------

    def hear(self, system: PaymentSystem, fields: Mapping[str, str]) -> tuple[str, str, How | None]:
        """A notice of a payment system: our answer, and what became of the money (R-21.12)."""
        notice: PaymentNotice | None = None
        how: How | None = None
        try:
            notice = system.read(fields)
        except NoticeRefused as refused:
            log.warning("a notice of %s was refused: %s", system.name, refused)
        if notice is not None and notice.paid:
            how = self._credit(notice)
            log.info("payment %s of %s: %s", notice.provider_id, system.name, how)
        return (*system.answer(notice, how), how)

    def _credit(self, notice: PaymentNotice) -> How:
        receipt = Receipt(system=notice.system, provider_id=notice.provider_id, amount=notice.amount, at=self.clock())
        return self.database.attempt(lambda connection: billing.receive(connection, receipt, notice.invoice))


def _keeper(config: HostingConfig, database: Database, clock: Callable[[], Instant]) -> Keeper | None:
    """Who keeps the bridges, where this process is to keep any."""
    if config.pbxs is None:
        return None
    runner: Runner = ChildRunner() if config.pbxs.run == "child" else SystemdRunner(config.pbxs.systemctl)
    return Keeper(database, config, runner, clock)


def _partner(config: HostingConfig) -> PartnerOperator | None:
    """The partner operator, where one is set up. Raises ConfigError."""
    one = config.operator
    return None if one is None else PartnerOperator(one.url, one.account, secret(one.key_name), one.application)


def _systems(config: HostingConfig) -> dict[str, PaymentSystem]:
    """The payment systems that are set up, by name. Raises ConfigError."""
    found: dict[str, PaymentSystem] = {}
    if config.robokassa is not None:
        one = config.robokassa
        shop = RobokassaShop(
            login=one.login,
            password1=secret(one.password1_name),
            password2=secret(one.password2_name),
            algorithm=one.algorithm,
            url=one.url,
        )
        found["robokassa"] = RobokassaSystem(shop)
    if config.platron is not None:
        other = config.platron
        platron_shop = PlatronShop(merchant=other.merchant, secret=secret(other.secret_name), url=other.url)
        found["platron"] = PlatronSystem(platron_shop, f"{config.public}/pay/platron/result")
    return found

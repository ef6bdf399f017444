"""The live world's database: SQLite by default, PostgreSQL by URL, the same tables in both.

Decides how a database is opened, brought up to date and tidied (R-24.4), and reads and writes everything but the journal,
which is `journal_store.py`'s. Every method may be called from any thread and is over when it returns; what it wrote is
there even if the process is killed in the next instant. Raises StoreError with what to do. Calls that are over are
`history_rows.py`'s, messages `messages.py`'s.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from engine.contract.ids import SECOND_US, Duration, Instant
from live_bridge.store import private_files
from live_bridge.store import tables as t
from live_bridge.store.credentials.key_pairs import PairRows
from live_bridge.store.credentials.phone_book import PhoneRows
from live_bridge.store.history_rows import HistoryRows
from live_bridge.store.messages import Email, MessageRows, VoiceMessage
from live_bridge.store.rows import StoreError, first_line, now

__all__ = ["Email", "Store", "StoreError", "VoiceMessage", "first_line", "now"]

KEEP_HISTORY_US: Duration = 3 * 366 * 86400 * SECOND_US
KEEP_ACTIVITY_US: Duration = 400 * 86400 * SECOND_US
"""What members did: a year and a month, so that a season can be held against the last one."""
KEEP_RECORDINGS_US: Duration = 90 * 86400 * SECOND_US
KEEP_MESSAGES_US: Duration = 30 * 86400 * SECOND_US
"""R-24.4, R-09.4."""

BUSY_WAIT_S = 10
"""How long a writer waits for another one (SQLite has one at a time)."""

FEEDER_WAIT_S = 1
"""The same for the feeder of the journal, which nobody waits for."""

CONNECT_WITHIN_S = 3
"""Longest wait for a database server that does not answer."""


class VersionChange(msgspec.Struct, frozen=True, kw_only=True):
    """One deed done to a version (R-25.5). `by` is the token's name, `standing` how versions stood afterwards, as JSON."""

    pbx: str
    at: Instant
    action: str
    flow: str
    share: float = 1.0
    by: str = ""
    acknowledged_by: str = ""
    standing: bytes = b""
    message: str = ""


class ManualAct(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did by hand (R-25.10). `by` is the token's name, `details` JSON."""

    pbx: str
    at: Instant
    act: str
    details: str
    by: str


class SipAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A user's SIP password as HA1 of both algorithms (RFC 7616)."""

    user: int
    realm: str
    ha1_sha256: str
    ha1_md5: str
    made_at: Instant = 0
    """Profiles of phones from before do not count any more."""


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)  # a text is there where somebody edited the row


class Store(HistoryRows, MessageRows, PairRows, PhoneRows):
    """An open database. `url` is SQLAlchemy's: `sqlite:///var/pbx.sqlite`, `postgresql+psycopg://user@host/name`."""

    def __init__(self, url: str, *, may_be_away: bool = False) -> None:
        """With `may_be_away`, a server that does not answer now is opened later, by `open_late`. StoreError otherwise."""
        try:
            self.url = sa.make_url(url)
        except SQLAlchemyError:
            raise StoreError(f"{url!r} is no database URL: write sqlite:///path or postgresql+psycopg://…") from None
        self.absent = ""
        """Why the database was not there when this was made; empty since it is."""
        self.is_away = lambda: bool(self.absent)
        self._tokens: dict[str, tuple[str, frozenset[str]]] = {}
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database not in (None, "", ":memory:"):
            file = Path(str(self.url.database))
            try:
                private_files.make_folder(file.parent)
                private_files.make_file(file)
            except OSError as error:
                raise StoreError(f"the database {file} cannot be made: {error.strerror}") from None
        try:
            self.engine = sa.create_engine(self.url, **_patience(self.is_sqlite, BUSY_WAIT_S))
            if self.is_sqlite:
                sa.event.listen(self.engine, "connect", _tune_sqlite)
            self._migrate()
        except (SQLAlchemyError, ModuleNotFoundError) as error:
            if may_be_away and not self.is_sqlite and isinstance(error, OperationalError):
                self.absent = first_line(error)
                return
            shown = self.url.render_as_string(hide_password=True)
            raise StoreError(f"the database {shown} cannot be opened: {first_line(error)}") from None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def open_late(self) -> None:
        """Bring a database up to date that was not there before. Raises SQLAlchemyError while it is not, and StoreError for one
        of a newer version."""
        if self.absent:
            self._migrate()
            self.absent = ""

    def feeding(self) -> sa.Connection:
        """A connection of its own for the feeder, which tries again by itself and so waits for nobody. Raises
        SQLAlchemyError."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, **_patience(self.is_sqlite, FEEDER_WAIT_S))
        if self.is_sqlite:
            sa.event.listen(engine, "connect", functools.partial(_tune_sqlite, wait_s=FEEDER_WAIT_S))
        return engine.connect()

    def _migrate(self) -> None:
        # Imported late: it takes a third of a second, and most commands open no database.
        from alembic import command as alembic
        from alembic.config import Config as AlembicConfig

        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            try:
                alembic.upgrade(config, "head")
            except Exception as error:
                if "Can't locate revision" in str(error):
                    raise StoreError(
                        "the database was written by a newer version of pbx-workbench: use that one"
                    ) from None
                raise

    def checkpoint(self) -> None:
        """Bring what was written into the main file (SQLite). It waits for the disk: never called by who takes calls."""
        if self.is_sqlite:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    # --- versions ----------------------------------------------------------------------------------------------------

    def keep_flow(self, pbx: str, digest: str, text: str) -> None:
        """Keep a document's text under its digest; the same one twice is kept once."""
        with self._writing() as connection:
            if connection.execute(sa.select(t.flows.c.digest).where(t.flows.c.digest == digest)).first() is None:
                connection.execute(t.flows.insert().values(digest=digest, pbx=pbx, stored_at=now(), text=text))

    def flow_text(self, digest: str) -> str | None:
        """The document of a version, or None."""
        found = self._all(sa.select(t.flows.c.text).where(t.flows.c.digest == digest))
        return str(found[0].text) if found else None

    def version_changes(self, pbx: str, limit: int = 1000, *, starts: bool = False) -> list[VersionChange]:
        """What was done to versions of `pbx`, the latest first; with `starts` also what a start brought about."""
        c = t.version_changes.c
        query = sa.select(t.version_changes).where(c.pbx == pbx).order_by(c.id.desc()).limit(limit)
        if not starts:
            query = query.where(c.action.not_in(t.AT_A_START))
        found = [{name: row._mapping[name] for name in VersionChange.__struct_fields__} for row in self._all(query)]
        return [VersionChange(**{**one, "standing": _bytes(one["standing"])}) for one in found]

    def manual_acts(self, pbx: str, limit: int = 1000, *, lasting: bool = False) -> list[ManualAct]:
        """What was done by hand to `pbx`, the latest first; with `lasting` without what was done to calls and members."""
        c = t.manual_acts.c
        query = sa.select(t.manual_acts).where(c.pbx == pbx).order_by(c.id.desc()).limit(limit)
        if lasting:
            query = query.where(c.act.not_in(t.PASSING_ACTS))
        return [ManualAct(pbx=f.pbx, at=f.at, act=f.act, details=f.details, by=f.by) for f in self._all(query)]

    # --- registrations and accounts ----------------------------------------------------------------------------------

    def registrations(self, pbx: str) -> list[tuple[int, str, bytes, Instant]]:
        """Where devices were when the bridge said so last: user, device, binding, expiry."""
        query = sa.select(t.registrations).where(t.registrations.c.pbx == pbx)
        return [(r.user, r.device, bytes(r.binding), r.expires_at) for r in self._all(query)]

    def keep_account(self, pbx: str, account: SipAccount) -> None:
        """A user's new password; the old one stops working at the next start or reload."""
        c = t.accounts
        with self._writing() as connection:
            connection.execute(c.delete().where(c.c.pbx == pbx, c.c.user == account.user))
            connection.execute(c.insert().values(pbx=pbx, **msgspec.structs.asdict(account)))

    def accounts(self, pbx: str) -> dict[int, SipAccount]:
        """Every user who has a password."""
        query = sa.select(t.accounts).where(t.accounts.c.pbx == pbx).order_by(t.accounts.c.user)
        return {
            a.user: SipAccount(
                user=a.user, realm=a.realm, ha1_sha256=a.ha1_sha256, ha1_md5=a.ha1_md5, made_at=a.made_at
            )
            for a in self._all(query)
        }

    # --- tokens ------------------------------------------------------------------------------------------------------

    def keep_token(self, name: str, digest: str, scopes: Sequence[str]) -> None:
        """A token of the HTTP API by its digest; one of the same name is replaced."""
        with self._writing() as connection:
            connection.execute(t.tokens.delete().where(t.tokens.c.name == name))
            connection.execute(
                t.tokens.insert().values(name=name, digest=digest, scopes=" ".join(scopes), made_at=now())
            )

    def token_scopes(self, digest: str) -> frozenset[str] | None:
        """What the token of this digest may do; None when there is none."""
        found = self._token(digest)
        return None if found is None else found[1]

    def token_name(self, digest: str) -> str:
        """What the token of this digest is called; empty when there is none."""
        found = self._token(digest)
        return "" if found is None else found[0]

    def _token(self, digest: str) -> tuple[str, frozenset[str]] | None:
        """Name and scopes. While the database is away, tokens are what they were when it was last there."""
        known = self._tokens.get(digest)
        if known is not None and self.is_away():
            return known
        try:
            found = self._all(sa.select(t.tokens.c.name, t.tokens.c.scopes).where(t.tokens.c.digest == digest))
        except StoreError:
            if known is None:
                raise
            return known
        if not found:
            self._tokens.pop(digest, None)
            return None
        self._tokens[digest] = (str(found[0].name), frozenset(str(found[0].scopes).split()))
        return self._tokens[digest]

    def scopes_named(self, name: str) -> frozenset[str] | None:
        """What the token of this name may do; None when there is none. As `token_scopes` while the database is away."""
        if not self.is_away():
            try:
                found = self._all(sa.select(t.tokens.c.scopes).where(t.tokens.c.name == name))
            except StoreError:
                pass
            else:
                return frozenset(str(found[0].scopes).split()) if found else None
        return next((scopes for known, scopes in self._tokens.values() if known == name), None)

    def remember_tokens(self) -> None:
        """Read all tokens, for a time without the database."""
        self._tokens = {
            str(one.digest): (str(one.name), frozenset(str(one.scopes).split()))
            for one in self._all(sa.select(t.tokens))
        }

    def tokens_known(self) -> list[tuple[str, str, list[str]]]:
        """Digest, name and scopes of all tokens that are remembered."""
        return [(digest, name, sorted(scopes)) for digest, (name, scopes) in self._tokens.items()]

    def take_tokens(self, known: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        """Remember these tokens, for a time without the database."""
        self._tokens = {digest: (name, frozenset(scopes)) for digest, name, scopes in known}

    def drop_token(self, name: str) -> bool:
        """Take a token away; False if there is none of that name."""
        with self._writing() as connection:
            return connection.execute(t.tokens.delete().where(t.tokens.c.name == name)).rowcount == 1

    # --- tidying -----------------------------------------------------------------------------------------------------

    def tidy(
        self,
        at: Instant,
        recordings: Path,
        *,
        history_us: Duration = KEEP_HISTORY_US,
        recordings_us: Duration = KEEP_RECORDINGS_US,
        messages_us: Duration = KEEP_MESSAGES_US,
        activity_us: Duration = KEEP_ACTIVITY_US,
    ) -> dict[str, int]:
        """Delete what is older than R-24.4 and R-09.4 allow; how many rows and files went."""
        gone: dict[str, int] = {}
        old = sa.select(t.voice_messages.c.file).where(t.voice_messages.c.left_at < at - messages_us)
        files = [recordings / str(found.file) for found in self._all(old)]
        with self._writing() as connection:
            for name, table, column, keep_us in (
                ("history", t.history, t.history.c.start_stamp, history_us),
                ("call_numbers", t.call_numbers, t.call_numbers.c.start_stamp, history_us),
                ("voice_messages", t.voice_messages, t.voice_messages.c.left_at, messages_us),
                ("letters", t.letters, t.letters.c.born_at, messages_us),
                ("hook_letters", t.hook_letters, t.hook_letters.c.born_at, messages_us),
                ("journal", t.journal, t.journal.c.at, recordings_us),
                ("member_activity", t.member_activity, t.member_activity.c.at, activity_us),
            ):
                gone[name] = connection.execute(table.delete().where(column < at - keep_us)).rowcount
            acts = t.manual_acts.c
            passing = sa.and_(acts.act.in_(t.PASSING_ACTS), acts.at < at - history_us)
            gone["manual_acts"] = connection.execute(t.manual_acts.delete().where(passing)).rowcount
            p = t.phone_profiles.c
            unfetched = sa.and_(p.fetched_at.is_(None), p.expires_at < at)
            gone["phone_profiles"] = connection.execute(t.phone_profiles.delete().where(unfetched)).rowcount
            ended = sa.select(t.runs.c.run).where(t.runs.c.ended_at < at - recordings_us)
            gone["outputs"] = connection.execute(t.outputs.delete().where(t.outputs.c.run.in_(ended))).rowcount
        if recordings.is_dir():
            limit_s = (at - recordings_us) / SECOND_US
            files += [path for path in recordings.iterdir() if path.is_file() and path.stat().st_mtime < limit_s]
        for path in files:
            path.unlink(missing_ok=True)
        gone["files"] = len(files)
        return gone


def _patience(is_sqlite: bool, wait_s: int) -> dict[str, Any]:
    """Options of an engine: how long a statement waits for what others hold, and a server for us."""
    if is_sqlite:
        return {"connect_args": {"timeout": wait_s}}
    options = f"-c lock_timeout={wait_s * 1000}"
    return {"pool_pre_ping": True, "connect_args": {"connect_timeout": CONNECT_WITHIN_S, "options": options}}


def _tune_sqlite(connection: Any, _record: object, wait_s: int = BUSY_WAIT_S) -> None:
    # A commit in WAL mode with NORMAL survives a killed process at once, and a power cut up to the last checkpoint; what a
    # power cut takes back comes again from the journal's files. Checkpoints wait for the disk and are made by hand, by a
    # thread that has time (`checkpoint`).
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "wal_autocheckpoint=0")
    for pragma in (f"busy_timeout={wait_s * 1000}", *pragmas):
        connection.execute(f"PRAGMA {pragma}")

"""Prometheus metrics of one bridge, made from the same notes as history.

Decides names and labels; labels are never numbers of people. What is counted of calls says on which version they were (R-25.6):
`flow`, the beginning of its digest, and `version`, its running number. Only versions that take new calls have series of their
own, so that there are never more than a few; calls of others count as `other`. Leaves serving to `app.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.contract import notes as note
from engine.contract.ids import SECOND_US, CallId, Instant
from live_bridge.store.call_versions import SHORT, LabelOf

WAITS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class _Sizes(Collector):
    """Gauges read when asked."""

    def __init__(self, sizes: Callable[[], Mapping[str, Any]]) -> None:
        self._sizes = sizes

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, value in self._sizes().items():
            if isinstance(value, (int, float)):
                yield GaugeMetricFamily(f"pbx_{name}", f"Held now: {name}.", value=float(value))


VERSION = ("flow", "version")
"""Labels of all that is counted of calls."""

SHARE = "Share of new calls; beside a canary that is narrowed to some calls, of those."

OTHER = ("other", "")
"""Those of calls on a version that takes no new ones, as they run to their end."""


class Metrics:
    """Counts notes. `take` is a subscriber of the driver, `text` the exposition format."""

    def __init__(
        self,
        sizes: Callable[[], Mapping[str, Any]],
        in_force: Iterable[tuple[str, float]] = (),
        label: LabelOf = lambda _: None,
    ) -> None:
        """`in_force` are the digests of the versions that take new calls now, the live one first, and their shares; `label` tells
        the number of a version."""
        self._label = label
        self._versions: dict[CallId, str] = {}
        """Of calls in progress."""
        self._in_force: dict[str, tuple[str, str]] = {}
        """Labels by digest, the live version first."""
        self._registry = CollectorRegistry()
        self._registry.register(_Sizes(sizes))
        self._share = Gauge("pbx_version_share", SHARE, VERSION, registry=self._registry)
        self._started = Counter(
            "pbx_calls_started", "Calls that came in.", ["origin", *VERSION], registry=self._registry
        )
        self._ended = Counter("pbx_calls_ended", "Calls that are over.", ["cause", *VERSION], registry=self._registry)
        self._answered = Counter("pbx_calls_answered", "Calls a person answered.", VERSION, registry=self._registry)
        self._abandoned = Counter(
            "pbx_calls_abandoned", "Callers who hung up in a queue.", ["queue", *VERSION], registry=self._registry
        )
        self._missed = Counter("pbx_offers_missed", "Offers a member did not take.", ["queue"], registry=self._registry)
        self._wait = Histogram(
            "pbx_wait_seconds",
            "Wait of answered calls at the element that rang.",
            VERSION,
            buckets=WAITS_S,
            registry=self._registry,
        )
        self._talk = Counter("pbx_talk_seconds", "Time people talked.", registry=self._registry)
        self._messages = Counter("pbx_voice_messages", "Voice messages left.", registry=self._registry)
        self._put_in_force(dict(in_force))

    def take(self, at: Instant, message: note.Note) -> None:
        """One note."""
        if isinstance(message, note.CallStarted):
            self._versions[message.call] = message.flow
            self._started.labels(message.origin, *self._of(message.call)).inc()
        elif isinstance(message, note.CallEnded):
            self._ended.labels(str(message.cause), *self._of(message.call)).inc()
            self._versions.pop(message.call, None)
            self._talk.inc(message.talk_us / SECOND_US)
        elif isinstance(message, note.CallAnswered):
            self._answered.labels(*self._of(message.call)).inc()
            self._wait.labels(*self._of(message.call)).observe(message.wait_us / SECOND_US)
        elif isinstance(message, note.CallAbandoned):
            self._abandoned.labels(str(message.queue), *self._of(message.call)).inc()
        elif isinstance(message, note.FlowChanged):
            self._change(message)
        elif isinstance(message, note.OfferMissed):
            self._missed.labels(str(message.queue)).inc()
        elif isinstance(message, note.MessageLeft):
            self._messages.inc()

    def _of(self, call: CallId) -> tuple[str, str]:
        return self._in_force.get(self._versions.get(call, ""), OTHER)

    def _change(self, changed: note.FlowChanged) -> None:
        """What takes new calls is another: the series of a version that takes none go."""
        live = next(iter(self._in_force), changed.flow)
        if changed.state == "live" or (changed.state == "canary" and changed.flow == live):
            self._put_in_force({changed.flow: 1.0})
        elif changed.state == "canary":
            share = changed.share
            self._put_in_force({live: 1.0 - share, changed.flow: share} if share else {live: 1.0})
        elif changed.state == "retired" and changed.flow != live and changed.flow in self._in_force:
            self._put_in_force({live: 1.0})

    def _put_in_force(self, shares: Mapping[str, float]) -> None:
        for gone in self._in_force.keys() - shares.keys():
            flow, version = self._in_force[gone]
            for counted in (self._share, self._started, self._ended, self._answered, self._abandoned, self._wait):
                counted.remove_by_labels({"flow": flow, "version": version})
        self._in_force = {digest: self._labels(digest) for digest in shares}
        for digest, share in shares.items():
            self._share.labels(*self._in_force[digest]).set(share)

    def _labels(self, digest: str) -> tuple[str, str]:
        known = self._label(digest)
        return digest[:SHORT], "" if known is None else str(known.number)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return bytes(generate_latest(self._registry))

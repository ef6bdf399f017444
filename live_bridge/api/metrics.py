"""Prometheus metrics of one bridge, made from the same notes as history.

Decides names and labels; labels are never numbers of people. Leaves serving to `app.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.contract import notes as note
from engine.contract.ids import SECOND_US, Instant

WAITS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)


class _Sizes(Collector):
    """Gauges read when asked."""

    def __init__(self, sizes: Callable[[], Mapping[str, Any]]) -> None:
        self._sizes = sizes

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, value in self._sizes().items():
            if isinstance(value, (int, float)):
                yield GaugeMetricFamily(f"pbx_{name}", f"Held now: {name}.", value=float(value))


class Metrics:
    """Counts notes. `take` is a subscriber of the driver, `text` the exposition format."""

    def __init__(self, sizes: Callable[[], Mapping[str, Any]]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Sizes(sizes))
        self._started = Counter("pbx_calls_started", "Calls that came in.", ["origin"], registry=self._registry)
        self._ended = Counter("pbx_calls_ended", "Calls that are over.", ["cause"], registry=self._registry)
        self._answered = Counter("pbx_calls_answered", "Calls a person answered.", registry=self._registry)
        self._abandoned = Counter(
            "pbx_calls_abandoned", "Callers who hung up in a queue.", ["queue"], registry=self._registry
        )
        self._missed = Counter("pbx_offers_missed", "Offers a member did not take.", ["queue"], registry=self._registry)
        self._wait = Histogram(
            "pbx_wait_seconds",
            "Wait of answered calls at the element that rang.",
            buckets=WAITS_S,
            registry=self._registry,
        )
        self._talk = Counter("pbx_talk_seconds", "Time people talked.", registry=self._registry)
        self._messages = Counter("pbx_voice_messages", "Voice messages left.", registry=self._registry)

    def take(self, at: Instant, message: note.Note) -> None:
        """One note."""
        if isinstance(message, note.CallStarted):
            self._started.labels(message.origin).inc()
        elif isinstance(message, note.CallEnded):
            self._ended.labels(str(message.cause)).inc()
            self._talk.inc(message.talk_us / SECOND_US)
        elif isinstance(message, note.CallAnswered):
            self._answered.inc()
            self._wait.observe(message.wait_us / SECOND_US)
        elif isinstance(message, note.CallAbandoned):
            self._abandoned.labels(str(message.queue)).inc()
        elif isinstance(message, note.OfferMissed):
            self._missed.labels(str(message.queue)).inc()
        elif isinstance(message, note.MessageLeft):
            self._messages.inc()

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return bytes(generate_latest(self._registry))

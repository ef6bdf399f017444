"""What is unwise about outgoing rules as a list (R-14.25), each finding with a number that shows it.

Decides: rules that never fire, rules that depend on order, bars that another form of the number walks around, fixed outputs
that cost money, forms of a number that nothing accepts, users nobody knows. A bar counts as walked around when what leaves
the PBX is the same subscriber as the number that was barred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from engine.contract import limits
from engine.contract.causes import Cause
from engine.document import models
from engine.document.fault_collector import FaultCollector
from engine.document.faults import Fault, TrialCall
from engine.numbers import mask_automata, masks, phone_numbers
from engine.numbers.digits import is_digits
from engine.numbers.mask_bank import MaskBank
from engine.numbers.phone_numbers import is_internal
from engine.state.flow import Flow
from engine.state.outgoing import OutgoingRoutes, Route, Rule, users_of

Originator = int | None

ORDINARY = ("89161234567", "84951234567", "88121234567", "9161234567", "4951234567")
"""Numbers of the country, for bars that name no number of their own."""

ABROAD = ("8104420794600", "810380441234567")
"""Numbers abroad in the form dialled from home."""

WAYS = ("a plus form", "another form", "a prefix")
"""Kinds of detour around a bar; each is reported once a rule."""

SUBSCRIBERS_TRIED = 8
"""Barred numbers tried for each bar and originator."""

DETOURS_TRIED = 30_000
"""Numbers tried in all, so that a long list is checked in seconds."""

MATCHING_AT_MOST = 700_000
"""States of single masks stepped for numbers that are tried; bars beyond it are not tried for detours."""

FIRING_AT_MOST = 700_000
"""States of single masks stepped for numbers that are likely to fire a rule; rules beyond it are not decided."""

SEARCH_AT_MOST = 2_500_000
"""States of single masks stepped in search of numbers that fire a rule; rules beyond it are not decided."""

ORIGINATORS_TRIED = 40
"""Originators a rule is looked at for; with more of them left over, it is not decided whether it never fires."""


class OutgoingCheck:
    """Findings about one flow's outgoing rules."""

    def __init__(self, flow: Flow, finder: FaultCollector) -> None:
        self.flow = flow
        self.outgoing: OutgoingRoutes = flow.outgoing
        self.rules = self.outgoing.rules
        self.finder = finder
        self.fires: dict[int, tuple[str, Originator]] = {}
        """A number and an originator for each rule that can fire."""
        self.undecided: dict[str, list[int]] = {}
        """Rules of which it is not known whether they ever fire, by the bound that was reached."""
        self.classes = self._originators()
        self.bank = MaskBank([rule.mask for rule in self.rules])
        self.search = mask_automata.Budget(SEARCH_AT_MOST)
        self._works = {one: _bits(rule.index for rule in self.rules if rule.works_for(one)) for one in self.classes}
        """Rules that work for an originator; sets of rules are bits of an int, the first rule the lowest."""
        self._taking: dict[str, int] = {}
        self._ends: dict[tuple[str, int], Route] = {}
        self.ranked = sorted(self.classes, key=lambda one: (one is None, self._works[one].bit_count()))
        """The same, those first that the fewest rules concern, the likeliest to come through to a late one; nobody last."""
        split = [(rule, rule.output.text.split("$")) for rule in self.rules if rule.mask.captures == 1]
        self.rewriting = [(rule, parts[0], parts[1]) for rule, parts in split if len(parts) == 2]
        """Rules that send a captured number on, with what stands before and after it."""

    def run(self) -> list[Fault]:
        """All findings."""
        self._lists()
        for rule in self.rules:
            self._never(rule)
        self._not_decided()
        self._order()
        for rule in self.rules:
            self._fixed(rule)
        self._bars()
        self._default()
        self._forms()
        return self.finder.found

    # --- who calls ---------------------------------------------------------------------------------------------------

    def _originators(self) -> tuple[Originator, ...]:
        """One originator of each way the rules' lists tell people apart, users before nobody."""
        known: dict[tuple[bool, ...], Originator] = {}
        lists = list(dict.fromkeys(rule.users for rule in self.rules))
        for user in (*self.flow.head.users, None):
            known.setdefault(tuple(user in users for users in lists), user)
        return tuple(known.values())

    def _trial(self, number: str, originator: Originator) -> TrialCall | None:
        """A call that shows it, if somebody can dial it."""
        user = originator if originator is not None else next(iter(self.flow.head.users), None)
        if user is None:
            return None
        return TrialCall(number=number, user=user, origin="user")

    def _takers(self, number: str) -> int:
        """The rules whose mask takes a number; none for one that never reaches the rules."""
        known = self._taking.get(number)
        if known is None:
            known = self._taking[number] = 0 if self._is_inside(number) else self.bank.taking(number)
        return known

    def _first(self, number: str, originator: Originator) -> int:
        """The rule that a number fires, by its place in the list; -1 for none."""
        firing = self._takers(number) & self._works[originator]
        return (firing & -firing).bit_length() - 1

    def _route(self, number: str, originator: Originator) -> Route:
        """What becomes of a cleaned number, as `Outgoing.route` says it."""
        first = self._first(number, originator)
        known = self._ends.get((number, first))
        if known is None:
            among = (self.rules[first],) if first >= 0 else ()
            known = self._ends[number, first] = self.outgoing.route(number, originator, among=among)
        return known

    def _is_inside(self, number: str) -> bool:
        """Whether a number never reaches the rules (R-14.9)."""
        return number in self.flow.head.settings.emergency or self.outgoing.route(number, among=()).inside is not None

    # --- rules by themselves -------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        for index, written in enumerate(self.flow.head.outgoing.rules):
            path = ("outgoing", "rules", index, "users")
            unknown = sorted(users_of(written.users) - self.flow.head.users.keys())
            words = [item.strip() for item in written.users.split(";") if item.strip() and not is_digits(item.strip())]
            for item in (*map(str, unknown), *words):
                message = f"no user has the number {item}"
                self.finder.add("unknown-user", "R-14.8", path, message, "Correct the list", self._any(index))
            rule = self.rules[index]
            if rule.mask.captures and not rule.output.uses_capture and not rule.output.bars:
                message = f"the mask of {rule.name} captures digits that its output {rule.output.text} does not use"
                example = next(iter(mask_automata.samples(rule.mask)), None)
                trial = self._trial(example, self._who(rule)) if example else None
                path = ("outgoing", "rules", index, "output")
                self.finder.add("unused-capture", "R-14.18", path, message, "Write $ where they belong", trial)

    def _any(self, index: int) -> TrialCall | None:
        """A call to a number that a rule's mask fits."""
        number = next(iter(mask_automata.samples(self.rules[index].mask)), None)
        return self._trial(number, None) if number else None

    def _who(self, rule: Rule) -> Originator:
        return next((one for one in self.classes if rule.works_for(one)), None)

    def _never(self, rule: Rule) -> None:
        """A rule that can never fire, with a number that an earlier one takes."""
        path = ("outgoing", "rules", rule.index)
        if not any(rule.works_for(one) for one in self.classes):
            users = "nobody" if not rule.users else "nobody who exists"
            example = next(iter(mask_automata.samples(rule.mask)), None)
            trial = self._trial(example, None) if example else None
            message = f"{rule.name} works for {users}, so it can never fire"
            self.finder.add("never-fires", "R-14.8", (*path, "users"), message, "List its users or remove it", trial)
            return
        examples = mask_automata.samples(rule.mask)
        likely = list(islice((one for one in self.ranked if rule.works_for(one)), ORIGINATORS_TRIED + 1))
        for one in likely[:ORIGINATORS_TRIED]:
            for number in examples:
                if self.bank.work > FIRING_AT_MOST:
                    return self._leave(rule, f"{FIRING_AT_MOST} steps of masks")
                if self._first(number, one) == rule.index:
                    self.fires[rule.index] = (number, one)
                    return
        overlapping = _bits(r.index for r in self.rules[: rule.index] if mask_automata.may_overlap(r.mask, rule.mask))
        tried: set[int] = set()
        for one in likely[:ORIGINATORS_TRIED]:
            earlier = overlapping & self._works[one]
            if earlier in tried:
                continue
            tried.add(earlier)
            if earlier & self.bank.alike[rule.mask.text]:
                continue
            different = {self.rules[index].mask.text: self.rules[index].mask for index in _places(earlier)}
            try:
                found = mask_automata.witness(
                    [rule.mask], list(different.values()), self._is_inside, budget=self.search
                )
            except mask_automata.Undecided:
                spent = self.search.left < 0
                return self._leave(
                    rule, f"{SEARCH_AT_MOST if spent else mask_automata.STATES_AT_MOST} states of a search"
                )
            if found is not None:
                self.fires[rule.index] = (found, one)
                return
        if len(likely) > ORIGINATORS_TRIED:
            return self._leave(rule, f"{ORIGINATORS_TRIED} kinds of callers")
        self._shadowed(rule, examples)

    def _leave(self, rule: Rule, bound: str) -> None:
        """Go on without knowing whether a rule ever fires."""
        self.undecided.setdefault(bound, []).append(rule.index)

    def _not_decided(self) -> None:
        """One finding for each bound that was reached, at the first rule that it concerns."""
        for bound, rules in self.undecided.items():
            first = self.rules[rules[0]]
            message = f"for {len(rules)} rules, {first.name} the first, it was not decided whether they ever fire"
            message += f": the bound of {bound} was reached"
            path = ("outgoing", "rules", first.index, "mask")
            remedy = "Join similar rules into one with an array { | }"
            self.finder.add("not-all-decided", "R-14.25", path, message, remedy, self._any(first.index))

    def _shadowed(self, rule: Rule, examples: tuple[str, ...]) -> None:
        path = ("outgoing", "rules", rule.index, "mask")
        who = self._who(rule)
        for number in examples:
            route = self._route(number, who)
            if route.index is not None:
                message = f"{rule.name} can never fire: earlier rules take every number it fits, such as {number}"
                message += f" by {self.rules[route.index].name}"
                remedy = "Move it up or remove it"
                self.finder.add("never-fires", "R-14.25", path, message, remedy, self._trial(number, who))
                return
        message = f"{rule.name} can never fire: no number that can be dialled fits its mask and reaches it"
        number = examples[0] if examples else "1"
        self.finder.add(
            "never-fires", "R-14.25", path, message, "Correct the mask or remove it", self._trial(number, who)
        )

    def _order(self) -> None:
        """Rules whose place in the list decides what happens to a number that an earlier one fits too."""
        before: dict[int, list[Rule]] = {}
        firing = _bits(self.fires)
        for rule in self.rules:
            if rule.index not in self.fires:
                continue
            number, who = self.fires[rule.index]
            if who is None:
                continue  # nobody can dial it
            here = _effect(self._route(number, who))
            same: dict[tuple[str, str, str], bool] = {}
            later = (self._takers(number) & self._works[who] & firing) >> (rule.index + 1) << (rule.index + 1)
            for index in _places(later):
                other = self.rules[index]
                alike = other.mask.text, other.output.text, other.trunk
                if alike not in same:
                    captured = other.mask.captured(number)
                    same[alike] = captured is None or _effect(self.outgoing.fired(other, captured)) == here
                if not same[alike]:
                    before.setdefault(index, []).append(rule)
        for index, earlier in sorted(before.items()):
            number, who = self.fires[earlier[0].index]
            others = f" and {len(earlier) - 1} more rules before it" if len(earlier) > 1 else ""
            message = f"{self.rules[index].name} fits {number} too, which {earlier[0].name} takes first{others}"
            path = ("outgoing", "rules", index, "mask")
            remedy = "Keep the order, or make the masks exclude each other"
            self.finder.add("order-matters", "R-14.25", path, message, remedy, self._trial(number, who))

    def _fixed(self, rule: Rule) -> None:
        """A fixed output that is a subscriber's number: whoever fits the mask calls it."""
        text = rule.output.text
        digits = text.removeprefix("+")
        if rule.output.uses_capture or rule.output.bars or rule.index not in self.fires:
            return
        if len(digits) >= 7 and is_digits(digits) and text not in self.flow.head.settings.emergency:
            number, who = self.fires[rule.index]
            if who is None:
                return  # nobody can dial it
            message = f"{rule.name} sends every number that fits to {text}, which may cost money"
            path = ("outgoing", "rules", rule.index, "output")
            remedy = "Use $ for the dialled number, or 0000 to bar"
            self.finder.add("fixed-output", "R-14.25", path, message, remedy, self._trial(number, who))

    # --- bars ----------------------------------------------------------------------------------------------------------

    def _bars(self) -> None:
        tries = DETOURS_TRIED
        work = self.bank.work + MATCHING_AT_MOST
        for rule in self.rules:
            if not rule.output.bars:
                continue
            reported: set[str] = set()
            for one in self.classes:
                if one is None or not rule.works_for(one) or len(reported) == len(WAYS):
                    continue  # groups and callbacks dial what an administrator wrote
                for barred in islice(self._barred_samples(rule, one), SUBSCRIBERS_TRIED):
                    for dialled, how, through in self._detours(barred, one, reported):
                        tries -= 1
                        if tries < 0:
                            return self._unfinished(rule, f"{DETOURS_TRIED} numbers")
                        if self.bank.work > work:
                            return self._unfinished(rule, f"{MATCHING_AT_MOST} steps of masks")
                        route = self._route(dialled, one)
                        if how not in reported and route.trunk is not None and not route.emergency:
                            if any(phone_numbers.is_same(barred, other) for other in (route.number, dialled)):
                                reported.add(how)
                                self._leak(rule, one, barred, dialled, through or how, route)

    def _unfinished(self, rule: Rule, bound: str) -> None:
        message = f"not all ways around the bars were tried, only some up to those of {rule.name}"
        message += f": the bound of {bound} was reached"
        path = ("outgoing", "rules", rule.index, "mask")
        remedy = "Join similar rules into one with an array { | }"
        self.finder.add("bars-not-all-tried", "R-14.25", path, message, remedy, self._any(rule.index))

    def _leak(self, rule: Rule, who: Originator, barred: str, dialled: str, how: str, route: Route) -> None:
        by = self.rules[route.index].name if route.index is not None else "the default number"
        message = f"{rule.name} bars {barred}, but {dialled} gets out through {by} ({how})"
        path = ("outgoing", "rules", rule.index, "mask")
        remedy = "Bar this form too: {p|}+ fits every number" if "+" in rule.mask.text else "Bar this form too"
        self.finder.add("bar-walked-around", "R-14.25", path, message, remedy, self._trial(dialled, who))

    def _barred_samples(self, rule: Rule, who: Originator) -> Iterator[str]:
        """Subscribers' numbers that this rule really bars for this originator."""
        for number in dict.fromkeys((*ORDINARY, *ABROAD, *mask_automata.samples(rule.mask, 24))):
            if len(number) >= 7 and self._first(number, who) == rule.index:
                yield number

    def _detours(self, barred: str, who: Originator, known: set[str]) -> Iterator[tuple[str, str, str]]:
        """Other ways to dial the same subscriber: the number, which of `WAYS`, and the rule it goes through.

        Ways that are `known` are not looked for again, also while the caller goes on adding to them.
        """
        targets = [barred]
        for form in (*phone_numbers.forms(barred), *_abroad(barred)):
            if form != barred:
                targets.append(form)
                yield form, WAYS[0] if form[0] == "+" else WAYS[1], ""
        for rule, before, after in self.rewriting:
            if WAYS[2] in known:
                return
            if not rule.works_for(who):
                continue
            for target in targets:
                if target.startswith(before) and target.endswith(after) and len(target) >= len(before) + len(after):
                    inner = target[len(before) : len(target) - len(after)]
                    for dialled in _around(rule, inner):
                        if dialled not in targets:
                            yield dialled, WAYS[2], f"the prefix of {rule.name}"

    # --- the list as a whole -------------------------------------------------------------------------------------------

    def _default(self) -> None:
        """Numbers that no rule takes, and emergency calls, when there is no default number (R-14.1)."""
        if self.flow.head.outgoing.default is not None or not self.flow.head.users:
            return
        for number in self.flow.head.settings.emergency:
            message = f"{number} reaches nobody: emergency calls leave through the default number, and there is none"
            trial = self._trial(number, next(iter(self.flow.head.users)))
            remedy = "Add outgoing: {default: <trunk>}"
            self.finder.add("no-emergency-route", "R-14.9", ("outgoing",), message, remedy, trial)

    def _forms(self) -> None:
        """Ways of writing a number that leave as they are, though no carrier takes them so."""
        default = self.flow.head.outgoing.default
        if default is None or not self.flow.head.users:
            return
        operator = self.flow.trunks[default].operator
        wanted = {"9161234567": "ten digits"}
        if operator.lower() in models.PARTNERS:
            wanted["1234567"] = "seven digits"
        who = next(iter(self.flow.head.users))
        for number, words in wanted.items():
            route = self.outgoing.route(number, who)
            if route.rule == "R-14.2" and route.trunk is not None:
                rule = "R-03.14" if words == "seven digits" else "R-14.25"
                message = f"a number of {words}, such as {number}, fits no rule and leaves as it is through {default}"
                remedy = (
                    "Add a rule that completes it: mask (dddddddddd), output 8$" if len(number) == 10 else "Add a rule"
                )
                path = ("outgoing", "rules")
                self.finder.add("form-not-accepted", rule, path, message, remedy, self._trial(number, who))


def _bits(places: Iterable[int]) -> int:
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits


def _places(bits: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _effect(route: Route) -> tuple[str | None, str, Cause | None]:
    """What a caller notices of a route."""
    return (route.trunk, route.number if route.cause is None else "", route.cause)


def _abroad(number: str) -> tuple[str, ...]:
    """`810…` and `+…` are one number abroad."""
    if number.startswith("810") and len(number) >= 10:
        return (f"+{number[3:]}",)
    if number.startswith("+") and not number.startswith("+7") and len(number) >= 8:
        return (f"810{number[1:]}",)
    return ()


def _around(rule: Rule, inner: str) -> Iterator[str]:
    """Numbers that make the rule's capture `inner`: its mask with the capture written out."""
    text = rule.mask.text
    start, end = text.index("("), text.index(")")
    before, after = text[:start], text[end + 1 :]
    for head in _literal(before):
        for tail in _literal(after):
            dialled = head + inner + tail
            if (
                len(dialled) <= limits.NUMBER_LENGTH
                and rule.mask.captured(dialled) == inner
                and not is_internal(dialled)
            ):
                yield dialled


@lru_cache(maxsize=4096)
def _literal(part: str) -> tuple[str, ...]:
    """Numbers that a piece of a mask outside its capture may be; empty text for none."""
    if not part:
        return ("",)
    return ("", *mask_automata.samples(masks.parse(part), 6))

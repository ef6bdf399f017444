"""A plan handed to those who work by it: a scenario for the PBX as it is, and which members the PBX still lacks.

Decides what of a plan's enlarged flow is left out: members that were made for the search and work in no shift. Leaves writing
them into a document to whoever edits documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.state.flow import Flow
from pbxsim.scenario.scenario import Scenario
from pbxsim.staffing.teams import Team


class Planned(Protocol):
    """A plan of a day or of a week."""

    @property
    def teams(self) -> tuple[Team, ...]:
        """Teams with members for the plan."""
        ...

    @property
    def scenario(self) -> Scenario:
        """With everybody's shifts."""
        ...


@dataclass(frozen=True)
class Newcomer:
    """A member whom the plan has at work and the PBX does not have; like another in every queue of theirs."""

    number: int
    like: int
    queues: tuple[int, ...]


def newcomers(plan: Planned, flow: Flow) -> tuple[Newcomer, ...]:
    """Members at work in the plan whom `flow` lacks, by their numbers. `flow` is the one that was planned for."""
    known = flow.document.head.users
    working = {member for shift in plan.scenario.shifts for member in shift.members}
    made = []
    for team in plan.teams:
        there = [member for member in team.members if member in known]
        made += [
            Newcomer(member, there[-1], team.queues)
            for member in team.members
            if member in working and member not in known
        ]
    return tuple(sorted(made, key=lambda one: one.number))


def scenario_for(plan: Planned, flow: Flow) -> Scenario:
    """The scenario with the plan's shifts, without users that neither `flow` has nor any shift names. It runs on `flow` where
    `newcomers` is empty, and else on the flow with them."""
    known = set(flow.document.head.users) | {one.number for one in newcomers(plan, flow)}
    return plan.scenario.replace(absent=tuple(user for user in plan.scenario.absent if user in known))

"""The fewest members and the cheapest shifts that keep the targets, by simulation of the flow."""

from pbxsim.staffing.plan import Plan, staff
from pbxsim.staffing.targets import Targets

__all__ = ["Plan", "Targets", "staff"]

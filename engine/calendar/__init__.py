"""Zones, holidays and schedules of hours: which minutes are open."""

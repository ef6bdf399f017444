"""Telephone numbers and dial masks: pure text, no call and no clock."""

"""Served by `serve.py`, run anew for every session; thin on purpose, so that sessions are released."""

from pbxsim.workbench.year.page import page

page().servable()

"""Served by `serve.py`, run again for every session; thin on purpose, so that sessions are released."""

from pbxsim.workbench.phone.page import page

page().servable()

"""Served by `serve.py`, run anew for every session; thin on purpose, so that sessions are released."""

from pbxsim.workbench.versions import page

page().servable()

"""Served by `serve.py`, run anew for every session; thin on purpose, so that sessions are released."""

from pbxsim.workbench.live import page

page().servable()

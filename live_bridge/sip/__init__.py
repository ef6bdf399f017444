"""Signalling: everything that speaks SIP, and the only place that imports sippy.

sippy binds its event dispatcher to the thread that first imports it, so no module outside this package may import sippy,
and nothing here that imports it may be imported anywhere but in the loop's thread:

    loop.py        the one thread, and the only door into it
    sanity.py      what is let through to the stack (text only, no sippy)
    sdp.py  digest.py  bindings.py  outcome.py  caller.py  settings.py     plain values and rules, no sippy
    shields.py  transport.py  manager.py  dialog.py  leg.py  registrar.py  endpoint.py     import sippy: loop's thread only
"""

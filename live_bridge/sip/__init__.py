"""Signalling: everything that speaks SIP, and the only place that imports sippy.

sippy binds its event dispatcher to the thread that first imports it, so no module outside this package may import sippy,
and nothing here that imports it may be imported anywhere but in the loop's thread:

    loop.py                                         the one thread, and the only door into it
    settings.py  digest.py  transport/message_filter.py  transport/front.py  registrar/bindings.py
    dialog/sdp.py  dialog/caller_id.py  dialog/cause_mapping.py     plain values and rules, no sippy
    all others                                      import sippy: loop's thread only
"""

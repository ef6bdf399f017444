"""The real telephone world: SIP by sippy, media by rtp.io, around the one engine. Never imports pbxsim.

    config     the settings of a bridge, `live.yaml`
    media      what callers hear and say, on rtp.io
    store      what the bridge keeps, in a database
    outbound   web requests, webhooks, e-mail
    sip        signalling, on sippy
    calls      the engine's commands carried out, and events brought to it
    service    the running bridge as a whole
    api        HTTP and WebSocket
    cli        the bridge's commands of `pbx`

A room imports only from those above it; docs/architecture.md draws them and walks through them.
"""

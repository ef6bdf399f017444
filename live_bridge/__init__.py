"""The real telephone world: SIP by sippy, media by rtp.io, around the one engine. Never imports pbxsim."""

"""What callers hear and say: sounds, sessions on rtp.io, recordings. The only place that imports rtp.io."""

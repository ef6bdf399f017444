"""Parts of a document beside the canvas, a file each: PBXs, users, trunks, outgoing rules, calendars, sounds, settings."""

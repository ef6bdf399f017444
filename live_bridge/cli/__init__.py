"""The bridge's commands of `pbx`."""

"""The contents of `pbx.yaml`, and how a fault in it is described."""

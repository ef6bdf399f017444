"""What `pbx.yaml` may say, and how a fault in it is described."""

"""The bridge's HTTP API, event stream and metrics: the only way in for the workbench and for other people's programs."""

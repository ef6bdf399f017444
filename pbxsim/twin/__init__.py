"""The twin of a running PBX: its present simulated into the next hour, held against what happens, and drift of the scenario."""

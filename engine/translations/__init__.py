"""Russian texts of faults, findings and traces."""

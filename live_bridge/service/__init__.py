"""The running bridge as a whole: start and stop, promotion of versions, passwords, logs, masking."""

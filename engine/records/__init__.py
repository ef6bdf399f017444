"""The records of calls: the journal of outside events and the history that people read."""

"""The contract between the engine and any world: events in, commands and notes out, and the words they share. Read it first."""

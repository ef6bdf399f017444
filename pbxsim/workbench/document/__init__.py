"""The document that is edited: draft, undo, references, YAML edits, files."""

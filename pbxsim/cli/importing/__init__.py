"""The command that makes a document of another PBX's configuration."""

"""The Compare page: what moves between two versions."""

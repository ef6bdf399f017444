"""The Design page: drawing and editing a flow."""

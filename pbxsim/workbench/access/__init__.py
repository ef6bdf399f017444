"""Who may do what in the workbench: persons, roles, sign-in and sessions."""

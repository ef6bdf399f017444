"""The command about who may sign in to the workbench, and the Russian of serving it."""

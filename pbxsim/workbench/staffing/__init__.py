"""The Staffing page: targets, teams and shifts in; a plan beside theory, what binds, and files to work by out."""

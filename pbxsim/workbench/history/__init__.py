"""The History page: calls of a running bridge that are over, found among all and looked at one by one."""

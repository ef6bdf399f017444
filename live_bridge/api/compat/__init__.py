"""The reference service's API, so that programs written for it go on working."""

"""Configurations of other PBXs as a document of ours, with an account of every setting: mapped, approximated, or left out."""

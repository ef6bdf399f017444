"""Versions of the product and of the time zone tables, for the headers of journals."""

from __future__ import annotations

import importlib.metadata

import engine


def engine_version() -> str:
    """Version of the product, for journals."""
    try:
        return importlib.metadata.version("pbx-workbench")
    except importlib.metadata.PackageNotFoundError:
        return str(getattr(engine, "__version__", "unpackaged"))


def tzdata_version() -> str:
    """Version of the time zone tables, for journals."""
    try:
        return importlib.metadata.version("tzdata")
    except importlib.metadata.PackageNotFoundError:
        return "system"

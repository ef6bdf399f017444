"""The way from a text to a flow, at the address that programs outside this project import: `from engine import source`.

Decides nothing: `loading/load.py` loads, `document/yaml_text.py` parses.
"""

from engine.document.yaml_text import parse
from engine.loading.load import examine, load

__all__ = ["examine", "load", "parse"]

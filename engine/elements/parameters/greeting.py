"""The settings of a greeting in a document (R-05).

Apart from `greeting.py`, which decides what a greeting does, because that file is compiled and models are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.document.models import Field, Key, Output, Parameters


class GreetingParameters(Parameters):
    """Parameters of a greeting (R-05)."""

    kind: Literal["greeting"] = "greeting"
    prompt: str = Field(description="The sound; its length stands under `prompts` (R-05.2).")
    keys: dict[Key, Output] = Field(default_factory=dict, description="Key to output (R-05.3).")
    barge_in: bool = Field(default=True, description="The first valid key stops the sound (R-05.4).")
    wrong_key_prompt: str | None = Field(default=None, description="Played before the next round (R-05.6).")
    dial_extension: bool = Field(default=False, description="Callers may dial an internal number (R-05.8).")
    next: Output = Field(default=None, description="Output of a greeting without keys (R-05.7).")
    no_input: Output = Field(default=None, description="Output when the last round had no key (R-05.6).")
    invalid: Output = Field(default=None, description="Output when the last round had a wrong key (R-05.6).")

    @classmethod
    def idle_outputs(cls, settings: Mapping[str, Any]) -> dict[str, str]:
        if settings.get("keys") or settings.get("dial_extension"):
            return {"next": "it asks for keys"}
        return {"no_input": "it asks for no keys", "invalid": "it asks for no keys"}

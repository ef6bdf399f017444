"""What the paths of versions share: the running bridge's versions, which one a word stands for, and how refusals are answered.

Decides status codes of refusals: 404 a word that stands for no version, 422 faults of a document, 409 what waits for a person or
cannot be done now. Leaves what is refused to `promotion/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import HTTPException

from engine.contract.errors import FlowError
from live_bridge.promotion.gate import EvidenceRefused
from live_bridge.promotion.standing import PromotionRefused
from live_bridge.promotion.version_names import NameRefused, VersionUnknown

if TYPE_CHECKING:
    from live_bridge.promotion.version_history import Versions
    from live_bridge.service.service import Service


@contextmanager
def refusals() -> Iterator[None]:
    """Answer what versions refuse."""
    try:
        yield
    except VersionUnknown as error:
        raise HTTPException(404, str(error)) from None
    except NameRefused as error:
        raise HTTPException(409, {"message": str(error), "warnings": []}) from None
    except EvidenceRefused as error:
        raise HTTPException(422, {"message": str(error), "faults": []}) from None
    except FlowError as error:
        raise HTTPException(422, {"message": str(error), "faults": msgspec.to_builtins(error.faults)}) from None
    except PromotionRefused as error:
        raise HTTPException(409, {"message": str(error), "warnings": msgspec.to_builtins(error.warnings)}) from None


class VersionAccess:
    """Versions of one bridge, for the paths about them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def versions(self) -> Versions:
        """Those of the running bridge; answers 503 while it starts or stops."""
        if self._service.versions is None:
            raise HTTPException(503, "the bridge starts or stops; try again in a moment")
        return self._service.versions

    def known(self, word: str) -> str:
        """The digest that a word stands for; answers 404 with what it may have meant."""
        with refusals():
            return self.versions.resolve(word)

    def labelled(self, digest: str) -> dict[str, Any]:
        """Number and name of a version."""
        label = self.versions.labels().get(digest)
        return {"number": None, "name": ""} if label is None else {"number": label.number, "name": label.name}

"""The bridge's own signature: under entries of the audit trail and under evidence (R-25.5, R-25.8).

Decides how something is signed and where the key lies: a file of the bridge's folder that its owner alone reads. HMAC-SHA256
(RFC 2104): whoever has the database and not the key can change a row, and can not sign it. Leaves what is signed to others.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from live_bridge.store import private_files

KEY_FILE = "promotion-key"
KIND = "hmac-sha256"
ID_LETTERS = 8


class Signer:
    """Signs and verifies with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = hashlib.sha256(b"key id " + key).hexdigest()[:ID_LETTERS]
        """Tells keys apart and says nothing of them."""

    def sign(self, data: bytes) -> str:
        """The signature, as `hmac-sha256:<key id>:<hex>`."""
        return f"{KIND}:{self.key_id}:{hmac.new(self._key, data, hashlib.sha256).hexdigest()}"

    def verifies(self, data: bytes, signature: str) -> bool:
        """Whether this key made the signature over just these bytes."""
        return hmac.compare_digest(self.sign(data).encode(), signature.encode())


def own_signer(folder: Path) -> Signer:
    """The bridge's own, its key made with the first use. Raises OSError."""
    return Signer(private_files.own_secret(folder, KEY_FILE))


def signer_of(folder: Path) -> Signer | None:
    """The signer of a bridge whose folder this is, or None where its key cannot be read: nothing is made."""
    try:
        return Signer((folder / KEY_FILE).read_text(encoding="ascii").strip().encode())
    except (OSError, UnicodeDecodeError):
        return None

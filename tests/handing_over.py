"""What the insurer hands over in tests: policies and letters as the API wants them."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from portal_app.ingest.examples import small_pdf
from tests.cast import ANNA, ANNAS_POLICY

HELLO = small_pdf("Hello Anna")


def policy(**changes: Any) -> dict[str, Any]:
    """Describe Anna's policy; changes of the holder are named `holder_…`."""
    holder = {"name": "Minta Anna", "email": ANNA}
    holder |= {name.removeprefix("holder_"): value for name, value in changes.items() if name.startswith("holder_")}
    said = {
        "product": "KGFB",
        "holder": {name: value for name, value in holder.items() if value is not None},
        "communication": "electronic",
        "sales_route": "direct",
        "status": "active",
    }
    return said | {name: value for name, value in changes.items() if not name.startswith("holder_")}


def letter(reference: str = "SZ-1", *, files: Sequence[bytes] = (HELLO,), **changes: Any) -> dict[str, Any]:
    """Describe a letter for Anna."""
    return {
        "external_ref": reference,
        "policy_number": ANNAS_POLICY,
        "kind": "payment_reminder",
        "subject": "Díjfizetési felszólító",
        "summary": "Esedékes díj: 12 450 Ft",
        "attachments": [attachment(content, f"level-{number}.pdf") for number, content in enumerate(files, 1)],
    } | changes


def attachment(content: bytes, name: str = "level.pdf", **changes: str) -> dict[str, str]:
    """Describe a file with its true SHA-256."""
    true = {"name": name, "sha256": sha256(content).hexdigest(), "content": base64.b64encode(content).decode()}
    return true | changes

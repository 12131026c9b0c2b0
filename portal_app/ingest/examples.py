"""Examples that work: bodies with a real PDF, shown in the description and used by its tests."""

import base64
from hashlib import sha256
from typing import Any


def small_pdf(words: str = "Hello") -> bytes:
    """Write a PDF of one page that says a few ASCII words, about 600 bytes."""
    drawn = f"BT /F1 24 Tf 72 720 Td ({words}) Tj ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    written, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)


def attachment(content: bytes, name: str = "letter.pdf") -> dict[str, str]:
    """Describe a file as the API wants it."""
    return {"name": name, "sha256": sha256(content).hexdigest(), "content": base64.b64encode(content).decode()}


POLICY: dict[str, Any] = {
    "product": "KGFB",
    "holder": {"name": "Anna Minta", "email": "anna@example.com", "phone": "+36301234567"},
    "communication": "electronic",
    "consent_at": "2026-01-05T09:00:00Z",
    "sales_route": "direct",
    "status": "active",
    "as_of": "2026-01-05T09:00:00Z",
}
DELIVERY: dict[str, Any] = {
    "external_ref": "LETTER-2026-000001",
    "policy_number": "KGFB-2026-000001",
    "kind": "payment_reminder",
    "subject": "Payment reminder",
    "summary": "The premium of 12 450 Ft is due.",
    "amount": 12450,
    "attachments": [attachment(small_pdf())],
}
BATCH: dict[str, Any] = {"deliveries": [DELIVERY, {**DELIVERY, "external_ref": "LETTER-2026-000002"}]}

BODIES = {"PolicySent": POLICY, "DeliverySent": DELIVERY, "BatchSent": BATCH}

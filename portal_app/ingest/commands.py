"""Examples for the command line, one per operation; a test runs them in this order against a real server."""

SETTING = """PORTAL=http://localhost:8000
KEY=$(.venv/bin/python -m portal_app key create --name core)"""

EXAMPLES = {
    "put_policy": """curl --fail-with-body -X PUT "$PORTAL/api/v1/policies/KGFB-2026-900001" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"product": "KGFB", "holder": {"name": "Anna Minta", "email": "anna.minta@example.com"},
       "communication": "electronic", "sales_route": "direct", "status": "active"}'""",
    "post_delivery": """cat > delivery.json <<END
{"external_ref": "LETTER-2026-900001", "policy_number": "KGFB-2026-900001",
 "kind": "payment_reminder", "subject": "Payment reminder", "summary": "12 450 Ft is due.",
 "attachments": [{"name": "letter.pdf", "sha256": "$(sha256sum letter.pdf | cut -d' ' -f1)",
                  "content": "$(base64 -w0 letter.pdf)"}]}
END
curl --fail-with-body -X POST "$PORTAL/api/v1/deliveries" \\
  -H "Authorization: Bearer $KEY" -H "Idempotency-Key: LETTER-2026-900001-first" \\
  -H "Content-Type: application/json" --data-binary @delivery.json | tee answer.json""",
    "post_batch": """(printf '{"deliveries": ['; cat delivery.json; printf ']}') > batch.json
curl --fail-with-body -X POST "$PORTAL/api/v1/deliveries/batch" \\
  -H "Authorization: Bearer $KEY" -H "Idempotency-Key: BATCH-2026-900001" \\
  -H "Content-Type: application/json" --data-binary @batch.json""",
    "get_delivery": """ID=$(sed 's/.*"id":"\\([^"]*\\)".*/\\1/' answer.json)
curl --fail-with-body "$PORTAL/api/v1/deliveries/$ID" -H "Authorization: Bearer $KEY\"""",
    "get_delivery_events": """curl --fail-with-body "$PORTAL/api/v1/deliveries/$ID/events" -H "Authorization: Bearer $KEY\"""",
    "get_messages": """curl --fail-with-body "$PORTAL/api/v1/messages?after=" -H "Authorization: Bearer $KEY\"""",
}

"""The cast: the same people everywhere, at a fixed noon."""

from datetime import UTC, datetime

from portal_app.domain.actors import InsurerSystem, Operator

NOON = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)

ANNA = "anna@pelda.example"
BELA = "bela@pelda.example"
ANNAS_PASSWORD = "AnnaBela12"
BELAS_PASSWORD = "BelaAnna34"
ANNAS_LOGIN, BELAS_LOGIN = "482917365", "593028476"
"""The identifiers that the full portal's insurer issued to them."""
ANNAS_POLICY = "KGFB-2026-000001"
BELAS_POLICY = "KGFB-2026-000002"
CORE = InsurerSystem("core")
DENES = Operator("denes")

"""The insurer's systems' door: the REST API."""

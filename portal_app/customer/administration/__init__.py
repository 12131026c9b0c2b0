"""Ügyintézés: what customers ask the insurer to change, question by question, and how far their requests have come."""

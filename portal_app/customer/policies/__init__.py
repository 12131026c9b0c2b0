"""Szerződéseim: the customer's own policies, and the page of each."""

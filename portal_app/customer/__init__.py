"""The customer's door: one file per screen."""

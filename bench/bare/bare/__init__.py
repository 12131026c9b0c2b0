"""The bare counterpart: the least that Reflex can be."""

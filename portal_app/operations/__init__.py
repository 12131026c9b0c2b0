"""The operator's door: commands and timers."""

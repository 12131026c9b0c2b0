"""The world outside, one wrapper each."""

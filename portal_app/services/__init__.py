"""What the portal does: one verb per function, one module per noun."""

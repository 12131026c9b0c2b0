"""The figures the portal is measured by, each beside its bare counterpart; `python -m bench` runs them all."""

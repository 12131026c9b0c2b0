"""Merging accounts (fiókok összevonása): prove the other one, see before and after, merge, and undo (R55–R58)."""

from portal_app.customer.merge.forms import PAGE, submit
from portal_app.customer.merge.page import merge_page, undo_row
from portal_app.customer.merge.state import MergeState

__all__ = ["PAGE", "MergeState", "merge_page", "submit", "undo_row"]

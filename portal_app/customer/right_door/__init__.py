"""The right door (`/segitseg`): whether this visitor has an account, in which portal, and how they get in (R44–R54)."""

from portal_app.customer.right_door.page import right_door_page
from portal_app.customer.right_door.state import RightDoorState, send_answer

__all__ = ["RightDoorState", "right_door_page", "send_answer"]

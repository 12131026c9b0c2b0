"""After a rotation of the secret: seal every document key with the newest one, and say what still needs the old one."""

import json

from portal_app.domain.actors import Operator
from portal_app.operations.opening import open_installation
from portal_app.services import rotation
from portal_app.services.house import House

AT_ONCE = 500
ACTOR = Operator("rewrap")


def rewrap() -> None:
    """Seal every document key with the newest of the secrets; safe to repeat and to interrupt.

    Prints one line of JSON: how many were sealed anew, and how many passwords and owed post still need an older secret.
    Passwords are renewed at their next sign-in; when the old secret goes before, their owners set a new one by link.
    Exit codes: 0 done; 2 a setting is wrong.
    """
    with open_installation() as house:
        summary = {
            "command": "rewrap",
            "rewrapped": rewrap_all(house),
            "passwords_left": house.database.ask(rotation.passwords_with_old_secret, ACTOR, newest=house.hashing.newest_mark),
            "post_left": house.database.ask(rotation.post_with_old_secret, ACTOR, secrets=house.secrets),
        }
    print(json.dumps(summary))


def rewrap_all(house: House) -> int:
    """Go through all keys in small transactions; give the number of those that were sealed anew."""
    rewrapped, last = 0, 0
    while True:
        done = house.database.carry_out(
            rotation.rewrap_some, ACTOR, last, most=AT_ONCE, objects=house.objects, secrets=house.secrets
        )
        rewrapped, last = rewrapped + done.changed, done.last
        if done.seen < AT_ONCE:
            return rewrapped

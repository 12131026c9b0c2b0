"""The keys of the insurer's systems, made and revoked on the server."""

import json
import re

import pytest
from sqlmodel import select

from portal_app.database.tables import ApiKey, Event
from portal_app.domain.errors import KeyMissing, KeyNameTaken, KeyUnknown
from portal_app.gateways.secrets import token_digest
from portal_app.services import api_keys
from tests.cast import DENES, NOON
from tests.operations.installed import Installed


def test_a_key_is_printed_alone_and_only_its_digest_is_kept(installed: Installed) -> None:
    made = installed.run("key", "create", "--name", "core")

    assert made.returncode == 0
    assert re.fullmatch(r"[A-Za-z0-9_-]+\n", made.stdout)
    key = made.stdout.strip()
    with installed.database.reading() as db:
        kept = db.exec(select(ApiKey)).one()
        assert (kept.name, kept.sha256) == ("core", token_digest(key))
        assert [event.act for event in db.exec(select(Event))] == ["key:created"]
    listed = installed.call("key", "list").stdout
    assert key not in listed
    assert (json.loads(listed)["name"], json.loads(listed)["revoked_at"]) == ("core", None)


def test_a_name_is_used_once_for_ever(installed: Installed) -> None:
    database = installed.database
    key = database.carry_out(api_keys.create_key, DENES, "core", now=NOON)
    assert database.ask(api_keys.system_of, key).name == "core"

    again = installed.call("key", "create", "--name", "core")
    database.carry_out(api_keys.revoke_key, DENES, "core", now=NOON)

    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "An API key of this name exists or existed. Choose another name. The taken name: core\n"
    with pytest.raises(KeyMissing):
        database.ask(api_keys.system_of, key)
    with pytest.raises(KeyNameTaken):
        database.carry_out(api_keys.create_key, DENES, "core", now=NOON)
    with pytest.raises(KeyUnknown):
        database.carry_out(api_keys.revoke_key, DENES, "core", now=NOON)


def test_a_name_with_blanks_is_no_name(installed: Installed) -> None:
    refused = installed.call("key", "create", "--name", "our core")

    assert (refused.returncode, refused.stdout) == (2, "")

"""Settings and brand files: a mistake stops the start with file, key and reason."""

from pathlib import Path

import pytest

from portal_app.domain.brands import PortalName, Register
from portal_app.settings import BRANDS, SettingsWrong, load_settings, read_brand

SECRET = "s" * 32


@pytest.mark.requirement("R92")
@pytest.mark.requirement("R93")
@pytest.mark.requirement("R94")
@pytest.mark.requirement("R95")
@pytest.mark.requirement("R96")
def test_each_shipped_brand_carries_its_own_numbers_channels_and_register() -> None:
    brands = {name: read_brand(name) for name in ("minta", "allianz", "union")}

    letter_box = brands["allianz"].portals[PortalName.KULDEMENYEIM]
    full = brands["union"].portals[PortalName.UGYFELPORTAL]
    assert (letter_box.passwords.shortest, letter_box.passwords.longest, letter_box.login) == (8, 16, "email")
    assert (full.passwords.shortest, full.passwords.special, full.login) == (12, 1, "issued")
    assert [brand.register for brand in brands.values()] == [Register.FORMAL, Register.FORMAL, Register.INFORMAL]
    assert brands["allianz"].retention.letter_years == 1
    assert {name: brand.opens_anew for name, brand in brands.items()} == {
        "minta": ("broker_online",), "allianz": (), "union": ("broker_online",),
    }  # fmt: skip


def test_each_brand_switches_on_its_own_portals() -> None:
    running = {name: read_brand(name).switched_on for name in ("minta", "allianz", "union")}

    assert running == {
        "minta": ("kuldemenyeim", "ugyfelportal", "online24"),
        "allianz": ("kuldemenyeim", "ugyfelportal"),
        "union": ("ugyfelportal", "online24"),
    }


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('register = "formal"', 'register = "posh"', "register: Input should be 'formal' or 'informal'"),
        ("shortest = 8", 'shortest = "eight"', "portals.kuldemenyeim.passwords.shortest: Input should be a valid integer"),
        ("longest = 16", "longest = 4", "portals.kuldemenyeim.passwords: the longest password is shorter than the rules"),
        (
            'switched_on = ["kuldemenyeim", "ugyfelportal", "online24"]',
            'switched_on = ["kuldemenyeim", "ugyfelportal"]',
            "opens.online24: portal online24 is not switched on",
        ),
        (
            'switched_on = ["kuldemenyeim", "ugyfelportal", "online24"]',
            "switched_on = []",
            "switched_on: at least one portal must be switched on",
        ),
        (
            'opens_anew = ["broker_online"]',
            'opens_anew = ["direct"]',
            "opens_anew.direct: only routes whose portal issues identifiers can open an account each",
        ),
        (
            'opens_anew = ["broker_online"]',
            'opens_anew = ["pigeon"]',
            "opens_anew.pigeon: only routes whose portal issues identifiers can open an account each",
        ),
        (
            '"portal24.mintabiztosito.example"',
            '"https://portal24.mintabiztosito.example/"',
            "portals.online24.hosts: https://portal24.mintabiztosito.example/ is no bare host name in small letters",
        ),
        (
            '"portal24.mintabiztosito.example"',
            '"ugyfelportal.mintabiztosito.example"',
            "portals.ugyfelportal.hosts: ugyfelportal.mintabiztosito.example is no bare host name",
        ),
        ('primary = "#0b5c55"', 'primary = "green"', "colours.primary: green is not #rrggbb"),
        ("short_name", "shortname", "shortname: Unexpected keyword argument"),
    ],
)
def test_a_mistake_in_a_brand_file_names_file_key_and_reason(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    path = tmp_path / "mistaken.toml"
    shipped = (BRANDS / "minta.toml").read_text(encoding="utf-8")
    assert before in shipped
    path.write_text(shipped.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(SettingsWrong) as refusal:
        read_brand(str(path))

    assert f"{path}: {complaint}" in str(refusal.value)


def test_a_brand_file_that_is_not_there_names_the_shipped_ones() -> None:
    with pytest.raises(SettingsWrong, match="shipped brands are allianz, minta, union"):
        read_brand("nobody")


def test_without_demo_mode_secret_and_post_must_be_named() -> None:
    with pytest.raises(SettingsWrong, match="PORTAL_SECRET_KEY, PORTAL_SMTP_URL, PORTAL_SMS_URL"):
        load_settings(_env_file=None)


def test_a_short_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsWrong, match="at least 32 characters") as refusal:
        load_settings(_env_file=None, secret_key="hunter2-hunter2", smtp_url="file:", sms_url="file:")

    assert "hunter2" not in str(refusal.value)


def test_a_public_address_with_a_path_is_refused() -> None:
    with pytest.raises(SettingsWrong, match="without a path"):
        load_settings(_env_file=None, demo=True, public_url="https://portal.example.hu/post")


def test_the_demonstration_makes_its_own_secret_once_and_keeps_it(tmp_path: Path) -> None:
    first = load_settings(_env_file=None, demo=True, data=tmp_path).secrets
    second = load_settings(_env_file=None, demo=True, data=tmp_path).secrets

    assert first == second
    assert len(first[0]) >= 32
    assert (tmp_path / "demo-minta" / "demo-secret").stat().st_mode & 0o777 == 0o600


def test_settings_never_show_their_secrets() -> None:
    shown = repr(load_settings(_env_file=None, secret_key=SECRET, smtp_url="smtp://u:hunter2@h", sms_url="file:"))

    assert SECRET not in shown
    assert "hunter2" not in shown

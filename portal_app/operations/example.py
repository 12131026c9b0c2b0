"""The example of an environment file, made from the settings themselves."""

from pathlib import Path

from pydantic.fields import FieldInfo

from portal_app.settings import Settings

_HEAD = """\
# Every setting of the portal, made by `python -m portal_app settings`.
# Copy to .env, take away the # and fill in. Outside demo mode PORTAL_SECRET_KEY, PORTAL_SMTP_URL and PORTAL_SMS_URL
# must be set. docs/OPERATIONS.md explains each.
"""


def print_settings() -> None:
    """Print an example environment file with every setting, its default and what it means. Exit code 0."""
    print(example_environment(), end="")


def example_environment() -> str:
    """Write the example file."""
    lines = [_entry(name, field) for name, field in Settings.model_fields.items()]
    return _HEAD + "".join(f"\n{line}" for line in lines)


def variable_of(name: str, field: FieldInfo) -> str:
    """Name the environment variable of a setting."""
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"PORTAL_{name.upper()}"


def _entry(name: str, field: FieldInfo) -> str:
    default = field.default
    shown = str(default) if isinstance(default, Path) or not isinstance(default, bool) else str(int(default))
    return f"# {field.description}\n#{variable_of(name, field)}={shown}\n"

"""`python -m portal_app <command>`: every command of the operator, one line each."""

import sys

import typer

from portal_app.domain.errors import PortalError
from portal_app.operations.applications import decide, requests
from portal_app.operations.backup import backup
from portal_app.operations.builds import BuildFailed, build
from portal_app.operations.chat import chat, duty
from portal_app.operations.courier import run_courier
from portal_app.operations.deliver import deliver
from portal_app.operations.demo import demo
from portal_app.operations.doctor import doctor
from portal_app.operations.example import print_settings
from portal_app.operations.failures import CommandFailed
from portal_app.operations.keys import keys
from portal_app.operations.messages import answer, messages
from portal_app.operations.migrate import run_migrate
from portal_app.operations.nightly import nightly
from portal_app.operations.restore import restore
from portal_app.operations.rewrap import rewrap
from portal_app.operations.serve import serve
from portal_app.operations.unopened import unopened
from portal_app.settings import SettingsWrong
from portal_app.texts.refusals import refusal_sentence

FAILED = 1
SETTINGS_WRONG = 2

commands = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The letter portal's commands."
)
commands.command()(serve)
commands.command()(build)
commands.command()(demo)
commands.command("courier")(run_courier)
commands.command()(nightly)
commands.command("migrate")(run_migrate)
commands.command()(backup)
commands.command()(restore)
commands.command()(rewrap)
commands.command()(doctor)
commands.command("settings")(print_settings)
commands.command()(unopened)
commands.command()(deliver)
commands.command()(messages)
commands.command()(answer)
commands.command()(chat)
commands.command()(duty)
commands.command()(requests)
commands.command()(decide)
commands.add_typer(keys, name="key")


@commands.callback()
def portal_app() -> None:
    """Keep commands named even while there is only one."""


def main() -> None:
    """Run a command; an expected failure is one sentence on stderr."""
    try:
        commands()
    except SettingsWrong as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(SETTINGS_WRONG)
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        sys.exit(FAILED)
    except CommandFailed as failed:
        print(failed, file=sys.stderr)
        sys.exit(failed.code)
    except PortalError as refusal:
        print(refusal_sentence(refusal.code, "en", "formal", refusal.facts), file=sys.stderr)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()

"""`python -m portal_app <command>`: every command of the operator, one line each."""

import sys

import typer

from portal_app.domain.errors import PortalError
from portal_app.operations.builds import BuildFailed, build
from portal_app.operations.courier import run_courier
from portal_app.operations.demo import demo
from portal_app.operations.nightly import nightly
from portal_app.operations.serve import serve
from portal_app.settings import SettingsWrong

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
    except (BuildFailed, PortalError) as failed:
        print(failed, file=sys.stderr)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()

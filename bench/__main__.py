"""`python -m bench [figure …]`: measures the figures; JSON lines on stdout, progress and a table on stderr."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import calm, erasing, growth, inbox_event, intake, machine, memory, phone, sign_in
from bench.figures import REACHES, Figure, table
from bench.site import Site, open_site
from portal_app.operations.builds import ROOT

Measure = Callable[[Site], list[Figure]]

MEASURES: dict[tuple[str, ...], Measure] = {
    ("inbox_event",): inbox_event.measure,
    ("growth",): growth.measure,
    ("sign_in",): sign_in.measure,
    ("calm",): calm.measure,
    ("intake",): intake.measure,
    ("memory",): memory.measure,
    ("weight_sign_in", "weight_inbox"): phone.measure_weights,
    ("erasing",): erasing.measure,
    ("lcp_sign_in", "lcp_inbox", "lcp_letter"): phone.measure_paints,
}
FAILED = 1


def main() -> None:
    """Measure what was asked for, or everything; exit code 1 when something could not be measured at all."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("figure", nargs="*", choices=[[], *REACHES], help="only these figures")
    asked.add_argument("--folder", type=Path, default=ROOT / "var", help="where the run's own data folder is made")
    wanted = asked.parse_args()
    console = Console(stderr=True, width=120)
    console.print(machine.description())
    with open_site(wanted.folder, lambda words: console.print(f"  {words}", highlight=False)) as site:
        figures, failed = _measure(site, wanted.figure or list(REACHES), console)
    console.print(table(figures))
    sys.exit(FAILED if failed else 0)


def _measure(site: Site, names: list[str], console: Console) -> tuple[list[Figure], bool]:
    found, failed = list[Figure](), False
    for some, measure in MEASURES.items():
        if not set(some) & set(names):
            continue
        console.print(f"{', '.join(some)} …")
        began = time.monotonic()
        try:
            figures = [figure for figure in measure(site) if figure.name in names]
        except Exception:  # noqa: BLE001 - the other figures are measured all the same
            traceback.print_exc()
            failed = True
            continue
        for figure in figures:
            print(figure.line(), flush=True)
        found += figures
        console.print(f"  {time.monotonic() - began:.0f} s", highlight=False)
    return found, failed


if __name__ == "__main__":
    main()

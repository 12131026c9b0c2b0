"""A figure: what was measured, what it has to reach, and how it is printed."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rich.table import Table


class Bound(StrEnum):
    """On which side of its reach a figure has to stay."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True)
class Reach:
    """What a figure has to reach, in which unit, and what it says."""

    bound: Bound
    number: float
    unit: str
    says: str


REACHES = {
    "inbox_event": Reach(Bound.AT_MOST, 5, "x", "an inbox event / an event of a bare Reflex app"),
    "growth": Reach(Bound.AT_MOST, 1.3, "x", "an inbox event among 1,000,000 letters / among 10,000"),
    "sign_in": Reach(Bound.AT_LEAST, 0.8, "x", "sign-ins a second / bare bcrypt checks a second"),
    "calm": Reach(Bound.AT_MOST, 5, "x", "p95 of an inbox event in a sign-in storm / in peace"),
    "intake": Reach(Bound.AT_LEAST, 1, "x", "deliveries a second / a bare loop of file, fsync and row"),
    "memory": Reach(Bound.AT_MOST, 1.4, "x", "memory of an inbox tab / of a bare Reflex tab"),
    "weight_sign_in": Reach(Bound.AT_MOST, 200, "kB", "everything loaded by the sign-in page"),
    "weight_inbox": Reach(Bound.AT_MOST, 200, "kB", "everything loaded by the inbox"),
    "erasing": Reach(Bound.AT_LEAST, 0.3, "x", "letters erased a second / a bare loop of the same deletes"),
    "lcp_sign_in": Reach(Bound.AT_MOST, 1.5, "s", "largest contentful paint of the sign-in page on a phone"),
    "lcp_inbox": Reach(Bound.AT_MOST, 1.5, "s", "largest contentful paint of the inbox on a phone"),
    "lcp_letter": Reach(Bound.AT_MOST, 1.5, "s", "largest contentful paint of a letter on a phone"),
}


@dataclass(frozen=True)
class Figure:
    """One measured figure; `baseline` is what the bare counterpart reached in the same run, in the unit of `details`."""

    name: str
    value: float
    baseline: float | None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reach(self) -> Reach:
        """What it has to reach."""
        return REACHES[self.name]

    @property
    def met(self) -> bool:
        """Whether it does."""
        if self.reach.bound is Bound.AT_MOST:
            return self.value <= self.reach.number
        return self.value >= self.reach.number

    def line(self) -> str:
        """Write the figure as one line of JSON."""
        return json.dumps(
            {
                "figure": self.name,
                "value": _short(self.value),
                "reach": self.reach.number,
                "met": self.met,
                "baseline": None if self.baseline is None else _short(self.baseline),
                "bound": self.reach.bound.value,
                "unit": self.reach.unit,
                **{name: _short(detail) for name, detail in self.details.items()},
            }
        )


def table(figures: list[Figure]) -> Table:
    """Lay out the figures for people."""
    laid_out = Table("figure", "value", "reach", "met", "baseline", "what it says")
    for figure in figures:
        reach = figure.reach
        laid_out.add_row(
            figure.name,
            f"{_short(figure.value)} {reach.unit}",
            f"{reach.bound} {reach.number:g} {reach.unit}",
            "yes" if figure.met else "[bold red]no[/]",
            "–" if figure.baseline is None else f"{_short(figure.baseline)}",
            reach.says,
        )
    return laid_out


def median(values: list[float]) -> float:
    """Give the middle one."""
    return percentile(values, 50)


def percentile(values: list[float], percent: float) -> float:
    """Give the value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _short(value: Any) -> Any:
    """Round to three or four telling digits."""
    if not isinstance(value, float):
        return value
    return round(value, 1) if abs(value) >= 100 else float(f"{value:.3g}")

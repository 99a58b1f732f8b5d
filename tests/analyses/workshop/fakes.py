"""A panel as small as can be, under the id of a real one: a price on known sums, and a floor below which it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.data.scenarios import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What `FakePrices` gives: findings as they are."""

    found: tuple[Finding, ...]

    def findings(self) -> tuple[Finding, ...]:
        return self.found


@dataclass(frozen=True, kw_only=True)
class FakePrices(Panel):
    revenue: float = 1000.1
    segments: tuple[str, ...] = ("Industry", "Retail")
    panel: str = "price_cost"

    headlines: ClassVar[tuple[str, ...]] = ("profitability.total_contribution", "profitability.loss_rate")

    @property
    def id(self) -> str:  # type: ignore[override]
        return self.panel

    @property
    def controls(self) -> tuple[Control, ...]:  # type: ignore[override]
        return (
            Control(id="price", kind="slider", start=0.0, low=-0.2, high=0.2, step=0.01, unit="percent"),
            Control(id="segments", kind="choices", start=self.segments, options=self.segments, named_by="text"),
            Control(id="since", kind="choice", start="2025-01", options=("2025-01", "2025-07"), named_by="month"),
        )

    def compute(self, state: State) -> tuple[Any, ...]:
        chosen, price = state["segments"], float(state["price"])  # type: ignore[arg-type]
        if not chosen:
            raise PanelError("nothing_picked", least=1)
        part = len(chosen) / len(self.segments)  # type: ignore[arg-type]
        rate = {"ci_low": 0.1, "ci_high": 0.3, "confidence_level": 0.95, "n": 120}
        found = (
            Finding("profitability.total_contribution", self.revenue * part * (1 + price), "SEK", ""),
            Finding("profitability.contribution", 1.0, "SEK", "", group={"segment": "Retail"}),
            Finding("profitability.loss_rate", 0.2 - price, "share", "", **rate),  # type: ignore[arg-type]
        )
        return (Sums(found=found[:1]), Sums(found=found[1:]))


def scenario(name: str, **state: Any) -> Scenario:
    return Scenario(name=name, title=name.capitalize(), states={"price_cost": state})

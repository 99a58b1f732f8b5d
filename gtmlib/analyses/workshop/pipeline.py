"""Pipeline what-if: what is left of the open deals if the stale ones are closed, more are won, or all waits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.pipeline.deals import CHAPTER, Clock, open_deals, read_clock
from gtmlib.analyses.pipeline.outcomes import WonDeals, read_won, velocity_of
from gtmlib.analyses.pipeline.watermelon import Promise, Watermelon, analyse_watermelon, read_forecasts, weigh_open
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.competing_risks import Expected, Stake, estimate_stakes
from gtmlib.stats.pipeline_flow import Velocity
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

AGE_STEP = 10  # days, of the slider
MOST_POINTS = 0.2  # of the win rate, either way: more is another business
MOST_WEEKS = 26
WEEKS = 4  # of delay at first
DAYS = 7  # of a week
_REPORTED = "\0reported"  # beside the names of stages


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineWhatIf:
    """The open pipeline as it is reported, as it can be expected to end, and the same after what is assumed.

    Parameters
    ----------
    basis : {'closed_win_rate', 'reported'}
        How the pipeline is reported: every open deal at the closed win rate, or the client's latest forecasts.
    reported : Promise
        So reported today, and what is expected of it.
    kept : Promise, optional
        The same of the deals that are still open after closing; none where none of them has a forecast.
    wins, wins_after : Expected
        Wins of all open deals today, and of the deals that are still open after what is assumed.
    amount, amount_after : Expected, optional
        The same in money; none where open deals lack amounts.
    velocity, velocity_after : Velocity, optional
        What the pipeline brings a day, today and after what is assumed; none where too few won deals have an amount.
    n_won : int
        Won deals that the velocity rests on.
    n_closed : int
        Open deals that are counted as lost.
    asked_days, close_days : int
        Age above which they were to be, and are: later, where only a few deals lie between.
    closed_rate : float
        Won of all that closed until today.
    rate_change : float
        Change of that rate which is assumed of the deals still open, in [-1, 1].
    stages : tuple of str
        Stages of the deals that it is assumed of; empty for all.
    cycle_change : float
        Change of the days that a won deal takes: 0.1 is a tenth longer.
    weeks : int
        Of delay.
    currency : str
        Of the amounts.
    """

    basis: Literal["closed_win_rate", "reported"]
    reported: Promise
    kept: Promise | None
    wins: Expected
    wins_after: Expected
    amount: Expected | None
    amount_after: Expected | None
    velocity: Velocity | None
    velocity_after: Velocity | None
    n_won: int
    n_closed: int
    asked_days: int
    close_days: int
    closed_rate: float
    rate_change: float
    stages: tuple[str, ...]
    cycle_change: float
    weeks: int
    currency: str

    @property
    def is_as_today(self) -> bool:
        """Whether nothing is assumed but a delay."""
        return not (self.n_closed or self.rate_change or self.cycle_change)

    def findings(self) -> tuple[Finding, ...]:
        """Give what follows: wins, amount, the index of what is reported, what a week brings and what waiting costs."""
        n, wins = int(self.wins_after.n), self.wins_after
        args = {"n": n, "expected": wins.value}
        found = [
            Finding("workshop.expected_wins", wins.value, "count", "workshop.finding.expected_wins", args, n=n,
                    **interval_of(wins))
        ]  # fmt: skip
        if self.amount_after is not None:
            amount = self.amount_after
            told = {"n": n, "amount": amount.value}
            found.append(
                Finding("workshop.expected_amount", amount.value, self.currency, "workshop.finding.expected_amount",
                        told, n=n, **interval_of(amount))
            )  # fmt: skip
        if self.kept is not None:
            name = "watermelon_index"
            found += [
                replace(one, id=f"workshop.{name}", message=f"workshop.finding.{name}")
                for one in self.kept.findings(group={}, basis=self.basis)
            ]
        if self.velocity_after is not None:
            for name, factor in (("velocity_per_week", DAYS), ("cost_of_delay", DAYS * self.weeks)):
                value, low, high = (factor * end for end in _ends(self.velocity_after))
                told = {"amount": value, "weeks": self.weeks}
                found.append(
                    Finding(f"workshop.{name}", value, self.currency, f"workshop.finding.{name}", told, ci_low=low,
                            ci_high=high, confidence_level=self.velocity_after.confidence_level, n=self.n_won)
                )  # fmt: skip
        return tuple(found)


def _ends(velocity: Velocity) -> tuple[float, float, float]:
    return velocity.value, velocity.ci_low, velocity.ci_high


@dataclass(frozen=True, eq=False, kw_only=True)
class PipelinePanel(Panel):
    """The open deals by age and stage, and what became of all deals.

    Parameters
    ----------
    controls : tuple of Control
        What can be assumed.
    clock : Clock
        What the chapter starts from.
    cells : DataFrame, one row per age and stage of open deals
        days, n, n_with_amount, n_reported (int), amount (float), parts (summed probability of the latest forecasts, in
        1/10,000) and stage (str; small ones are `other`).
    cuts : array of int
        Ages above which deals can be closed, from the lowest on, far enough apart that no few deals of a stage lie
        between two; one alone where none can be closed.
    today : Watermelon
        The chapter's.
    won : WonDeals, optional
        The chapter's; none where too few have an amount.
    """

    id: ClassVar[str] = "pipeline"
    headlines: ClassVar[tuple[str, ...]] = (
        "workshop.expected_wins", "workshop.expected_amount", "workshop.watermelon_index", "workshop.cost_of_delay",
    )  # fmt: skip
    controls: tuple[Control, ...]
    clock: Clock
    cells: pd.DataFrame
    cuts: np.ndarray[Any, np.dtype[np.int64]]
    today: Watermelon
    won: WonDeals | None

    def compute(self, state: State) -> tuple[PipelineWhatIf]:
        """Give the pipeline as it is and as it would be.

        Parameters
        ----------
        state : mapping
            Settled: of every control its value.

        Raises
        ------
        PanelError
            If the win rate changes in no stage.
        """
        asked, change = int(cast(float, state.get("close_after", self.cuts[-1]))), float(cast(float, state["win_rate"]))
        days = int(self.cuts[np.searchsorted(self.cuts, asked)])
        cycle, weeks = float(cast(float, state["cycle"])), int(cast(float, state["delay"]))
        picked = cast("tuple[str, ...]", state["stages"]) if "stages" in state else None
        if change and picked == ():
            raise PanelError("no_stage")
        kept = self.cells[self.cells["days"] <= days]
        after = self.today if len(kept) == len(self.cells) else self._weigh(kept)
        is_all = picked is None or len(picked) == len(self._stages)
        chosen = np.ones(len(kept), bool) if is_all else kept["stage"].isin(picked or ()).to_numpy()
        wins, amount = after.naive.expected, None
        if self.today.amounts and after.amounts and (kept["amount"] >= 0).all():
            amount = after.amounts.expected
        if change:
            wins = self._expect(kept["days"], kept["n"], chosen, change)
            amount = self._expect(kept["days"], kept["amount"], chosen, change) if amount else None
        is_reported, today = self.today.is_reported, self.today.naive.expected
        return (
            PipelineWhatIf(
                basis="reported" if is_reported else "closed_win_rate",
                reported=self.today.leading,
                kept=after.reported if is_reported else after.naive,
                wins=today,
                wins_after=wins,
                amount=self.today.amounts.expected if self.today.amounts else None,
                amount_after=amount,
                velocity=self._velocity(today) if self.won else None,
                velocity_after=self._velocity(wins, 1 + cycle) if self.won else None,
                n_won=self.won.n if self.won else 0,
                n_closed=self.clock.n_open - int(kept["n"].sum()),
                asked_days=asked,
                close_days=days,
                closed_rate=self._rate.rate,
                rate_change=change,
                stages=() if is_all else picked or (),
                cycle_change=cycle,
                weeks=weeks,
                currency=self.today.currency,
            ),
        )

    @property
    def _stages(self) -> tuple[str, ...]:
        return next((control.options for control in self.controls if control.id == "stages"), ())

    @property
    def _rate(self) -> ProportionEstimate:
        return self.today.closed_rate

    def _weigh(self, kept: pd.DataFrame) -> Watermelon:
        """Weigh the deals that are kept open; the closed ones count among the lost in the rate that reports use."""
        n_closed = self.clock.n_open - int(kept["n"].sum())
        rate = estimate_proportion(self._rate.n_successes, self._rate.n_trials + n_closed)
        ages, forecasts = _by_age(kept)
        clock = replace(self.clock, open_ages=ages, closed_rate=rate)
        found = weigh_open(clock, forecasts, reported_on=self.today.reported_on, currency=self.today.currency)
        return cast(Watermelon, found)

    def _expect(self, days: pd.Series, counts: pd.Series, chosen: np.ndarray[Any, Any], change: float) -> Expected:
        """Expect the deals of the chosen stages to be won more often, the others as they were."""
        rate, table = self._rate.rate, self.clock.table
        won, lost = (1.0, change / (1 - rate)) if change > 0 else (1 + change / rate, 0.0)
        won, lost = min(max(won, 0.0), 1.0), min(lost, 1.0)
        stakes = [Stake(ages=days[chosen], counts=counts[chosen], won=won, lost=lost)]
        stakes.append(Stake(ages=days[~chosen], counts=counts[~chosen]))
        return estimate_stakes(table, stakes)

    def _velocity(self, wins: Expected, factor: float = 1.0) -> Velocity:
        won = cast(WonDeals, self.won)
        share, error = wins.value / wins.n, wins.standard_error / wins.n
        return velocity_of(won, int(wins.n), share, error, days_factor=factor)


@dataclass(frozen=True, kw_only=True)
class NothingOpen(Panel):
    """The panel where all deals are known and none is open: nothing to move, and a sentence that says so."""

    id: ClassVar[str] = PipelinePanel.id
    headlines: ClassVar[tuple[str, ...]] = PipelinePanel.headlines
    controls: tuple[Control, ...] = ()

    def compute(self, state: State) -> tuple[Any, ...]:  # noqa: ARG002
        """Say that no deal is open.

        Parameters
        ----------
        state : mapping
            Settled.

        Raises
        ------
        PanelError
            Always.
        """
        raise PanelError("no_open_deals")


def open_panel(loaded: Loaded) -> PipelinePanel | NothingOpen | MissingData:
    """Reduce the deals to what the panel works from.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on; better with amounts, stages and forecast snapshots.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.workshop.panel import start_of
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abcd"), "status": ["won", "lost", "open", "open"],
    ...     "created_on": pd.to_datetime(["2025-11-01", "2025-11-01", "2025-12-21", "2025-01-01"]),
    ...     "closed_on": pd.to_datetime(["2025-11-21", "2025-12-01", None, None])})
    >>> panel = open_panel(load_frames({"deals": deals}))
    >>> round(panel.compute(start_of(panel))[0].wins_after.value, 3)
    0.333
    """
    clock, today = read_clock(loaded), analyse_watermelon(loaded)
    if isinstance(clock, MissingData) or isinstance(today, MissingData):
        return clock if isinstance(clock, MissingData) else cast(MissingData, today)
    if today is None:
        return MissingData(chapter=CHAPTER, needed=("deals.closed_on",)) if clock.n_open else NothingOpen()
    smallest = loaded.engagement.contract.disclosure.smallest_group
    cells = _read_cells(loaded, smallest)
    cuts = _lay_cuts(cells, smallest)
    return PipelinePanel(
        controls=_lay_controls(cells, cuts, today.closed_rate.rate),
        clock=clock,
        cells=cells,
        cuts=np.array(cuts),
        today=today,
        won=None if loaded.missing(deals=("amount",)) else read_won(loaded),
    )


def _read_cells(loaded: Loaded, smallest: int) -> pd.DataFrame:
    """Sum up the open deals, and their latest forecasts, by age and stage; stages of few deals are `other`."""
    rows = open_deals(loaded)
    cells = to_frame(
        rows.group_by("days", stage=rows.stage.fill_null(OTHER)).aggregate(
            n=rows.count(), amount=rows.amount.sum().fill_null(0), n_with_amount=rows.amount.count()
        )
    )
    forecasts, _ = read_forecasts(loaded, "days", "stage")
    forecasts = forecasts.rename(columns={"n": "n_reported"}).fillna({"stage": OTHER})
    by = ["days", "stage"]
    cells = cells.merge(forecasts.groupby(by, as_index=False).sum(), on=by, how="left")
    cells = cells.fillna({"n_reported": 0, "parts": 0}).astype({"n_reported": int, "parts": int, "days": int})
    totals = cells.groupby("stage", as_index=False)["n"].sum()
    shown = fold_small_groups(totals, "stage", "n", smallest)["stage"]
    cells = cells.assign(stage=cells["stage"].where(cells["stage"].isin(shown), OTHER))
    return cells.groupby(by, as_index=False, sort=True).sum()


def _by_age(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the ages of open deals and the sums of their forecasts, as the chapter has them."""
    sums = cells.drop(columns="stage").groupby("days", as_index=False, sort=True).sum()
    forecasts = sums.loc[sums["n_reported"] > 0, ["days", "n_reported", "parts"]]
    return sums.drop(columns=["n_reported", "parts"]), forecasts.rename(columns={"n_reported": "n"})


def _lay_cuts(cells: pd.DataFrame, smallest: int) -> list[int]:
    """Give the ages above which deals can be closed: two answers are never a few deals of any stage apart.

    The win rate can be changed in one stage alone, and forecasts are told of some deals only: each of these is counted
    by itself, both the deals between two cuts and those that are left. With the last cut alone, nothing can be closed.
    """
    last = max(math.ceil(float(cells["days"].max()) / AGE_STEP), 2) * AGE_STEP
    n_by_age = cells.pivot_table(index="days", columns="stage", values="n", aggfunc="sum", fill_value=0)
    counts = n_by_age.assign(**{_REPORTED: cells.groupby("days")["n_reported"].sum()})
    n_all, cuts = counts.sum().to_numpy(), [last]
    n_closed = np.zeros_like(n_all)
    for age in range(last - AGE_STEP, 0, -AGE_STEP):
        n_older = counts[counts.index > age].sum().to_numpy()
        apart = np.concatenate([n_older - n_closed, n_all - n_older])
        if not ((apart > 0) & (apart < smallest)).any() and n_older.sum() < n_all.sum():
            cuts.insert(0, age)
            n_closed = n_older
    return cuts if n_closed.any() else [last]


def _lay_controls(cells: pd.DataFrame, cuts: list[int], rate: float) -> tuple[Control, ...]:
    stages = tuple(cells.groupby("stage")["n"].sum().sort_values(ascending=False, kind="stable").index)
    down, up = (min(math.floor(room * 100 + 1e-9) / 100, MOST_POINTS) for room in (rate, 1 - rate))
    slider: dict[str, Any] = {"kind": "slider"}
    controls = [
        Control(id="close_after", start=float(cuts[-1]), low=float(AGE_STEP), high=float(cuts[-1]),
                step=float(AGE_STEP), unit="days", **slider),
        Control(id="win_rate", start=0.0, low=-down or 0.0, high=up, step=0.01, unit="percent_points", **slider),
        Control(id="stages", kind="choices", start=stages, options=stages, named_by="text"),
        Control(id="cycle", start=0.0, low=-0.5, high=0.5, step=0.05, unit="percent_whole", **slider),
        Control(id="delay", start=float(WEEKS), high=float(MOST_WEEKS), step=1.0, unit="weeks", **slider),
    ]  # fmt: skip
    left_out = {"close_after"} if len(cuts) == 1 else set()
    left_out |= {"stages"} if len(stages) < 2 else set()
    return tuple(control for control in controls if control.id not in left_out)

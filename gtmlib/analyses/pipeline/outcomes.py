"""What became of deals, by time since the start and by stage; and what the pipeline brings a day."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis
import pandas as pd

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.pipeline.deals import CHAPTER, read_clock, select_deals
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.competing_risks import IncidencePoint, estimate_expected, median_time, read_incidence, tabulate_risks
from gtmlib.stats.means import MeanEstimate, estimate_mean
from gtmlib.stats.pipeline_flow import Velocity, estimate_velocity

MARKS = (30, 60, 90, 120, 180, 365)  # days that are always read off
N_POINTS = 20  # of the curve, beside the marks
FEWEST_WON = 3  # with an amount: fewer say nothing of the mean's error


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Shares won, lost and open by days since the start.

    Parameters
    ----------
    points : tuple of IncidencePoint
        From the first day to the longest deal that closed.
    marks : tuple of int
        Days among them that findings speak of; the last is the longest deal's.
    median_days : float, optional
        Days by which half of all deals are decided; none where they are not.
    n, n_won, n_lost, n_open : int
        Deals on the clock.
    closings_from : str, optional
        First day of which the data hold closings, ISO, where earlier ones are missing.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    points: tuple[IncidencePoint, ...]
    marks: tuple[int, ...]
    median_days: float | None
    n: int
    n_won: int
    n_lost: int
    n_open: int
    closings_from: str | None
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the shares won and lost by each mark."""
        found = []
        for point in self.points:
            if point.time not in self.marks:
                continue
            for name, share, low, high in (
                ("won", point.won, point.won_low, point.won_high),
                ("lost", point.lost, point.lost_low, point.lost_high),
            ):
                args = {"share": share, "n": int(point.time), "of": self.n}
                found.append(
                    Finding(f"pipeline.{name}_by_days", share, "share", f"pipeline.finding.{name}_by_days", args,
                            {"days": str(int(point.time))}, ci_low=low, ci_high=high,
                            confidence_level=self.confidence_level, n=self.n)
                )  # fmt: skip
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStep:
    """What became of deals that came into a stage.

    Parameters
    ----------
    stage : str
        Its name in the data.
    n, n_here : int
        Deals that came into it, and those that are still in it.
    point : IncidencePoint
        Shares that went on (won) and were lost, by the longest time in which anything happened.
    median_days : float, optional
        Days until half went on or were lost; none where they did not.
    """

    stage: str
    n: int
    n_here: int
    point: IncidencePoint
    median_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFlow:
    """Stage by stage: who goes on, who is lost, and how long it takes.

    Parameters
    ----------
    steps : tuple of StageStep
        In the order in which deals pass them; stages under the floor are left out.
    n_deals : int
        Deals with a history.
    n_left_out : int
        Stages that too few deals came into.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    steps: tuple[StageStep, ...]
    n_deals: int
    n_left_out: int
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the share that goes on from each stage, and the median days in it."""
        found = []
        for step in self.steps:
            args, group = {"stage": step.stage, "share": step.point.won, "n": step.n}, {"stage": step.stage}
            found.append(
                Finding("pipeline.stage_conversion", step.point.won, "share", "pipeline.finding.stage_conversion", args,
                        group, ci_low=step.point.won_low, ci_high=step.point.won_high,
                        confidence_level=self.confidence_level, n=step.n)
            )  # fmt: skip
            if step.median_days is not None:
                told = {"stage": step.stage, "n": int(step.median_days)}
                message = "pipeline.finding.stage_median_days"
                found.append(
                    Finding("pipeline.stage_median_days", step.median_days, "days", message, told, group, n=step.n)
                )
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineVelocity:
    """What the pipeline brings a day.

    Parameters
    ----------
    counted : Velocity
        As it is usually counted: every open deal at the closed win rate.
    expected : Velocity
        At the chance that the age of each open deal leaves it.
    n_won : int
        Won deals behind mean amount and days.
    currency : str
        Of the amounts.
    """

    counted: Velocity
    expected: Velocity
    n_won: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give both, in money a day."""
        found = []
        for name, each in (("velocity_counted", self.counted), ("velocity", self.expected)):
            args = {"amount": each.value, "n": self.n_won}
            found.append(
                Finding(f"pipeline.{name}", each.value, self.currency, f"pipeline.finding.{name}", args,
                        ci_low=each.ci_low, ci_high=each.ci_high, confidence_level=each.confidence_level, n=self.n_won)
            )  # fmt: skip
        return tuple(found)


def analyse_outcomes(loaded: Loaded, *, confidence_level: float = 0.95) -> Outcomes | MissingData | None:
    """Estimate which share of deals is won and lost by when; open deals count until today, and none is dropped.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    Outcomes, MissingData or None
        None where nothing ever closed.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abc"), "status": ["won", "lost", "open"],
    ...     "created_on": pd.to_datetime(["2025-11-01", "2025-11-01", "2025-12-21"]),
    ...     "closed_on": pd.to_datetime(["2025-11-21", "2025-12-01", None])})
    >>> analyse_outcomes(load_frames({"deals": deals})).points[-1].won
    0.5
    """
    clock = read_clock(loaded)
    if isinstance(clock, MissingData):
        return clock
    table, longest = clock.table, clock.table.last_event
    if longest is None:
        return None
    last = int(longest)
    step = max(math.ceil(last / N_POINTS), 1)
    marks = (*(mark for mark in MARKS if mark < last), last)
    days = sorted({*range(0, last, step), *marks})
    return Outcomes(
        points=read_incidence(table, days, confidence_level=confidence_level),
        marks=marks,
        median_days=median_time(table),
        n=table.n,
        n_won=int(table.n_won.sum()),
        n_lost=int(table.n_lost.sum()),
        n_open=clock.n_open,
        closings_from=clock.closings_from,
        confidence_level=confidence_level,
    )


def analyse_stages(loaded: Loaded, *, confidence_level: float = 0.95) -> StageFlow | MissingData | None:
    """Follow deals from their first day in each stage until they go on or are lost; who is still there is censored.

    A deal goes on when it first comes into any later stage, or is won. Stages stand in the order in which deals pass
    them on average; a stage that only closed deals are in is their end, not a stage.

    Parameters
    ----------
    loaded : Loaded
        Needs stage_history, and deals with created_on, status and closed_on.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    StageFlow, MissingData or None
        None where no history belongs to a deal.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> import pandas as pd
    >>> analyse_stages(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[0]
    'stage_history'
    """
    needed = loaded.missing(stage_history=("stage", "entered_on"), deals=("created_on", "status", "closed_on"))
    if needed:
        return MissingData(chapter=CHAPTER, needed=needed)
    entries = _entries(loaded)
    if entries.empty:
        return None
    smallest = loaded.engagement.contract.disclosure.smallest_group
    steps, n_left_out = [], 0
    for stage in entries.groupby("stage")["place"].mean().sort_values(kind="stable").index:
        own = entries[entries["stage"] == stage]
        if len(own) < smallest:
            n_left_out += 1
            continue
        ended = own["days"].notna()
        went_on = ended & own["went_on"]
        days = own["days"].fillna(own["days_here"])
        table = tabulate_risks(days, went_on, ended & ~went_on, ~ended)
        end = table.last_event or 0.0
        steps.append(
            StageStep(
                stage=str(stage),
                n=len(own),
                n_here=int((~ended).sum()),
                point=read_incidence(table, [end], confidence_level=confidence_level)[0],
                median_days=median_time(table),
            )
        )
    return StageFlow(
        steps=tuple(steps),
        n_deals=int(entries["deal"].nunique()),
        n_left_out=n_left_out,
        confidence_level=confidence_level,
    )


def _entries(loaded: Loaded) -> pd.DataFrame:
    """Give each deal's first entry into each stage: days until it went on or was lost, and days until today."""
    deals = select_deals(loaded)
    deals = deals.filter(deals.why.isnull()).select("deal_id", "outcome", "closed_on", final="stage")
    history = loaded.tables["stage_history"].select("deal_id", "stage", "entered_on").inner_join(deals, "deal_id")
    ends = to_frame(
        history.group_by("stage").aggregate(
            n_closed_in=((history.final == history.stage) & (history.outcome != "open")).sum().fill_null(0),
            n_open=(history.outcome == "open").sum().fill_null(0),
        )
    )
    closing = ends.loc[(ends["n_closed_in"] > 0) & (ends["n_open"] == 0), "stage"].tolist()
    rows = history.filter(history.stage.notin(closing)) if closing else history
    first = rows.group_by("deal_id", "stage", "outcome", "closed_on").aggregate(entered_on=rows.entered_on.min())
    first = first.mutate(place=ibis.rank().over(ibis.window(group_by="deal_id", order_by="entered_on")))
    frame = to_frame(first)
    if frame.empty:
        return frame
    order = frame.groupby("stage")["place"].mean()
    frame = frame.assign(order=frame["stage"].map(order), deal=pd.factorize(frame["deal_id"])[0])
    frame = frame.sort_values(["deal", "order"], ascending=[True, False], kind="stable")
    earliest = frame.groupby("deal")["entered_on"].cummin()  # of this stage and all later ones
    later = earliest.groupby(frame["deal"]).shift()
    later = later.where(later >= frame["entered_on"])
    won_on = frame["closed_on"].where(frame["outcome"] == "won")
    lost_on = frame["closed_on"].where(frame["outcome"] == "lost")
    went_on = later.fillna(won_on)
    end = pd.Timestamp(loaded.engagement.contract.exported_on)
    days = (went_on.fillna(lost_on) - frame["entered_on"]).dt.days
    here = (end - frame["entered_on"]).dt.days
    kept = frame.assign(days=days, days_here=here, went_on=went_on.notna())
    return kept[(kept["days_here"] >= 0) & ~(kept["days"] < 0)]


def analyse_velocity(loaded: Loaded, *, confidence_level: float = 0.95) -> PipelineVelocity | MissingData | None:
    """Estimate what the pipeline brings a day, as it is counted and as the age of the deals allows.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status, closed_on and amount.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    PipelineVelocity, MissingData or None
        None where fewer than three won deals have an amount, or none is open.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> import pandas as pd
    >>> analyse_velocity(load_frames({"deals": pd.DataFrame({"deal_id": ["1"]})})).needed[-1]
    'deals.amount'
    """
    if needed := loaded.missing(deals=("created_on", "status", "closed_on", "amount")):
        return MissingData(chapter=CHAPTER, needed=needed)
    clock = read_clock(loaded)
    if isinstance(clock, MissingData) or clock.closed_rate is None:
        return clock if isinstance(clock, MissingData) else None
    won = read_won(loaded, confidence_level=confidence_level)
    if won is None or not clock.n_open:
        return None
    ages = clock.open_ages
    expected = estimate_expected(clock.table, ages["days"], ages["n"], confidence_level=confidence_level)
    rate = clock.closed_rate
    return PipelineVelocity(
        counted=velocity_of(won, clock.n_open, rate.rate, math.sqrt(rate.rate * (1 - rate.rate) / rate.n_trials)),
        expected=velocity_of(won, clock.n_open, expected.value / expected.n, expected.standard_error / expected.n),
        n_won=won.n,
        currency=loaded.engagement.contract.currency,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WonDeals:
    """How large won deals were and how long they took.

    Parameters
    ----------
    n : int
        Won deals on the clock that have an amount.
    amount, days : MeanEstimate
        Of one.
    """

    n: int
    amount: MeanEstimate
    days: MeanEstimate


def read_won(loaded: Loaded, *, confidence_level: float = 0.95) -> WonDeals | None:
    """Reduce the won deals to the mean of their amounts and of their days.

    Parameters
    ----------
    loaded : Loaded
        Needs deals with created_on, status, closed_on and amount.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    WonDeals or None
        None where fewer than three have an amount, or they sum up to nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": list("abc"), "status": "won", "created_on": pd.Timestamp("2025-11-01"),
    ...     "closed_on": pd.to_datetime(["2025-11-11", "2025-11-21", "2025-12-01"]), "amount": [4e3, 5e3, 6e3]})
    >>> won = read_won(load_frames({"deals": deals}))
    >>> won.n, won.amount.mean, won.days.mean
    (3, 5000.0, 20.0)
    """
    won = select_deals(loaded)
    won = won.filter(won.why.isnull() & (won.outcome == "won") & won.amount.notnull())
    cells = to_frame(won.group_by("amount", "days").aggregate(n=won.count())).sort_values(["amount", "days"])
    n, amounts, days = (cells[name].to_numpy(float) for name in ("n", "amount", "days"))
    n_won, amount, time = int(n.sum()), float(n @ amounts), float(n @ days)
    if n_won < FEWEST_WON or amount <= 0 or time <= 0:
        return None
    return WonDeals(
        n=n_won,
        amount=estimate_mean(n_won, amount, float(n @ amounts**2), confidence_level=confidence_level),
        days=estimate_mean(n_won, time, float(n @ days**2), confidence_level=confidence_level),
    )


def velocity_of(
    won: WonDeals, n_open: int, win_rate: float, rate_error: float, *, days_factor: float = 1.0
) -> Velocity:
    """Estimate what open deals bring a day, if they are as large and take as long as the won ones were and did.

    Parameters
    ----------
    won : WonDeals
        Amounts and days, at the level of the interval.
    n_open : int
        Open deals.
    win_rate, rate_error : float
        Share of them that is won, and its standard error.
    days_factor : float
        How long they take, by how long the won ones took.

    Examples
    --------
    >>> won = WonDeals(n=3, amount=estimate_mean(3, 15e3, 77e6), days=estimate_mean(3, 60.0, 1400.0))
    >>> velocity_of(won, 40, 0.25, 0.0).value, velocity_of(won, 40, 0.25, 0.0, days_factor=0.5).value
    (2500.0, 5000.0)
    """
    cycle_error = (won.days.standard_error or 0.0) * days_factor
    return estimate_velocity(
        n_open,
        win_rate,
        won.amount.mean,
        won.days.mean * days_factor,
        standard_errors=(rate_error, won.amount.standard_error or 0.0, cycle_error),
        confidence_level=won.amount.confidence_level,
    )

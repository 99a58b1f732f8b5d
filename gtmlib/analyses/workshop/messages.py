"""Message planner: how many contacts and weeks a test of messages takes, and what peeking at it would do."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import numpy as np

from gtmlib.analyses.conversion.next_test import Plan, PlanBasis, plan_on, reduce_plan
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.data.engagement import Variants
from gtmlib.data.loaded import Loaded
from gtmlib.stats.peeking import false_alarm_rate, sequential_inflation
from gtmlib.stats.planning import MOST_WEEKS, Terms, contacts_in_all
from gtmlib.stats.sequential import Looks

# Where nothing was measured: supposed, and said to be.
RATE, LIFT, WEEKLY, REPS, ALIKE = 0.10, 0.05, 50.0, 10, 0.02
POWERS = {"80": 0.8, "90": 0.9}
N_POINTS = 80  # of the curve
LONGEST = 2 * MOST_WEEKS  # that the curve shows
MOST_POSITIONS = 500  # of a slider: the page writes no more of them
FEWEST_REPS = 2  # to measure how alike the contacts of one rep are


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftPoint:
    """How long it takes to see a rise.

    Parameters
    ----------
    difference : float
        The rise, in (0, 1).
    weeks : float
        At the pace supposed.
    """

    difference: float
    weeks: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftCurve:
    """A plan, and how long other rises would take.

    Parameters
    ----------
    plan : Plan
        The conversion chapter's, on what is supposed.
    points : tuple of LiftPoint
        By rising difference, up to two years.
    halved, doubled : LiftPoint, optional
        Half and twice the planned rise; none where that has no answer.
    alike : float, optional
        How alike the contacts of one rep are taken to be, in [0, 1]; none where reps send every message.
    is_measured : bool
        Whether the panel started from a test of this client; else from round numbers.
    """

    plan: Plan
    points: tuple[LiftPoint, ...]
    halved: LiftPoint | None
    doubled: LiftPoint | None
    alike: float | None
    is_measured: bool

    def findings(self) -> tuple[Finding, ...]:
        """Give contacts and weeks needed: arithmetic on what is supposed, so they have no interval."""
        plan = self.plan.plan
        args = {"difference": plan.variant_rate - plan.control_rate, "rate": plan.control_rate}
        known = plan.n_total is not None
        contacts = "workshop.finding.contacts_needed" if known else "workshop.finding.never"
        weeks = "workshop.finding.weeks_needed" if known else "workshop.finding.never"
        return (
            Finding("workshop.contacts_needed", plan.n_total, "count", contacts, args | {"n": plan.n_total or 0}),
            Finding("workshop.weeks_needed", plan.weeks, "count", weeks, args | {"weeks": round(plan.weeks or 0)}),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peeking:
    """How often messages that are alike would be told apart, if somebody looked every week.

    Parameters
    ----------
    n_looks : int
        Weeks of the plan, at most a year.
    confidence_level : float
        Of the plain test, in (0, 1).
    plain_rate : float
        With a plain test at each look, in [0, 1].
    guarded_rate : float
        With the interval that may be read at any time, at its level for one of several comparisons.
    """

    n_looks: int
    confidence_level: float
    plain_rate: float
    guarded_rate: float

    def findings(self) -> tuple[Finding, ...]:
        """Give what a plain test would do: exact for evenly spaced looks, so it has no interval."""
        args = {"rate": self.plain_rate, "n": self.n_looks}
        return (Finding("workshop.peeking_rate", self.plain_rate, "share", "workshop.finding.peeking", args),)


@dataclass(frozen=True, kw_only=True)
class MessagesPanel(Panel):
    """The planner: it needs no data, and starts from what the client's test measured.

    Parameters
    ----------
    controls : tuple of Control
        What people move.
    basis : PlanBasis
        What the conversion chapter's plan starts from; supposed where nothing was measured.
    is_measured : bool
        Whether it was.
    """

    id: ClassVar[str] = "messages"
    headlines: ClassVar[tuple[str, ...]] = (
        "workshop.contacts_needed", "workshop.weeks_needed", "workshop.peeking_rate",
    )  # fmt: skip
    controls: tuple[Control, ...]
    basis: PlanBasis
    is_measured: bool

    def compute(self, state: State) -> tuple[LiftCurve, Peeking]:
        """Plan the test that the controls describe.

        Parameters
        ----------
        state : mapping
            Of every control its value.

        Raises
        ------
        PanelError
            If the rate would rise beyond all contacts.
        """
        basis = self._suppose(state)
        plan = plan_on(basis)
        if plan is None:
            raise PanelError("rises_beyond_all", rate=basis.control_rate, difference=basis.difference)
        weeks, level = plan.plan.weeks, basis.terms.confidence_level
        n_looks = round(min(MOST_WEEKS, max(1.0, MOST_WEEKS if weeks is None else weeks)))
        return (
            LiftCurve(
                plan=plan,
                points=_draw_curve(basis, plan),
                halved=_point(basis, basis.difference / 2),
                doubled=_point(basis, basis.difference * 2),
                alike=None if basis.terms.n_reps is None else basis.terms.intraclass_correlation,
                is_measured=self.is_measured,
            ),
            Peeking(
                n_looks=n_looks,
                confidence_level=level,
                plain_rate=false_alarm_rate(n_looks, confidence_level=level),
                guarded_rate=false_alarm_rate(n_looks, confidence_level=basis.terms.level, is_guarded=True),
            ),
        )

    def _suppose(self, state: State) -> PlanBasis:
        """Give the basis as the controls change it."""
        start = {control.id: control.start for control in self.controls}
        moved = {name for name, value in state.items() if value != start[name]}
        rate, lift, weekly, messages, share, reps = (
            cast(float, state[name]) for name in ("rate", "lift", "weekly", "messages", "share", "reps")
        )
        split = self.basis.terms.split
        if moved & {"messages", "share"}:
            split = (1 - share, *[share] * (round(messages) - 1))
        terms = replace(
            self.basis.terms,
            power=POWERS[str(state["power"])],
            looks=cast(Looks, state["looks"]),
            split=split,
            n_reps=round(reps) if state["sends"] == "own" else None,
        )
        is_declared = None if moved & {"rate", "lift"} or not self.is_measured else self.basis.is_declared
        return replace(
            self.basis,
            control_rate=rate,
            difference=lift,
            contacts_per_week=weekly,
            terms=terms,
            is_declared=is_declared,
        )


def _point(basis: PlanBasis, difference: float) -> LiftPoint | None:
    if basis.contacts_per_week is None or not 0 < basis.control_rate + difference < 1:
        return None
    n = contacts_in_all(basis.control_rate, basis.control_rate + difference, basis.terms)
    return None if n is None else LiftPoint(difference=difference, weeks=n / basis.contacts_per_week)


def _draw_curve(basis: PlanBasis, plan: Plan) -> tuple[LiftPoint, ...]:
    """Give weeks by rise, from what two years would show to twice the plan's rise or what four weeks would show."""
    seen = [row.difference for row in plan.plan.detectable if row.difference is not None]
    widest = min(max(2 * basis.difference, 1.2 * max(seen, default=0.0)), 0.999 - basis.control_rate)
    rises = np.geomspace(widest / 40, widest, N_POINTS)
    found = (_point(basis, float(rise)) for rise in rises)
    return tuple(point for point in found if point is not None and point.weeks <= LONGEST)


def open_panel(loaded: Loaded) -> MessagesPanel:
    """Open the planner on what the conversion chapter's plan starts from.

    Parameters
    ----------
    loaded : Loaded
        Any engagement; without a test of messages the planner starts from round numbers, and says so.

    Examples
    --------
    >>> from gtmlib.analyses.workshop.panel import start_of
    >>> from gtmlib.data.load import load_frames
    >>> panel = open_panel(load_frames({}))
    >>> curve, peeking = panel.compute(start_of(panel) | {"rate": 0.10, "lift": 0.10, "looks": "one"})
    >>> curve.plan.plan.n_per_variant, curve.plan.plan.weeks, round(peeking.plain_rate, 3)
    (199, 7.96, 0.176)
    """
    basis = reduce_plan(loaded)
    is_measured = basis is not None and plan_on(basis) is not None
    known = basis if basis is not None and is_measured else _supposed(loaded.engagement.contract.variants)
    pace = known.contacts_per_week or WEEKLY
    reps = known.n_reps if known.n_reps >= FEWEST_REPS else REPS
    split = known.terms.split
    for power in POWERS.values():  # what is costly is made here, once
        sequential_inflation(power, known.terms.level)
    controls = (
        _slider("rate", known.control_rate, 0.005, 0.9, 0.005, "percent"),
        _slider("lift", known.difference, 0.005, 0.3, 0.005, "points"),
        _slider("weekly", pace, 5, max(400.0, 50 * np.ceil(pace / 25)), 5, "count"),
        _slider("messages", len(split), 2, max(6, len(split)), 1, "count"),
        _slider("share", min(split[1:]) / (split[0] + min(split[1:])), 0.1, 0.5, 0.05, "percent_whole"),
        _slider("reps", reps, 2, max(60, reps), 1, "count"),
        Control(id="sends", kind="choice", options=("all", "own"), start="own" if known.terms.n_reps else "all"),
        Control(id="looks", kind="choice", options=("many", "one"), start=known.terms.looks),
        Control(id="power", kind="choice", options=tuple(POWERS), start="80"),
    )
    # Where each rep sends one message the chapter measured it; where they send all, that little shows is no proof.
    alike = known.intraclass_correlation if known.terms.n_reps else max(ALIKE, known.intraclass_correlation)
    terms = replace(known.terms, intraclass_correlation=alike)
    return MessagesPanel(controls=controls, basis=replace(known, terms=terms), is_measured=is_measured)


def _slider(name: str, start: float, low: float, high: float, step: float, unit: str) -> Control:
    low, high = min(low, float(start)), max(high, float(start))
    step *= max(1, math.ceil((high - low) / step / (MOST_POSITIONS - 1) - 1e-9))
    return Control(
        id=name, kind="slider", start=float(start), low=float(low), high=float(high), step=step, unit=unit
    )  # fmt: skip


def _supposed(plan: Variants | None) -> PlanBasis:
    """Give round numbers to start from, with what the contract declares, where it does."""
    terms = Terms()
    if plan is not None:
        weights = dict(plan.planned_split)
        terms = Terms(looks=plan.looks, split=(weights.pop(plan.control), *weights.values()))
    return PlanBasis(
        control_rate=RATE,
        difference=plan.smallest_worthwhile if plan is not None and plan.smallest_worthwhile else LIFT,
        terms=terms,
        contacts_per_week=WEEKLY,
        n_so_far=0,
        is_declared=plan is not None and plan.smallest_worthwhile is not None,
        n_reps=0,
        intraclass_correlation=0.0,
    )

"""How is the test run? Who sends what was assigned, how the interval went, and what chance does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from gtmlib.analyses.conversion.comparison import CHAPTER, Variation, Waiting, read_contacts
from gtmlib.analyses.conversion.contacts import Counts, rep_fidelity, reps_below_floor
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.loaded import Loaded
from gtmlib.stats.compliance import ComplierEffect
from gtmlib.stats.looks import Look, trace_comparison
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.simulation import Simulation, simulate_false_alarms

MOST_COLUMNS = 8  # of the heat map: what a page holds with labels that can be read


@dataclass(frozen=True, slots=True, kw_only=True)
class RepFidelity:
    """A rep's share of contacts that got the assigned variant.

    Parameters
    ----------
    rep : str
        Label; empty where unknown.
    estimate : ProportionEstimate
        Over all weeks.
    by_span : tuple of float or None
        Share in [0, 1] per span of weeks; None where a span has too few contacts.
    """

    rep: str
    estimate: ProportionEstimate
    by_span: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantEffect:
    """A variant's effect on those who were to get it, beside that on those who got it because they were to.

    Parameters
    ----------
    variant : str
        As the contract calls it.
    effect : ComplierEffect
        Intention to treat, and the effect on compliers.
    """

    variant: str
    effect: ComplierEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Assigned against delivered.

    Parameters
    ----------
    overall : ProportionEstimate
        Share of contacts that got the assigned variant.
    reps : tuple of RepFidelity
        Without reps who have fewer contacts than the floor; empty where reps are not known.
    spans : tuple of str
        First day (ISO) of each span of the columns.
    span_weeks : int
        Length of a span, in weeks.
    floor : float
        The contract's, in [0, 1].
    below_floor : tuple of str
        Reps whose whole interval lies under it.
    control : str
        As the contract calls it.
    effects : tuple of VariantEffect
        By variant.
    smallest_group : int
        The disclosure floor.
    """

    overall: ProportionEstimate
    reps: tuple[RepFidelity, ...]
    spans: tuple[str, ...]
    span_weeks: int
    floor: float
    below_floor: tuple[str, ...]
    control: str
    effects: tuple[VariantEffect, ...]
    smallest_group: int

    def findings(self) -> tuple[()]:
        """Give none: the rate over all is the data check's."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The leading variant's difference to the control as it stood after each period.

    Parameters
    ----------
    variant, control : str
        As the contract calls them.
    looks : tuple of Look
        One per period, the oldest first.
    """

    variant: str
    control: str
    looks: tuple[Look, ...]

    def findings(self) -> tuple[()]:
        """Give none: the last look is the `Variation`'s difference."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """How often the rule would name a winner among messages that are alike, on the client's own structure.

    Parameters
    ----------
    simulation : Simulation
        With the share of a plain test beside it.
    confidence_level : float
        Of the rule.
    seed : int
        Of the simulation.
    """

    simulation: Simulation
    confidence_level: float
    seed: int

    def findings(self) -> tuple[()]:
        """Give none: it is about the method."""
        return ()


def analyse_fidelity(loaded: Loaded, found: Variation | Waiting | MissingData) -> Fidelity | MissingData | None:
    """Compare what was assigned with what was delivered, by rep and over time.

    Parameters
    ----------
    loaded : Loaded
        With variant_delivered; better with reps and dates.
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave.

    References
    ----------
    Angrist, Imbens & Rubin (1996), J. Am. Stat. Assoc. 91, 444-455.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.conversion.comparison import analyse_variants
    >>> from gtmlib.data.engagement import Variants
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> rows = [{"variant_assigned": "AB"[i % 2], "variant_delivered": "A", "outcome": "meeting" if i < 20 else "no",
    ...          "rep_id": "R1", "date": pd.Timestamp("2025-01-15") + pd.Timedelta(days=i % 60)} for i in range(120)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(120)])
    >>> client = load_frames({"touches": touches}, variants=plan)
    >>> analyse_fidelity(client, analyse_variants(client)).overall.rate
    0.5
    """
    contacts = read_contacts(loaded)
    if not isinstance(contacts, tuple) or not isinstance(found, Variation):
        return None
    plan, counts = contacts
    if not counts.rep_weeks:
        return MissingData(chapter=CHAPTER, needed=("touches.variant_delivered",))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    estimates = {rep: estimate for rep, estimate in rep_fidelity(counts, smallest).items() if rep}
    weeks, n_weeks = _spans(counts, len(estimates), smallest)
    n, kept = (sum(getattr(row, name) for row in counts.rep_weeks) for name in ("n_contacts", "n_as_assigned"))
    return Fidelity(
        overall=estimate_proportion(kept, n),
        reps=tuple(
            RepFidelity(rep=rep, estimate=estimate, by_span=_by_span(counts, rep, weeks, smallest))
            for rep, estimate in estimates.items()
        ),
        spans=tuple(start.isoformat() for start in weeks),
        span_weeks=n_weeks,
        floor=plan.fidelity_floor,
        below_floor=reps_below_floor(estimates, plan.fidelity_floor),
        control=found.labels[plan.control],
        effects=tuple(
            VariantEffect(variant=found.labels[pair.variant], effect=pair.complier)
            for pair in found.comparison.pairs
            if pair.complier is not None
        ),
        smallest_group=smallest,
    )


def _spans(counts: Counts, n_reps: int, smallest: int) -> tuple[list[date], int]:
    """Give the first day of each span of weeks: as short as page and disclosure floor allow."""
    days = sorted({date.fromisoformat(row.week) for row in counts.rep_weeks if row.week})
    if not days:
        return [], 0
    total = (days[-1] - days[0]).days // 7 + 1
    n_contacts = sum(row.n_contacts for row in counts.rep_weeks)
    for length in range(1, total + 1):
        n_spans = -(-total // length)
        if n_spans <= MOST_COLUMNS and n_contacts >= smallest * n_spans * max(n_reps, 1):
            break
    start = days[-1] + timedelta(weeks=1) - timedelta(weeks=length * n_spans)  # the last span is a full one
    return [max(days[0], start + timedelta(weeks=length * place)) for place in range(n_spans)], length


def _by_span(counts: Counts, rep: str, starts: list[date], smallest: int) -> tuple[float | None, ...]:
    n, kept = np.zeros((2, len(starts)), dtype=int)
    for row in counts.rep_weeks:
        if row.rep == rep and row.week:
            place = sum(start <= date.fromisoformat(row.week) for start in starts) - 1
            n[place] += row.n_contacts
            kept[place] += row.n_as_assigned
    return tuple(float(k / m) if m >= smallest else None for k, m in zip(kept, n, strict=True))


def trace_variants(loaded: Loaded, found: Variation | Waiting | MissingData) -> Trace | MissingData | None:
    """Follow the leading variant's interval over the periods of the test.

    Parameters
    ----------
    loaded : Loaded
        With dates.
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave.

    Returns
    -------
    Trace, MissingData or None
        None where a single look was declared (its interval holds for that look alone), or there is a single period.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.conversion.comparison import analyse_variants
    >>> from gtmlib.data.engagement import Variants
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> rows = [{"variant_assigned": "AB"[i % 2], "variant_delivered": "A", "outcome": "meeting" if i < 20 else "no",
    ...          "rep_id": "R1", "date": pd.Timestamp("2025-01-15") + pd.Timedelta(days=i % 60)} for i in range(120)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(120)])
    >>> client = load_frames({"touches": touches}, variants=plan)
    >>> [look.n_contacts for look in trace_variants(client, analyse_variants(client)).looks]
    [34, 90, 120]
    """
    contacts = read_contacts(loaded)
    if not isinstance(contacts, tuple) or not isinstance(found, Variation):
        return None
    _, counts = contacts
    cells = [cell for cell in counts.cells if cell.period]
    if not cells:
        return MissingData(chapter=CHAPTER, needed=("touches.date",))
    pair, rule = found.leading, found.comparison.rule
    looks = tuple(look for look in trace_comparison(counts.cells, rule) if look.variant == pair.variant and look.period)
    if rule.looks == "one" or len(looks) < 2:
        return None
    return Trace(variant=found.labels[pair.variant], control=found.labels[pair.control], looks=looks)


def simulate_variants(
    loaded: Loaded, found: Variation | Waiting | MissingData, *, seed: int = 1, n_runs: int = 2000
) -> FalseAlarms | None:
    """Simulate an A/A test with the very rule of `analyse_variants`, on who sent what when.

    Parameters
    ----------
    loaded : Loaded
        With the contract's variants.
    found : Variation, Waiting or MissingData
        What `analyse_variants` gave.
    seed : int
        Of the simulation.
    n_runs : int
        Simulated tests; 2,000 give a rate of 5 % to within 1 point.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.analyses.conversion.comparison import analyse_variants
    >>> from gtmlib.data.engagement import Variants
    >>> from gtmlib.data.load import load_frames
    >>> plan = Variants(control="A", planned_split={"A": 1.0, "B": 1.0}, success=["meeting"])
    >>> rows = [{"variant_assigned": "AB"[i % 2], "variant_delivered": "A", "outcome": "meeting" if i < 20 else "no",
    ...          "rep_id": "R1", "date": pd.Timestamp("2025-01-15") + pd.Timedelta(days=i % 60)} for i in range(120)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(120)])
    >>> client = load_frames({"touches": touches}, variants=plan)
    >>> simulate_variants(client, analyse_variants(client), n_runs=200).simulation.winner.rate <= 0.05
    True
    """
    contacts = read_contacts(loaded)
    if not isinstance(contacts, tuple) or not isinstance(found, Variation):
        return None
    rule = replace(found.comparison.rule, smallest_effect=None)
    simulated = simulate_false_alarms(contacts[1].cells, rule, rng=np.random.default_rng(seed), n_runs=n_runs)
    return FalseAlarms(simulation=simulated, confidence_level=rule.confidence_level, seed=seed)

"""Competence or execution? Who follows the plan, and what comes of it where it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from gtmlib.analyses.execution.outreach import CHAPTER, OutreachCell, read_outreach
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import MissingData, rep_order, reps_by
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

USUAL_FLOOR = 0.8  # share of contacts as planned, where the contract declares no floor
Side = Literal["below", "unclear", "above"]
SIDES: tuple[Side, ...] = ("below", "unclear", "above")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillCell:
    """Reps whose discipline and skill lie on the same sides.

    Parameters
    ----------
    discipline, skill : {'below', 'unclear', 'above'}
        Where the interval of the share as planned lies to the floor, and that of the rate to the team's.
    n_reps : int
        Reps in the cell.
    followed, converted : ProportionEstimate or None
        Of their contacts: as planned, and results where it was as planned; None where there is none.
    """

    discipline: Side
    skill: Side
    n_reps: int
    followed: ProportionEstimate | None
    converted: ProportionEstimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFidelity:
    """A rep's or a team's share of contacts as planned.

    Parameters
    ----------
    by : {'rep', 'team'}
        What the group is.
    group : str
        Label of the rep, or the team.
    estimate : ProportionEstimate
        Contacts that got the assigned message.
    """

    by: Literal["rep", "team"]
    group: str
    estimate: ProportionEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillDiscipline:
    """How often the plan is followed, against what it gives when it is.

    Parameters
    ----------
    cells : tuple of SkillCell
        Nine, by discipline and then skill; a rep has a place only where neither side is unclear.
    groups : tuple of GroupFidelity
        Share as planned per rep, in the order of labels, and per team of two reps or more.
    followed, converted : ProportionEstimate
        Of all contacts, and of all that were as planned: the rate that reps are held against.
    floor : float
        The contract's share of contacts as planned, in [0, 1].
    n_reps, n_left_out : int
        Reps judged, and those with too few contacts.
    rep_level : float
        Confidence of a rep's intervals: all reps together have the chapter's.
    """

    cells: tuple[SkillCell, ...]
    groups: tuple[GroupFidelity, ...]
    followed: ProportionEstimate
    converted: ProportionEstimate
    floor: float
    n_reps: int
    n_left_out: int
    rep_level: float

    def count(self, *, discipline: Side | None = None, skill: Side | None = None) -> int:
        """Count reps on a side.

        Parameters
        ----------
        discipline, skill : {'below', 'unclear', 'above'}, optional
            None: any.
        """
        return sum(
            cell.n_reps for cell in self.cells if discipline in (None, cell.discipline) and skill in (None, cell.skill)
        )

    def findings(self) -> tuple[Finding, ...]:
        """Give the shares as planned, the rate where it was, and reps per cell."""
        args = {"rate": self.followed.rate, "n": self.followed.n_trials}
        found = [
            Finding("execution.fidelity_rate", self.followed.rate, "share", "execution.finding.fidelity", args,
                    n=self.followed.n_trials, **interval_of(self.followed)),
        ]  # fmt: skip
        args = {"rate": self.converted.rate, "n": self.converted.n_trials}
        found.append(
            Finding("execution.followed_rate", self.converted.rate, "share", "execution.finding.followed", args,
                    n=self.converted.n_trials, **interval_of(self.converted))
        )  # fmt: skip
        for row in self.groups:
            rate = row.estimate
            named: dict[str, Any] = {row.by: row.group, "rate": rate.rate, "n": rate.n_trials}
            found.append(
                Finding("execution.fidelity_rate", rate.rate, "share", f"execution.finding.fidelity_{row.by}", named,
                        group={row.by: row.group}, n=rate.n_trials, **interval_of(rate))
            )  # fmt: skip
        for name, n in (("follow_up", self.count(discipline="below")), ("train", self.count(skill="below"))):
            message = f"execution.finding.{name}"
            found.append(Finding(f"execution.n_reps_{name}", n, "count", message, {"n": n, "reps": self.n_reps}))
        return tuple(found)


def analyse_discipline(loaded: Loaded, *, confidence_level: float = 0.95) -> SkillDiscipline | MissingData:
    """Hold each rep's share of contacts as planned against the floor, and its rate where planned against the team's.

    Parameters
    ----------
    loaded : Loaded
        Needs first contacts with rep_id, variant_assigned and variant_delivered.
    confidence_level : float
        Coverage of the intervals of all reps together, in (0, 1): each rep's are wider, by Bonferroni.

    Notes
    -----
    Contacts as planned are never held against the others: who improvises, and where, is no accident.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> rows = [{"rep_id": f"R{i % 2}", "variant_assigned": "A", "variant_delivered": "AB"[i % 2 and i % 4 > 1],
    ...          "date": pd.Timestamp("2025-03-03"), "converted_on": None if i % 5 else pd.Timestamp("2025-03-09")}
    ...         for i in range(200)]
    >>> touches = pd.DataFrame(rows).assign(touch_id=[str(i) for i in range(200)])
    >>> found = analyse_discipline(load_frames({"touches": touches}))
    >>> found.followed.rate, found.count(discipline="below"), found.count(skill="unclear")
    (0.75, 1, 2)
    """
    if needed := loaded.missing(touches=("rep_id", "variant_assigned", "variant_delivered")):
        return MissingData(chapter=CHAPTER, needed=needed)
    outreach = read_outreach(loaded)
    if isinstance(outreach, MissingData):
        return outreach
    counts = _sum_reps(outreach.cells)
    contract = loaded.engagement.contract
    smallest = contract.disclosure.smallest_group
    reps = {rep: row for rep, row in counts.items() if row[0] >= smallest}
    n, n_followed, k = (sum(row[place] for row in reps.values()) for place in range(3))
    if not reps or not n_followed:
        return MissingData(chapter=CHAPTER, needed=("touches.variant_delivered",))
    floor = contract.variants.fidelity_floor if contract.variants is not None else USUAL_FLOOR
    team_rate = k / n_followed
    rep_level = 1 - (1 - confidence_level) / len(reps)
    placed: dict[tuple[Side, Side], list[tuple[int, int, int]]] = {cell: [] for cell in product(SIDES, SIDES)}
    for row in reps.values():
        discipline = _side(row[1], row[0], floor, rep_level)
        placed[discipline, _side(row[2], row[1], team_rate, rep_level)].append(row)
    return SkillDiscipline(
        cells=tuple(_cell(*sides, rows, confidence_level) for sides, rows in placed.items()),
        groups=(*_rep_rows(reps, confidence_level), *_team_rows(reps, loaded, confidence_level)),
        followed=estimate_proportion(n_followed, n, confidence_level=confidence_level),
        converted=estimate_proportion(k, n_followed, confidence_level=confidence_level),
        floor=floor,
        n_reps=len(reps),
        n_left_out=len(counts) - len(reps),
        rep_level=rep_level,
    )


def _sum_reps(cells: tuple[OutreachCell, ...]) -> dict[str, tuple[int, int, int]]:
    """Count per rep: contacts whose delivery is known, those as planned, and results of these."""
    found: dict[str, tuple[int, int, int]] = {}
    for cell in cells:
        if cell.rep and cell.is_as_planned is not None:
            n, followed, k = found.get(cell.rep, (0, 0, 0))
            kept = cell.n_contacts if cell.is_as_planned else 0
            found[cell.rep] = (n + cell.n_contacts, followed + kept, k + (cell.n_results if cell.is_as_planned else 0))
    return found


def _side(k: int, n: int, line: float, level: float) -> Side:
    """Tell on which side of a line the whole interval lies."""
    if not n:
        return "unclear"
    estimate = estimate_proportion(k, n, confidence_level=level)
    return "below" if estimate.ci_high < line else "above" if estimate.ci_low > line else "unclear"


def _cell(discipline: Side, skill: Side, rows: list[tuple[int, int, int]], level: float) -> SkillCell:
    n, followed, k = (sum(row[place] for row in rows) for place in range(3))
    return SkillCell(
        discipline=discipline,
        skill=skill,
        n_reps=len(rows),
        followed=estimate_proportion(followed, n, confidence_level=level) if n else None,
        converted=estimate_proportion(k, followed, confidence_level=level) if followed else None,
    )


def _rep_rows(reps: dict[str, tuple[int, int, int]], level: float) -> list[GroupFidelity]:
    return [
        GroupFidelity(
            by="rep", group=rep, estimate=estimate_proportion(reps[rep][1], reps[rep][0], confidence_level=level)
        )
        for rep in sorted(reps, key=rep_order)
    ]


def _team_rows(reps: dict[str, tuple[int, int, int]], loaded: Loaded, level: float) -> list[GroupFidelity]:
    """Sum by team; a team of one rep would be that rep under another name."""
    teams: dict[str, list[tuple[int, int, int]]] = {}
    for rep, team in reps_by(loaded, "team").items():
        if rep in reps:
            teams.setdefault(team, []).append(reps[rep])
    return [
        GroupFidelity(
            by="team",
            group=team,
            estimate=estimate_proportion(
                sum(row[1] for row in rows), sum(row[0] for row in rows), confidence_level=level
            ),
        )
        for team, rows in sorted(teams.items())
        if len(rows) > 1
    ]

"""What did we get, and how far can we trust it? Coverage, exclusions, reasons logged, fidelity to the plan."""

from __future__ import annotations

from dataclasses import dataclass

from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded, SourceReport, TableReport
from gtmlib.data.schema import OURS, TABLES
from gtmlib.data.select import Unmatched
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "data_check"
WISHED = {"deals": ("status", "lost_reason")}
REPEATED = "repeated"  # the reason under which identical rows of one key are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """What was read, what was left out, and how far the answers can be trusted.

    Parameters
    ----------
    sources, joins : tuple
        As the loader reports them.
    n_repeated : dict
        Table = identical rows of one key that were used once.
    n_deals : dict
        Status = deals; `unknown` where the data give none.
    n_reps_without_deals : int, optional
        Known reps who own no deal; None where reps or their deals are not known.
    reasons : ProportionEstimate, optional
        Lost deals whose reason was logged.
    fidelity : ProportionEstimate, optional
        Contacts that got the variant they were assigned.
    """

    sources: tuple[SourceReport, ...]
    joins: tuple[Unmatched, ...]
    n_repeated: dict[str, int]
    n_deals: dict[str, int]
    n_reps_without_deals: int | None
    reasons: ProportionEstimate | None
    fidelity: ProportionEstimate | None

    def findings(self) -> tuple[Finding, ...]:
        """Give exclusions, repairs, deals by status and the two rates of trust."""
        found = []
        for name, rate in (("reason_logged_rate", self.reasons), ("fidelity_rate", self.fidelity)):
            if rate is not None:
                args, message = {"rate": rate.rate, "n": rate.n_trials}, f"data.finding.{name}"
                interval = interval_of(rate)
                found.append(Finding(f"data.{name}", rate.rate, "share", message, args, n=rate.n_trials, **interval))
        found += [_count("data.n_excluded", n, table=table, reason=REPEATED) for table, n in self.n_repeated.items()]
        for source in self.sources:
            found += [_count("data.n_excluded", n, table=source.name, reason=why) for why, n in source.excluded.items()]
            if source.repaired_rows:
                found.append(_count("data.n_repaired", len(source.repaired_rows), source=source.name))
        found += [_count("data.n_unmatched", join.n, table=join.source, column=join.joined) for join in self.joins]
        found += [_count("data.n_deals", n, status=status) for status, n in self.n_deals.items()]
        if self.n_reps_without_deals is not None:
            found.append(_count("data.n_reps_without_deals", self.n_reps_without_deals))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How complete the canonical tables are; `tables` as the loader reports them."""

    tables: tuple[TableReport, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give rows per table, and what each column lacks: values, or a match in the table it points to."""
        found = []
        for table in self.tables:
            found.append(_count("data.n_rows", table.n_rows, table=table.name))
            for column in TABLES[table.name].columns:
                if n_missing := table.n_rows - table.filled.get(column, 0):
                    found.append(_count("data.n_missing", n_missing, table=table.name, column=column))
                if (n_unmatched := table.unmatched.get(column)) is not None:
                    found.append(_count("data.n_unmatched", n_unmatched, table=table.name, column=column))
        return tuple(found)


def analyse_coverage(loaded: Loaded) -> Coverage:
    """Tell how complete the canonical tables are that the client fills.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> loaded = load_frames({"reps": pd.DataFrame({"rep_id": ["R1", "R2"], "name": "x", "team": "y"})})
    >>> [(finding.id, finding.group, finding.value) for finding in analyse_coverage(loaded).findings()][1]
    ('data.n_missing', {'table': 'reps', 'column': 'seniority'}, 2)
    """
    return Coverage(tables=tuple(table for table in loaded.report.tables if table.name not in OURS))


def analyse_data(loaded: Loaded, *, confidence_level: float = 0.95) -> DataCheck:
    """Account for what was read.

    Parameters
    ----------
    loaded : Loaded
        Any engagement; what it lacks is left out of the result.
    confidence_level : float
        Coverage of the intervals of the two rates, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1", "2", "3"], "status": "lost", "lost_reason": ["Price", None, None]})
    >>> check = analyse_data(load_frames({"deals": deals}))
    >>> check.n_deals, check.reasons.n_successes, check.reasons.n_trials
    ({'lost': 3}, 1, 3)
    """
    return DataCheck(
        sources=loaded.report.sources,
        joins=loaded.report.joins,
        n_repeated={table.name: table.n_repeated for table in loaded.report.tables if table.n_repeated},
        n_deals=_deals_by_status(loaded),
        n_reps_without_deals=_reps_without_deals(loaded),
        reasons=_reasons(loaded, confidence_level),
        fidelity=_fidelity(loaded, confidence_level),
    )


def _deals_by_status(loaded: Loaded) -> dict[str, int]:
    if loaded.missing(deals=()):
        return {}
    deals = loaded.tables["deals"]
    if "status" not in deals.columns:
        return {"unknown": int(to_frame(deals.aggregate(n=deals.count())).loc[0, "n"])}
    counts = to_frame(deals.group_by(status=deals.status.fill_null("unknown")).aggregate(n=deals.count()))
    return {str(row.status): int(row.n) for row in counts.sort_values("status").itertuples()}


def _reps_without_deals(loaded: Loaded) -> int | None:
    if loaded.missing(reps=(), deals=("rep_id",)):
        return None
    idle = loaded.tables["reps"].anti_join(loaded.tables["deals"], "rep_id")
    return int(to_frame(idle.aggregate(n=idle.count())).loc[0, "n"])


def _reasons(loaded: Loaded, confidence_level: float) -> ProportionEstimate | None:
    if loaded.missing(deals=("status",)):
        return None
    deals = loaded.tables["deals"]
    lost = deals.filter(deals.status == "lost")
    logged = lost.lost_reason.count() if "lost_reason" in lost.columns else lost.deal_id.nullif(lost.deal_id).count()
    return _rate(to_frame(lost.aggregate(k=logged, n=lost.count())).loc[0], confidence_level)


def _fidelity(loaded: Loaded, confidence_level: float) -> ProportionEstimate | None:
    if loaded.missing(touches=("variant_assigned", "variant_delivered")):
        return None
    touches = loaded.tables["touches"]
    both = touches.filter(touches.variant_assigned.notnull() & touches.variant_delivered.notnull())
    kept = (both.variant_assigned == both.variant_delivered).sum()
    return _rate(to_frame(both.aggregate(k=kept, n=both.count())).loc[0], confidence_level)


def _rate(counts: dict[str, int], confidence_level: float) -> ProportionEstimate | None:
    if not counts["n"]:
        return None
    return estimate_proportion(int(counts["k"]), int(counts["n"]), confidence_level=confidence_level)


def _count(name: str, n: int, **group: str) -> Finding:
    message = name.replace("data.", "data.finding.")
    return Finding(name, n, "count", message, {"n": n, **group}, group)

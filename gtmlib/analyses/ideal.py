"""Who are the core customers? Which known features go with contribution, each level with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.contribution import CHAPTER, EARNED, NEEDED, profit_finding, reduce_ledger
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.shrinkage import ShrunkenValue, shrink_lifts

FEATURES = ("segment", "industry", "country", "channel", "size")
SIZES = (50, 250)  # employees: small, medium and large as the European Union counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of a feature.

    Parameters
    ----------
    feature, level : str
        Such as `country` and `SE`.
    lift : ShrunkenValue
        How much more its customers contribute than the others, shrunken; money per customer.
    mean : float
        Contribution per customer.
    """

    feature: str
    level: str
    lift: ShrunkenValue
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreCustomers:
    """Features of customers, and how contribution goes with them.

    Parameters
    ----------
    levels : tuple of Level
        Largest lift first; levels of fewer customers than the floor are folded into `other`.
    n_customers : int
        Customers with sales or costs.
    mean : float
        Contribution per customer, of all.
    measure, currency : str
        As `measure_of` names it, and the ISO 4217 code.
    confidence_level : float
        Of the intervals, in (0, 1).
    """

    levels: tuple[Level, ...]
    n_customers: int
    mean: float
    measure: str
    currency: str
    confidence_level: float

    def findings(self) -> tuple[Finding, ...]:
        """Give the lift of each level."""
        name = "lift" if self.measure in EARNED else f"{self.measure}_lift"
        found = []
        for row in self.levels:
            direction = "lift_up" if row.lift.shrunken >= 0 else "lift_down"
            args = {"feature": row.feature, "level": row.level, "lift": abs(row.lift.shrunken)}
            finding = profit_finding(
                name, row.lift.shrunken, self.currency, direction, args | {"measure_as": self.measure}, int(row.lift.n),
                feature=row.feature, level=row.level,
            )  # fmt: skip
            ends: dict[str, Any] = {"ci_low": row.lift.ci_low, "ci_high": row.lift.ci_high}
            found.append(replace(finding, **ends, confidence_level=self.confidence_level))
        return tuple(found)


def _read_features(loaded: Loaded) -> pd.DataFrame:
    """Give contribution and the known features of every customer of the ledger."""
    contract, ledger = loaded.engagement.contract, reduce_ledger(loaded)
    register = loaded.tables["customers"]
    columns = [name for name in FEATURES if name in register.columns]
    frame = to_frame(register.select("customer_id", *columns, **_size(register))).set_index("customer_id")
    if contract.segments.by in frame and contract.segments.names:
        frame[contract.segments.by] = frame[contract.segments.by].map(
            lambda value: contract.segments.names.get(value, value)
        )
    return ledger.customers[["customer_id", "contribution"]].join(frame, on="customer_id")


def _size(register: ibis.Table) -> dict[str, ibis.Value]:
    if "employees" not in register.columns:
        return {}
    small, large = SIZES
    n = register.employees
    size = ibis.cases((n < small, f"< {small}"), (n < large, f"{small}–{large - 1}"), (n >= large, f"{large} +"))
    return {"size": size}


def _levels(people: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Sum the customers by feature and level; features of one level only have nothing to compare."""
    parts = []
    for feature in (name for name in FEATURES if name in people):
        known = people.dropna(subset=feature)
        sums = known.assign(n=1, squares=known["contribution"] ** 2).groupby(feature, sort=True)
        sums = sums[["n", "contribution", "squares"]].sum().rename_axis("level").reset_index()
        if len(sums) > 1:
            sums = fold_small_groups(sums, "level", "n", smallest)
        if len(sums) > 1:
            parts.append(sums.assign(feature=feature))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def analyse_core_customers(loaded: Loaded, *, confidence_level: float = 0.95) -> CoreCustomers | MissingData:
    """Find which known features go with contribution.

    Parameters
    ----------
    loaded : Loaded
        Needs customers with segment, industry, country, channel or employees beside what the waterfall needs.
    confidence_level : float
        Coverage of the intervals, in (0, 1).

    Notes
    -----
    Each feature is looked at by itself: where two go together, both show the same lift. It says who the good
    customers are, not what made them good.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> ids = [str(place) for place in range(12)]
    >>> customers = pd.DataFrame({"customer_id": ids, "country": ["SE"] * 6 + ["NO"] * 6})
    >>> amounts = [9.0, 8.0, 7.0, 8.0, 8.0, 8.0, 6.0, 5.0, 6.0, 7.0, 6.0, 6.0]
    >>> lines = {"transaction_id": ids, "customer_id": ids, "net_revenue": amounts, "cogs": 4.0}
    >>> found = analyse_core_customers(load_frames({"transactions": pd.DataFrame(lines), "customers": customers}))
    >>> [(row.level, row.lift.raw) for row in found.levels]
    [('SE', 2.0), ('NO', -2.0)]
    """
    if needed := loaded.missing(**NEEDED, customers=()):
        return MissingData(chapter=CHAPTER, needed=needed)
    contract, people = loaded.engagement.contract, _read_features(loaded)
    levels = _levels(people, contract.disclosure.smallest_group)
    if not len(levels) or levels["n"].max() < 2:
        return MissingData(chapter=CHAPTER, needed=("customers.industry", "customers.country", "customers.employees"))
    lifts = shrink_lifts(
        levels["n"], levels["contribution"], levels["squares"], levels["feature"], confidence_level=confidence_level
    )
    rows = [
        Level(feature=row.feature, level=str(row.level), lift=lift, mean=row.contribution / row.n)
        for row, lift in zip(levels.itertuples(), lifts.groups, strict=True)
    ]
    return CoreCustomers(
        levels=tuple(sorted(rows, key=lambda row: -row.lift.shrunken)),
        n_customers=len(people),
        mean=float(people["contribution"].mean()),
        measure=reduce_ledger(loaded).measure,
        currency=contract.currency,
        confidence_level=confidence_level,
    )


def list_look_alikes(loaded: Loaded, *, most: int = 20) -> pd.DataFrame:
    """List customers of the register who look like the best ones and contribute less: for the consultant alone.

    Parameters
    ----------
    loaded : Loaded
        Needs what the core customers need.
    most : int
        Longest list.

    Returns
    -------
    DataFrame, one row per customer
        customer_id, name, expected (mean of what its levels give by their lifts), contribution; largest gap first.
        It is about single companies: it is no block, and no report can hold it.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> ids = [str(place) for place in range(12)]
    >>> customers = pd.DataFrame({"customer_id": ids, "country": ["SE"] * 6 + ["NO"] * 6})
    >>> amounts = [9.0, 9.0, 9.0, 9.0, 9.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]
    >>> lines = pd.DataFrame({"transaction_id": ids, "customer_id": ids, "net_revenue": amounts, "cogs": 4.0})
    >>> found = list_look_alikes(load_frames({"transactions": lines, "customers": customers}), most=1)
    >>> found["customer_id"].tolist()
    ['5']
    """
    found = analyse_core_customers(loaded)
    empty = pd.DataFrame({"customer_id": [], "name": [], "expected": [], "contribution": []})
    if isinstance(found, MissingData):
        return empty
    people = _read_features(loaded)
    # A lift is against all others: less the level's own share it is against the mean. Features overlap: not added up.
    above = {
        (row.feature, row.level): row.lift.shrunken * (1 - row.lift.n / len(people))
        for row in found.levels
        if row.level != OTHER
    }
    features = sorted({feature for feature, _ in above})
    expected = pd.Series(found.mean, index=people.index)
    for feature in features:
        expected += [above.get((feature, str(level)), 0.0) / len(features) for level in people[feature]]
    register = loaded.tables["customers"]
    names = to_frame(register.select("customer_id", *(["name"] if "name" in register.columns else [])))
    listed = people.assign(expected=expected.round(2)).merge(names, on="customer_id", how="inner")
    listed = listed.assign(gap=listed["expected"] - listed["contribution"])
    listed = listed[(listed["expected"] > found.mean) & (listed["gap"] > 0)].sort_values("gap", ascending=False)
    return listed.reindex(columns=list(empty.columns)).head(most).reset_index(drop=True)

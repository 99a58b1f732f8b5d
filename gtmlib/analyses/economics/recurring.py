"""How recurring revenue grew in a year, and what was burnt for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from gtmlib.analyses.economics.acquisition import CHAPTER
from gtmlib.analyses.findings import Finding, interval_of
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion
from gtmlib.stats.unit_economics import Ratio, burn_multiple

NEEDED: dict[str, tuple[str, ...]] = {"contracts": ("customer_id", "starts_on", "monthly_revenue")}
YEAR = timedelta(days=365)
# Changes of recurring revenue, from the finest names to the coarsest: a small cell is folded into the next coarser.
CHANGES = (("new", "more", "less", "ended"), ("gained", "lost"), ("net",))
COARSER = {"new": "gained", "more": "gained", "less": "lost", "ended": "lost", "gained": "net", "lost": "net"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed yearly recurring revenue.

    Parameters
    ----------
    name : str
        `new` and `ended` customers, `more` and `less` from those who stayed; `gained`, `lost` or `net` where fewer
        customers than the floor stand behind one of them.
    amount : float
        A year, in the engagement's currency; below 0 where it takes away.
    n : int
        Customers behind it.
    """

    name: str
    amount: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """Recurring revenue over the last twelve months.

    Parameters
    ----------
    starts_on, ends_on : date
        The days compared: a year apart, the last one that of the data.
    at_start, at_end : float
        Yearly recurring revenue on these days, in the engagement's currency.
    n_at_start, n_at_end : int
        Customers with a contract then.
    changes : tuple of Change
        That add up from the one to the other.
    kept : ProportionEstimate, optional
        Share of the customers at the start who have a contract at the end; None where there was none.
    net_burn : float, optional
        As the contract states it.
    multiple : Ratio, optional
        Net burn over the growth of yearly recurring revenue; None where no burn is stated.
    n_without_revenue : int
        Contracts without a monthly revenue: left out.
    currency : str
        ISO 4217 code.
    """

    starts_on: date
    ends_on: date
    at_start: float
    at_end: float
    n_at_start: int
    n_at_end: int
    changes: tuple[Change, ...]
    kept: ProportionEstimate | None
    net_burn: float | None
    multiple: Ratio | None
    n_without_revenue: int
    currency: str

    def findings(self) -> tuple[Finding, ...]:
        """Give recurring revenue, its growth, the share of customers kept, and the burn multiple."""
        unit, grown = self.currency, self.at_end - self.at_start
        found = [
            Finding(
                "economics.recurring_revenue", self.at_end, unit, "economics.finding.recurring",
                {"amount": self.at_end, "n": self.n_at_end}, n=self.n_at_end,
            ),
            Finding(
                "economics.net_new_recurring_revenue", grown, unit, "economics.finding.net_new", {"amount": grown},
                n=max(self.n_at_start, self.n_at_end),
            ),
        ]  # fmt: skip
        if self.kept is not None:
            args = {"rate": self.kept.rate, "n": self.kept.n_trials}
            found.append(
                Finding(
                    "economics.customers_kept_rate", self.kept.rate, "share", "economics.finding.kept", args,
                    n=self.kept.n_trials, **interval_of(self.kept),
                )
            )  # fmt: skip
        if self.multiple is not None and self.multiple.value is not None:
            args = {"multiple": self.multiple.value}
            found.append(
                Finding("economics.burn_multiple", self.multiple.value, "ratio", "economics.finding.burn", args)
            )
        return tuple(found)


def analyse_recurring(loaded: Loaded, *, confidence_level: float = 0.95) -> Recurring | MissingData:
    """Compare recurring revenue on the day of the data with a year before, customer by customer.

    Parameters
    ----------
    loaded : Loaded
        Needs contracts with customer_id, starts_on and monthly_revenue; the net burn of these twelve months comes
        from the contract's `[economics]`.
    confidence_level : float
        Coverage of the interval of the share kept, in (0, 1).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> signed = {"contract_id": ["1", "2"], "customer_id": ["K1", "K2"], "monthly_revenue": [100.0, 50.0]}
    >>> days = [date(2024, 3, 1), date(2025, 6, 1)]
    >>> found = analyse_recurring(load_frames({"contracts": pd.DataFrame(signed).assign(starts_on=days)}))
    >>> found.at_start, found.at_end, [change.name for change in found.changes]
    (1200.0, 1800.0, ['net'])
    """
    if lacking := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=lacking)
    contract = loaded.engagement.contract
    ends_on, starts_on = contract.exported_on, contract.exported_on - YEAR
    people = _reduce_customers(loaded, starts_on, ends_on)
    changes = _changes(people, contract.disclosure.smallest_group)
    at_start, at_end = (round(float(people[name].sum()) * 12, 2) for name in ("before", "after"))
    was, stays = people["before"] > 0, (people["before"] > 0) & (people["after"] > 0)
    n_was, burn = int(was.sum()), contract.economics.net_burn
    rows = loaded.tables["contracts"]
    return Recurring(
        starts_on=starts_on,
        ends_on=ends_on,
        at_start=at_start,
        at_end=at_end,
        n_at_start=n_was,
        n_at_end=int((people["after"] > 0).sum()),
        changes=changes,
        kept=estimate_proportion(int(stays.sum()), n_was, confidence_level=confidence_level) if n_was else None,
        net_burn=burn,
        multiple=None if burn is None else burn_multiple(burn, at_end - at_start),
        n_without_revenue=int(to_frame(rows.aggregate(n=rows.monthly_revenue.isnull().sum()))["n"].iloc[0]),
        currency=contract.currency,
    )


def _reduce_customers(loaded: Loaded, starts_on: date, ends_on: date) -> pd.DataFrame:
    """Sum monthly revenue by customer on two days; a contract runs from its first day to the day before its end."""
    rows = loaded.tables["contracts"]
    rows = rows.filter(rows.monthly_revenue.notnull())

    def on(day: date) -> object:
        runs = rows.starts_on <= day
        if "ends_on" in rows.columns:
            runs &= rows.ends_on.isnull() | (rows.ends_on > day)
        return rows.monthly_revenue.sum(where=runs).fill_null(0)

    people = rows.group_by("customer_id").aggregate(before=on(starts_on), after=on(ends_on))
    return to_frame(people.filter((people.before > 0) | (people.after > 0)).drop("customer_id"))


def _changes(people: pd.DataFrame, smallest: int) -> tuple[Change, ...]:
    """Name each customer's change as finely as the floor allows: every name has none or enough customers behind it."""
    before, after = people["before"], people["after"]
    name = pd.Series("same", index=people.index)
    name[before == 0], name[after == 0] = "new", "ended"
    name[(before > 0) & (after > before)], name[(after > 0) & (after < before)] = "more", "less"
    for names in CHANGES:
        counts = {each: int((name == each).sum()) for each in names}
        if names == CHANGES[-1] or not any(0 < n < smallest for n in counts.values()):
            break
        name = name.replace(COARSER)
    amounts = ((after - before) * 12).groupby(name).sum()
    return tuple(Change(name=each, amount=round(float(amounts.get(each, 0.0)), 2), n=n) for each, n in counts.items())

"""Reductions that several analyses share: Ibis expressions over canonical tables, which any engine runs unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import pandas as pd

from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

OTHER = "other"  # the group of what is too small to be shown; presenters name it in the reader's language


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingData:
    """An analysis that can't be made, and what to ask the client for.

    Parameters
    ----------
    chapter : str
        Chapter that would show it.
    needed : tuple of str
        Tables, and columns as `table.column`, that no row fills.
    """

    chapter: str
    needed: tuple[str, ...]

    def findings(self) -> tuple[()]:
        """Give none: what is not known is no finding."""
        return ()


def in_period(loaded: Loaded, rows: Any, column: str = "date") -> Any:
    """Keep the rows of the contract's period; rows without a date are kept where no period is declared.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    rows : ibis Table
        Rows with a date column.
    column : str
        Its name.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from gtmlib.data.engagement import Period
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1", "2"], "closed_on": [date(2024, 12, 31), date(2025, 1, 1)]})
    >>> year = Period(starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    >>> loaded = load_frames({"deals": deals}, period=year)
    >>> in_period(loaded, loaded.tables["deals"], "closed_on").deal_id.to_pyarrow().to_pylist()
    ['2']
    """
    period = loaded.engagement.contract.period
    if period is None or column not in rows.columns:
        return rows
    return rows.filter(rows[column].between(period.starts_on, period.ends_on))


def month_of(rows: Any, is_asked: bool = True) -> dict[str, Any]:
    """Give the month of each row as one more key to group by, where it is asked for.

    Parameters
    ----------
    rows : ibis Table
        Rows that may have a date.
    is_asked : bool
        Whether to group by it.

    Returns
    -------
    dict
        `month`: months since the year 0, null without a date; empty where it is not asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1"], "closed_on": [date(2025, 3, 31)]})
    >>> rows = load_frames({"deals": deals}).tables["deals"].rename(date="closed_on")
    >>> rows.select(**month_of(rows)).month.to_pyarrow().to_pylist() == [2025 * 12 + 2]
    True
    """
    if not is_asked:
        return {}
    has_date = "date" in rows.columns
    return {"month": (rows.date.year() * 12 + rows.date.month() - 1 if has_date else ibis.null()).cast("int64")}


def with_segment(loaded: Loaded, rows: Any) -> Any:
    """Add `segment` to rows: their own, else that of their customer as the contract names it; null where unknown.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    rows : ibis Table
        Rows that may have segment and customer_id.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> customers = pd.DataFrame({"customer_id": ["K1"], "segment": ["Industry"]})
    >>> touches = pd.DataFrame({"touch_id": ["T1"], "customer_id": ["K1"]})
    >>> loaded = load_frames({"customers": customers, "touches": touches})
    >>> with_segment(loaded, loaded.tables["touches"]).segment.to_pyarrow().to_pylist()
    ['Industry']
    """
    customers = loaded.tables.get("customers")
    rule = loaded.engagement.contract.segments
    segment = rows.segment if "segment" in rows.columns else ibis.null("string")
    if customers is not None and rule.by in customers.columns and "customer_id" in rows.columns:
        known = customers.select(known_id="customer_id", known_segment=customers[rule.by])
        rows = rows.left_join(known, rows.customer_id == known.known_id)
        segment = ibis.coalesce(segment, rows.known_segment)
    if rule.names:
        segment = segment.cases(*rule.names.items(), else_=segment)
    return rows.mutate(segment=segment).drop(*({"known_id", "known_segment"} & set(rows.columns)))


@lru_cache(maxsize=4)  # every question about reps starts from it, and none changes it
def label_reps(loaded: Loaded) -> dict[str, str]:
    """Label every rep of touches and deals: `#1`, `#2`, or the name where the contract allows it.

    Numbers follow a fingerprint of the id, so that neither their order nor a list of ids tells who is who.

    Parameters
    ----------
    loaded : Loaded
        With touches or deals; names come from its reps.

    Returns
    -------
    dict
        Rep id = label.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2", "T3"], "rep_id": ["R1", "R2", "R1"]})
    >>> label_reps(load_frames({"touches": touches}))
    {'R1': '#1', 'R2': '#2'}
    """
    named = [
        loaded.tables[name].select("rep_id")
        for name in ("touches", "deals")
        if not loaded.missing(**{name: ("rep_id",)})
    ]
    if not named:
        return {}
    reps = ibis.union(*named, distinct=True) if len(named) > 1 else named[0].distinct()
    ids = to_frame(reps)["rep_id"].dropna()
    ordered = sorted(ids, key=lambda rep: hashlib.sha256(str(rep).encode()).hexdigest())
    labels = {rep: f"#{place}" for place, rep in enumerate(ordered, start=1)}
    if loaded.engagement.contract.disclosure.name_reps:
        names: dict[str, str] = {}
        if not loaded.missing(reps=("name",)):
            reps = to_frame(loaded.tables["reps"].select("rep_id", "name")).dropna()
            names = dict(zip(reps["rep_id"], reps["name"], strict=True))
        shown = [names.get(rep, rep) for rep in ordered]
        labels = {
            rep: f"{name} ({rep})" if shown.count(name) > 1 else name for rep, name in zip(ordered, shown, strict=True)
        }
    return dict(sorted(labels.items()))


def conversations(loaded: Loaded) -> Any:
    """Give the touches of the period that the contract counts as conversations, each with its segment.

    Parameters
    ----------
    loaded : Loaded
        With touches.

    Returns
    -------
    ibis Table
        The touches, with segment (of the touch, else of its customer) and stage null where unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.engagement import Conversations
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2"], "channel": ["call", "mail"]})
    >>> loaded = load_frames({"touches": touches}, conversations=Conversations(channels=["call"]))
    >>> conversations(loaded).touch_id.to_pyarrow().to_pylist()
    ['T1']
    """
    rows = with_segment(loaded, in_period(loaded, loaded.tables["touches"]))
    return rows.filter(is_conversation(loaded, rows))


def is_conversation(loaded: Loaded, rows: Any) -> Any:
    """Tell which touches the contract counts as conversations.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    rows : ibis Table
        Touches, or some of them.

    Returns
    -------
    ibis boolean column
        True where it says nothing of channels and outcomes; an unknown channel is no conversation.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.engagement import Conversations
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2"], "channel": ["call", "mail"]})
    >>> loaded = load_frames({"touches": touches}, conversations=Conversations(channels=["call"]))
    >>> rows = loaded.tables["touches"]
    >>> rows.mutate(is_talk=is_conversation(loaded, rows)).is_talk.to_pyarrow().to_pylist()
    [True, False]
    """
    rule, found = loaded.engagement.contract.conversations, ibis.literal(True)
    if rule.channels and "channel" in rows.columns:
        found = found & rows.channel.isin(rule.channels).fill_null(False)
    if rule.excluded_outcomes and "outcome" in rows.columns:
        found = found & (rows.outcome.isnull() | rows.outcome.notin(rule.excluded_outcomes))
    return found


def fold_small_groups(frame: pd.DataFrame, by: str, n: str, smallest: int) -> pd.DataFrame:
    """Fold groups that are too small to be shown into one, which is large enough to hide each of them.

    Parameters
    ----------
    frame : DataFrame, one row per group
        <by> (str) and columns of sums, among them <n>.
    by, n : str
        Column of the group, and of the number of observations in it.
    smallest : int
        Fewest observations that a shown group may have.

    Returns
    -------
    DataFrame
        The large groups by falling <n>, then `other` with the sums of the rest; where the rest is too small itself,
        the next larger group is folded in too, so that no group can be computed from a total.

    Examples
    --------
    >>> import pandas as pd
    >>> small = pd.DataFrame({"segment": ["A", "B", "C"], "n": [40, 7, 2]})
    >>> fold_small_groups(small, "segment", "n", 5).to_dict("list")
    {'segment': ['A', 'other'], 'n': [40, 9]}
    """
    ordered = frame.sort_values([n, by], ascending=[False, True], ignore_index=True)
    is_large = ordered[n] >= smallest
    if is_large.all():
        return ordered
    is_large &= ordered[by] != OTHER  # a group that the data call so joins the folded ones
    ordered = pd.concat([ordered[is_large], ordered[~is_large]], ignore_index=True)
    n_shown = int(is_large.sum())
    while n_shown and (ordered[n].iloc[n_shown:].sum() < smallest or len(ordered) - n_shown < 2):
        n_shown -= 1
    folded = ordered.iloc[n_shown:].drop(columns=by).sum().to_frame().T.assign(**{by: OTHER})
    folded = folded.astype({column: ordered[column].dtype for column in folded.columns if column != by})
    return pd.concat([ordered.iloc[:n_shown], folded[ordered.columns]], ignore_index=True)


def fold_with_unknown(frame: pd.DataFrame, by: str, n: str, smallest: int) -> pd.DataFrame:
    """Fold small groups, and among them what has no known group where it is as little: else a total would tell it.

    Parameters
    ----------
    frame : DataFrame, one row per group
        As for `fold_small_groups`; <by> may be missing in a row.
    by, n : str
        Column of the group, and of the number of observations in it.
    smallest : int
        Fewest observations that a shown group may have.

    Returns
    -------
    DataFrame
        As `fold_small_groups` gives it. What has no known group is not in it where it is enough to be told apart.

    Examples
    --------
    >>> few = pd.DataFrame({"segment": ["A", "B", None], "n": [40, 7, 2]})
    >>> fold_with_unknown(few, "segment", "n", 5).to_dict("list")
    {'segment': ['A', 'other'], 'n': [40, 9]}
    """
    is_unknown = frame[by].isna()
    if 0 < frame.loc[is_unknown, n].sum() < smallest:
        named = frame[by].astype(object).where(~is_unknown, OTHER)
        frame = frame.assign(**{by: named}).groupby(by, as_index=False, sort=True).sum()[[*frame.columns]]
    return fold_small_groups(frame.dropna(subset=by), by, n, smallest)


def purchase_days(loaded: Loaded) -> Any:
    """Give the days on which customers bought something: one row each, with what they bought for.

    Parameters
    ----------
    loaded : Loaded
        Needs transactions with customer_id, net_revenue and date.

    Returns
    -------
    ibis Table
        customer_id, date, net_revenue (above 0).

    Examples
    --------
    >>> import pandas as pd
    >>> from datetime import date
    >>> from gtmlib.data.load import load_frames
    >>> lines = {"transaction_id": ["1", "2", "3"], "customer_id": "K1", "net_revenue": [9.0, 6.0, -5.0]}
    >>> loaded = load_frames({"transactions": pd.DataFrame(lines).assign(date=date(2025, 1, 2))})
    >>> to_frame(purchase_days(loaded))["net_revenue"].tolist()
    [15.0]
    """
    sales = in_period(loaded, loaded.tables["transactions"])
    sales = sales.filter(sales.customer_id.notnull() & sales.date.notnull() & (sales.net_revenue > 0))
    return sales.group_by("customer_id", "date").aggregate(net_revenue=sales.net_revenue.sum())


def rep_order(label: str) -> tuple[int, str]:
    """Give the key that sorts labels of reps: by number, else by name.

    Parameters
    ----------
    label : str
        As `label_reps` gives it.

    Examples
    --------
    >>> sorted(["#10", "#9", "Ann"], key=rep_order)
    ['Ann', '#9', '#10']
    """
    return int(label[1:]) if label[1:].isdigit() else 0, label


def reps_by(loaded: Loaded, column: str) -> dict[str, str]:
    """Give what the register says of each labelled rep: its team, or its seniority.

    Parameters
    ----------
    loaded : Loaded
        With reps.
    column : {'team', 'seniority'}
        Of the table reps.

    Returns
    -------
    dict
        Label = value; reps without a value, or without touches and deals, are not in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1"], "rep_id": ["R1"]})
    >>> reps = pd.DataFrame({"rep_id": ["R1", "R2"], "team": ["North", "South"]})
    >>> reps_by(load_frames({"touches": touches, "reps": reps}), "team")
    {'#1': 'North'}
    """
    if loaded.missing(reps=(column,)):
        return {}
    labels = label_reps(loaded)
    known = to_frame(loaded.tables["reps"].select("rep_id", column)).dropna()
    return {labels[rep]: str(value) for rep, value in zip(known["rep_id"], known[column], strict=True) if rep in labels}

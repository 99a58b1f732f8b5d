"""Conversations in groups: counted with each objection, with what an interval must know of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import pandas as pd

from gtmlib.analyses.objections.logged import heard_objections, logged_objections
from gtmlib.analyses.reductions import OTHER, conversations, fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded

FEWEST_REPS = 3  # of a level of seniority: of one or two, each would know the other's numbers


def reduce_objections(loaded: Loaded, by: str) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Count conversations, and those with each objection, with the sums over accounts that a design effect needs.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    by : str
        Grouping of the conversations; with 'code' they are one group.

    Returns
    -------
    DataFrame, one row per group and code (`any` among them)
        group (str, missing where unknown), code (str), k: conversations with that objection; k_squared, k_times_n:
        sums over accounts.
    DataFrame, one row per group
        group, n: conversations; n_squared: sum over accounts; n_accounts.
    int
        Objections noted in conversations, each mention counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T1", "T2"], "code": ["price", "price", "legal"]})
    >>> loaded = load_frames({"touches": pd.DataFrame({"touch_id": ["T1", "T2", "T3"]}), "objections": said})
    >>> cells, totals, n_logged = reduce_objections(loaded, "code")
    >>> totals.to_dict("records"), n_logged
    ([{'group': 'all', 'n': 3, 'n_squared': 3, 'n_accounts': 3}], 3)
    """
    talks = label_conversations(loaded, (by,)).rename(group=by)
    sizes = talks.group_by("group", "account").aggregate(n=talks.count())
    totals = sizes.group_by("group").aggregate(
        n_squared=(sizes.n * sizes.n).sum(), n_accounts=sizes.count(), n=sizes.n.sum()
    )
    heard = heard_objections(loaded, with_any=True).inner_join(talks, "touch_id")
    hits = heard.group_by("group", "account", "code").aggregate(k=heard.count())
    sizes = sizes.select(same_group="group", same_account="account", n="n")
    same = [hits.account == sizes.same_account, hits.group.identical_to(sizes.same_group)]
    joined = hits.inner_join(sizes, same)
    cells = joined.group_by("group", "code").aggregate(
        k_squared=(joined.k * joined.k).sum(), k_times_n=(joined.k * joined.n).sum(), k=joined.k.sum()
    )
    order = ["group", "n", "n_squared", "n_accounts"]
    found = to_frame(cells).sort_values(["group", "code"]), to_frame(totals.select(*order)).sort_values("group")
    return *found, count_logged(loaded)


def count_logged(loaded: Loaded) -> int:
    """Count the objections noted in conversations, each mention.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T1", "T9"], "code": ["price", "price", "legal"]})
    >>> count_logged(load_frames({"touches": pd.DataFrame({"touch_id": ["T1", "T2"]}), "objections": said}))
    2
    """
    logged = logged_objections(loaded).semi_join(conversations(loaded).select("touch_id"), "touch_id")
    return int(to_frame(logged.aggregate(n=logged.count())).loc[0, "n"])


def label_conversations(loaded: Loaded, ways: Sequence[str]) -> Any:
    """Give the conversations with their account and their groups in several ways at once.

    Parameters
    ----------
    loaded : Loaded
        With touches, and the columns of the groupings.
    ways : sequence of str
        Keys of `GROUPINGS`.

    Returns
    -------
    ibis Table
        touch_id, account (customer, else deal, else the conversation itself), date and rep_id where touches have them,
        and a column by the name of each way (str, null where unknown).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1"], "stage": "Demo", "date": pd.to_datetime(["2025-05-02"])})
    >>> labelled = to_frame(label_conversations(load_frames({"touches": touches}), ("stage", "month")))
    >>> labelled.drop(columns="date").to_dict("records")
    [{'touch_id': 'T1', 'account': 'T1', 'stage': 'Demo', 'month': '2025-05'}]
    """
    talks = conversations(loaded)
    if "seniority" in ways:
        reps = loaded.tables["reps"].select(known_id="rep_id", level="seniority")
        talks = talks.left_join(reps, talks.rep_id == reps.known_id)
    accounts = [talks[name] for name in ("customer_id", "deal_id") if name in talks.columns]
    named = {f"as_{by}": _label(loaded, talks, by) for by in ways}
    kept = [name for name in ("touch_id", "date", "rep_id") if name in talks.columns]
    found = talks.select(*kept, account=ibis.coalesce(*accounts, talks.touch_id), **named)
    return found.rename({by: f"as_{by}" for by in ways})


def _label(loaded: Loaded, talks: Any, by: str) -> Any:
    """Give the group of each conversation."""
    if by in ("stage", "segment"):
        return talks[by]
    if by == "variant":
        plan = loaded.engagement.contract.variants
        names = plan.names if plan else {}
        group = talks.variant_assigned
        return group.cases(*names.items(), else_=group) if names else group
    if by == "month":
        return talks.date.strftime("%Y-%m")
    if by == "quarter":
        return talks.date.strftime("%Y") + "-Q" + talks.date.quarter().cast("string")
    if by == "seniority":
        few = _few_reps(loaded)
        return ibis.ifelse(talks.level.isin(few), OTHER, talks.level) if few else talks.level
    return ibis.literal("all")


def _few_reps(loaded: Loaded) -> tuple[str, ...]:
    """Name the levels of seniority that so few reps have that one could tell another's numbers, two levels or more."""
    reps = loaded.tables["reps"].filter(lambda rows: rows.seniority.notnull())
    reps = reps.semi_join(conversations(loaded).select("rep_id"), "rep_id")
    counts = to_frame(reps.group_by("seniority").aggregate(n=reps.rep_id.nunique()))
    shown = set(fold_small_groups(counts, "seniority", "n", FEWEST_REPS)["seniority"])
    return tuple(sorted(set(counts["seniority"]) - shown))

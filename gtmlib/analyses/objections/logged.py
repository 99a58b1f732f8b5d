"""What was logged: objections of conversations, one fold of rare codes for the whole chapter, what is lacking."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import ibis

from gtmlib.analyses.reductions import OTHER, conversations, fold_small_groups, in_period
from gtmlib.data.codebook import read_codebook
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.proportions import ProportionEstimate, estimate_proportion

CHAPTER = "objections"
NEEDED: dict[str, tuple[str, ...]] = {"touches": (), "objections": ("touch_id", "code")}
WISHED = {"touches": ("stage",)}
ANY = "any"  # a conversation with whatever objection; presenters name it in the reader's language


def logged_objections(loaded: Loaded) -> Any:
    """Give the logged objections that name their touch, one row each as logged, without codes that are no objection.

    Parameters
    ----------
    loaded : Loaded
        With objections that have touch_id and code.

    Returns
    -------
    ibis Table
        touch_id, code, and is_resolved (null where the data do not say).

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T2", None], "code": ["price", "no_contact", "price"]})
    >>> logged_objections(load_frames({"objections": said})).touch_id.to_pyarrow().to_pylist()
    ['T1']
    """
    rows = loaded.tables["objections"]
    rows = rows.filter(rows.touch_id.notnull() & rows.code.notin(_no_objection(loaded)))
    is_resolved = rows.is_resolved if "is_resolved" in rows.columns else ibis.null("boolean")
    return rows.select("touch_id", "code", is_resolved=is_resolved)


def _no_objection(loaded: Loaded) -> tuple[str, ...]:
    """Name the codes that say why a conversation holds no objection: they are none themselves."""
    return read_codebook(loaded.engagement.folder, "objections").of_kind("no_objection")


@lru_cache(maxsize=4)  # every breakdown of the chapter shows the same codes, so that none gives away what another folds
def fold_codes(loaded: Loaded) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Decide once for the chapter which codes are shown, and which are too rare and shown together.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.

    Returns
    -------
    shown, folded : tuple of str
        Codes by falling number of conversations, `other` last where some are folded; and those that are in it: two or
        more, in as many conversations as the floor or more.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": [f"T{i}" for i in range(10)], "code": ["price"] * 9 + ["legal"]})
    >>> fold_codes(load_frames({"touches": said[["touch_id"]], "objections": said}))
    (('other',), ('legal', 'price'))
    """
    talks = conversations(loaded).select("touch_id")
    once = logged_objections(loaded).select("touch_id", "code").distinct().semi_join(talks, "touch_id")
    per_code = to_frame(once.group_by("code").aggregate(n=once.count()))
    smallest = loaded.engagement.contract.disclosure.smallest_group
    shown = tuple(fold_small_groups(per_code, "code", "n", smallest)["code"])
    return shown, tuple(sorted(set(per_code["code"]) - set(shown) | (set(per_code["code"]) & {OTHER})))


def heard_objections(loaded: Loaded, *, with_any: bool = False) -> Any:
    """Give which objection was heard in which touch: once per code, rare codes as `other`.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    with_any : bool
        Whether each touch with an objection also has a row of the code `any`.

    Returns
    -------
    ibis Table
        touch_id, code.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T1", "T2", "T3", "T4", "T5"], "code": "price"})
    >>> heard = heard_objections(load_frames({"touches": said[["touch_id"]].drop_duplicates(), "objections": said}))
    >>> int(heard.count().to_pyarrow().as_py())
    5
    """
    folded = fold_codes(loaded)[1]
    rows = logged_objections(loaded)
    code = ibis.ifelse(rows.code.isin(folded), OTHER, rows.code) if folded else rows.code
    once = rows.select("touch_id", code=code).distinct()
    return once.union(once.select("touch_id", code=ibis.literal(ANY)).distinct()) if with_any else once


def count_no_objection(loaded: Loaded) -> int:
    """Count the logged rows that say why there was no objection: no contact, disqualified, no reason.

    Parameters
    ----------
    loaded : Loaded
        With objections.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> said = pd.DataFrame({"touch_id": ["T1", "T2"], "code": ["price", "no_contact"]})
    >>> count_no_objection(load_frames({"objections": said}))
    1
    """
    rows = loaded.tables["objections"]
    return int(to_frame(rows.aggregate(n=rows.code.isin(_no_objection(loaded)).sum().fill_null(0))).loc[0, "n"])


def estimate_unlogged(loaded: Loaded, confidence_level: float) -> ProportionEstimate | None:
    """Estimate the share of lost deals without a logged reason: what stands beside every number of the chapter.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    confidence_level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    ProportionEstimate or None
        None where no deal is known to be lost.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> deals = pd.DataFrame({"deal_id": ["1", "2", "3"], "status": "lost", "lost_reason": ["Price", None, None]})
    >>> round(estimate_unlogged(load_frames({"deals": deals}), 0.95).rate, 2)
    0.67
    """
    if loaded.missing(deals=("status",)):
        return None
    deals = loaded.tables["deals"]
    closing = "closed_on" if "closed_on" in deals.columns else "date"
    lost = in_period(loaded, deals, closing).filter(lambda rows: rows.status == "lost")
    logged = lost.lost_reason.count() if "lost_reason" in lost.columns else lost.deal_id.nullif(lost.deal_id).count()
    counts = to_frame(lost.aggregate(n=lost.count(), k=lost.count() - logged)).loc[0]
    if not counts["n"]:
        return None
    return estimate_proportion(int(counts["k"]), int(counts["n"]), confidence_level=confidence_level)

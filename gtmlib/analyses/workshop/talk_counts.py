"""Conversations as counts by account and group, from which any selection is summed up at once. Nobody's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from gtmlib.analyses.objections.grouped import label_conversations
from gtmlib.analyses.objections.logged import ANY, heard_objections
from gtmlib.analyses.objections.rates import Sums
from gtmlib.analyses.reductions import fold_small_groups
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.designs import Codes
from gtmlib.stats.distributions import Array

Mask = npt.NDArray[np.bool_]
SPANS = (12, 6, 3)  # months back from the last one that people can ask for
PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Counts in the order of account and group, so that those of one account and group are summed in one pass.

    Parameters
    ----------
    count, cell : array
        Conversations of an account in a cell, and which cell.
    starts, group : array
        Where the next account or group begins, and which group it is.
    """

    count: Array
    cell: Codes
    starts: Codes
    group: Codes

    def sum(self, kept: Mask) -> Array:
        """Sum the cells that are kept, by account and group.

        Parameters
        ----------
        kept : array of bool
            By cell.
        """
        if not self.count.size:
            return np.zeros(0)
        summed: Array = np.add.reduceat(self.count * kept[self.cell], self.starts)
        return summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One way to group: conversations, and those with each code.

    Parameters
    ----------
    talks, hits : Ordered
        All, and those with an objection; a hit's group is that of code and group together.
    talk_of_hit : array of int
        By account, code and group of `hits`: the place of its account and group in `talks`.
    """

    talks: Ordered
    hits: Ordered
    talk_of_hit: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkCounts:
    """What the objection explorer works from.

    Parameters
    ----------
    ways : tuple of str
        Ways to narrow conversations, such as stage; the axes of the cells.
    names : tuple of tuple of str
        Groups of each way in the order of the alphabet; after them comes the unknown one.
    codes : tuple of str
        Objections as the chapter shows them, `any` last.
    cube : array
        Conversations by cell.
    groupings : mapping
        Way, or `code` for all together = how it is summed.
    smallest : int
        The disclosure floor.
    """

    ways: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]
    cube: Array
    groupings: Mapping[str, Grouping]
    smallest: int

    def sum(self, masks: Sequence[Mask], by: str) -> tuple[Sums, int]:
        """Sum up a selection; and count its conversations, those of unknown group among them.

        Parameters
        ----------
        masks : sequence of array of bool
            By way: which of its groups are in it, the unknown one last.
        by : str
            A way that has a grouping, or `code`.
        """
        kept = np.ones((), dtype=bool)
        for mask in masks:
            kept = kept[..., None] & mask
        way, kept = self.groupings[by], kept.ravel()
        known = ("all",) if by == "code" else self.names[self.ways.index(by)]
        n_groups = len(known) + (by != "code")
        n, k = way.talks.sum(kept), way.hits.sum(kept)

        def by_group(weights: Array) -> Array:
            return np.bincount(way.talks.group, weights, minlength=n_groups)

        def by_code(weights: Array) -> Array:
            summed = np.bincount(way.hits.group, weights, minlength=len(self.codes) * n_groups)
            return summed.reshape(len(self.codes), n_groups)

        sizes = by_group(n)
        shown = np.flatnonzero(sizes[: len(known)] > 0)
        found = Sums(
            codes=self.codes,
            groups=tuple(known[place] for place in shown),
            n=sizes[shown],
            n_squared=by_group(n * n)[shown],
            n_accounts=by_group((n > 0).astype(float))[shown],
            k=by_code(k)[:, shown],
            k_squared=by_code(k * k)[:, shown],
            k_times_n=by_code(k * n[way.talk_of_hit])[:, shown],
        )
        return found, int(sizes.sum())

    def least_sizes(self, masks: Sequence[Mask], way: int) -> Array:
        """Give each group's least number of conversations in whatever the other ways' settings let one subtract.

        Within a selection, beside it and in all together: a group that is large enough in each of them can't be worked
        out from several selections, none of which is too small itself.

        Parameters
        ----------
        masks : sequence of array of bool
            The selection.
        way : int
            Whose groups.
        """
        table = np.moveaxis(self.cube, way, 0)
        for place, mask in enumerate(masks):
            if place != way:
                table = np.tensordot(table, np.stack([mask, ~mask, mask | ~mask]).astype(float), axes=([1], [1]))
        table = table.reshape(len(table), -1)
        least = np.where(table > 0, table, np.inf).min(axis=1)
        return np.where(np.isfinite(least), least, 0.0)

    def folded(self, masks: Sequence[Mask], way: int) -> Mask:
        """Tell which groups of a way must be shown together: as the report folds them, in whatever is subtracted.

        Parameters
        ----------
        masks : sequence of array of bool
            The selection.
        way : int
            Whose groups.
        """
        sizes = self.least_sizes(masks, way)
        frame = pd.DataFrame({"group": np.arange(sizes.size).astype(str), "n": sizes})
        shown = set(fold_small_groups(frame[frame["n"] > 0], "group", "n", self.smallest)["group"])
        return (sizes > 0) & ~frame["group"].isin(shown).to_numpy()

    def reveals(self, masks: Sequence[Mask]) -> bool:
        """Tell whether a selection is too small, or would let one that is be worked out from others.

        Parameters
        ----------
        masks : sequence of array of bool
            The selection.
        """
        inside = self.cube
        for mask in reversed(masks):
            inside = inside @ mask.astype(float)
        if inside < self.smallest:
            return True
        for way, mask in enumerate(masks):
            if not mask.all():
                together = mask[self.folded(masks, way)]
                if together.any() and not together.all():
                    return True
        return False


def count_talks(loaded: Loaded, ways: Sequence[str], codes: Sequence[str], *, has_dates: bool) -> TalkCounts:
    """Reduce conversations to counts by account, group and code.

    Parameters
    ----------
    loaded : Loaded
        With touches and objections.
    ways : sequence of str
        Ways to group and narrow by: stage, segment, seniority.
    codes : sequence of str
        Objections as the chapter shows them.
    has_dates : bool
        Whether to narrow by period too.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2", "T3"], "stage": ["Demo", "Demo", None]})
    >>> said = pd.DataFrame({"touch_id": ["T1"], "code": "price"})
    >>> loaded = load_frames({"touches": touches, "objections": said})
    >>> count_talks(loaded, ("stage",), ("other",), has_dates=False).cube.tolist()
    [2.0, 1.0]
    """
    narrowed = (*ways, *((PERIOD,) if has_dates else ()))
    talks = label_conversations(loaded, (*ways, *(("month",) if has_dates else ())))
    if has_dates:
        talks = talks.mutate(period=_span(loaded, talks)).drop("month")
    talks = talks.mutate(account=ibis.dense_rank().over(ibis.window(order_by="account")))
    sizes = to_frame(talks.group_by("account", *narrowed).aggregate(n=talks.count()))
    heard = heard_objections(loaded, with_any=True).inner_join(talks, "touch_id")
    hits = to_frame(heard.group_by("account", "code", *narrowed).aggregate(n=heard.count()))
    names = tuple(tuple(sorted(map(str, sizes[way].dropna().unique()))) for way in narrowed)
    shape = tuple(len(each) + 1 for each in names)
    places, hit_places = (
        [_place(frame[way], each) for way, each in zip(narrowed, names, strict=True)] for frame in (sizes, hits)
    )
    cell, hit_cell = (_cells(each, shape, len(frame)) for each, frame in ((places, sizes), (hit_places, hits)))
    every = (*codes, ANY)
    code = _place(hits["code"], every)
    account, hit_account = (frame["account"].to_numpy(np.intp) for frame in (sizes, hits))
    counts, hit_counts = (frame["n"].to_numpy(float) for frame in (sizes, hits))
    groupings = {}
    for by in ("code", *ways):
        at = narrowed.index(by) if by != "code" else -1
        group, hit_group = (places[at], hit_places[at]) if at >= 0 else (account * 0, hit_account * 0)
        n_groups = shape[at] if at >= 0 else 1
        own, hit_own = account * n_groups + group, hit_account * n_groups + hit_group
        told = _order(counts, cell, own, group)
        met = _order(hit_counts, hit_cell, hit_own * len(every) + code, code * n_groups + hit_group)
        first = np.sort(own)[told.starts]
        of_hit = np.sort(hit_own * len(every) + code)[met.starts] // len(every) if hit_own.size else hit_own
        groupings[by] = Grouping(talks=told, hits=met, talk_of_hit=np.searchsorted(first, of_hit))
    return TalkCounts(
        ways=narrowed,
        names=names,
        codes=every,
        cube=np.bincount(cell, counts, minlength=int(np.prod(shape))).reshape(shape),
        groupings=groupings,
        smallest=loaded.engagement.contract.disclosure.smallest_group,
    )


def _span(loaded: Loaded, talks: Any) -> Any:
    """Give the shortest span of months back from the last one that holds a conversation; `older` before all of them."""
    last = pd.Period(loaded.engagement.contract.exported_on, "M")
    spans = [(talks.month > str(last - months), f"{months:02d}") for months in reversed(SPANS)]
    return ibis.cases((talks.month.isnull(), ibis.null("string")), *spans, else_="older")


def _place(column: pd.Series, names: Sequence[str]) -> Codes:
    """Number the values of a column by a list of names; unknown ones come after the last."""
    numbers = pd.Categorical(column, categories=list(names)).codes.astype(np.intp)
    return np.where(numbers < 0, len(names), numbers)


def _cells(places: Sequence[Codes], shape: tuple[int, ...], n_rows: int) -> Codes:
    return np.ravel_multi_index(tuple(places), shape) if places else np.zeros(n_rows, dtype=np.intp)


def _order(counts: Array, cells: Codes, keys: Codes, groups: Codes) -> Ordered:
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    return Ordered(count=counts[order], cell=cells[order], starts=starts, group=groups[order][starts])

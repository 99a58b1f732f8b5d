"""Conversations as counts by account and group, from which any selection is summed up at once. Nobody's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from gtmlib.analyses.objections.grouped import FEWEST_REPS, label_conversations
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
class Keyed:
    """To which account and group each count belongs.

    Parameters
    ----------
    key : array of int
        By count: which account and group.
    group : array of int
        By key: its group.
    """

    key: Codes
    group: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """One way to group: conversations, and those with each code.

    Parameters
    ----------
    talks, hits : Keyed
        All, and those with an objection; a hit's group is that of code and group together.
    talk_of_hit : array of int
        By key of `hits`: the key of its account and group in `talks`.
    """

    talks: Keyed
    hits: Keyed
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
    talks, talk_cells : array
        Conversations of an account in a cell, and which cell.
    hits, hit_cells : array
        The same of those with a code.
    groupings : mapping
        Way, or `code` for all together = how they are summed.
    reps : array of bool, reps x cells
        Who has a conversation where; no reps where their seniority is not known.
    smallest : int
        The disclosure floor.
    """

    ways: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...]
    cube: Array
    talks: Array
    talk_cells: Codes
    hits: Array
    hit_cells: Codes
    groupings: Mapping[str, Grouping]
    reps: Mask
    smallest: int

    def select(self, masks: Sequence[Mask]) -> tuple[Array, Array]:
        """Give the counts of a selection: of conversations, and of those with a code; elsewhere 0.

        Parameters
        ----------
        masks : sequence of array of bool
            By way: which of its groups are in it, the unknown one last.
        """
        kept = _cross(masks).ravel()
        if kept.all():
            return self.talks, self.hits
        return self.talks * kept[self.talk_cells], self.hits * kept[self.hit_cells]

    def sum(self, talks: Array, hits: Array, by: str) -> Sums:
        """Sum up a selection by group.

        Parameters
        ----------
        talks, hits : array
            As `select` gave them.
        by : str
            A way that has a grouping, or `code`.
        """
        way = self.groupings[by]
        known = ("all",) if by == "code" else self.names[self.ways.index(by)]
        n_groups = len(known) + (by != "code")
        n = np.bincount(way.talks.key, talks, minlength=way.talks.group.size).astype(float)
        k = np.bincount(way.hits.key, hits, minlength=way.hits.group.size).astype(float)

        def by_group(weights: Array) -> Array:
            return np.bincount(way.talks.group, weights, minlength=n_groups).astype(float)

        def by_code(weights: Array) -> Array:
            summed = np.bincount(way.hits.group, weights, minlength=len(self.codes) * n_groups).astype(float)
            return summed.reshape(len(self.codes), n_groups)

        sizes = by_group(n)
        shown = np.flatnonzero(sizes[: len(known)] > 0)
        return Sums(
            codes=self.codes,
            groups=tuple(known[place] for place in shown),
            n=sizes[shown],
            n_squared=by_group(n * n)[shown],
            n_accounts=by_group((n > 0).astype(float))[shown],
            k=by_code(k)[:, shown],
            k_squared=by_code(k * k)[:, shown],
            k_times_n=by_code(k * n[way.talk_of_hit])[:, shown],
        )

    def few_reps(self, masks: Sequence[Mask]) -> Mask:
        """Tell which levels of seniority are of one or two reps in a selection: each would know the other's numbers.

        Parameters
        ----------
        masks : sequence of array of bool
            The selection; which levels are in it does not matter.
        """
        way = self.ways.index("seniority")
        others = [mask | (place == way) for place, mask in enumerate(masks)]
        found = self.reps.reshape(len(self.reps), *self.cube.shape) & _cross(others)
        n_reps = np.moveaxis(found, way + 1, 1).any(axis=tuple(range(2, found.ndim))).sum(axis=0)
        few: Mask = (n_reps > 0) & (n_reps < FEWEST_REPS)
        return few

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
        least = np.where(np.isfinite(least), least, 0.0)
        if self.ways[way] == "seniority" and not all(mask.all() for mask in masks):
            least = np.where(self.few_reps(masks), np.minimum(least, 1.0), least)
        return least

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
        if (sizes[sizes > 0] >= self.smallest).all():
            return np.zeros(sizes.size, dtype=bool)
        frame = pd.DataFrame({"group": np.arange(sizes.size).astype(str), "n": sizes})
        shown = set(fold_small_groups(frame[frame["n"] > 0], "group", "n", self.smallest)["group"])
        found: Mask = (sizes > 0) & ~frame["group"].isin(shown).to_numpy(bool)
        return found

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
    talks = label_conversations(loaded, ways)
    if has_dates:
        talks = talks.mutate(period=_span(loaded, talks))
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
    numbers = pd.factorize(pd.concat([sizes["account"], hits["account"]], ignore_index=True))[0].astype(np.intp)
    account, hit_account = numbers[: len(sizes)], numbers[len(sizes) :]
    counts, hit_counts = (frame["n"].to_numpy(float) for frame in (sizes, hits))
    groupings = {}
    for by in ("code", *ways):
        at = narrowed.index(by) if by != "code" else -1
        group, hit_group = (places[at], hit_places[at]) if at >= 0 else (account * 0, hit_account * 0)
        n_groups, n_codes = shape[at] if at >= 0 else 1, len(every)
        key, own = pd.factorize(account * n_groups + group)
        hit_key, met = pd.factorize((hit_account * n_groups + hit_group) * n_codes + code)
        groupings[by] = Grouping(
            talks=Keyed(key=key, group=own % n_groups),
            hits=Keyed(key=hit_key, group=met % n_codes * n_groups + met // n_codes % n_groups),
            talk_of_hit=pd.Index(own).get_indexer(met // n_codes),
        )
    return TalkCounts(
        ways=narrowed,
        names=names,
        codes=every,
        cube=np.bincount(cell, counts, minlength=int(np.prod(shape))).astype(float).reshape(shape),
        talks=counts,
        talk_cells=cell,
        hits=hit_counts,
        hit_cells=hit_cell,
        reps=_count_reps(talks, narrowed, names, shape),
        groupings=groupings,
        smallest=loaded.engagement.contract.disclosure.smallest_group,
    )


def _count_reps(talks: Any, narrowed: Sequence[str], names: Sequence[Sequence[str]], shape: tuple[int, ...]) -> Mask:
    """Mark in which cells each rep has a conversation; whose it is, nothing says any more."""
    if "seniority" not in narrowed:
        return np.zeros((0, int(np.prod(shape))), dtype=bool)
    known = talks.filter(talks.rep_id.notnull())
    frame = to_frame(known.select("rep_id", *narrowed).distinct())
    places = [_place(frame[way], each) for way, each in zip(narrowed, names, strict=True)]
    rep, reps = pd.factorize(frame["rep_id"])
    found = np.zeros((len(reps), int(np.prod(shape))), dtype=bool)
    found[rep, _cells(places, shape, len(frame))] = True
    return found


def _cross(masks: Sequence[Mask]) -> Mask:
    """Tell which cells are in a selection."""
    kept: Mask = np.ones(1, dtype=bool)
    for mask in masks:
        kept = kept[..., None] & mask
    crossed: Mask = kept[0]
    return crossed


def _span(loaded: Loaded, talks: Any) -> Any:
    """Give the shortest span of months back from the last one that holds a conversation; `older` before all of them."""
    last = pd.Period(loaded.engagement.contract.exported_on, "M")
    first_days = {months: (last - months + 1).start_time.date() for months in reversed(SPANS)}
    spans = [(talks.date >= ibis.literal(day), f"{months:02d}") for months, day in first_days.items()]
    return ibis.cases((talks.date.isnull(), ibis.null("string")), *spans, else_="older")


def _place(column: pd.Series, names: Sequence[str]) -> Codes:
    """Number the values of a column by a list of names; unknown ones come after the last."""
    numbers, found = pd.factorize(column)
    place = {name: position for position, name in enumerate(names)}
    placed = np.array([*(place.get(str(name), len(names)) for name in found), len(names)], dtype=np.intp)
    found_at: Codes = placed[numbers]  # a missing value has the number -1: the last of them
    return found_at


def _cells(places: Sequence[Codes], shape: tuple[int, ...], n_rows: int) -> Codes:
    cells: Codes = np.ravel_multi_index(tuple(places), shape) if places else np.zeros(n_rows, dtype=np.intp)
    return cells

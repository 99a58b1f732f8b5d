"""Objection explorer: what is met where, of any selection of conversations that is large enough to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.objections.grouped import count_logged
from gtmlib.analyses.objections.logged import CHAPTER, NEEDED
from gtmlib.analyses.objections.rates import GROUPINGS, Beside, ObjectionRates, estimate_rates, look_beside
from gtmlib.analyses.reductions import OTHER, MissingData, fold_small_groups
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.analyses.workshop.talk_counts import PERIOD, SPANS, Mask, TalkCounts, count_talks
from gtmlib.data.loaded import Loaded

WAYS = ("stage", "segment", "seniority")
WHOLE = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How many conversations a selection holds.

    Parameters
    ----------
    n_chosen, n_all : int
        In the selection, and of the period.
    smallest_group : int
        The disclosure floor.
    """

    n_chosen: int
    n_all: int
    smallest_group: int

    def findings(self) -> tuple[Finding, ...]:
        """Give the number: it is counted, so it has no interval."""
        args = {"n": self.n_chosen, "of": self.n_all}
        return (Finding("workshop.conversations", self.n_chosen, "count", "workshop.finding.conversations", args),)


@dataclass(frozen=True, kw_only=True)
class ObjectionsPanel(Panel):
    """The explorer: anonymous counts, and nothing that could be worked out of several of its answers.

    Parameters
    ----------
    controls : tuple of Control
        What people move.
    counts : TalkCounts
        Of all conversations.
    beside : Beside
        What the chapter says beside its rates.
    folded : tuple of tuple of str
        By way of `counts`: groups that its option `other` stands for.
    """

    id: ClassVar[str] = "objections"
    headlines: ClassVar[tuple[str, ...]] = ("objections.any_rate", "workshop.conversations")
    controls: tuple[Control, ...]
    counts: TalkCounts
    beside: Beside
    folded: tuple[tuple[str, ...], ...]

    def compute(self, state: State) -> tuple[ObjectionRates | Chosen, ...]:
        """Estimate the rates of the selection: over all of it, by one way, and how much it is.

        Parameters
        ----------
        state : mapping
            Of every control its value.

        Raises
        ------
        PanelError
            If nothing is picked, or so little that it could be somebody's.
        """
        masks = [self._mask(way, state) for way in range(len(self.counts.ways))]
        if self.counts.reveals(masks):
            raise PanelError("too_few_conversations", smallest=self.counts.smallest)
        chosen = self.counts.select(masks)
        sums, n = self.counts.sum(*chosen, "code"), int(chosen[0].sum())
        results: list[ObjectionRates | Chosen] = [estimate_rates(sums, self.beside, by="code", n_conversations=n)]
        by = str(state.get("by", ""))
        if by:
            grouped = self.counts.sum(*chosen, by)
            way = self.counts.ways.index(by)
            known = np.isin(self.counts.names[way], grouped.groups)
            sizes = self.counts.least_sizes(masks, way)[:-1][known]
            found = estimate_rates(grouped, self.beside, by=by, n_conversations=n, sizes=sizes)
            results += [found] if len(found.groups) > 1 else []
        n_all = int(self.counts.cube.sum())
        return (*results, Chosen(n_chosen=n, n_all=n_all, smallest_group=self.counts.smallest))

    def _mask(self, way: int, state: State) -> Mask:
        """Tell which groups of a way are in the selection; all of them: those that the data do not give too."""
        name, groups = self.counts.ways[way], self.counts.names[way]
        control = next((control for control in self.controls if control.id == name), None)
        picked = state[name] if control is not None else None
        if control is None or picked == control.start:
            return np.ones(len(groups) + 1, dtype=bool)
        if name == PERIOD:
            taken = {f"{months:02d}" for months in SPANS if months <= int(str(picked))}
        elif isinstance(picked, tuple) and picked:
            taken = set(picked) | (set(self.folded[way]) if OTHER in picked else set())
        else:
            raise PanelError("nothing_picked", name=name)
        return np.array([*(group in taken for group in groups), False])


def open_panel(loaded: Loaded) -> ObjectionsPanel | MissingData:
    """Open the explorer on what the client's conversations tell of themselves.

    Parameters
    ----------
    loaded : Loaded
        Needs touches, and objections with touch_id and code; better with stages, segments, seniority and dates.

    Examples
    --------
    >>> from gtmlib.analyses.workshop.panel import start_of
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": [f"T{i}" for i in range(40)], "stage": ["Demo"] * 30 + ["Offer"] * 10})
    >>> said = pd.DataFrame({"touch_id": [f"T{i}" for i in range(12)], "code": "price"})
    >>> panel = open_panel(load_frames({"touches": touches, "objections": said}))
    >>> [control.id for control in panel.controls]
    ['stage', 'by']
    >>> rates, chosen = panel.compute(start_of(panel) | {"stage": ("Demo",)})
    >>> rates.rows[0].estimate.rate, chosen.n_chosen
    (0.4, 30)
    """
    if lacking := loaded.missing(**NEEDED):
        return MissingData(chapter=CHAPTER, needed=lacking)
    known = [way for way in WAYS if not loaded.missing(**GROUPINGS[way])]
    beside = look_beside(loaded, count_logged(loaded))
    counts = count_talks(loaded, known, beside.codes, has_dates=not loaded.missing(touches=("date",)))
    if not counts.cube.sum():
        return MissingData(chapter=CHAPTER, needed=("touches",))
    controls, folded = [], []
    for way, name in enumerate(counts.ways):
        options, together = _options(counts, way)
        folded.append(together)
        if name == PERIOD:
            spans = (WHOLE, *map(str, SPANS))
            controls.append(Control(id=PERIOD, kind="choice", start=WHOLE, options=spans))
        elif len(options) > 1:
            controls.append(Control(id=name, kind="choices", start=options, options=options, named_by="text"))
    ways = tuple(control.id for control in controls if control.kind == "choices")
    if ways:
        controls.append(Control(id="by", kind="choice", start=ways[0], options=ways))
    return ObjectionsPanel(controls=tuple(controls), counts=counts, beside=beside, folded=tuple(folded))


def _options(counts: TalkCounts, way: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the groups that can be picked, folded as the chapter folds them, and those that `other` stands for."""
    names = counts.names[way]
    others = tuple(axis for axis in range(len(counts.ways)) if axis != way)
    frame = pd.DataFrame({"group": names, "n": counts.cube.sum(axis=others)[:-1]})
    shown = tuple(fold_small_groups(frame, "group", "n", counts.smallest)["group"])
    return shown, tuple(name for name in names if name not in shown or name == OTHER)

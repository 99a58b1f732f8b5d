"""What was tried in the workshop, as extreme as panels can make it; their names and controls are the catalog's."""

from __future__ import annotations

import re
import string
from typing import Any

from hypothesis import strategies as st

from gtmlib.analyses.workshop.scenarios import WHAT_IFS, Answer, Figure, Setting, Tried
from gtmlib.present.language import read_catalog

CATALOG = {message.id: message.string for message in read_catalog("en") if isinstance(message.id, str)}
METRICS_DRAWN = {
    "profitability.total_contribution": "SEK", "profitability.loss_rate": "share", "economics.payback_months": "months",
    "conversion.difference": "share", "pipeline.n_stale_open": "count", "economics.cycle_days": "days",
    "economics.burn_multiple": "ratio", "execution.rep_homogeneity_pvalue": "pvalue",
}  # fmt: skip
WORDS = st.sampled_from(["Dearer", "<b>Retail</b>", "{x}", "NA", "Raise the price and drop what does not pay " * 3])
GIVEN: dict[str, Any] = {"count": 5, "list": ["a"], "text": "x", "month": "2025-11", "date": "2025-11-03", "": "x"}


def places(text: str) -> dict[str, Any]:
    """Something for every place of a message."""
    found = ((name, kind or "") for _, name, kind, _ in string.Formatter().parse(text) if name)
    return {name: GIVEN.get(kind, 0.5) for name, kind in found}


def controls(panel: str) -> list[str]:
    found = (re.fullmatch(rf"workshop\.{panel}\.([a-z0-9_]+)", key) for key in CATALOG)
    return [one[1] for one in found if one and one[1] not in ("title", "about") and not places(CATALOG[one[0]])]


def settings_of(panel: str, n: int) -> st.SearchStrategy[Setting]:
    kinds: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
        "slider": ("message", st.floats(-1, 1)),
        "choice": ("month", st.sampled_from(["2025-01", "2025-07"])),
        "choices": ("text", st.lists(WORDS | st.just("other"), max_size=2, unique=True).map(tuple)),
        "text": ("text", WORDS | st.just("")),
    }

    def build(kind: str) -> st.SearchStrategy[Setting]:
        named_by, values = kinds[kind]
        return st.builds(
            Setting, control=st.sampled_from(controls(panel)), kind=st.just(kind), unit=st.just("percent"),
            named_by=st.just(named_by), n_options=st.just(2), start=values,
            values=st.lists(values, min_size=n, max_size=n).map(tuple),
        )  # fmt: skip

    return st.sampled_from(list(kinds)).flatmap(build)


@st.composite
def figures(draw: st.DrawFn, name: str) -> Figure:
    value = draw(st.none() | st.just(0.0) | st.floats(-1e9, 1e9))
    about: dict[str, Any] = {"ci_low": None, "ci_high": None, "confidence_level": None}
    if value is not None and draw(st.booleans()):
        about = {"ci_low": value - 0.1, "ci_high": value + 0.1, "confidence_level": 0.95}
    n = draw(st.none() | st.integers(0, 10**6))
    return Figure(id=name, unit=METRICS_DRAWN[name], value=value, n=n, **about)


@st.composite
def answers(draw: st.DrawFn, headlines: tuple[str, ...]) -> Answer:
    errors = [key.removeprefix("workshop.error.") for key in CATALOG if key.startswith("workshop.error.")]
    if errors and draw(st.booleans()):
        error = draw(st.sampled_from(errors))
        return Answer(error=error, error_args=places(CATALOG[f"workshop.error.{error}"]))
    return Answer(figures=tuple(draw(figures(name)) for name in headlines if draw(st.integers(0, 9))))


@st.composite
def tried(draw: st.DrawFn, panel: str) -> Tried:
    headlines = tuple(draw(st.lists(st.sampled_from(list(METRICS_DRAWN)), min_size=1, max_size=4, unique=True)))
    names = tuple(draw(st.lists(st.sampled_from(["a", "pris-upp", "today"]), min_size=1, unique=True)))
    return Tried(
        panel=panel,
        headlines=headlines,
        scenarios=names,
        titles=tuple(draw(WORDS) for _ in names),
        settings=tuple(draw(st.lists(settings_of(panel, len(names)), max_size=3))),
        today=draw(answers(headlines)),
        answers=tuple(draw(answers(headlines)) for _ in names),
    )


SCENARIO_RESULTS = {Tried: st.one_of(*(tried(panel) for panel in WHAT_IFS))}

"""What was tried in the workshop: saved states of the panels, computed anew and set beside today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.workshop import PANELS, open_panel
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State, Value, settle, start_of
from gtmlib.data.engagement import nearest
from gtmlib.data.scenarios import Scenario, read_scenarios, split_names
from gtmlib.errors import ContractError, ParameterError, Problem

if TYPE_CHECKING:  # the page is shown before what computes is imported
    from gtmlib.analyses.reductions import MissingData
    from gtmlib.data.loaded import Loaded

# Of which panels a scenario holds a state. Not of the desk: its claims stand in the contract once they are declared,
# and it reads the latest run, so that a report with it would follow from the one before.
WHAT_IFS = tuple(name for name in PANELS if name != "hypotheses")
Opener = Callable[[str, "Loaded"], "Panel | MissingData"]
UNITS = ("share", "count", "days", "months")  # that a sentence names; a currency is money, anything else a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A control that a scenario moved.

    Parameters
    ----------
    control : str
        Its id in the panel.
    kind : {'slider', 'choice', 'choices', 'text'}
        What it is.
    unit : str
        How a slider's value is written.
    named_by : {'message', 'text', 'code', 'month', 'finding'}
        How options are named.
    n_options : int
        Options that there are.
    start : str, float or tuple of str
        Where it stands today.
    values : tuple
        Where it stands in each scenario.
    """

    control: str
    kind: Literal["slider", "choice", "choices", "text"]
    unit: str
    named_by: Literal["message", "text", "code", "month", "finding"]
    n_options: int
    start: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A headline of a panel in one state.

    Parameters
    ----------
    id : str
        Of the finding that it is.
    value, ci_low, ci_high, confidence_level : float, optional
        As the finding has them.
    unit : str, optional
        Of the value.
    n : int, optional
        Observations behind it.
    """

    id: str
    value: float | None
    unit: str | None
    ci_low: float | None
    ci_high: float | None
    confidence_level: float | None
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a panel says in one state.

    Parameters
    ----------
    figures : tuple of Figure
        Its headlines; those that the results do not have are not in it.
    error : str
        Where the state has no answer, why: a message without its `workshop.error.`.
    error_args : dict
        What that message needs.
    """

    figures: tuple[Figure, ...] = ()
    error: str = ""
    error_args: dict[str, Any] = field(default_factory=dict)

    def figure(self, name: str) -> Figure | None:
        """Give a headline, if this state has it.

        Parameters
        ----------
        name : str
            Id of the finding.
        """
        return next((one for one in self.figures if one.id == name and one.value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A panel, today and as scenarios have it.

    Parameters
    ----------
    panel : str
        Its id.
    headlines : tuple of str
        Ids of the findings that are set side by side.
    scenarios, titles : tuple of str
        Names and titles of the scenarios that hold a state of this panel.
    settings : tuple of Setting
        The controls that one of them moved.
    today : Answer
        Of the start.
    answers : tuple of Answer
        Of each scenario.
    """

    panel: str
    headlines: tuple[str, ...]
    scenarios: tuple[str, ...]
    titles: tuple[str, ...]
    settings: tuple[Setting, ...]
    today: Answer
    answers: tuple[Answer, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Give each headline, today and in each scenario; a state without an answer has none."""
        today = [self._finding(one, "today", {}, {}) for one in self.today.figures if one.value is not None]
        named = zip(self.scenarios, self.titles, self.answers, strict=True)
        return (
            *today,
            *(
                self._finding(one, "tried", {"scenario": name}, {"scenario": title})
                for name, title, answer in named
                for one in answer.figures
                if one.value is not None
            ),
        )

    def _finding(self, one: Figure, state: str, group: dict[str, str], args: dict[str, str]) -> Finding:
        unit = one.unit or ""
        kind = unit if unit in UNITS else "money" if unit.isupper() else "number"
        return Finding(
            "workshop.tried", one.value, one.unit, f"workshop.finding.{state}.{kind}",
            {"metric": one.id, "value": one.value} | args, {"panel": self.panel, "metric": one.id} | group,
            one.ci_low, one.ci_high, one.confidence_level, one.n,
        )  # fmt: skip


def moved_states(panels: Iterable[Panel], states: Mapping[str, State]) -> dict[str, dict[str, Value]]:
    """Give the states to save: of each what-if that was moved, where every control stands.

    Parameters
    ----------
    panels : iterable of Panel
        Those that are open.
    states : mapping
        Panel = control = value, as the page has them.

    Raises
    ------
    ParameterError
        If a control can't stand where it does.

    Examples
    --------
    >>> class Price(Panel):
    ...     id, headlines, controls = "price_cost", (), (Control(id="price", kind="slider", start=0.0, high=0.1),)
    ...     def compute(self, state): return ()
    >>> moved_states([Price()], {"price_cost": {"price": 0.05}}), moved_states([Price()], {"price_cost": {"price": 0}})
    ({'price_cost': {'price': 0.05}}, {})
    """
    what_ifs = [panel for panel in panels if panel.id in WHAT_IFS]
    settled = {panel.id: (settle(panel, states.get(panel.id, {})), start_of(panel)) for panel in what_ifs}
    return {name: state for name, (state, start) in settled.items() if state != start}


def compare(panels: Iterable[Panel], scenarios: Sequence[Scenario]) -> tuple[Tried, ...]:
    """Compute scenarios and set them beside today.

    Parameters
    ----------
    panels : iterable of Panel
        Those that are open; states of others are left alone.
    scenarios : sequence of Scenario
        In the order to show.

    Returns
    -------
    tuple of Tried
        One per panel of which a scenario holds a state.

    Raises
    ------
    ContractError
        If a scenario names a control that its panel has not, or a value that the control can't have any more: all at
        once, each with its place.

    Examples
    --------
    >>> from gtmlib.analyses.findings import Finding
    >>> from types import SimpleNamespace
    >>> class Price(Panel):
    ...     id, headlines = "price_cost", ("workshop.contribution",)
    ...     controls = (Control(id="price", kind="slider", start=0.0, high=0.1),)
    ...     def compute(self, state):
    ...         found = Finding("workshop.contribution", 100 * (1 + state["price"]), "SEK", "")
    ...         return (SimpleNamespace(findings=lambda: (found,)),)
    >>> dearer = Scenario(name="dearer", title="Dearer", states={"price_cost": {"price": 0.05}})
    >>> (tried,) = compare([Price()], [dearer])
    >>> [answer.figures[0].value for answer in (tried.today, *tried.answers)]
    [100.0, 105.0]
    """
    opened = tuple(panels)
    settled = _settle_all(opened, scenarios)
    tried = []
    for panel in opened:
        shown = [one for one in scenarios if panel.id in one.states]
        states = [settled[one.name, panel.id] for one in shown]
        if shown:
            tried.append(
                Tried(
                    panel=panel.id,
                    headlines=panel.headlines,
                    scenarios=tuple(one.name for one in shown),
                    titles=tuple(one.title for one in shown),
                    settings=tuple(_settings(panel.controls, states)),
                    today=_answer(panel, start_of(panel)),
                    answers=tuple(_answer(panel, state) for state in states),
                )
            )
    return tuple(tried)


def try_scenarios(loaded: Loaded, names: str = "", *, opener: Opener = open_panel) -> dict[str, Tried | MissingData]:
    """Compute saved scenarios of an engagement; only the panels that they move are opened.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    names : str
        Of scenarios, with commas; all of them if empty.
    opener : callable
        Opens a panel by its id.

    Returns
    -------
    dict
        Panel = what was tried with it, or what the client must send before it can be opened.

    Raises
    ------
    ParameterError, ContractError
        If there is no such scenario, or a file does not say what a panel can do: all at once.

    Examples
    --------
    >>> from gtmlib.data.load import load_frames
    >>> try_scenarios(load_frames({}))
    {}
    """
    scenarios = read_scenarios(loaded.engagement, split_names(names))
    strange = [(one, panel) for one in scenarios for panel in one.states if panel not in WHAT_IFS]
    if strange:
        raise ContractError(*(_unknown(one, panel, nearest(panel, WHAT_IFS)) for one, panel in strange))
    opened = {panel: opener(panel, loaded) for panel in WHAT_IFS if any(panel in one.states for one in scenarios)}
    tried = compare([panel for panel in opened.values() if isinstance(panel, Panel)], scenarios)
    missing = {name: found for name, found in opened.items() if not isinstance(found, Panel)}
    return {one.panel: one for one in tried} | missing


def _settle_all(panels: Sequence[Panel], scenarios: Sequence[Scenario]) -> dict[tuple[str, str], dict[str, Value]]:
    """Settle every state, control by control, so that each problem has its own line."""
    problems, settled = [], {}
    for scenario in scenarios:
        for panel in panels:
            known = [control.id for control in panel.controls]
            state = start_of(panel)
            for control, value in scenario.states.get(panel.id, {}).items():
                path = f"{panel.id}.{control}"
                if control not in known:
                    problems.append(_unknown(scenario, path, nearest(control, known)))
                    continue
                try:
                    state[control] = settle(panel, {control: value})[control]
                except ParameterError as error:
                    fix = f"{error.problems[0]}"
                    problems.append(Problem(place=_place(scenario, path), what="can't be used", fix=_capital(fix)))
            settled[scenario.name, panel.id] = state
    if problems:
        raise ContractError(*problems)
    return settled


def _unknown(scenario: Scenario, path: str, hint: str) -> Problem:
    return Problem(place=_place(scenario, path), what="is unknown here", fix=_capital(hint))


def _place(scenario: Scenario, path: str) -> str:
    return scenario.places.get(path, f"{scenario.title}: {path}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _settings(controls: Iterable[Control], states: Sequence[Mapping[str, Value]]) -> Iterable[Setting]:
    for control in controls:
        values = tuple(state[control.id] for state in states)
        if any(value != control.start for value in values):
            yield Setting(
                control=control.id,
                kind=control.kind,
                unit=control.unit,
                named_by=control.named_by,
                n_options=len(control.options),
                start=control.start,
                values=values,
            )


def _answer(panel: Panel, state: State) -> Answer:
    try:
        results = panel.compute(state)
    except PanelError as error:
        return Answer(error=error.key, error_args=error.args_said)
    found: dict[str, Finding] = {}
    for finding in (finding for result in results for finding in result.findings()):
        if not finding.group:
            found.setdefault(finding.id, finding)
    return Answer(figures=tuple(_figure(found[name]) for name in panel.headlines if name in found))


def _figure(finding: Finding) -> Figure:
    return Figure(
        id=finding.id,
        value=finding.value,
        unit=finding.unit,
        ci_low=finding.ci_low,
        ci_high=finding.ci_high,
        confidence_level=finding.confidence_level,
        n=finding.n,
    )

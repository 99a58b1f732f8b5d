"""A panel: its controls, and the pure function that turns their state into the very results that a chapter shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gtmlib.data.engagement import require_known
from gtmlib.errors import ParameterError

State = Mapping[str, Any]  # control = its value: a number, a text, or a list of them
ControlKind = Literal["slider", "choice", "choices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """What people move.

    Parameters
    ----------
    name : str
        Unique in its panel; a catalog key names it in the reader's language.
    kind : {'slider', 'choice', 'choices'}
        A number between two ends, one of the options, or any of them.
    start : float, str or tuple of str
        Where it stands at first.
    options : tuple of str
        What can be chosen.
    low, high, step : float
        Ends and step of a slider.
    unit : str
        Kind of value, as `Language.format` writes it.
    about : str
        What the name stands for where the client's data named it, such as a cost pool.
    """

    name: str
    kind: ControlKind
    start: Any
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    unit: str = "text"
    about: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A question that people move sliders about.

    Parameters
    ----------
    id : str
        Its name in scenarios and catalogs: `segments`.
    controls : tuple of Control
        In their order.
    compute : callable
        State = results that have presenters; the same state, the same results. Knows sums and counts only.
    """

    id: str
    controls: tuple[Control, ...]
    compute: Callable[[State], tuple[Any, ...]] = field(repr=False)

    def start(self) -> dict[str, Any]:
        """Give the state in which the panel opens."""
        return {control.name: control.start for control in self.controls}

    def settle(self, state: State) -> dict[str, Any]:
        """Complete a state with the starts of what it does not say, and refuse what no control can show.

        Parameters
        ----------
        state : mapping
            Control = value, such as a scenario holds.

        Raises
        ------
        ParameterError
            If a control is unknown, or a value is not one that it can have.

        Examples
        --------
        >>> lift = Control(name="lift", kind="slider", start=0.1, low=0.0, high=0.5)
        >>> Panel("plan", (lift,), lambda state: ()).settle({})
        {'lift': 0.1}
        """
        known = {control.name: control for control in self.controls}
        for name, value in state.items():
            require_known(f"control of panel '{self.id}'", name, known)
            _require_possible(known[name], value)
        return self.start() | {
            name: tuple(value) if isinstance(value, list) else value for name, value in state.items()
        }


def _require_possible(control: Control, value: Any) -> None:
    if control.kind == "slider":
        if isinstance(value, bool) or not isinstance(value, int | float) or not control.low <= value <= control.high:
            raise ParameterError(f"{control.name} is {value}: give a number from {control.low:g} to {control.high:g}")
        return
    chosen = [value] if control.kind == "choice" else list(value)
    for one in chosen:
        require_known(f"option of {control.name}", one, control.options)

"""What a panel of the workshop is: controls, the state they are in, and a pure function from the state to results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from gtmlib.data.section import require_known
from gtmlib.errors import ParameterError, UnansweredError

Value = str | float | tuple[str, ...]
State = Mapping[str, Value]  # id of a control = its value


class PanelError(UnansweredError):
    """A state that a panel has no answer to, such as no segment picked: the message `workshop.error.<key>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something that people move.

    Its name in the catalogs is `workshop.<panel>.<id>`.

    Parameters
    ----------
    id : str
        Unique in its panel.
    kind : {'slider', 'choice', 'choices', 'text'}
        A number; one option; any of the options; free text.
    start : str, float or tuple of str
        Where it stands at first: what the chapters show.
    low, high, step : float
        Of a slider.
    unit : str
        How a slider's value is written: a kind of `Language.format`.
    options : tuple of str
        Raw values of a choice.
    named_by : {'message', 'text', 'code', 'month', 'finding'}
        How the options are named: by the message `workshop.<panel>.<id>.<option>`, as they stand (in the client's
        words), by the codebook, as months, or as a finding and its group (`name_measure` of the presenters).
    """

    id: str
    kind: Literal["slider", "choice", "choices", "text"]
    start: Value
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    unit: str = "number"
    options: tuple[str, ...] = ()
    named_by: Literal["message", "text", "code", "month", "finding"] = "message"

    def settle(self, value: Any) -> Value:
        """Give a value as this control holds it.

        Parameters
        ----------
        value : Any
            As a page or a file gave it.

        Raises
        ------
        ParameterError
            If the control can't stand there.

        Examples
        --------
        >>> Control(id="lift", kind="slider", start=0.02, low=0.0, high=0.1, step=0.01).settle(0)
        0.0
        """
        if self.kind == "slider":
            if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
                raise ParameterError(f"'{self.id}' is a number from {self.low:g} to {self.high:g}; '{value}' is not")
            return float(value)
        if self.kind == "choices":
            if isinstance(value, str) or not all(isinstance(one, str) for one in value):
                raise ParameterError(f"'{self.id}' is a list of texts; '{value}' is not")
            for one in value:
                require_known(f"value of '{self.id}'", one, self.options)
            return tuple(option for option in self.options if option in value)
        if not isinstance(value, str):
            raise ParameterError(f"'{self.id}' is a text; '{value}' is not")
        if self.kind == "choice":
            require_known(f"value of '{self.id}'", value, self.options)
        return value


class Panel(ABC):
    """A panel: opened once over reduced counts, asked many times.

    Attributes
    ----------
    id : str
        One of `PANELS`.
    headlines : tuple of str
        Ids of the findings of its results that are set side by side when scenarios are compared.
    actions : tuple of str
        What the panel can do beside answering, such as writing something down. The button is named
        `workshop.<panel>.<action>`; nothing is done before people say yes to `workshop.<panel>.<action>.confirm`.
    controls : tuple of Control
        In the order to show.
    """

    id: ClassVar[str]
    headlines: ClassVar[tuple[str, ...]]
    actions: ClassVar[tuple[str, ...]] = ()
    controls: tuple[Control, ...]

    @abstractmethod
    def compute(self, state: State) -> tuple[Any, ...]:
        """Give the results of a state; each has a presenter.

        Parameters
        ----------
        state : mapping
            Settled: of every control its value.

        Raises
        ------
        PanelError
            If the state has no answer.
        """

    def act(self, action: str, state: State) -> tuple[str, dict[str, Any]]:  # noqa: ARG002
        """Do what people confirmed: the only thing of a panel that is not a pure function.

        Parameters
        ----------
        action : str
            One of `actions`.
        state : mapping
            Settled: of every control its value.

        Returns
        -------
        str, dict
            Key of the message that says what was done, and what it needs.

        Raises
        ------
        ParameterError
            If the panel has no such action.
        PanelError
            If it can't be done; nothing was.
        """
        raise ParameterError(f"the panel '{self.id}' has no action '{action}'")


def start_of(panel: Panel) -> dict[str, Value]:
    """Give the state in which a panel is opened: what the chapters show.

    Parameters
    ----------
    panel : Panel
        Any.

    Examples
    --------
    >>> class Price(Panel):
    ...     id, headlines, controls = "price_cost", (), (Control(id="price", kind="slider", start=0.0, high=0.1),)
    ...     def compute(self, state): return ()
    >>> start_of(Price())
    {'price': 0.0}
    """
    return {control.id: control.start for control in panel.controls}


def settle(panel: Panel, state: Mapping[str, Any]) -> dict[str, Value]:
    """Give a state of all controls; those that are not in it stand where they start.

    Parameters
    ----------
    panel : Panel
        Whose state it is.
    state : mapping
        As a page or a file gave it.

    Raises
    ------
    ParameterError
        If it names a control that the panel has not, or a value that a control can't have: all at once.

    Examples
    --------
    >>> class Price(Panel):
    ...     id, headlines, controls = "price_cost", (), (Control(id="price", kind="slider", start=0.0, high=0.1),)
    ...     def compute(self, state): return ()
    >>> settle(Price(), {"price": 0.05}), settle(Price(), {})
    ({'price': 0.05}, {'price': 0.0})
    """
    controls = {control.id: control for control in panel.controls}
    settled, problems = start_of(panel), []
    for name, value in state.items():
        try:
            require_known(f"control of the panel '{panel.id}'", name, controls)
            settled[name] = controls[name].settle(value)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError(*problems)
    return settled

"""The strategy as hypotheses: what was chosen, which claims it rests on, and what would confirm or refute each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from gtmlib.data.local_text import LocalText
from gtmlib.data.metrics import METRICS, WHAT_IF
from gtmlib.data.section import Section, ShortName, nearest, require_known

HEADINGS = ("objectives", "scope", "advantage")
EVIDENCE = tuple(name for name in METRICS if not name.startswith(WHAT_IF))  # what a hypothesis can be judged by
Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _known_metric(name: str) -> str:
    return require_known("finding", name, EVIDENCE)


MetricName = Annotated[str, AfterValidator(_known_metric), Field(json_schema_extra={"enum": [*EVIDENCE]})]


class Strategy(Section):
    """What the client chose, under the three headings of a strategy, and how good the evidence must be."""

    objectives: dict[ShortName, LocalText] = Field({}, description="What is to be reached: short name = goal.")
    scope: dict[ShortName, LocalText] = Field({}, description="Where the client plays: short name = goal.")
    advantage: dict[ShortName, LocalText] = Field({}, description="How the client wins: short name = goal.")
    logging_floor: float = Field(
        0.5, ge=0, le=1, description="Share of lost deals that need a reason; below it, no verdict on reasons."
    )

    @property
    def goals(self) -> dict[str, tuple[str, LocalText]]:
        """Short name = heading and text of each goal, in their order."""
        return {name: (heading, text) for heading in HEADINGS for name, text in getattr(self, heading).items()}


class Hypothesis(Section):
    """A claim that the strategy rests on, what decides it, and what is done then; declared before the data."""

    id: ShortName = Field(description="Short name in small letters; stays the same from run to run.")
    claim: LocalText = Field(description="What is claimed, as the client would say it.")
    speaks_to: str = Field(description="Short name of a goal in [strategy], or one of its headings.")
    metric: MetricName = Field(description="Id of the finding that decides, as in results.json.")
    group: dict[str, str] = Field({}, description="What the finding is broken down by, such as segment = ...")
    against: dict[str, str] = Field({}, description="Another group: then the difference of the two decides.")
    direction: Literal["above", "below"] = Field(description="Side of the threshold that the claim is on.")
    threshold: Number = Field(description="The line, in the finding's own unit: 0.1 is 10 %.")
    smallest_effect: Positive = Field(description="Smallest distance from the threshold that would change a decision.")
    smallest_n: int = Field(ge=20, description="Fewest observations for a verdict; intervals are tuned to it.")
    declared_on: date = Field(description="Before the first observation that counts.")
    decide_by: date = Field(description="When it is decided with what is known then.")
    owner: LocalText = Field(description="Who acts on it: a role, such as head of sales.")
    if_confirmed: LocalText = Field(description="What is done then.")
    if_refuted: LocalText = Field(description="What is done then.")
    cost_per_week: Positive | None = Field(
        None, description="What a week without a decision costs; none: worked out from the test of messages, if it can."
    )
    fidelity_floor: float | None = Field(
        None, ge=0, le=1, description="Share of contacts that must get the assigned message; none: that of [variants]."
    )

    @field_validator("claim", "owner", "if_confirmed", "if_refuted")
    @classmethod
    def _says_something(cls, text: LocalText) -> LocalText:
        if len(text.strip()) < 2:
            raise ValueError("write what the client will read")
        return text

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        known = METRICS[self.metric].groups
        for group in (self.group, self.against) if self.against else (self.group,):
            if " ".join(sorted(group)) not in {" ".join(sorted(keys.split())) for keys in known}:
                ways = " or ".join(", ".join(keys.split()) or "no group" for keys in known)
                raise ValueError(f"'{self.metric}' is by {ways}, not by {', '.join(group) or 'no group'}")
        if self.against and METRICS[self.metric].kind == "total":
            raise ValueError(f"'{self.metric}' is counted and has no interval: two of them can't be compared")
        if self.decide_by <= self.declared_on:
            raise ValueError("'decide_by' must be after 'declared_on'")
        return self


def check_hypotheses(hypotheses: Sequence[Hypothesis], strategy: Strategy) -> None:
    """Hold that ids are used once, and that each hypothesis speaks to a goal that there is.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        The contract's.
    strategy : Strategy
        With the goals.

    Raises
    ------
    ValueError
        With the nearest known goal.
    """
    ids = [hypothesis.id for hypothesis in hypotheses]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ValueError(f"two hypotheses have the id '{twice[0]}': give each its own")
    goals = [name for heading in HEADINGS for name in getattr(strategy, heading)]
    if twice := sorted({name for name in goals if goals.count(name) > 1}):
        raise ValueError(f"two goals of the strategy have the short name '{twice[0]}': give each its own")
    known = (*goals, *HEADINGS)
    for hypothesis in hypotheses:
        if hypothesis.speaks_to not in known:
            raise ValueError(
                f"hypothesis '{hypothesis.id}' speaks to '{hypothesis.speaks_to}', which [strategy] lacks: "
                f"{nearest(hypothesis.speaks_to, known)}"
            )

"""Hypothesis desk: a claim, its line and its day are said, what it takes to tell follows, and the contract has it."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar, cast

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.hypotheses import CHAPTER, Judged, judge_hypothesis, need_of, pace_of, read_findings
from gtmlib.analyses.periods import month_start
from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, State
from gtmlib.data.contract import Contract
from gtmlib.data.declare import AlreadyDeclaredError, append_hypothesis, write_block
from gtmlib.data.engagement import Hypothesis, require_known
from gtmlib.data.loaded import Loaded
from gtmlib.data.metrics import METRICS
from gtmlib.data.strategy import EVIDENCE, HEADINGS
from gtmlib.errors import ContractError, DataError
from gtmlib.stats.claims import Direction, Need

# What a claim at the desk can be about: a group by one of these; people, and months that are over, are none.
GROUPS = ("behaviour", "channel", "code", "segment", "seniority", "source", "stage", "variant")
SAID = ("claim", "threshold", "smallest_effect", "owner", "if_confirmed", "if_refuted")  # by people, as text
NUMBERS = ("threshold", "smallest_effect")  # of these
FEWEST, MOST = 20, 5000  # observations for a verdict
MOST_MONTHS = 24
LONGEST_ID = 40
UNSAID = "……"  # stands for a text that nobody said yet, so that the numbers can be worked out all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A hypothesis as it would be declared, where its number stands today and what it takes to tell.

    Parameters
    ----------
    claim : str
        As it was said; maybe nothing yet.
    measure : str
        The finding that decides and its group, as `measure_of` writes it.
    unit : str
        Of the finding.
    is_difference : bool
        Whether the number is a difference, which is written with its sign.
    value, ci_low, ci_high, confidence_level : float
        The number today; its interval holds at every look once there is a line, and for one look before.
    n : int
        Observations behind it.
    threshold : float, optional
        The line; none where it was not said yet.
    decide_by : str
        ISO day.
    lacking : tuple of str
        Controls that still have to be filled in.
    judged : Judged, optional
        What the chapter would say of it today; none before there is a line and a smallest effect.
    need : Need, optional
        What a decision takes.
    block : str
        What would be written to the contract, to the letter; empty while something lacks.
    """

    claim: str
    measure: str
    unit: str
    is_difference: bool
    value: float
    ci_low: float
    ci_high: float
    confidence_level: float
    n: int
    threshold: float | None
    decide_by: str
    lacking: tuple[str, ...]
    judged: Judged | None
    need: Need | None
    block: str

    def findings(self) -> tuple[Finding, ...]:
        """Give the observations that a decision takes, and those that lack."""
        if self.need is None or self.need.n is None or self.need.n_more is None:
            return ()
        args = {"n": self.need.n, "n_more": self.need.n_more}
        return (
            Finding("workshop.n_needed", self.need.n, "count", "workshop.finding.n_needed", args, n=self.n),
            Finding("workshop.n_missing", self.need.n_more, "count", "workshop.finding.n_missing", args, n=self.n),
        )


def measure_of(finding: Finding, variants: Mapping[str, str]) -> str:
    """Write which finding it is, and of which group, as one text.

    Parameters
    ----------
    finding : Finding
        With a group of one key at most.
    variants : mapping
        Variant = what the report calls it, where it has a name.

    Examples
    --------
    >>> measure_of(Finding("conversion.rate", 0.1, "share", "", group={"variant": "b"}), {"b": "B: price | new"})
    'conversion.rate | variant | B: price | new'
    """
    named = {key: str(variants.get(name, name)) if key == "variant" else name for key, name in finding.group.items()}
    return " | ".join([finding.id, *(part for pair in named.items() for part in pair)])


def read_measure(measure: str) -> tuple[str, dict[str, str]]:
    """Read what `measure_of` wrote: the id of the finding, and its group by name.

    Parameters
    ----------
    measure : str
        Of the panel's choice.

    Examples
    --------
    >>> read_measure("conversion.rate | variant | b | new")
    ('conversion.rate', {'variant': 'b | new'})
    """
    name, *group = measure.split(" | ", 2)
    return name, {group[0]: group[1]} if group else {}


def read_number(text: str, unit: str, *, is_difference: bool = False) -> float:
    """Read a number as people write it: 10 %, 0,1 or 25 000.

    Parameters
    ----------
    text : str
        With a comma or a point before decimals; a per cent sign divides by 100.
    unit : str
        Of the finding: a share is from 0 to 1.
    is_difference : bool
        Whether it is a difference, which can be below 0.

    Raises
    ------
    PanelError
        If it is no number, can be read in two ways, or is a share beyond all.

    Examples
    --------
    >>> read_number("12,5 %", "share"), read_number("25 000", "SEK")
    (0.125, 25000.0)
    """
    plain = re.sub(r"\s", "", text).replace("\N{MINUS SIGN}", "-")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", plain):
        raise PanelError("number_unclear", text=text)
    found = re.fullmatch(r"([+-]?\d+(?:[.,]\d+)?)(%?)", plain)
    value = float(found[1].replace(",", ".")) if found else math.nan
    if found is None or not math.isfinite(value):
        raise PanelError("number", text=text)
    value = value / 100 if found[2] else value
    if unit == "share" and not (-1 if is_difference else 0) <= value <= 1:
        raise PanelError("share", text=text)
    return value


@dataclass(frozen=True, eq=False, kw_only=True)
class HypothesisPanel(Panel):
    """The findings of the latest run, and the contract that a hypothesis is added to.

    Parameters
    ----------
    controls : tuple of Control
        What is said of a hypothesis.
    findings : tuple of Finding
        Of the latest run.
    measures : dict
        Option = the finding that a claim can be about.
    goals : dict
        Option = short name of what a hypothesis can speak to.
    contract : Contract
        As the engagement was loaded.
    folder : Path
        Of the engagement.
    """

    id: ClassVar[str] = CHAPTER
    headlines: ClassVar[tuple[str, ...]] = ("workshop.n_needed", "workshop.n_missing")
    actions: ClassVar[tuple[str, ...]] = ("declare",)
    controls: tuple[Control, ...]
    findings: tuple[Finding, ...]
    measures: dict[str, Finding]
    goals: dict[str, str]
    contract: Contract
    folder: Path

    def compute(self, state: State) -> tuple[Draft]:
        """Give the hypothesis as it would be declared, and what it takes to tell.

        Parameters
        ----------
        state : mapping
            Settled: of every control its value.

        Raises
        ------
        PanelError
            If a number can't be read.
        """
        found, one, lacking = self._read(state)
        value, low, high = (cast(float, number) for number in (found.value, found.ci_low, found.ci_high))
        n, level, judged, need = cast(int, found.n), found.confidence_level or 0.95, None, None
        if one is not None:
            judged = judge_hypothesis(one, self.findings, self.contract)
            need = judged.need or need_of(judged, found, pace_of(found, self.findings), self.contract)
            low, high = cast(float, judged.ci_low), cast(float, judged.ci_high)
        return (
            Draft(
                claim=_said(state, "claim"),
                measure=cast(str, state["metric"]),
                unit=found.unit or "",
                is_difference=METRICS[found.id].kind == "difference",
                value=value,
                ci_low=low,
                ci_high=high,
                confidence_level=level,
                n=n,
                threshold=self._number(state, "threshold", found),
                decide_by=str(self._day(state)),
                lacking=lacking,
                judged=judged,
                need=need,
                block="" if one is None or lacking else write_block(one),
            ),
        )

    def act(self, action: str, state: State) -> tuple[str, dict[str, Any]]:
        """Write the hypothesis to the contract, as it is on disk now.

        Parameters
        ----------
        action : {'declare'}
            What to do.
        state : mapping
            Settled: of every control its value.

        Returns
        -------
        str, dict
            Key of the message that says so, and what it needs.

        Raises
        ------
        PanelError
            If something lacks, the contract has the hypothesis already, or it can't be written.
        """
        require_known("action", action, self.actions)
        _, one, lacking = self._read(state)
        if one is None or lacking:
            raise PanelError("not_said")
        try:
            append_hypothesis(self.folder, one)
        except AlreadyDeclaredError:
            raise PanelError("already_declared", name=one.id) from None
        except ContractError as error:
            raise PanelError("not_written", why=str(error)) from None
        return "declared", {"name": one.id, "day": str(one.decide_by)}

    def _read(self, state: State) -> tuple[Finding, Hypothesis | None, tuple[str, ...]]:
        """Give the finding, the hypothesis (none without its numbers) and what was not said yet."""
        found = self.measures[cast(str, state["metric"])]
        line, effect = (self._number(state, each, found) for each in ("threshold", "smallest_effect"))
        lacking = tuple(each for each in SAID if len(_said(state, each)) < (1 if each in NUMBERS else 2))
        if line is None or effect is None:
            return found, None, lacking
        if effect <= 0:
            raise PanelError("effect", text=_said(state, "smallest_effect"))
        texts = {each: UNSAID if each in lacking else _said(state, each) for each in SAID if each not in NUMBERS}
        one = Hypothesis(
            id=short_name(texts["claim"], found.id),
            speaks_to=self.goals[cast(str, state["speaks_to"])],
            metric=found.id,
            group=found.group,
            direction=cast(Direction, state["direction"]),
            threshold=line,
            smallest_effect=effect,
            smallest_n=int(cast(float, state["smallest_n"])),
            declared_on=self.contract.exported_on,
            decide_by=self._day(state),
            **cast("dict[str, Any]", texts),
        )
        return found, one, lacking

    def _number(self, state: State, name: str, found: Finding) -> float | None:
        is_difference = METRICS[found.id].kind == "difference"
        text = _said(state, name)
        return read_number(text, found.unit or "", is_difference=is_difference) if text else None

    def _day(self, state: State) -> date:
        """Give the day of the month, as many months after that of the data; its last day where it has fewer."""
        start, months = self.contract.exported_on, int(cast(float, state["decide_by"]))
        last = (month_start(start, months + 1) - month_start(start, months)).days
        return month_start(start, months).replace(day=min(start.day, last))


def _said(state: State, name: str) -> str:
    return " ".join(cast(str, state[name]).split())  # a claim is one line, wherever it is shown


def short_name(claim: str, metric: str) -> str:
    """Make the short name of a hypothesis: the first words of its claim in small letters, else of its finding.

    Parameters
    ----------
    claim : str
        In any language.
    metric : str
        Id of the finding that decides.

    Examples
    --------
    >>> short_name("Åtta av tio förnyar sitt avtal!", "profitability.retention_rate")
    'atta_av_tio_fornyar_sitt_avtal'
    >>> short_name("10 %", "conversion.rate")
    'conversion_rate'
    """

    def plain(text: str) -> str:
        bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        words = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
        words = re.sub(r"^[0-9_]+", "", words)
        return words if len(words) <= LONGEST_ID else words[: LONGEST_ID + 1].rpartition("_")[0] or words[:LONGEST_ID]

    return plain(claim) or plain(metric)


def open_panel(loaded: Loaded, results: str = "") -> HypothesisPanel:
    """Read what the latest run found.

    Parameters
    ----------
    loaded : Loaded
        Its engagement; of its data nothing is needed.
    results : str
        `results.json` of another run.

    Raises
    ------
    PanelError
        If there is no run that found anything a hypothesis can be about.

    Examples
    --------
    >>> import json, tempfile
    >>> from gtmlib.analyses.workshop.panel import start_of
    >>> from gtmlib.data.load import load_frames
    >>> path = Path(tempfile.mkdtemp()) / "results.json"
    >>> rate = {"chapter": "data_check", "id": "data.reason_logged_rate", "value": 0.6, "unit": "share", "message": "",
    ...         "ci_low": 0.5, "ci_high": 0.7, "n": 90}
    >>> _ = path.write_text(json.dumps({"findings": [rate]}))
    >>> panel = open_panel(load_frames({}), str(path))
    >>> said = start_of(panel) | {"threshold": "50 %", "smallest_effect": "5 %"}
    >>> panel.compute(said)[0].need.n
    1730
    """
    engagement = loaded.engagement
    try:
        findings = read_findings(engagement, results)
    except DataError:
        findings = ()
    order = {name: place for place, name in enumerate(METRICS)}
    usable = sorted((one for one in findings if _can_be_claimed(one)), key=lambda one: order[one.id])
    if not usable:
        raise PanelError("no_run", name=engagement.name)
    contract = engagement.contract
    goals = {str(text): name for name, (_, text) in contract.strategy.goals.items()}
    variants = contract.variants.names if contract.variants else {}
    measures = {measure_of(one, variants): one for one in usable}
    return HypothesisPanel(
        controls=_lay_controls(tuple(measures), tuple(goals)),
        findings=findings,
        measures=measures,
        goals=goals or {heading: heading for heading in HEADINGS},
        contract=contract,
        folder=engagement.folder,
    )


def _can_be_claimed(one: Finding) -> bool:
    """Whether a number has an interval, which a later run can decide by, and is not of people, months or the rest."""
    has_interval = None not in (one.value, one.ci_low, one.ci_high) and one.n
    if one.id not in EVIDENCE or METRICS[one.id].kind == "total" or not has_interval:
        return False
    if not one.group:
        return True
    (key, name), *more = one.group.items()
    return not more and key in GROUPS and name != OTHER


def _lay_controls(measures: tuple[str, ...], goals: tuple[str, ...]) -> tuple[Control, ...]:
    speaks_to = goals or HEADINGS

    def text(name: str) -> Control:
        return Control(id=name, kind="text", start="")

    return (
        text("claim"),
        Control(id="metric", kind="choice", start=measures[0], options=measures, named_by="finding"),
        Control(id="direction", kind="choice", start="above", options=("above", "below")),
        text("threshold"),
        text("smallest_effect"),
        Control(id="smallest_n", kind="slider", start=100.0, low=FEWEST, high=MOST, step=20.0, unit="count"),
        Control(id="decide_by", kind="slider", start=6.0, low=1.0, high=MOST_MONTHS, step=1.0, unit="months"),
        Control(id="speaks_to", kind="choice", start=speaks_to[0], options=speaks_to,
                named_by="text" if goals else "message"),
        text("owner"),
        text("if_confirmed"),
        text("if_refuted"),
    )  # fmt: skip

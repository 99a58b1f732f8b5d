"""The workshop behind its page: it is asked in plain messages, and answers in the words and pictures of the report.

The page (`page.js`) only shows what stands here; a message and its answer are JSON values.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from gtmlib.analyses.workshop import PANELS, open_panel
from gtmlib.analyses.workshop.panel import Control, Panel, PanelError, Value, settle, start_of
from gtmlib.analyses.workshop.scenarios import WHAT_IFS, compare, moved_states
from gtmlib.data.engagement import Engagement
from gtmlib.data.scenarios import Scenario, is_saved, read_scenarios, save_scenario, saved_names
from gtmlib.data.scenarios import name_of as file_name_of
from gtmlib.data.section import require_known
from gtmlib.errors import ContractError, DataError, GtmError
from gtmlib.present.colours import dark_shade, darken, readable_shade
from gtmlib.present.exhibit import Exhibit, Table
from gtmlib.present.language import Language

if TYPE_CHECKING:  # the page is shown before what computes is imported
    from gtmlib.analyses.reductions import MissingData
    from gtmlib.data.loaded import Loaded

Answer = dict[str, Any]
# What the page says by itself; each is the message `workshop.<word>`.
WORDS = (
    "busy", "cancel", "compare", "compare_about", "compare_none", "confidential", "confirm", "continue", "dark",
    "language", "large", "name", "numbers", "pick_all", "pick_none", "reading", "save", "start_again", "title",
    "undrawn",
)  # fmt: skip
MOST_TEXTS = 500  # positions of a slider that are written at once, so that it tells its value while it moves


@dataclass(slots=True)
class Workshop:
    """A workshop of one engagement, for one page.

    Parameters
    ----------
    engagement : Engagement
        Its files are read when a panel that needs them is opened first.
    names : tuple of str
        Panels, in their order.
    """

    engagement: Engagement
    names: tuple[str, ...] = tuple(PANELS)
    _loaded: dict[tuple[str, ...], Loaded] = field(default_factory=dict, init=False)
    _panels: dict[str, Panel | MissingData] = field(default_factory=dict, init=False)
    _languages: dict[str, Language] = field(default_factory=dict, init=False)
    _opening: Any = field(default_factory=RLock, init=False)  # the first panel is opened while the page is

    def answer(self, message: Mapping[str, Any]) -> Answer:
        """Answer what the page asks; what goes wrong is one sentence, in `error`.

        Parameters
        ----------
        message : mapping
            `ask` is the name of one of the questions below; `language` is a code; the rest is what it needs.
        """
        questions: dict[str, Callable[[Mapping[str, Any], Language], Answer]] = {
            "begin": self._begin,
            "open": self._open,
            "compute": self._compute,
            "act": self._act,
            "save": self._save,
            "compare": self._compare,
        }
        language = self._speak("")
        try:
            language = self._speak(str(message.get("language", "")))
            return questions[message["ask"]](message, language)
        except PanelError as error:
            return {"error": language.say(f"workshop.error.{error.key}", **error.args_said)}
        except (ContractError, DataError):  # what is wrong may hold the client's rows: no words for a shared screen
            return {"error": language.say("workshop.error.unreadable", name=self.engagement.name)}
        except GtmError as error:
            return {"error": language.say("workshop.error.refused", reason=str(error).replace("\n", "; "))}
        except Exception as error:  # one panel's failure must not end the others
            logging.getLogger(__name__).exception("the workshop could not answer")
            return {"error": language.say("workshop.error.unexpected", kind=type(error).__name__)}

    def panel(self, name: str) -> Panel | MissingData:
        """Give a panel; it is opened once.

        Parameters
        ----------
        name : str
            One of `names`.
        """
        with self._opening:
            if name not in self._panels:
                self._panels[name] = open_panel(name, self._load(PANELS[name]))
            return self._panels[name]

    def prepare(self) -> None:
        """Open the first panel before it is asked for; what goes wrong is said when it is.

        The garbage collector rests meanwhile, and leaves alone what was made then: it stays for as long as the page.
        """
        gc.disable()
        try:
            self.answer({"ask": "open", "panel": self.names[0]})
        finally:
            gc.freeze()
            gc.enable()

    def _speak(self, code: str) -> Language:
        if code not in self._languages:  # codebooks are read for each
            self._languages[code] = Language.of(self.engagement, code)
        return self._languages[code]

    def _load(self, tables: tuple[str, ...]) -> Loaded:
        from gtmlib.data.load import load_tables  # the page is shown before all this is imported

        if tables not in self._loaded:
            self._loaded[tables] = load_tables(self.engagement, tables)
        return self._loaded[tables]

    def _begin(self, message: Mapping[str, Any], language: Language) -> Answer:  # noqa: ARG002
        contract, say = self.engagement.contract, language.say
        accent = readable_shade(contract.brand.accent, 4.5)
        return {
            "client": contract.client,
            "accent": accent,
            "accent_dark": dark_shade(accent),
            "languages": [[code, Language(code, "").say("language.name")] for code in contract.languages],
            "language": language.code,
            "words": {word: say(f"workshop.{word}") for word in WORDS},
            "panels": [
                {"id": name, **{part: say(f"workshop.{name}.{part}") for part in ("tab", "title", "about")}}
                for name in self.names
            ],
        }  # fmt: skip

    def _open(self, message: Mapping[str, Any], language: Language) -> Answer:
        panel = self.panel(message["panel"])
        if not isinstance(panel, Panel):
            return {"controls": [], "actions": [], "state": {}, **self._lay_out([panel], message, language)}
        say, key = language.say, f"workshop.{panel.id}"
        actions = [
            {"id": name, "label": say(f"{key}.{name}"), "question": say(f"{key}.{name}.confirm")}
            for name in panel.actions
        ]
        controls = [describe_control(panel.id, control, language) for control in panel.controls]
        is_what_if = panel.id in WHAT_IFS
        return {"controls": controls, "actions": actions, "state": start_of(panel), "is_what_if": is_what_if}

    def _compute(self, message: Mapping[str, Any], language: Language) -> Answer:
        panel = self._opened(message)
        return self._lay_out(panel.compute(settle(panel, message["state"])), message, language)

    def _act(self, message: Mapping[str, Any], language: Language) -> Answer:
        panel = self._opened(message)
        key, args = panel.act(message["action"], settle(panel, message["state"]))
        return {"said": language.say(f"workshop.{panel.id}.{key}", **args)}

    def _opened(self, message: Mapping[str, Any]) -> Panel:
        panel = self.panel(message["panel"])
        if not isinstance(panel, Panel):
            raise PanelError("no_data")
        return panel

    def _save(self, message: Mapping[str, Any], language: Language) -> Answer:
        title = str(message["title"])
        if not file_name_of(title):
            raise PanelError("no_title")
        named = [self.panel(name) for name in message["states"] if name in WHAT_IFS]
        states = moved_states([panel for panel in named if isinstance(panel, Panel)], message["states"])
        if not states:
            raise PanelError("nothing_moved")
        if is_saved(self.engagement, title) and not message.get("overwrite"):
            return {"question": language.say("workshop.replace", title=title)}
        save_scenario(self.engagement, title, states, overwrite=bool(message.get("overwrite")))
        return {"said": language.say("workshop.saved", title=title)}

    def _compare(self, message: Mapping[str, Any], language: Language) -> Answer:
        """Set side by side what can be read; a file that can't be is named, and keeps nobody from going on."""
        scenarios, listed, refused = [], [], []
        for name in saved_names(self.engagement):
            try:
                (scenario,) = read_scenarios(self.engagement, (name,))
                listed.append({"title": scenario.title, "states": self._settle(scenario)})
                scenarios.append(scenario)
            except GtmError:
                refused.append(f"{name}.toml")
        names = {name for scenario in scenarios for name in scenario.states}
        panels = [panel for name in WHAT_IFS if name in names and isinstance(panel := self.panel(name), Panel)]
        answer = {"scenarios": listed, **self._lay_out(compare(panels, scenarios), message, language)}
        if refused:
            answer["error"] = language.say("workshop.error.scenarios", files=refused, name=self.engagement.name)
        return answer

    def _settle(self, scenario: Scenario) -> dict[str, dict[str, Value]]:
        """Give where each control of a scenario stands; panels that lack their data are left out."""
        for name in scenario.states:
            require_known("panel", name, WHAT_IFS)
        panels = {name: self.panel(name) for name in scenario.states}
        return {name: settle(one, scenario.states[name]) for name, one in panels.items() if isinstance(one, Panel)}

    def _lay_out(self, results: Iterable[Any], message: Mapping[str, Any], language: Language) -> Answer:
        from gtmlib.present.exhibits import present

        accent = self.engagement.contract.brand.accent
        is_dark, opened = message.get("theme") == "dark", message.get("numbers", ())
        exhibits = [present(result, language, accent) for result in results]
        described = [
            describe_exhibit(exhibit, language, is_dark=is_dark, with_numbers=exhibit.id in opened)
            for exhibit in exhibits
        ]
        return {"exhibits": described}


def describe_control(panel: str, control: Control, language: Language) -> Answer:
    """Give a control as the page builds it.

    Parameters
    ----------
    panel : str
        The panel's id.
    control : Control
        What people move.
    language : Language
        Who names it and its options, and writes its values.

    Returns
    -------
    dict
        id, kind, label and start; a slider's low, high, step, the texts of its positions and of its start; options as
        pairs of value and name.
    """
    from gtmlib.present.exhibits.workshop_scenarios import name_value

    described: Answer = {"id": control.id, "kind": control.kind, "start": control.start}
    described["label"] = language.say(f"workshop.{panel}.{control.id}")
    if control.kind == "slider":
        n = round((control.high - control.low) / control.step)
        values = [control.low + place * control.step for place in range(min(n, MOST_TEXTS) + 1)]
        texts = [language.format(value, control.unit) for value in values]
        described |= {"low": control.low, "high": control.high, "step": control.step, "texts": texts}
        return described | {"start_text": language.format(control.start, control.unit)}  # it may lie between two steps
    named = [[option, name_value(panel, control, option, language)] for option in control.options]
    return described | {"options": named}


def describe_exhibit(
    exhibit: Exhibit, language: Language, *, is_dark: bool = False, with_numbers: bool = False
) -> Answer:
    """Give an exhibit as the page shows it: texts, the chart's spec as JSON, and the numbers as texts.

    Parameters
    ----------
    exhibit : Exhibit
        As a presenter gives it.
    language : Language
        Who writes the numbers.
    is_dark : bool
        Whether the page is.
    with_numbers : bool
        Whether the table behind a chart is open; without a chart it always is.
    """
    is_open = with_numbers or exhibit.figure is None
    spec = exhibit.figure.to_json() if exhibit.figure is not None else ""
    return {
        "id": exhibit.id,
        "title": exhibit.title,
        "sentences": list(exhibit.sentences),
        "notes": list(exhibit.notes),
        "verdict": language.say(f"report.verdict.{exhibit.verdict}") if exhibit.verdict else "",
        "evidence": exhibit.evidence,
        "alt": exhibit.alt,
        "figure": darken(spec) if is_dark else spec,
        "has_numbers": exhibit.table is not None,
        "table": _write_table(exhibit.table, language) if exhibit.table and is_open else None,
    }


def _write_table(table: Table, language: Language) -> Answer:
    kinds = [column.kind for column in table.columns]
    rows = [[language.format(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows]
    heads = [[column.label, column.kind != "text"] for column in table.columns]
    return {"heads": heads, "rows": rows, "total": table.has_total_row}

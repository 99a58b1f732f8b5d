"""The coding desk behind its page: the consultant's own tool, since it shows notes word for word.

The page (`coding.js`) only shows what stands here. Notes travel in messages alone, never in the widget's state: a
notebook that is saved does not hold them.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from gtmlib.analyses.coding.desk import NO_CODES, READINGS, Desk, DeskError, Held, judge
from gtmlib.analyses.coding.review import CodeAgreement
from gtmlib.analyses.coding.suggest import Suggestion
from gtmlib.analyses.coding_agreement import LEAST_ALPHA, DoubleCoded
from gtmlib.data.codebook import Subject
from gtmlib.data.codes import CODES_FILE, SOURCES, append_codes
from gtmlib.data.load import read_codes
from gtmlib.data.loaded import Loaded
from gtmlib.errors import GtmError
from gtmlib.present.colours import dark_shade, readable_shade
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of

Answer = dict[str, Any]
WRITE_AFTER = 20.0  # seconds in which the last note can be taken back, unless the next is confirmed first
VERDICTS = ("refuted", "cannot_tell", "confirmed")
# What the page says by itself; each is the message `coding_desk.<word>`.
WORDS = (
    "agreement", "back", "begin", "busy", "change", "codes", "confirm", "done", "done.next", "given", "key.back",
    "key.choose", "key.confirm", "key.facets", "key.move", "key.none", "key.search", "key.skip", "key.undo", "keys",
    "no_match", "others", "private", "search", "skip", "suggested", "title", "undo", "what", "who", "who.hint",
)  # fmt: skip
FACETS = {"source": ("", *SOURCES), "is_resolved": ("", "yes", "no")}


class DeskTalk:
    """The desk in words: it is asked in plain messages, and writes each confirmed note into `codes.csv`.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    language : Language
        Of the page.
    subject : {'objections', 'interviews'}
        Notes of conversations, or interviews.
    seed : int
        Of the lots that draw notes.
    """

    def __init__(self, loaded: Loaded, language: Language, subject: Subject = "objections", *, seed: int = 1) -> None:
        self._engagement, self._language = loaded.engagement, language
        self._desk = Desk(loaded, subject, seed=seed)
        self._stamp: tuple[int, int] | None = None
        self._shown: DoubleCoded | None = None
        self._back: Held | None = None  # what was taken back, so that its codes stand chosen when it is up again

    def words(self) -> dict[str, Any]:
        """Give what the page says by itself, and the brand's colour on white and on dark paper."""
        say, accent = self._language.say, readable_shade(self._engagement.contract.brand.accent, 4.5)
        words = {word: say(f"coding_desk.{word}") for word in WORDS}
        words["none"] = say(f"coding_desk.none.{self._desk.subject}")
        facets = {name: [[value, say(f"coding_desk.{name}.{value or 'unsaid'}")] for value in values]
                  for name, values in FACETS.items()}  # fmt: skip
        none = list(self._desk.book.of_kind(*NO_CODES))
        return {
            "words": words,
            "facets": facets,
            "none": none,
            "accent": [accent, dark_shade(accent)],
            "lang": self._language.code,
        }

    def answers(self, message: Mapping[str, Any]) -> Iterator[Answer]:
        """Answer what the page asks, the note before the agreement, which takes longer; what fails is one sentence.

        Parameters
        ----------
        message : mapping
            `ask` is the name of one of the questions below; the rest is what it needs.
        """
        questions: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
            "open": self._open,
            "begin": self._begin,
            "look": self._look,
            "confirm": self._confirm,
            "undo": self._undo,
            "turn": self._turn,
            "write": self._write_held,
            "leave": self._leave,
        }
        say = self._language.say
        try:
            before = self._stamp
            said = questions[message["ask"]](message)
            if said is None or (message["ask"] == "look" and self._stamp == before):
                return
            yield self._describe() | {"said": said}
            if agreement := self._describe_agreement():
                yield {"agreement": agreement}
        except DeskError as error:
            yield self._describe() | {"error": say(f"coding_desk.error.{error.key}", **error.args_said)}
        except GtmError as error:
            yield {"error": say("coding_desk.error.refused", reason=str(error).replace("\n", "; "))}
        except Exception as error:
            logging.getLogger(__name__).exception("the coding desk could not answer")
            yield {"error": say("coding_desk.error.unexpected", kind=type(error).__name__)}

    def write(self) -> None:
        """Append what was confirmed to `codes.csv`: with the next note, after a while, or when the page is left."""
        if self._desk.held:
            if rows := self._desk.waiting():
                append_codes(self._engagement.folder, rows)
            self._desk.let_go()
            self._follow()

    def _open(self, message: Mapping[str, Any]) -> str:  # noqa: ARG002
        self._shown = None  # a page that was opened anew has shown no agreement yet
        self._follow()
        return ""

    def _begin(self, message: Mapping[str, Any]) -> str:
        self.write()
        self._follow()
        self._desk.sit(str(message["coder"]).strip(), message["reading"])
        return ""

    def _look(self, message: Mapping[str, Any]) -> str:  # noqa: ARG002
        self._follow()
        return ""

    def _confirm(self, message: Mapping[str, Any]) -> str:
        self._desk.check(message["note"], message["codes"])
        self.write()
        facets = {name: str(message.get(name, "")) for name in FACETS}
        self._desk.confirm(message["note"], message["codes"], **facets)
        self._follow()
        return ""

    def _undo(self, message: Mapping[str, Any]) -> str:  # noqa: ARG002
        self._back = self._desk.undo()
        return self._language.say("coding_desk.taken_back")

    def _turn(self, message: Mapping[str, Any]) -> str:
        self._desk.turn(1 if message["step"] > 0 else -1)
        return ""

    def _write_held(self, message: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        if not self._desk.held:
            return None
        codes = self._labels(self._desk.held.codes)
        self.write()
        return self._language.say("coding_desk.written", codes=codes)

    def _leave(self, message: Mapping[str, Any]) -> str:  # noqa: ARG002
        self.write()
        self._desk.coder = ""
        return ""

    def _follow(self) -> None:
        """Read `codes.csv` again where it has changed."""
        path = self._engagement.folder / CODES_FILE
        stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)
        if stamp != self._stamp:
            self._desk.follow(read_codes(self._engagement))
            self._stamp = stamp

    def _labels(self, codes: tuple[str, ...]) -> list[str]:
        return [str(name_of("code", code, self._language)) for code in codes]

    def _describe(self) -> Answer:
        """Give what the page shows: the question who codes, a note, or that nothing is left."""
        desk, say = self._desk, self._language.say
        if not desk.coder:
            left = {name: len(desk.left(name)) for name in READINGS}
            offered = [
                {"id": name, "label": say(f"coding_desk.reading.{name}"), "about": say(f"coding_desk.about.{name}"),
                 "left": say("coding_desk.left", n=left[name]), "is_empty": not left[name]}
                for name in READINGS
            ]  # fmt: skip
            return {"screen": "start", "coders": list(desk.coders), "readings": offered}
        done, every = desk.progress()
        shown: Answer = {
            "screen": "note" if desk.note else "done",
            "coder": desk.coder,
            "reading": desk.reading,
            "doing": say(f"coding_desk.reading.{desk.reading}"),
            "progress": say(f"coding_desk.progress.{desk.reading}", done=done, all=every),
            "share": done / every if every else 1.0,
            "held": say("coding_desk.held", codes=self._labels(desk.held.codes)) if desk.held else "",
        }
        return shown | {"note": self._describe_note(desk.note)} if desk.note else shown

    def _describe_note(self, note: Suggestion) -> Answer:
        desk, say, offer = self._desk, self._language.say, self._desk.offer()
        back = self._back if self._back and self._back.note.note_id == note.note_id else None
        drawn = say(f"coding_desk.drawn.{note.drawn}") if note.drawn else ""
        groups = {"suggested": offer.suggested, "others": offer.others, "none": offer.none}
        given = desk.given(note.note_id) if desk.reading == "settle" else {}
        told = [say("coding_desk.gave", coder=coder, codes=self._labels(codes)) for coder, codes in given.items()]
        return {
            "id": note.note_id,
            "text": desk.notes[note.note_id],
            "drawn": drawn,
            "given": told,
            "chosen": list(back.codes) if back else [],
            "facets": {name: back.rows[0][name] if back else "" for name in FACETS},
            "groups": {name: [self._describe_code(code) for code in codes] for name, codes in groups.items()},
        }

    def _describe_code(self, code: str) -> Answer:
        about, language = self._desk.book.codes[code], self._language.code
        parts = (about.definition, about.include)
        texts = [part.in_language(language) for part in parts if part]
        return {"code": code, "label": about.label.in_language(language), "about": texts[0], "include": texts[1:]}

    def _describe_agreement(self) -> Answer | None:
        """Give the agreement where it may have changed since it was shown."""
        double = self._desk.double_coded()
        if double == self._shown:
            return None
        self._shown = double
        say, rows = self._language.say, self._desk.agreement(double)
        groups = {verdict: [row for row in rows if judge(row) == verdict] for verdict in VERDICTS}
        counts = {verdict: len(found) for verdict, found in groups.items()}
        state = "read" if rows else "alike" if double.units else "none"
        sentences = [say(f"coding_desk.agreement.{state}", n=len(double.units), coders=len(double.coders), **counts)]
        if state == "alike" or counts["cannot_tell"]:
            sentences.append(say("coding_desk.agreement.more"))
        notes = [say("coding_desk.agreement.method", level=rows[0].alpha.confidence_level)] if rows else []
        shown = [
            {"verdict": verdict, "title": say(f"coding_desk.verdict.{verdict}"), "rows": list(map(self._row, found))}
            for verdict, found in groups.items() if found
        ]  # fmt: skip
        return {"sentences": sentences, "groups": shown, "least": LEAST_ALPHA, "notes": notes}

    def _row(self, row: CodeAgreement) -> Answer:
        told = {"alpha": row.alpha.alpha, "low": row.alpha.ci_low, "high": row.alpha.ci_high}
        label, text = self._labels((row.code,))[0], self._language.say("coding_desk.agreement.row", **told)
        return {"label": label, "text": text, **told}


class CodingDesk(anywidget.AnyWidget):  # type: ignore[misc]
    """The page of a coding desk; `coding_desk` makes it.

    Parameters
    ----------
    talk : DeskTalk
        What answers it.
    """

    _esm = Path(__file__).with_name("coding.js")
    _css = Path(__file__).with_name("coding.css")
    fixed = traitlets.Dict().tag(sync=True)

    def __init__(self, talk: DeskTalk) -> None:
        super().__init__(fixed=talk.words())
        self._talk = talk
        self._timer: asyncio.TimerHandle | None = None
        self.on_msg(self._on_message)
        atexit.register(talk.write)  # a kernel that ends writes what was confirmed

    def _on_message(self, _widget: Any, message: Mapping[str, Any], _buffers: Any) -> None:
        self._ask(message)
        if message.get("ask") != "look":  # whoever does something gets the whole time to take it back
            self._count_down()

    def _ask(self, message: Mapping[str, Any]) -> None:
        for answer in self._talk.answers(message):
            self.send(answer)

    def _count_down(self) -> None:
        """Write what is held after a while: here, since the page may be gone by then."""
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(WRITE_AFTER, self._ask, {"ask": "write"})


def coding_desk(loaded: Loaded, language: str = "", *, subject: Subject = "objections", seed: int = 1) -> CodingDesk:
    """Open the coding desk of an engagement: notes with suggested codes, to be confirmed by keyboard.

    It shows notes word for word, so it is for the consultant, not for a shared screen.

    Parameters
    ----------
    loaded : Loaded
        The engagement; `codes.csv` lies in its folder.
    language : str
        Of the page; the contract's first if empty.
    subject : {'objections', 'interviews'}
        Notes of conversations, or interviews.
    seed : int
        Of the lots that draw notes.
    """
    return CodingDesk(DeskTalk(loaded, Language.of(loaded.engagement, language), subject, seed=seed))

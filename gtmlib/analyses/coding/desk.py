"""The coding desk: which note is up, what a person confirmed of it, and how far those who read apart agree by now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from gtmlib.analyses.coding.review import CodeAgreement, estimate_agreement
from gtmlib.analyses.coding.suggest import (
    N_SUGGESTED,
    Coder,
    Suggestion,
    choose_notes,
    choose_second,
    confirmed_of,
    read_notes,
)
from gtmlib.analyses.coding_agreement import LEAST_ALPHA, DoubleCoded, pair_codes
from gtmlib.data.codebook import Subject, read_codebook
from gtmlib.data.codes import MOST_CODES, SETTLED, UNITS, Unit
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError, UnansweredError

Reading = Literal["first", "second", "settle"]
READINGS: tuple[Reading, ...] = ("first", "second", "settle")
NO_CODES = ("no_objection", "nothing")  # kinds of codes that say why there is nothing to code
N_AT_ONCE = 25  # notes drawn before the suggestions are learned anew

Rows = Sequence[Mapping[str, Any]]


class DeskError(UnansweredError):
    """What the desk can't do, such as confirming a note without a code: the message `coding_desk.error.<key>`."""


def can_name(coder: str) -> bool:
    """Tell whether a text can name a coder: letters, digits, - and _, and not the name of what was settled.

    Parameters
    ----------
    coder : str
        A name or initials.

    Examples
    --------
    >>> [can_name(name) for name in ("AK", "Åsa-Li", "", "a/b", "settled")]
    [True, True, False, False, False]
    """
    return bool(re.fullmatch(r"[\w-]+", coder)) and coder != SETTLED


def code_row(
    one: Suggestion, code: str, *, unit: Unit, coder: str, by: str, source: str = "", is_resolved: str = ""
) -> dict[str, str]:
    """Give the row of `codes.csv` for one code that a person confirmed.

    Parameters
    ----------
    one : Suggestion
        The note, why it was drawn and what was suggested.
    code : str
        What the person gave it.
    unit : {'touch_id', 'interview_id'}
        What the note is known by.
    coder : str
        Who.
    by : str
        What suggested; empty where nothing was.
    source, is_resolved : str
        Whose words it holds, and yes or no; empty where nobody said.

    Examples
    --------
    >>> one = Suggestion(note_id="T1", codes=("price", "value", "fit"), drawn="random")
    >>> row = code_row(one, "value", unit="touch_id", coder="AK", by="ngrams")
    >>> row["touch_id"], row["code"], row["suggested"]
    ('T1', 'value', 'price value fit')
    """
    told = {unit: one.note_id, "coder": coder, "source": source, "is_resolved": is_resolved, "drawn": one.drawn}
    return told | {"suggested": " ".join(one.codes), "suggested_by": by, "code": code}


def new_rows(rows: Iterable[Mapping[str, str]], known: Rows, unit: Unit) -> list[Mapping[str, str]]:
    """Leave out the rows that say what the file says already.

    Parameters
    ----------
    rows : iterable of mapping
        To be appended.
    known : sequence of mapping
        What the file holds.
    unit : {'touch_id', 'interview_id'}
        What a note is known by.

    Examples
    --------
    >>> row = {"touch_id": "T1", "coder": "AK", "code": "fit"}
    >>> new_rows([row, row | {"code": "legal"}], [row], "touch_id")
    [{'touch_id': 'T1', 'coder': 'AK', 'code': 'legal'}]
    """
    told = {(row.get(unit), row["coder"], row["code"]) for row in known}
    return [row for row in rows if (row[unit], row["coder"], row["code"]) not in told]


def judge(row: CodeAgreement) -> Literal["confirmed", "refuted", "cannot_tell"]:
    """Tell whether people agree well enough on a code, too little, or whether too few notes were read twice to tell.

    Parameters
    ----------
    row : CodeAgreement
        Its interval decides: wholly above .667, wholly below, or neither.

    Examples
    --------
    >>> from gtmlib.stats.agreement import AlphaEstimate
    >>> alpha = AlphaEstimate(alpha=0.8, ci_low=0.4, ci_high=1.0, n_units=12, confidence_level=0.95)
    >>> judge(CodeAgreement(code="price", n_given=6, alpha=alpha, ac1=0.9))
    'cannot_tell'
    """
    if row.alpha.ci_low >= LEAST_ALPHA:
        return "confirmed"
    return "refuted" if row.alpha.ci_high < LEAST_ALPHA else "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The codes to choose from for a note.

    Parameters
    ----------
    suggested : tuple of str
        The likeliest first; or what was given apart, where it is to be settled.
    others : tuple of str
        The rest of the codebook: the likeliest first, or in its order where the reading is blind.
    none : tuple of str
        Codes that say why there is nothing to code.
    """

    suggested: tuple[str, ...]
    others: tuple[str, ...]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A note that was confirmed and is not written yet: it can be taken back.

    Parameters
    ----------
    note : Suggestion
        As it stood in the queue.
    rows : tuple of dict
        For `codes.csv`.
    """

    note: Suggestion
    rows: tuple[dict[str, str], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """What was confirmed."""
        return tuple(row["code"] for row in self.rows)


class Desk:
    """One person at the desk. It opens no file: it is told what `codes.csv` holds, and gives what to append to it.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    subject : {'objections', 'interviews'}
        Notes of conversations, or interviews.
    seed : int
        Of the lots that draw notes, with the coder's name: two people don't read in the same order.
    """

    def __init__(self, loaded: Loaded, subject: Subject = "objections", *, seed: int = 1) -> None:
        self.subject, self.unit = subject, UNITS[subject]
        self.book, self.notes = read_codebook(loaded.engagement.folder, subject), read_notes(loaded, subject)
        self.smallest = loaded.engagement.contract.disclosure.smallest_group
        self.coder: str = ""
        self.reading: Reading = "first"
        self.held: Held | None = None
        self._seed, self._rng = seed, np.random.default_rng(seed)
        self._rows: Rows = ()
        self._confirmed: dict[str, tuple[str, ...]] = {}
        self._given: dict[str, dict[str, set[str]]] = {}  # note = coder = codes
        self._queue: list[Suggestion] = []
        self._skipped: set[str] = set()
        self._learned: Coder | None = None

    def sit(self, coder: str, reading: Reading) -> None:
        """Let somebody begin.

        Parameters
        ----------
        coder : str
            A name or initials.
        reading : {'first', 'second', 'settle'}
            New notes; what others coded, blindly; or what was coded differently, to settle it.

        Raises
        ------
        DeskError
            If the name can't be used.
        """
        if not can_name(coder):
            raise DeskError("coder")
        if reading not in READINGS:
            raise ParameterError(f"there is no reading '{reading}': there are {', '.join(READINGS)}")
        self.coder, self.reading, self._queue, self._skipped = coder, reading, [], set()
        self._rng = np.random.default_rng([self._seed, *coder.encode()])
        self._fill()

    def follow(self, rows: Rows) -> None:
        """Take in what `codes.csv` holds by now; the note that is up stays, whoever coded it meanwhile.

        Parameters
        ----------
        rows : sequence of mapping
            In the order of the file.
        """
        self._rows, self._confirmed = rows, confirmed_of(rows, self.unit)
        given: dict[str, dict[str, set[str]]] = {}
        for row in rows:
            given.setdefault(row.get(self.unit) or "", {}).setdefault(row["coder"], set()).add(row["code"])
        self._given = {note: given[note] for note in self.notes.keys() & given.keys()}
        left = self.left(self.reading)
        self._queue = [one for place, one in enumerate(self._queue) if not place or one.note_id in left]
        if self.coder and not self._queue:
            self._fill()

    def left(self, reading: Reading) -> set[str]:
        """Give the notes that are left for a reading.

        Parameters
        ----------
        reading : {'first', 'second', 'settle'}
            Which.
        """
        wanted, done = self._scope(reading)
        return wanted - done - ({self.held.note.note_id} if self.held else set())

    def progress(self) -> tuple[int, int]:
        """Count the notes that are done for this reading, and all of it."""
        wanted, done = self._scope(self.reading)
        return len(wanted & (done | ({self.held.note.note_id} if self.held else set()))), len(wanted)

    def _scope(self, reading: Reading) -> tuple[set[str], set[str]]:
        """Give the notes of a reading, and those that are done."""
        if reading == "first":
            return set(self.notes), set(self._confirmed)
        apart = {note: given.keys() - {SETTLED} for note, given in self._given.items()}
        if reading == "second":
            others = {note for note, coders in apart.items() if coders - {self.coder}}
            return others, {note for note, coders in apart.items() if self.coder in coders}
        differ = {note for note in apart if len({frozenset(codes) for codes in self.given(note).values()}) > 1}
        return differ, {note for note, given in self._given.items() if SETTLED in given}

    def given(self, note: str) -> dict[str, tuple[str, ...]]:
        """Give what each coder gave a note: it is shown only where it is to be settled.

        Parameters
        ----------
        note : str
            Its id.
        """
        given = sorted(self._given.get(note, {}).items())
        return {coder: tuple(sorted(codes)) for coder, codes in given if coder != SETTLED}

    @property
    def note(self) -> Suggestion | None:
        """The note that is up; None where nothing is left."""
        return self._queue[0] if self._queue else None

    @property
    def coders(self) -> tuple[str, ...]:
        """Those who coded before."""
        return tuple(sorted({row["coder"] for row in self._rows} - {SETTLED}))

    def offer(self) -> Offer:
        """Give the codes to choose from for the note that is up."""
        ranked = self.note.codes if self.note else ()
        suggested = ranked[:N_SUGGESTED] if self.reading == "first" else ranked
        rest = [code for code in dict.fromkeys((*ranked, *self.book.codes)) if code not in suggested]
        none = self.book.of_kind(*NO_CODES)
        others = tuple(code for code in rest if code not in none)
        return Offer(suggested=suggested, others=others, none=tuple(code for code in rest if code in none))

    def check(self, note: str, codes: Sequence[str]) -> None:
        """Refuse what can't be confirmed.

        Parameters
        ----------
        note : str
            Its id: a key that is pressed twice must not confirm the next one.
        codes : sequence of str
            One to three.

        Raises
        ------
        DeskError
            If the note is not up, or no code is chosen or too many.
        """
        if self.note is None or self.note.note_id != note:
            raise DeskError("not_up")
        if not codes:
            raise DeskError("no_code")
        if len(codes) > MOST_CODES:
            raise DeskError("too_many", most=MOST_CODES)
        if unknown := set(codes) - self.book.codes.keys():
            raise ParameterError(f"the codebook has no code {', '.join(sorted(unknown))}")

    def confirm(self, note: str, codes: Sequence[str], *, source: str = "", is_resolved: str = "") -> None:
        """Confirm the codes of the note that is up: it is held, and the next is put up.

        Parameters
        ----------
        note : str
            Its id.
        codes : sequence of str
            One to three.
        source, is_resolved : str
            Whose words it holds, and yes or no; empty where nobody said.

        Raises
        ------
        DeskError
            As `check` does.
        """
        self.check(note, codes)
        if self.note is None or self.held:
            raise ParameterError("what was confirmed before has to be written first")
        is_first = self.reading == "first"
        one = replace(self.note, codes=self.offer().suggested if is_first else ())
        by = self._learned.name if is_first and self._learned else ""
        coder = SETTLED if self.reading == "settle" else self.coder
        told = {"coder": coder, "by": by, "source": source, "is_resolved": is_resolved}
        rows = tuple(code_row(one, code, unit=self.unit, **told) for code in dict.fromkeys(codes))
        self.held = Held(note=self.note, rows=rows)
        self._queue.pop(0)
        self._fill()

    def waiting(self) -> list[Mapping[str, str]]:
        """Give the rows to be appended to `codes.csv`; none where nothing is held, or all of it stands there."""
        return new_rows(self.held.rows, self._rows, self.unit) if self.held else []

    def let_go(self) -> None:
        """Forget what was held: it is written."""
        self.held = None

    def undo(self) -> Held:
        """Take back what was confirmed and is not written; its note is up again.

        Raises
        ------
        DeskError
            If nothing is held: what is written stays, as a person's word.
        """
        if self.held is None:
            raise DeskError("written")
        held, self.held = self.held, None
        self._queue.insert(0, held.note)
        return held

    def turn(self, step: int) -> None:
        """Put up the next note and keep this one for later, or put up the one that was kept last.

        Parameters
        ----------
        step : {1, -1}
            Forward or back.
        """
        if step > 0 and self._queue:
            one = self._queue.pop(0)
            self._skipped.add(one.note_id)
            self._queue.append(one)
            self._fill()
        elif self._queue and self._queue[-1].note_id in self._skipped:
            one = self._queue.pop()
            self._skipped.discard(one.note_id)
            self._queue.insert(0, one)

    def double_coded(self) -> DoubleCoded:
        """Give the notes that two people or more read, as they stand in `codes.csv`."""
        return pair_codes(self._rows, self.unit)

    def agreement(self, double: DoubleCoded) -> tuple[CodeAgreement, ...]:
        """Estimate the agreement as the chapter does: same floor, same bootstrap, same seed.

        Parameters
        ----------
        double : DoubleCoded
            As `double_coded` gives them.
        """
        return estimate_agreement(double, self.smallest, rng=np.random.default_rng(1))

    def _fill(self) -> None:
        """Draw further notes before those that were skipped; where there are none, begin with the skipped again."""
        if any(one.note_id not in self._skipped for one in self._queue):
            return
        left = self.left(self.reading) - {one.note_id for one in self._queue}
        drawn = self._draw({note: text for note, text in self.notes.items() if note in left}) if left else ()
        if not drawn:
            self._skipped.clear()
        self._queue = [*drawn, *self._queue]

    def _draw(self, left: Mapping[str, str]) -> tuple[Suggestion, ...]:
        if self.reading == "second":
            return choose_second(self._rows, left, self.coder, N_AT_ONCE, unit=self.unit, rng=self._rng)
        if self.reading == "settle":
            given = {note: [code for codes in self.given(note).values() for code in codes] for note in left}
            return tuple(Suggestion(note_id=note, codes=tuple(dict.fromkeys(codes))) for note, codes in given.items())
        examples = [(self.notes[note], codes) for note, codes in self._confirmed.items() if note in self.notes]
        self._learned = self._learned.learn(examples) if self._learned else Coder(self.book, examples)
        drawn = choose_notes(self._learned, left, N_AT_ONCE, rng=self._rng, n_codes=len(self.book.codes))
        return tuple(drawn[at] for at in self._rng.permutation(len(drawn)).tolist())

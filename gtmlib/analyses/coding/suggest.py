"""Suggesting codes for notes from what people confirmed and from the codebook. Nothing here codes a note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gtmlib.analyses.coding.vectors import Vectors, open_vectors, split_note
from gtmlib.analyses.reductions import conversations
from gtmlib.data.codebook import Codebook, Subject, read_codebook
from gtmlib.data.codes import UNITS, Unit, deciding_codes
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.distributions import Array
from gtmlib.stats.text_coding import choose_next, score_codes

N_SUGGESTED = 3
MOST_EXAMPLES = 2000  # sentences to learn from, the latest; more take long and add little
POOL = 1000  # notes looked at for the next ones, drawn by lot: reading all of a large client's takes minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Codes that a note may have.

    Parameters
    ----------
    note_id : str
        Of the touch or the interview.
    codes : tuple of str
        Three or as many as were asked for, the likeliest first; none for a blind reading.
    drawn : str
        Why the note was chosen: `random` or `doubtful`; empty where somebody asked for it.
    """

    note_id: str
    codes: tuple[str, ...]
    drawn: str = ""


class Coder:
    """Suggests codes: learned from the codebook and from confirmed notes, ready for any number of notes.

    Parameters
    ----------
    book : Codebook
        The codes.
    examples : sequence of tuple
        Notes, each with the codes that a person confirmed.
    vectors : Vectors, optional
        What compares the texts, from a coder of the same codebook; opened if None.
    """

    def __init__(
        self, book: Codebook, examples: Sequence[tuple[str, Sequence[str]]] = (), vectors: Vectors | None = None
    ) -> None:
        self._book, self._names = book, tuple(book.codes)
        place = {name: at for at, name in enumerate(self._names)}
        described = {part: {place[code]: 1.0} for code, text in book.texts() for part in split_note(text)}
        self._vectors: Vectors = vectors or open_vectors(list(described))
        found: dict[str, dict[int, float]] = {}
        for note, codes in examples:
            known = [place[code] for code in codes if code in place]
            for sentence in split_note(note) if known else ():
                shares = found.setdefault(sentence, {})
                for code in known:
                    shares[code] = shares.get(code, 0.0) + 1 / len(known)
        latest = dict(list(found.items())[-MOST_EXAMPLES:])
        learned = described | latest
        self._examples = self._vectors.encode(list(learned))
        self._targets = np.zeros((len(learned), len(self._names)))
        for row, shares in zip(self._targets, learned.values(), strict=True):
            row[list(shares)] = np.array(list(shares.values())) / sum(shares.values())

    @property
    def name(self) -> str:
        """What compares the texts: the embedding with its version, or pieces of words."""
        return self._vectors.name

    def learn(self, examples: Sequence[tuple[str, Sequence[str]]]) -> Coder:
        """Give a coder that learned from these notes instead; what it read before, it need not read again.

        Parameters
        ----------
        examples : sequence of tuple
            Notes, each with the codes that a person confirmed.
        """
        return Coder(self._book, examples, self._vectors)

    def score(self, notes: Sequence[str]) -> tuple[Array, Array]:
        """Score the codes of notes, and give the notes' vectors.

        Parameters
        ----------
        notes : sequence of str
            Any language.

        Returns
        -------
        array, notes x codes
            The highest score among the sentences of the note.
        array, notes x features
            Unit vectors.
        """
        parts = [split_note(note) or (note,) for note in notes]
        sentences = list(dict.fromkeys(part for note in parts for part in note))
        at = {sentence: place for place, sentence in enumerate(sentences)}
        vectors = self._vectors.encode(sentences)
        scores = score_codes(self._examples, self._targets, vectors)
        places = [[at[part] for part in note] for note in parts]
        middles = np.array([vectors[place].mean(axis=0) for place in places])
        sizes = np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12)
        return np.array([scores[place].max(axis=0) for place in places]), middles / sizes

    def best(self, scores: Array, n: int = N_SUGGESTED) -> tuple[tuple[str, ...], ...]:
        """Give the likeliest codes of each note.

        Parameters
        ----------
        scores : array, notes x codes
            As `score` gives them.
        n : int
            How many.
        """
        order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
        return tuple(tuple(self._names[at] for at in row) for row in order.tolist())


def read_notes(loaded: Loaded, subject: Subject = "objections") -> dict[str, str]:
    """Give the notes that can be coded, by their ids: of conversations, or of interviews.

    They are the client's words, for whoever codes them; no result of an analysis holds one.

    Parameters
    ----------
    loaded : Loaded
        With touches or interviews; none of them, no notes.
    subject : {'objections', 'interviews'}
        What is coded.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2"], "note": ["Too expensive.", None]})
    >>> read_notes(load_frames({"touches": touches}))
    {'T1': 'Too expensive.'}
    """
    rows = _notes(loaded, subject)
    if rows is None:
        return {}
    found = to_frame(rows.select(UNITS[subject], "note")).sort_values(UNITS[subject])
    return {str(key): note for key, note in zip(found[UNITS[subject]], found["note"], strict=True)}


def count_notes(loaded: Loaded, subject: Subject = "objections") -> tuple[int, int]:
    """Count the notes that can be coded, and those of them that have confirmed codes.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    subject : {'objections', 'interviews'}
        What is coded.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2", "T3"], "note": ["Too expensive.", " ", "No time."]})
    >>> codes = pd.DataFrame({"touch_id": ["T1", "T1"], "code": ["price", "fit"], "coder": ["AK", "ML"]})
    >>> count_notes(load_frames({"touches": touches, "codes": codes}))
    (2, 1)
    """
    rows, unit = _notes(loaded, subject), UNITS[subject]
    if rows is None:
        return 0, 0
    counted = [rows]
    if not loaded.missing(codes=(unit,)):
        counted.append(rows.semi_join(loaded.tables["codes"], unit))
    counts = [int(to_frame(some.aggregate(n=some.count())).loc[0, "n"]) for some in counted]
    return counts[0], counts[1] if len(counts) > 1 else 0


def _notes(loaded: Loaded, subject: Subject) -> Any:
    """Give the rows that have a note; None where the data have none."""
    table = {"objections": "touches", "interviews": "interviews"}[subject]
    if loaded.missing(**{table: ("note",)}):
        return None
    rows = conversations(loaded) if subject == "objections" else loaded.tables[table]
    return rows.filter(rows.note.strip() != "")


def confirmed_codes(loaded: Loaded, subject: Subject = "objections") -> dict[str, tuple[str, ...]]:
    """Give what people confirmed: note = its codes, as they were settled or as the first coder gave them.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    subject : {'objections', 'interviews'}
        What is coded.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> codes = pd.DataFrame({"touch_id": ["T1", "T1"], "code": ["price", "fit"], "coder": ["AK", "settled"]})
    >>> confirmed_codes(load_frames({"codes": codes}))
    {'T1': ('fit',)}
    """
    unit = UNITS[subject]
    if loaded.missing(codes=(unit, "code", "coder")):
        return {}
    return confirmed_of(loaded.tables["codes"].to_pyarrow().to_pylist(), unit)


def confirmed_of(rows: Iterable[Mapping[str, Any]], unit: Unit) -> dict[str, tuple[str, ...]]:
    """Give what the rows of `codes.csv` confirm: note = its codes, as settled or as the first coder gave them.

    Parameters
    ----------
    rows : iterable of mapping
        In the order of the file.
    unit : {'touch_id', 'interview_id'}
        What a note is known by.

    Examples
    --------
    >>> first = {"touch_id": "T1", "code": "fit", "coder": "AK"}
    >>> confirmed_of([first, first | {"code": "legal", "coder": "ML"}], "touch_id")
    {'T1': ('fit',)}
    """
    found: dict[str, list[str]] = {}
    for row in deciding_codes(rows, unit):
        found.setdefault(row[unit], []).append(row["code"])
    return {note: tuple(dict.fromkeys(codes)) for note, codes in found.items()}


def open_coder(loaded: Loaded, subject: Subject = "objections") -> Coder:
    """Make a coder from an engagement's codebook and confirmed notes.

    Parameters
    ----------
    loaded : Loaded
        Any engagement.
    subject : {'objections', 'interviews'}
        What is coded.

    Raises
    ------
    ContractError
        If the codebook can't be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> coder = open_coder(load_frames({"reps": pd.DataFrame({"rep_id": ["R1"]})}))
    >>> "price" in coder.best(coder.score(["They say it costs too much money."])[0])[0]
    True
    """
    notes, book = read_notes(loaded, subject), read_codebook(loaded.engagement.folder, subject)
    confirmed = confirmed_codes(loaded, subject)
    return Coder(book, [(notes[note], codes) for note, codes in confirmed.items() if note in notes])


def suggest(coder: Coder, notes: Mapping[str, str]) -> tuple[Suggestion, ...]:
    """Suggest three codes for each note.

    Parameters
    ----------
    coder : Coder
        From `open_coder`; its name says what compared the texts.
    notes : mapping
        Id = note.

    Examples
    --------
    >>> from pathlib import Path
    >>> coder = Coder(read_codebook(Path("none"), "objections"))
    >>> len(suggest(coder, {"T1": "De tycker att priset är för högt."})[0].codes)
    3
    """
    if not notes:
        return ()
    best = coder.best(coder.score(list(notes.values()))[0])
    return tuple(Suggestion(note_id=note, codes=codes) for note, codes in zip(notes, best, strict=True))


def next_notes(
    loaded: Loaded, coder: Coder, n: int, *, rng: np.random.Generator, subject: Subject = "objections"
) -> tuple[Suggestion, ...]:
    """Choose the notes that are worth coding next, with suggestions: doubtful and unlike each other, a fifth by lot.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    coder : Coder
        From `open_coder`.
    n : int
        How many; fewer where fewer are left.
    rng : Generator
        Draws the lot.
    subject : {'objections', 'interviews'}
        What is coded.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> touches = pd.DataFrame({"touch_id": ["T1", "T2"], "note": ["Too expensive.", "No time."]})
    >>> codes = pd.DataFrame({"touch_id": ["T1"], "code": ["price"], "coder": ["AK"]})
    >>> loaded = load_frames({"touches": touches, "codes": codes})
    >>> [note.note_id for note in next_notes(loaded, open_coder(loaded), 5, rng=np.random.default_rng(1))]
    ['T2']
    """
    confirmed, notes = confirmed_codes(loaded, subject), read_notes(loaded, subject)
    return choose_notes(coder, {note: text for note, text in notes.items() if note not in confirmed}, n, rng=rng)


def choose_notes(
    coder: Coder, left: Mapping[str, str], n: int, *, rng: np.random.Generator, n_codes: int = N_SUGGESTED
) -> tuple[Suggestion, ...]:
    """Choose among the notes that are left the ones that are worth coding next, with suggestions.

    Parameters
    ----------
    coder : Coder
        What suggests.
    left : mapping
        Id = note, of those that nobody coded.
    n : int
        How many notes; fewer where fewer are left.
    rng : Generator
        Draws the lot.
    n_codes : int
        How many codes to suggest for each.

    Examples
    --------
    >>> from pathlib import Path
    >>> coder = Coder(read_codebook(Path("none"), "objections"))
    >>> [one.note_id for one in choose_notes(coder, {"T2": "No time."}, 5, rng=np.random.default_rng(1))]
    ['T2']
    """
    if not left:
        return ()
    ids = list(left)
    pool = [ids[at] for at in sorted(rng.permutation(len(ids))[:POOL].tolist())]
    scores, vectors = coder.score([left[note] for note in pool])
    best = coder.best(scores, n_codes)
    picks = choose_next(scores, vectors, n, rng=rng)
    return tuple(Suggestion(note_id=pool[pick.at], codes=best[pick.at], drawn=pick.drawn) for pick in picks)


def choose_second(
    rows: Iterable[Mapping[str, Any]],
    notes: Mapping[str, str],
    coder: str,
    n: int,
    *,
    unit: Unit,
    rng: np.random.Generator,
) -> tuple[Suggestion, ...]:
    """Draw notes for a second, blind reading: of those that others coded and this coder did not; no codes are shown.

    Parameters
    ----------
    rows : iterable of mapping
        Of `codes.csv`, in the order of the file.
    notes : mapping
        Id = note.
    coder : str
        Who reads.
    n : int
        How many notes; fewer where fewer are left.
    unit : {'touch_id', 'interview_id'}
        What a note is known by.
    rng : Generator
        Draws them.

    Examples
    --------
    >>> rows, notes = [{"touch_id": "T1", "code": "fit", "coder": "AK"}], {"T1": "No interface.", "T2": "No time."}
    >>> rng = np.random.default_rng(1)
    >>> [one.note_id for one in choose_second(rows, notes, "ML", 5, unit="touch_id", rng=rng)]
    ['T1']
    """
    known = list(rows)
    own = {row[unit] for row in known if row["coder"] == coder}
    left = [note for note in confirmed_of(known, unit) if note in notes and note not in own]
    return tuple(Suggestion(note_id=left[at], codes=()) for at in rng.permutation(len(left))[:n].tolist())

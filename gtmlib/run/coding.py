"""Coding notes in Excel: a workbook of notes with suggestions goes out, and what a person chose in it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xlsxwriter

from gtmlib.analyses.coding.desk import can_name, code_row, new_rows
from gtmlib.analyses.coding.suggest import N_SUGGESTED, Suggestion, choose_second, next_notes, open_coder, read_notes
from gtmlib.analyses.coding.vectors import NGRAMS
from gtmlib.data.codebook import Codebook, Subject, read_codebook
from gtmlib.data.codes import CODES_FILE, MOST_CODES, SOURCES, UNITS, Unit, append_codes
from gtmlib.data.engagement import Engagement, Source, nearest
from gtmlib.data.load import load_tables
from gtmlib.data.loaded import Loaded
from gtmlib.data.read import read_source
from gtmlib.data.values import FLAGS
from gtmlib.errors import DataError, ParameterError, Problem

SHEET = "Notes"
SUGGESTIONS = tuple(f"suggestion {n}" for n in range(1, N_SUGGESTED + 1))
CODES = tuple(f"code {n}" for n in range(1, MOST_CODES + 1))
CHOICES = {"words of": SOURCES, "resolved": ("yes", "no")}
KEPT = ("drawn", "suggested", "suggested_by")  # what the file remembers of the notes, in hidden columns
HEADINGS = ("id", "note", *SUGGESTIONS, *CODES, *CHOICES, *KEPT)
WIDTHS = {"id": 12, "note": 70, "words of": 10, "resolved": 10}
LAST_ROW = 5000  # that offers the codes to choose from


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one step of coding did.

    Parameters
    ----------
    n_confirmed : int
        Notes whose codes were taken from the workbook.
    n_written : int
        Notes in the workbook now.
    workbook : Path
        Where it lies.
    suggested_by : str
        What suggested the codes; empty for a second reading, which is blind.
    """

    n_confirmed: int
    n_written: int
    workbook: Path
    suggested_by: str


def code_notes(
    engagement: Engagement,
    *,
    coder: str,
    rng: np.random.Generator,
    subject: Subject = "objections",
    n: int = 25,
    is_second: bool = False,
) -> Batch:
    """Take what a person chose in the workbook into `codes.csv`, and write the next notes into it.

    Parameters
    ----------
    engagement : Engagement
        The client; workbook and `codes.csv` lie in its folder.
    coder : str
        Who codes: letters, digits, - and _.
    rng : Generator
        Draws the notes that are chosen by lot.
    subject : {'objections', 'interviews'}
        Notes of conversations, or interviews.
    n : int
        Notes in the workbook.
    is_second : bool
        Whether to read what others coded, without seeing their codes or suggestions: it shows how far people agree.

    Raises
    ------
    ParameterError
        If the coder's name can't be used.
    DataError
        If a code in the workbook is unknown; then nothing is changed. Or if a file is open elsewhere.
    """
    if not can_name(coder):
        raise ParameterError(f"'{coder}' can't name a coder: use letters, digits, - and _")
    path = engagement.folder / f"to_code_{subject}_{coder}.xlsx"
    book = read_codebook(engagement.folder, subject)
    chosen = _read_choices(path, book, UNITS[subject], coder) if path.is_file() else {}
    if path.is_file() and not chosen:
        return Batch(n_confirmed=0, n_written=0, workbook=path, suggested_by="")
    loaded = load_tables(engagement)  # what is wrong with the data is told before anything is written
    if chosen:
        rows = [row for given in chosen.values() for row in given]
        known = _known_rows(loaded, UNITS[subject])  # if the workbook could not be replaced, it is read twice
        append_codes(engagement.folder, new_rows(rows, known, UNITS[subject]))
        loaded = load_tables(engagement)
    notes = read_notes(loaded, subject)
    if is_second:
        unit = UNITS[subject]
        suggestions, by = choose_second(_known_rows(loaded, unit), notes, coder, n, unit=unit, rng=rng), ""
    else:
        learned = open_coder(loaded, subject)
        suggestions, by = next_notes(loaded, learned, n, rng=rng, subject=subject), learned.name
    language = engagement.contract.languages[0]
    _write(path, suggestions, notes, book, by, language)
    return Batch(n_confirmed=len(chosen), n_written=len(suggestions), workbook=path, suggested_by=by)


def describe_batch(batch: Batch) -> str:
    """Say in English what was done and what to do next.

    Parameters
    ----------
    batch : Batch
        From `code_notes`.
    """
    file = batch.workbook.name
    if not batch.n_confirmed and not batch.n_written and batch.workbook.is_file() and not batch.suggested_by:
        return f"No code is chosen in {file} yet. Choose codes there and save it, or delete it to get other notes."
    taken = [f"{batch.n_confirmed} notes from {file} are confirmed in {CODES_FILE}."] if batch.n_confirmed else []
    if not batch.n_written:
        return "\n".join([*taken, "There are no further notes to code."])
    how = f"with suggestions by {batch.suggested_by}" if batch.suggested_by else "for a second, blind reading"
    lacking = 'The embedding is not installed: pip install "gtmlib[coding]" makes better suggestions.'
    return "\n".join(
        [
            *taken,
            f"{batch.n_written} notes stand in {batch.workbook}, {how}.",
            *([lacking] if batch.suggested_by == NGRAMS else []),
            "Choose their codes in Excel (1, 2 or 3 takes a suggestion), save, close, and give the same command again.",
        ]
    )


def _known_rows(loaded: Loaded, unit: Unit) -> list[dict[str, Any]]:
    return [] if loaded.missing(codes=(unit,)) else loaded.tables["codes"].to_pyarrow().to_pylist()


def _read_choices(path: Path, book: Codebook, unit: Unit, coder: str) -> dict[str, list[dict[str, str]]]:
    """Give the rows for codes.csv of each note that somebody gave a code; refuse unknown words, all at once."""
    raw = read_source("to_code", Source(file=path.name, sheet=SHEET), path.parent)
    problems: list[Problem] = []
    if lacking := [heading for heading in ("id", *CODES) if heading not in raw.table.column_names]:
        what, fix = f"lacks the column {', '.join(lacking)}", "Delete the file to get a new one"
        raise DataError(Problem(place=path.name, what=what, fix=fix))
    words = {name.casefold(): name for name in book.codes}
    words |= {text.casefold(): name for name, code in book.codes.items() for text in code.label.texts()}
    found: dict[str, list[dict[str, str]]] = {}
    for cells in raw.table.to_pylist():
        row = {name: str(cell).strip() for name, cell in cells.items() if cell is not None}
        suggested = row.get("suggested", "").split()
        offered = {str(at): name for at, name in enumerate(suggested, start=1)}
        one = Suggestion(note_id=row.get("id", ""), codes=tuple(suggested), drawn=row.get("drawn", ""))
        told = {"source": row.get("words of", "").casefold(), "is_resolved": row.get("resolved", "").casefold()}
        for heading, allowed in (("words of", CHOICES["words of"]), ("resolved", tuple(FLAGS))):
            if (word := row.get(heading, "").casefold()) and word not in allowed:
                fix = f"Write {' or '.join(CHOICES[heading])}"
                problems.append(_refuse(path, cells, heading, "is not one of its words", fix, word))
        for heading in CODES:
            if not (word := row.get(heading, "")):
                continue
            code = offered.get(word) or words.get(word.casefold())
            if code is None:
                fix = nearest(word, [*words])
                fix = fix[:1].upper() + fix[1:]
                problems.append(_refuse(path, cells, heading, "is no code of the codebook", fix, word))
            elif code not in {done["code"] for done in found.get(one.note_id, [])}:
                by = row.get("suggested_by", "")
                found.setdefault(one.note_id, []).append(code_row(one, code, unit=unit, coder=coder, by=by, **told))
    if problems:
        raise DataError(*problems)
    return found


def _refuse(path: Path, cells: Mapping[str, Any], column: str, what: str, fix: str, word: str) -> Problem:
    return Problem(place=path.name, column=column, what=what, fix=fix, rows=(int(cells["_row"]),), values=(word,))


def _write(
    path: Path, suggestions: Sequence[Suggestion], notes: Mapping[str, str], book: Codebook, by: str, language: str
) -> None:
    """Write the workbook whole, or leave the old one; where nothing is left to code, there is none."""
    part = path.with_suffix(".part")
    try:
        if not suggestions:
            path.unlink(missing_ok=True)
            return
        _write_workbook(part, suggestions, notes, book, by, language)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        what = f"can't be written ({error.strerror})"
        raise DataError(Problem(place=path.name, what=what, fix="Close it in Excel, and try again")) from None


def _write_workbook(
    path: Path, suggestions: Sequence[Suggestion], notes: Mapping[str, str], book: Codebook, by: str, language: str
) -> None:
    # What a client wrote is text: a note that starts with = is no formula, and an address is no link.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    workbook = xlsxwriter.Workbook(path, options)
    bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
    sheet, meant = workbook.add_worksheet(SHEET), workbook.add_worksheet("Codebook")
    labels = {name: code.label.in_language(language) for name, code in book.codes.items()}
    sheet.write_row(0, 0, HEADINGS, bold)
    for at, heading in enumerate(HEADINGS):
        sheet.set_column(at, at, WIDTHS.get(heading, 22), wrapped, {"hidden": heading in KEPT})
        if heading in CODES:  # typing a word of the codebook in any language, or 1, 2, 3, is taken as well
            source = f"=Codebook!$A$2:$A${len(labels) + 1}"
            sheet.data_validation(
                1, at, LAST_ROW, at, {"validate": "list", "source": source, "error_type": "information"}
            )
        if heading in CHOICES:
            sheet.data_validation(1, at, LAST_ROW, at, {"validate": "list", "source": list(CHOICES[heading])})
    for place, one in enumerate(suggestions, start=1):
        offered = [labels[code] for code in one.codes] + [""] * (N_SUGGESTED - len(one.codes))
        kept = (one.drawn, " ".join(one.codes), by)
        cells = (one.note_id, notes[one.note_id], *offered, *[""] * (len(CODES) + len(CHOICES)), *kept)
        sheet.write_row(place, 0, cells, wrapped)
    sheet.freeze_panes(1, 2)
    meant.write_row(0, 0, ("label", "code", "definition", "include", "exclude"), bold)
    meant.set_column(0, 4, 40, wrapped)
    for place, (name, code) in enumerate(book.codes.items(), start=1):
        parts = (code.definition, code.include, code.exclude)
        texts = [part.in_language(language) if part else "" for part in parts]
        meant.write_row(place, 0, (labels[name], name, *texts), wrapped)
    workbook.close()

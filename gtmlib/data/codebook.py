"""Codebooks: what the codes of notes and interviews mean, shipped in five languages and editable per engagement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gtmlib.data.contract import Section
from gtmlib.data.engagement import parse_toml
from gtmlib.errors import ContractError, Problem

Subject = Literal["objections", "interviews"]

SHIPPED = Path(__file__).parent / "codebooks"
FILES: dict[Subject, str] = {"objections": "codebook.toml", "interviews": "interview_codebook.toml"}


class Wording(Section):
    """A text in the languages that somebody wrote it in; one at least."""

    en: str | None = Field(None, min_length=1, description="English.")
    sv: str | None = Field(None, min_length=1, description="Swedish.")
    da: str | None = Field(None, min_length=1, description="Danish.")
    nb: str | None = Field(None, min_length=1, description="Norwegian.")
    fi: str | None = Field(None, min_length=1, description="Finnish.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.texts():
            raise ValueError("write it in one language at least: en, sv, da, nb or fi")
        return self

    def texts(self) -> tuple[str, ...]:
        """List the texts that there are."""
        return tuple(text for text in (self.en, self.sv, self.da, self.nb, self.fi) if text)

    def in_language(self, language: str) -> str:
        """Give the text in a language, else the first that there is.

        Parameters
        ----------
        language : str
            Such as `sv`.
        """
        return str(getattr(self, language, None) or self.texts()[0])


class Code(Section):
    """A code: its label, what it means, what belongs to it and what does not."""

    label: Wording
    definition: Wording
    include: Wording | None = None
    exclude: Wording | None = None


class ObjectionCode(Code):
    """A code of the notes of conversations."""

    kind: Literal["objection", "no_objection"] = Field(description="Whether it is counted in rates.")


class InterviewCode(Code):
    """A code of win and loss interviews."""

    kind: Literal["chosen", "use", "differs", "falls_short", "nothing"] = Field(description="The question it answers.")


CodeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_KINDS: dict[Subject, Any] = {"objections": dict[CodeName, ObjectionCode], "interviews": dict[CodeName, InterviewCode]}


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codes of a subject.

    Parameters
    ----------
    subject : {'objections', 'interviews'}
        What is coded.
    file : str
        What messages call the file.
    codes : dict
        Name = its code, in the order of the file.
    """

    subject: Subject
    file: str
    codes: dict[str, Any]

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """List the names of the codes of these kinds.

        Parameters
        ----------
        *kinds : str
            Such as `objection`.
        """
        return tuple(name for name, code in self.codes.items() if code.kind in kinds)

    def texts(self) -> tuple[tuple[str, str], ...]:
        """List what the codes are described by, in all languages: pairs of a code's name and a text."""
        parts = [
            (name, part) for name, code in self.codes.items() for part in (code.label, code.definition, code.include)
        ]
        return tuple((name, text) for name, part in parts if part for text in part.texts())


def read_codebook(folder: Path, subject: Subject) -> Codebook:
    """Read an engagement's codebook, else the one that ships.

    Parameters
    ----------
    folder : Path
        The engagement folder.
    subject : {'objections', 'interviews'}
        What is coded.

    Raises
    ------
    ContractError
        With every problem, each with its line, key and the nearest known key.

    Examples
    --------
    >>> book = read_codebook(Path("no-such-engagement"), "objections")
    >>> book.of_kind("no_objection"), book.codes["price"].label.da
    (('no_contact', 'disqualified', 'no_reason_logged'), 'Pris og budget')
    """
    own = folder / FILES[subject]
    path = own if own.is_file() else SHIPPED / f"{subject}.toml"
    codes = parse_toml(path.read_bytes(), _KINDS[subject], place=FILES[subject])
    if not codes:
        raise ContractError(Problem(place=own.name, what="has no codes", fix="Write a [section] for each code"))
    return Codebook(subject, FILES[subject], codes)


def read_codebooks(folder: Path) -> dict[Subject, Codebook]:
    """Read the codebooks of notes and of interviews.

    Parameters
    ----------
    folder : Path
        The engagement folder.

    Raises
    ------
    ContractError
        With every problem of one of them; or if both have a code of the same name, which must mean one thing.
    """
    books = {subject: read_codebook(folder, subject) for subject in FILES}
    if twice := sorted(books["objections"].codes.keys() & books["interviews"].codes.keys()):
        what = f"has the code {', '.join(twice)}, which {FILES['objections']} has too"
        raise ContractError(Problem(place=FILES["interviews"], what=what, fix="Give it another name"))
    return books


def read_labels(folder: Path, language: str) -> tuple[tuple[str, str], ...]:
    """Give every code's label in a language: what presenters call it.

    Parameters
    ----------
    folder : Path
        The engagement folder.
    language : str
        Of the reader, such as `sv`.

    Examples
    --------
    >>> dict(read_labels(Path("no-such-engagement"), "sv"))["fit"]
    'Passform och integration'
    """
    books = read_codebooks(folder).values()
    return tuple((name, code.label.in_language(language)) for book in books for name, code in book.codes.items())

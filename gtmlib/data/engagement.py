"""The engagement contract: everything a consultant decides, read strictly from `engagement.toml`."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gtmlib.data.crm import preset_names
from gtmlib.data.schema import TABLES, Kind
from gtmlib.errors import ContractError, ParameterError, Problem

CONTRACT_FILE = "engagement.toml"
Language = Literal["en", "sv"]


class Section(BaseModel):
    """A table of the contract: strict types, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in PureWindowsPath(path).parts or PureWindowsPath(path).is_absolute():
        raise ValueError("write a path inside the exports folder, without '..'")
    return path


def _known_table(name: str) -> str:
    return require_known("canonical table", name, TABLES)


def _known_preset(name: str) -> str:
    return require_known("preset", name, preset_names())


def _known_columns(mapped: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    table = info.data.get("table")
    known = TABLES[table].columns if table else mapped
    if unknown := [f"{name} ({nearest(name, known)})" for name in mapped if name not in known]:
        raise ValueError(f"'{table}' has no column {', '.join(unknown)}")
    return mapped


InsidePath = Annotated[str, AfterValidator(_inside)]
TableName = Annotated[str, AfterValidator(_known_table), Field(json_schema_extra={"enum": [*TABLES]})]
PresetName = Annotated[str, AfterValidator(_known_preset), Field(json_schema_extra={"enum": [*preset_names()]})]
SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Share = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Headings = Annotated[dict[str, str], AfterValidator(_known_columns)]
Words = Annotated[dict[str, dict[str, str]], AfterValidator(_known_columns)]


class Exclude(Section):
    """Rows to leave out, with the reason that is counted and shown."""

    column: str = Field(description="Heading as in the file.")
    values: list[str] = Field(min_length=1, description="Values that exclude a row; '' is an empty cell.")
    reason: str = Field(min_length=3, description="Why, as the client will read it.")


class Source(Section):
    """One file (or database table) of the client's, and how to read it."""

    file: InsidePath | None = Field(None, description="CSV, XLSX or Parquet file in the exports folder.")
    database: str | None = Field(None, description="SQLite or DuckDB file, or $NAME of a variable with the address.")
    relation: str | None = Field(None, description="Table or view of the database.")
    table: TableName | None = Field(None, description="Canonical table to fill; none if a SELECT reads the file.")
    preset: PresetName | None = Field(None, description="CRM whose headings the file has; none: found by the headings.")
    sheet: str | None = Field(None, description="Sheet of a workbook; none: its only visible sheet.")
    header_row: int = Field(1, ge=1, description="Row of the headings, as the file numbers it.")
    has_totals_row: bool = Field(False, description="Whether the last row sums the others.")
    delimiter: Literal[",", ";", "\t", "|"] = Field(",", description="What separates the fields of a CSV file.")
    decimal: Literal[".", ","] = Field(".", description="Decimal sign of numbers written as text.")
    date_format: str | None = Field(None, pattern=r"^[DMY.\-/ ]+$", description="Like DD.MM.YYYY; none: ISO, or told.")
    null_words: list[str] = Field([], description="Words that mean 'no value', such as NULL. Empty cells always do.")
    overflow: str | None = Field(None, description="Text column that gets the surplus fields of broken rows back.")
    columns: Headings = Field({}, description="Canonical column = heading in the file.")
    types: dict[str, Kind] = Field({}, description="Heading = type, for files that a SELECT reads.")
    values: Words = Field({}, description="Per canonical column: word in the file = value.")
    exclude: list[Exclude] = Field([], description="Rows to leave out, each with its reason.")

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if (self.file is None) == (self.database is None):
            raise ValueError("give either 'file' or 'database'")
        if (self.database is None) != (self.relation is None):
            raise ValueError("'database' and 'relation' go together")
        if self.table is None and (self.columns or self.values or self.preset):
            raise ValueError("'columns', 'values' and 'preset' need 'table', the canonical table to fill")
        if self.table is not None and self.types:
            raise ValueError("'types' are for files that a SELECT reads; the columns of 'table' have theirs")
        return self


class Period(Section):
    """The days that the analyses look at, both included."""

    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("'ends_on' is before 'starts_on'")
        return self


class Segments(Section):
    """How a customer gets its segment."""

    by: Literal["segment", "industry", "country", "channel"] = Field("segment", description="Column of customers.")
    names: dict[str, str] = Field({}, description="Value in the data = segment it belongs to.")


class Conversations(Section):
    """Which touches count as a conversation with the client's customer."""

    channels: list[str] = Field([], description="Channels that are conversations; none: all.")
    excluded_outcomes: list[str] = Field([], description="Outcomes without a conversation, such as 'no answer'.")


class Variants(Section):
    """The message variants under test, declared before the data."""

    control: str = Field(description="The variant that the others are compared with.")
    planned_split: dict[str, Share] = Field(min_length=2, description="Variant = its planned share, in any unit.")
    success: list[str] = Field([], description="Outcomes that count as success; none: converted_on is set.")
    horizon_days: int | None = Field(None, ge=1, description="Days to convert; younger contacts are left out.")
    looks: Literal["one", "many"] = Field("many", description="Whether results are looked at once, or as they come.")
    planned_n: int | None = Field(None, ge=2, description="Planned contacts in all variants together.")
    names: dict[str, str] = Field({}, description="Variant = what the report calls it.")
    unit: Literal["touch", "deal", "customer"] = Field(
        "touch", description="What is one contact; of a deal or customer its first touch with a variant decides."
    )
    smallest_worthwhile: float | None = Field(
        None, gt=0, lt=1, description="Smallest difference of conversion rates worth acting on, such as 0.02."
    )
    fidelity_floor: float = Field(
        0.8, ge=0, le=1, description="Share of contacts that must get the assigned variant; below it, no verdict."
    )
    value_per_conversion: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="What a conversion is worth, in the engagement's currency."
    )
    period: Literal["month", "quarter"] = Field(
        "month", description="Contacts are compared within this period, and the test is followed by it."
    )

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        require_known("variant in 'control'", self.control, self.planned_split)
        for variant in self.names:
            require_known("variant in 'names'", variant, self.planned_split)
        return self


class CostRule(Section):
    """How a cost pool gets to the customers who cause it; amounts that name a customer stay with that customer."""

    rule: Literal["direct", "driver", "time_driven"] = Field(
        "direct", description="direct: only to the customers that its rows name; else by units, or by minutes."
    )
    driver: str | None = Field(
        None, description="A driver of the table `drivers`, or one of orders, lines, revenue, which the sales give."
    )
    rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        None, description="Money per unit of the driver; none: the pool over all units."
    )
    minutes_each: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="Minutes that a unit takes, where the table `drivers` does not say."
    )
    capacity: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        None, description="Minutes that the pool supplies in the period; none: the column `capacity` of its costs."
    )

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        given = {name for name in ("rate", "minutes_each", "capacity") if getattr(self, name) is not None}
        fitting = {"direct": set(), "driver": {"rate"}, "time_driven": {"minutes_each", "capacity"}}[self.rule]
        if (self.rule == "direct") != (self.driver is None):
            raise ValueError("rule 'driver' or 'time_driven' needs 'driver'; rule 'direct' has none")
        if wrong := sorted(given - fitting):
            raise ValueError(f"'{wrong[0]}' does not belong to rule '{self.rule}'")
        return self


class Fiscal(Section):
    """The client's fiscal year."""

    year_starts_in: int = Field(1, ge=1, le=12, description="Month in which it begins: 1 is January.")


class LedgerTotals(Section):
    """The client's own figures for the period, which ours are held against."""

    net_revenue: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Net revenue without VAT."
    )
    contribution: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Net revenue less cost of goods and all costs sent, whether they belong to a customer or not."
    )


class Periods(Section):
    """Two periods whose contributions are compared; without this section those that the data allow are chosen."""

    before: Period
    after: Period

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.after.starts_on <= self.before.ends_on:
            raise ValueError("'after' must begin when 'before' is over")
        return self


class Lifetime(Section):
    """What is assumed about the years to come."""

    discount_rate: float = Field(0.10, ge=0, le=1, description="Per year: 0.10 is 10 %.")
    n_years: int = Field(5, ge=1, le=10, description="Horizon; nothing in the data speaks of later years.")


class Disclosure(Section):
    """What a report may show of few people."""

    smallest_group: int = Field(5, ge=2, description="Groups of fewer customers or conversations are folded together.")
    name_reps: bool = Field(False, description="Whether a report may name sales reps; else they are numbered.")


class Brand(Section):
    """How the report looks."""

    consultancy: str = Field("", description="Who made the report.")
    accent: str = Field("#1f5f8b", pattern=r"^#[0-9a-fA-F]{6}$", description="Main colour, as #rrggbb.")


class Contract(Section):
    """The whole of `engagement.toml`."""

    client: str = Field(min_length=1, description="The client's name, as the report shows it.")
    title: str = Field("", description="Title of the report; none: the standard one.")
    languages: list[Language] = Field(["en"], min_length=1, description="One report is made in each.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="The engagement's currency, such as SEK.")
    exported_on: date = Field(description="The date of the data: nothing after it is known.")
    period: Period | None = Field(None, description="Days to look at; none: all.")
    sources: dict[SourceName, Source] = Field(min_length=1, json_schema_extra={"additionalProperties": False})
    tables: dict[TableName, str] = Field({}, description="Canonical table = one SELECT over the sources.")
    amounts_without_vat: bool = Field(True, description="Amounts are without VAT. State it; VAT is nobody's revenue.")
    segments: Segments = Segments()
    fiscal: Fiscal = Fiscal()
    costs: dict[str, CostRule] = Field({}, description="Cost pool = how it gets to customers; none: direct.")
    spread: list[Literal["revenue", "orders", "customers"]] = Field(
        [], description="Bases on which cost of no customer is spread too, to compare: never part of the contribution."
    )
    ledger_totals: LedgerTotals = LedgerTotals()
    bridge: Periods | None = Field(None, description="Two periods to compare; none: the last two that the data hold.")
    lifetime: Lifetime = Lifetime()
    conversations: Conversations = Conversations()
    variants: Variants | None = None
    disclosure: Disclosure = Disclosure()
    brand: Brand = Brand()

    @field_validator("amounts_without_vat")
    @classmethod
    def _has_no_vat(cls, is_without: bool) -> bool:
        if not is_without:
            raise ValueError("take VAT out of the amounts in [tables], such as net_revenue / 1.25, and write true")
        return is_without

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        filled = [*self.tables, *(source.table for source in self.sources.values() if source.table)]
        if twice := sorted({table for table in filled if filled.count(table) > 1}):
            raise ValueError(
                f"table '{twice[0]}' is filled twice: keep one, or stack the files by SELECT and UNION ALL"
            )
        return self


@dataclass(frozen=True, slots=True)
class Engagement:
    """An engagement folder: its contract, and where its exports lie.

    Parameters
    ----------
    name : str
        The folder's name; reports go to `reports/<name>/`.
    folder, exports : Path
        The engagement folder, and the folder that source paths are relative to.
    contract : Contract
        What the consultant decided.
    """

    name: str
    folder: Path
    exports: Path
    contract: Contract


def read_engagement(folder: str | Path, exports: str | Path | None = None) -> Engagement:
    """Read an engagement folder's contract.

    Parameters
    ----------
    folder : str or Path
        The folder that holds `engagement.toml`.
    exports : str or Path, optional
        Folder of the client's files; `<folder>/exports` if None or empty.

    Raises
    ------
    ContractError
        If there is no contract, or anything in it is unknown or wrong: all problems at once, with their lines.
    """
    folder = Path(folder).resolve()
    path = folder / CONTRACT_FILE
    if not path.is_file():
        raise ContractError(f"{folder}: there is no {CONTRACT_FILE}. Write one with 'gtm new {folder.name}'.")
    contract = parse_contract(path.read_bytes(), place=f"{folder.name}/{CONTRACT_FILE}")
    return Engagement(folder.name, folder, Path(exports).resolve() if exports else folder / "exports", contract)


def parse_contract(content: bytes, *, place: str = CONTRACT_FILE) -> Contract:
    """Parse the text of a contract.

    Parameters
    ----------
    content : bytes
        TOML in UTF-8.
    place : str
        What messages call the file.

    Raises
    ------
    ContractError
        With every problem, each with its line, key and the nearest known key.
    """
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        fix = "Save the file as UTF-8"
        raise ContractError(Problem(place=f"{place} line {line}", what="is not UTF-8", fix=fix)) from None
    except tomllib.TOMLDecodeError as error:
        line = int(found[1]) if (found := re.search(r"at line (\d+)", str(error))) else len(text.splitlines())
        what = f"is not TOML: {re.sub(r' ?[(]at .*', '', str(error)).lower()}"
        fix = "Texts stand in quotes, dates as 2025-12-31"
        raise ContractError(Problem(place=f"{place} line {line}", what=what, fix=fix)) from None
    try:
        return Contract.model_validate(values)
    except ValidationError as error:
        problems = [_problem(dict(item), text, place) for item in error.errors()]
        raise ContractError(*sorted(problems, key=lambda problem: _line_number(problem.place))) from None


def require_known(what: str, name: str, known: Collection[str]) -> str:
    """Give back a name that is among the known ones; refuse another, naming the nearest.

    Parameters
    ----------
    what : str
        What the message calls the thing named.
    name : str
        The name to look for.
    known : collection of str
        Names that are allowed.

    Raises
    ------
    ParameterError
        With the nearest known name, else all of them.
    """
    if name not in known:
        raise ParameterError(f"unknown {what} '{name}': {nearest(name, known)}")
    return name


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, else which there are.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        Names that there are.

    Examples
    --------
    >>> nearest("colums", ["columns", "values"])
    "did you mean 'columns'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else f"it can be {', '.join(sorted(known))}"


def contract_schema() -> dict[str, Any]:
    """Give the JSON Schema of a contract, for editors that complete and check TOML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Contract.model_json_schema()}


_SHAPES = {  # first words of pydantic's error types, in the words of someone who writes a contract
    "string": "Write a text, in quotes",
    "date": "Write a date as 2025-12-31, without quotes",
    "int": "Write a whole number, without quotes",
    "float": "Write a number with a decimal point, without quotes",
    "bool": "Write true or false, without quotes",
    "list": 'Write a list: ["one", "two"]',
    "dict": "Write a section of its own, or { key = value }",
    "model": "Write a section of its own, or { key = value }",
}


def _problem(error: dict[str, Any], text: str, place: str) -> Problem:
    loc, kind = tuple(error["loc"]), error["type"]
    key = ".".join(str(part) for part in loc if part != "[key]")
    where = f"{place} line {_line_of(text, loc)}: {key}" if loc else place
    if kind == "extra_forbidden":
        hint = nearest(str(loc[-1]), _model_at(loc).model_fields)
        if len(loc) > 1 and loc[-1] in Contract.model_fields:
            hint = "it belongs above the first [section]"
        return Problem(place=where, what="is unknown here", fix=_sentence(hint))
    if kind == "missing":
        return Problem(place=where, what="is missing", fix=f"Add {loc[-1]} = …")
    what = _SHAPES.get(kind.partition("_")[0]) or re.sub("^Value error, ", "", str(error["msg"]))
    if loc[-1:] == ("[key]",):
        what = f"As a name: {what}" if kind == "value_error" else "A name has small letters, digits and _ only"
    elif kind == "string_pattern_mismatch":
        what = str(_model_at(loc).model_fields[str(loc[-1])].description)
    given = (str(error["input"]),) if isinstance(error["input"], (str, int, float, bool)) else ()
    return Problem(place=where, what="can't be used", fix=_sentence(what), values=given)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


def _model_at(loc: tuple[Any, ...]) -> Any:
    """Give the section that the last key of `loc` stands in, by walking the contract's types along the others."""
    here: Any = Contract
    for part in loc[:-1]:
        if isinstance(here, type) and issubclass(here, Section):
            here = here.model_fields[str(part)].annotation
            if type(None) in get_args(here):
                here = get_args(here)[0]
        else:  # a dict or a list: its values
            here = get_args(here)[-1]
    return here


def _line_of(text: str, loc: tuple[Any, ...]) -> int:
    """Line of the key at `loc`, else of the nearest table above it."""
    wanted = [str(part) for part in loc if part != "[key]"]
    header: list[str] = []
    counts: dict[str, int] = {}
    best, depth, closing = 1, 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:  # inside a text of several lines
            closing = "" if closing in line else closing
            continue
        closing = next((quotes for quotes in ('"""', "'''") if line.count(quotes) == 1), "")
        if found := re.match(rf"\s*\[(\[?)\s*({_KEYS})\s*\]", line):
            header = _keys(found[2])
            if found[1]:
                counts[found[2]] = counts.get(found[2], -1) + 1
                header.append(str(counts[found[2]]))
            path = header
        elif found := re.match(rf"\s*({_KEYS})\s*=", line):
            path = header + _keys(found[1])
        else:
            continue
        shared = min(len(path), len(wanted))
        if path[:shared] == wanted[:shared] and shared > depth:
            best, depth = number, shared
    return best


_KEY = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"


def _keys(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_KEY, dotted)]


def _line_number(place: str) -> int:
    return int(found[1]) if (found := re.search(r" line (\d+)", place)) else 0

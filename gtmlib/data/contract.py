"""The sections of the engagement contract, with their types and what they must agree on."""

from __future__ import annotations

from datetime import date
from pathlib import PureWindowsPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from gtmlib.data.crm import preset_names
from gtmlib.data.local_text import Language, LocalText, gather_words
from gtmlib.data.schema import OURS, TABLES, Kind
from gtmlib.data.section import Section, ShortName, nearest, require_known
from gtmlib.data.strategy import Hypothesis, Strategy, check_hypotheses


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in PureWindowsPath(path).parts or PureWindowsPath(path).is_absolute():
        raise ValueError("write a path inside the exports folder, without '..'")
    return path


_FILLED = tuple(name for name in TABLES if name not in OURS)


def _known_table(name: str) -> str:
    return require_known("canonical table", name, _FILLED)


def _known_preset(name: str) -> str:
    return require_known("preset", name, preset_names())


def _known_columns(mapped: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    table = info.data.get("table")
    known = TABLES[table].columns if table else mapped
    if unknown := [f"{name} ({nearest(name, known)})" for name in mapped if name not in known]:
        raise ValueError(f"'{table}' has no column {', '.join(unknown)}")
    return mapped


InsidePath = Annotated[str, AfterValidator(_inside)]
TableName = Annotated[str, AfterValidator(_known_table), Field(json_schema_extra={"enum": [*_FILLED]})]
PresetName = Annotated[str, AfterValidator(_known_preset), Field(json_schema_extra={"enum": [*preset_names()]})]
Share = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Headings = Annotated[dict[str, str], AfterValidator(_known_columns)]
Words = Annotated[dict[str, dict[str, str]], AfterValidator(_known_columns)]


class Exclude(Section):
    """Rows to leave out, with the reason that is counted and shown."""

    column: str = Field(description="Heading as in the file.")
    values: list[str] = Field(min_length=1, description="Values that exclude a row; '' is an empty cell.")
    reason: LocalText = Field(description="Why, as the client will read it.")

    @field_validator("reason")
    @classmethod
    def _is_a_reason(cls, reason: LocalText) -> LocalText:
        if len(reason.strip()) < 3:
            raise ValueError("write why, as the client will read it")
        return reason


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
    names: dict[str, LocalText] = Field({}, description="Variant = what the report calls it.")
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


class Economics(Section):
    """What only the client's books say of its economics."""

    net_burn: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Cash out less cash in of the whole company in the twelve months before `exported_on`."
    )


class FirstLine(Section):
    """The first contacts with a customer, and who of the reps is senior."""

    stages: list[str] = Field([], description="Stages of touches that are first contacts; none: all touches.")
    senior: list[str] = Field([], description="Levels in the column seniority of reps that count as senior.")


class Focus(Section):
    """The segments that the client decided to spend its time in."""

    segments: list[str] = Field(min_length=1, description="Core segments, as [segments] names them.")


class Leads(Section):
    """How long a lead has to become something; younger ones are left out and counted."""

    qualified_days: int = Field(30, ge=1, description="Days from hand-over to being qualified.")
    won_days: int = Field(180, ge=1, description="Days from hand-over to a won deal.")
    quick_days: int = Field(1, ge=0, description="Days to the first contact that count as quick: 0 is the same day.")


class Behaviour(Section):
    """What somebody does differently from a Monday on, and the evidence that tells whether it is done."""

    id: ShortName = Field(description="Short name in small letters: findings are named by it.")
    name: LocalText = Field(description="What is done.")
    rule: Literal["next_step", "reason_logged", "as_planned", "objection_resolved", "quick_contact"] = Field(
        description="Evidence: conversations with a next step, lost deals with a reason, contacts that got the "
        "assigned message, objections that were resolved, or leads that were contacted within [leads] quick_days."
    )
    starts_on: date = Field(description="The Monday from which it is done.")
    target: float | None = Field(None, gt=0, le=1, description="Share to reach, such as 0.8.")
    seen_by: Literal["sales_team", "sales_manager", "marketing", "management"] = Field(
        "sales_manager", description="Who looks at it every week."
    )


class Pipeline(Section):
    """How the pipeline is judged."""

    horizon_days: int = Field(90, ge=7, description="Days that every start cohort gets before cohorts are compared.")
    stall_win_chance: float = Field(
        0.05, ge=0, lt=1, description="An open deal whose chance to be won, given its age, is lower counts as stalled."
    )
    cohort: Literal["month", "quarter"] = Field("quarter", description="Deals that start in the same one are compared.")
    default_close: Literal["none", "month_end", "next_month_end", "days"] | None = Field(
        None,
        description="Close date that the CRM gives a new deal; leaving it is no push. None: what the CRM is known for.",
    )
    default_close_days: int | None = Field(None, ge=0, description="Days after creation, where default_close is days.")

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if (self.default_close == "days") != (self.default_close_days is not None):
            raise ValueError("'default_close_days' goes with default_close = \"days\"")
        return self


class Disclosure(Section):
    """What a report may show of few people."""

    smallest_group: int = Field(5, ge=2, description="Groups of fewer customers or conversations are folded together.")
    name_reps: bool = Field(False, description="Whether a report may name sales reps; else they are numbered.")


FontNames = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ,'\"_-]*$")]


class Brand(Section):
    """How the report looks: a consultancy's `brand.toml`, and key by key what an engagement has instead."""

    consultancy: str = Field("", description="Who made the report.")
    accent: str = Field("#1f5f8b", pattern=r"^#[0-9a-fA-F]{6}$", description="Main colour, as #rrggbb.")
    logo: InsidePath | None = Field(None, description="SVG, PNG or JPEG beside the file that names it, at most 300 kB.")
    text_font: FontNames = Field("", description="Fonts of texts and charts that readers have, such as Calibri, Arial.")
    heading_font: FontNames = Field("", description="Fonts of headings, such as Georgia, serif.")
    text_font_file: InsidePath | None = Field(None, description="WOFF2 file that is packed into the report, for texts.")
    heading_font_file: InsidePath | None = Field(None, description="WOFF2 file that is packed in, for headings.")
    footer: LocalText = Field(LocalText(""), description="Line at the end of the report and at the foot of its pages.")
    disclaimer: LocalText = Field(LocalText(""), description="What the report does not promise; on its last page.")


class Release(Section):
    """Who made a draft final: with this section the report is final, without it each page is marked as a draft."""

    released_by: str = Field(min_length=1, description="Name, as the cover shows it.")
    released_on: date = Field(description="Day of the release.")


class Contract(Section):
    """The whole of `engagement.toml`."""

    client: str = Field(min_length=1, description="The client's name, as the report shows it.")
    title: LocalText = Field(LocalText(""), description="Title of the report; none: the standard one.")
    languages: list[Language] = Field(["en"], min_length=1, description="One report is made in each.")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="The engagement's currency, such as SEK.")
    exported_on: date = Field(description="The date of the data: nothing after it is known.")
    period: Period | None = Field(None, description="Days to look at; none: all.")
    sources: dict[ShortName, Source] = Field(min_length=1, json_schema_extra={"additionalProperties": False})
    tables: dict[TableName, str] = Field({}, description="Canonical table = one SELECT over the sources.")
    amounts_without_vat: bool = Field(True, description="Amounts are without VAT. State it; VAT is nobody's revenue.")
    words: dict[str, LocalText] = Field({}, description="Name in the data, such as a segment = its name per language.")
    segments: Segments = Segments()
    fiscal: Fiscal = Fiscal()
    costs: dict[str, CostRule] = Field({}, description="Cost pool = how it gets to customers; none: direct.")
    spread: list[Literal["revenue", "orders", "customers"]] = Field(
        [], description="Bases on which cost of no customer is spread too, to compare: never part of the contribution."
    )
    ledger_totals: LedgerTotals = LedgerTotals()
    bridge: Periods | None = Field(None, description="Two periods to compare; none: the last two that the data hold.")
    lifetime: Lifetime = Lifetime()
    economics: Economics = Economics()
    conversations: Conversations = Conversations()
    variants: Variants | None = None
    first_line: FirstLine = FirstLine()
    focus: Focus | None = None
    leads: Leads = Leads()
    behaviours: list[Behaviour] = Field(
        [], max_length=3, description="What is followed every week; three at most, since nobody follows more."
    )
    pipeline: Pipeline = Pipeline()
    strategy: Strategy = Strategy()
    hypotheses: list[Hypothesis] = Field([], description="What the strategy rests on, declared before the data.")
    disclosure: Disclosure = Disclosure()
    brand: Brand = Brand()
    release: Release | None = None

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
        named = [behaviour.id for behaviour in self.behaviours]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"two behaviours have the id '{twice[0]}': give each its own")
        check_hypotheses(self.hypotheses, self.strategy)
        for code in self.languages:
            self.words_in(code)
        return self

    def words_in(self, code: str) -> dict[str, str]:
        """Give what the contract's own words, and the names in the data, are in a language.

        Parameters
        ----------
        code : str
            Of the language.

        Raises
        ------
        ValueError
            If the contract translates the same words in two ways.
        """
        named = {name: text.in_language(code) for name, text in self.words.items() if text.is_in(code)}
        return gather_words(self.model_copy(update={"words": {}}), code) | named

"""Text to typed values by whole-text rules, as Nordic exports write them: nothing is guessed, nothing silently lost."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.schema import Kind
from gtmlib.errors import ParameterError

TYPES: dict[Kind, pa.DataType] = {
    **dict.fromkeys(("id", "text", "choice"), pa.string()),
    **dict.fromkeys(("number", "rate"), pa.float64()),
    "money": pa.decimal128(18, 4),
    "count": pa.int64(),
    "date": pa.date32(),
    "flag": pa.bool_(),
}
FLAGS = {
    **dict.fromkeys(["true", "1", "yes", "y", "ja", "j", "sant", "sand", "tosi", "kyllä"], True),
    **dict.fromkeys(["false", "0", "no", "n", "nej", "nei", "falskt", "falsk", "usant", "epätosi", "ei"], False),
}
_LIMITS = {"number": (-sys.float_info.max, sys.float_info.max), "rate": (0.0, 1.0)}
_DAYS = date(1900, 1, 1), date(2100, 12, 31)
_FORM = re.compile(r"D{1,2}([-/. ]?)M{1,2}\1(YY){1,2}|M{1,2}([-/ ]?)D{1,2}\3(YY){1,2}|(YY){1,2}([-/. ]?)M{1,2}\6D{1,2}")
_DATE = re.compile(r"(\d{4}|\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{1,2})", re.ASCII)
_TIME = r"[ T]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?( ?(Z|UTC|[-+]\d{2}(:?\d{2})?))?$"
_BLANKS = " \t\r\n\v\f\u00a0\ufeff\u200b\u2007\u2009\u202f\u3000"
_SPACES = " \u00a0\u202f\u2009\u2007"
_GROUPS = {".": ",", ",": ".", "none": ".,"}  # what groups thousands beside spaces and apostrophes
_MARKS = {"KR.": "", "KR": "", "€": "EUR", "$": "USD", "£": "GBP"} | {
    code: code for code in ("SEK", "NOK", "DKK", "EUR", "USD", "GBP", "ISK", "CHF", "PLN", "")
}
# Excel's words for a failed formula in English, Swedish, Danish and Norwegian (and ours for one without a result).
_FAILED = (
    r"^#(N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|SAKNAS!|REFERENS!|DIVISION/0!|VÄRDEFEL!|NAMN\?|"
    r"OGILTIGT!|I/T|REFERENCE!|VÆRDI!|NAVN\?|VERDI!|NO-RESULT!)$"
)
_NOUNS: dict[Kind, str] = {"money": "amount", "flag": "yes/no value", "choice": "value", "text": "value"}
_FIXES: dict[Kind, str] = {
    **dict.fromkeys(("id", "text"), "Mend the formula in the workbook, or add its word to null_words in the contract"),
    **dict.fromkeys(("money", "number"), "Write plain numbers, without words"),
    "rate": "Write shares from 0 to 1, or with a % sign",
    "count": "Write whole numbers from 0 up",
    "date": "Write dates as YYYY-MM-DD, or their form in the contract, such as date_format = 'DD-MM-YY'",
    "flag": "Write true or false; yes and no, ja and nej, 1 and 0 are read too",
    "choice": "Map the client's words under 'values' in the contract",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a source writes numbers and dates.

    Parameters
    ----------
    decimal : str
        Decimal sign, '.' or ','; the other one groups thousands. 'none': both do, and there are no decimals.
    date_format : str or None
        Like DD.MM.YYYY, MM/DD/YY or YYYYMMDD: decides the order of the parts, and whether years have two digits
        (69 to 99 are 1969 to 1999). Separators are not compared, ISO dates and dotted dates never change their order.
    null_words : tuple of str
        Whole values that mean 'no value', as written; empty and blank values always do.

    Raises
    ------
    ParameterError
        If the format does not have day, month and year once each in an order that dates are written in.
    """

    decimal: str = "."
    date_format: str | None = None
    null_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.date_format is not None and not _FORM.fullmatch(self.date_format):
            fix = "write it like DD.MM.YYYY, MM/DD/YY or YYYYMMDD (dates with dots have the day first)"
            raise ParameterError(f"date_format '{self.date_format}' can't be used: {fix}")

    @property
    def order(self) -> str:
        """Order of day, month and year, such as 'DMY'; empty without a format."""
        return "".join(dict.fromkeys(letter for letter in self.date_format or "" if letter in "DMY"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedColumn:
    """A typed column, and what could not be read.

    Parameters
    ----------
    values : pa.ChunkedArray
        string for id, text and choice; decimal128(18, 4) for money; float64 for number and rate (in [0, 1]); int64 for
        count; date32 for date; bool for flag. Empty and unreadable values are null.
    bad : tuple of int
        Indexes of the unreadable values, in order.
    what, fix : str
        The parts of a Problem about them; empty if there are none.
    decided : str
        What decided whether day or month comes first; empty where nothing was open.
    decided_at : int or None
        Index of the value that decided, if a value did.
    is_ambiguous : bool
        Whether a date column reads both ways (or contradicts itself); its open values are all bad.
    currency : str
        Currency that stands beside amounts ('SEK', 'EUR'; 'kr' says none); empty if none does.
    """

    values: pa.ChunkedArray
    bad: tuple[int, ...] = ()
    what: str = ""
    fix: str = ""
    decided: str = ""
    decided_at: int | None = None
    is_ambiguous: bool = False
    currency: str = ""


def parse_column(
    values: pa.ChunkedArray | pa.Array, kind: Kind, dialect: Dialect, choices: Sequence[str] = ()
) -> ParsedColumn:
    """Turn a column of a source into values of one kind; each distinct value is read once, as a whole.

    Parameters
    ----------
    values : pa.ChunkedArray or pa.Array
        Text, or native values of a workbook, Parquet file or database.
    kind : Kind
        What the values are. Rates are shares in [0, 1], or carry a % sign.
    dialect : Dialect
        How the source writes numbers and dates.
    choices : sequence of str
        Allowed values of a choice; upper and lower case are the same.

    Examples
    --------
    >>> column = parse_column(pa.array(["1 234,50 kr", "12,5O"]), "money", Dialect(decimal=","))
    >>> column.values.to_pylist(), column.what
    ([Decimal('1234.5000'), None], 'has 1 unreadable amount')
    """
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    if getattr(column.type, "tz", None) or pa.types.is_nested(column.type):
        what, fix = f"holds values of the type {column.type}", "Export plain values, dates without a zone"
        nothing = pa.chunked_array([pa.nulls(len(column), TYPES[kind])])
        return _report(column, kind, ParsedColumn(values=nothing, what=what, fix=fix))
    if not dialect.null_words and (typed := _native(column, kind)) is not None:
        return _report(column, kind, ParsedColumn(values=typed, fix=_FIXES[kind]))
    if not pa.types.is_string(column.type):
        column, dialect = _to_text(column), replace(dialect, decimal=".")
    text = pc.utf8_trim(column, characters=_BLANKS)
    is_null = pc.is_in(text, value_set=pa.array(["", *(word.strip(_BLANKS) for word in dialect.null_words)]))
    text = pc.if_else(is_null, pa.scalar(None, pa.string()), text)
    if kind in ("id", "text"):
        typed = pc.if_else(pc.match_substring_regex(text, _FAILED), pa.scalar(None, pa.string()), text)
        return _report(text, kind, ParsedColumn(values=typed, fix=_FIXES[kind]))
    codes = _encode(text)
    told = _parse_words(codes.dictionary, kind, dialect, choices)
    bad = codes.dictionary.filter(pc.is_null(told.values))
    if pc.any(pc.match_substring_regex(bad, _FAILED)).as_py():
        told = replace(told, fix=_FIXES["text"])
    decided_at = None if told.decided_at is None else pc.index(codes.indices, told.decided_at).as_py()
    values = pa.chunked_array([told.values.take(codes.indices)])
    return _report(text, kind, replace(told, values=values, decided_at=decided_at))


def _report(source: pa.ChunkedArray, kind: Kind, told: ParsedColumn) -> ParsedColumn:
    """Report the values that are in the source and not among the typed ones."""
    is_bad = pc.and_(pc.is_null(told.values), pc.invert(pc.is_null(source, nan_is_null=True)))
    bad = tuple(pc.indices_nonzero(is_bad).to_pylist())
    noun = _NOUNS.get(kind, kind) + ("s" if len(bad) > 1 else "")
    what = told.what or f"has {len(bad)} {'unknown' if kind == 'choice' else 'unreadable'} {noun}"
    return replace(told, bad=bad, what=what if bad else "", fix=told.fix if bad else "")


def _native(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray | None:
    """Cast values that are already of the kind; None if they must go through text."""
    is_number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    if kind in _LIMITS and (is_number or pa.types.is_decimal(column.type)):
        return _within(column.cast(pa.float64(), safe=False), *_LIMITS[kind])
    if kind == "date" and (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        return _within(column.cast(pa.date32(), safe=False), *_DAYS)
    return column if kind == "flag" and pa.types.is_boolean(column.type) else None


def _within(column: pa.ChunkedArray | pa.Array, low: Any, high: Any) -> Any:
    is_within = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    return pc.if_else(is_within, column, pa.scalar(None, column.type))


def _within_limits(values: pa.Array, kind: Kind) -> pa.Array:
    return _within(values, *_LIMITS[kind]) if kind in _LIMITS else values


def _encode(column: pa.ChunkedArray) -> pa.DictionaryArray:
    codes = pc.dictionary_encode(column).combine_chunks()
    return codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes


def _to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):  # Python's datetime knows no nanoseconds
        column = column.cast(pa.timestamp("us"), safe=False)
    codes = _encode(column)
    words = pa.array([format_plain(value) for value in codes.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([words.take(codes.indices)])


def format_plain(value: Any, decimal: str = ".") -> str | None:
    """Write a native value as a source in this dialect would: whole floats without a point, dates as ISO.

    Parameters
    ----------
    value : object
        None and NaN give None.
    decimal : str
        Decimal sign.

    Examples
    --------
    >>> format_plain(123.0), format_plain(0.5, ","), format_plain(date(2025, 11, 3))
    ('123', '0,5', '2025-11-03')
    """
    if isinstance(value, float):
        value = None if math.isnan(value) else Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", decimal)
    if isinstance(value, datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return None if value is None else str(value)


def _parse_words(words: pa.Array, kind: Kind, dialect: Dialect, choices: Sequence[str]) -> ParsedColumn:
    """Parse distinct words; `values` and `decided_at` are of the words."""
    if kind == "date":
        return _parse_dates(words, dialect)
    if kind not in ("flag", "choice"):
        return _parse_numbers(words, kind, dialect.decimal)
    known: dict[str, Any] = FLAGS if kind == "flag" else {choice.casefold(): choice for choice in choices}
    found = pa.array([known.get(word.casefold()) for word in words.to_pylist()], TYPES[kind])
    return ParsedColumn(values=found, fix=_FIXES[kind] + (f": {', '.join(choices)}" if choices else ""))


def _parse_numbers(words: pa.Array, kind: Kind, decimal: str) -> ParsedColumn:
    values, currencies = _read_numbers(words, kind, decimal)
    named = sorted({*currencies.unique().to_pylist()} - {"", None})
    if len(named) > 1:  # a sum of euros and kronor is no amount
        values = pc.if_else(pc.equal(currencies, ""), values, pa.scalar(None, values.type))
        what, fix = f"mixes the currencies {' and '.join(named)}", "Put the currency into a column of its own"
        return ParsedColumn(values=values, what=what, fix=fix)
    bad, fix = words.filter(pc.is_null(values)), _FIXES[kind]
    for other in {".", ","} - {decimal}:
        if len(bad) and not _read_numbers(bad, kind, other)[0].null_count:
            fix = f"If '{other}' is the decimal sign, write decimal = '{other}' in the contract"
    return ParsedColumn(values=values, fix=fix, currency=named[0] if named else "")


def _number_pattern(kind: Kind, decimal: str) -> str:
    # A group can't start with 0: under a decimal comma '0.123' is an error, not 123.
    whole = "|".join(rf"[1-9]\d{{0,2}}(?:[{group}]\d{{3}})+" for group in f"{_SPACES}'’{_GROUPS[decimal]}") + r"|\d*"
    part = {"money": r"(?P<part>\d{1,18})\d*", "count": "(?P<part>0+)"}.get(kind, r"(?P<part>\d+)")
    sign, space = "" if kind == "count" else "[-+\u2212]?", f"[{_SPACES}]?"
    mark = "|".join(map(re.escape, _MARKS)) if kind in ("money", "number") else ""
    # 1,5E+06 in an export is an amount that a spreadsheet has shortened; a machine writes 5e-05 for a share.
    power = {"number": r"e[-+]?\d{1,3}|", "rate": rf"e[-+]?\d{{1,3}}|{space}%|"}.get(kind, "")
    before = rf"(?P<sign>{sign}){space}(?P<before>{mark}){space}(?P<inner>{sign})"
    number = rf"(?P<whole>{whole})(?:[{decimal}]{part})?" if decimal != "none" else f"(?P<whole>{whole})(?P<part>)"
    return rf"(?i)^{before}{number}(?P<power>{power}){space}(?P<after>{mark})(?P<trail>{sign})$"


def _read_numbers(words: pa.Array, kind: Kind, decimal: str) -> tuple[pa.Array, pa.Array]:
    """Read words as whole numbers of a kind, null where they are none, and the currency beside each."""
    part = "" if kind == "count" or decimal == "none" else rf"([{decimal}]\d{{1,4}})?"
    if pc.all(pc.match_substring_regex(words, rf"^{'' if kind == 'count' else '-?'}\d{{1,13}}{part}$")).as_py():
        values = pc.replace_substring(words, ",", ".").cast(TYPES[kind])  # nothing to mend: a third of the time
        return _within_limits(values, kind), pa.repeat("", len(words))
    found = pc.extract_regex(words, _number_pattern(kind, decimal))
    of = dict(zip((field.name for field in found.type), found.flatten(), strict=True))
    sign, mark, digits = (
        pc.replace_substring(pc.binary_join_element_wise(of["sign"], of["inner"], of["trail"], ""), "\u2212", "-"),
        pc.utf8_upper(pc.binary_join_element_wise(of["before"], of["after"], "")),
        pc.replace_substring_regex(of["whole"], r"\D", ""),
    )
    currencies = pa.array(list(_MARKS.values())).take(pc.index_in(mark, pa.array(list(_MARKS))))
    is_number = pc.is_valid(currencies)
    for rule in (
        pc.less(pc.binary_length(sign), 2),
        pc.greater(pc.binary_length(pc.binary_join_element_wise(digits, of["part"], "")), 0),
        pc.less(pc.binary_length(digits), {"money": 14, "count": 19}.get(kind, 999)),  # what the type holds
        pc.or_(pc.equal(of["power"], ""), pc.equal(digits, of["whole"])),
    ):
        is_number = pc.and_(is_number, rule)
    is_number, power = pc.fill_null(is_number, False), pc.replace_substring_regex(of["power"], ".*%", "e-2")
    ends = ("",) if kind == "count" else (".", of["part"], power, "")
    text = pc.binary_join_element_wise(sign, "0", digits, *ends)
    text = pc.if_else(is_number, text, pa.scalar(None, pa.string()))
    if kind == "money":
        return pc.round(text.cast(pa.decimal128(38, 18)), 4).cast(TYPES[kind]), currencies
    return _within_limits(text.cast(TYPES[kind]), kind), currencies


def _parse_dates(words: pa.Array, dialect: Dialect) -> ParsedColumn:
    """Read dates; whether day or month comes first is up to the contract, else to a value that reads one way only."""
    days = pc.replace_substring_regex(words, _TIME, "").to_pylist()  # the date counts as written, whatever the zone
    day_first, month_first = ({day: read_date(day, order, dialect) for day in {*days}} for order in ("DMY", "MDY"))
    is_open = [at for at, day in enumerate(days) if day_first[day] != month_first[day]]
    says = {"DMY": "the day comes first", "MDY": "the month comes first"}
    others = {"DMY": month_first, "MDY": day_first}  # where the other order has no such day, a value shows its own
    only = {order: [at for at in is_open if other[days[at]] is None] for order, other in others.items()}
    shown = {order: found[0] for order, found in only.items() if found}
    order, decided, decided_at = "DMY", "", None
    if dialect.order in says:
        order = dialect.order
        decided = f"date_format = '{dialect.date_format}' in the contract says that {says[order]}" if is_open else ""
    elif len(shown) == 1:
        [(order, decided_at)] = shown.items()
        decided = f"'{words[decided_at]}' shows that {says[order]}"
    elif is_open:
        values = [day_first[day] if day_first[day] == month_first[day] else None for day in days]
        both = " and ".join(f"'{words[at]}'" for at in shown.values())
        what = f"holds dates in two orders ({both})" if both else "holds dates that read both ways, day or month first"
        fix = "Write date_format = 'DD/MM/YYYY' or 'MM/DD/YYYY' in the contract, whichever holds"
        return ParsedColumn(values=pa.array(values, pa.date32()), what=what, fix=fix, is_ambiguous=True)
    found = day_first if order == "DMY" else month_first
    values = pa.array([found[day] for day in days], pa.date32())
    return ParsedColumn(values=values, fix=_FIXES["date"], decided=decided, decided_at=decided_at)


def read_date(word: str, order: str, dialect: Dialect) -> date | None:
    """Read one date as a whole; None if there is no such day from 1900 to 2100.

    Parameters
    ----------
    word : str
        Without a time of day.
    order : str
        'DMY' or 'MDY' for dates that end with the year; dates with dots have the day first whatever it says.
    dialect : Dialect
        Its date_format says whether years may have two digits, and where dates without marks are to be cut.

    Examples
    --------
    >>> read_date("03.11.2025", "MDY", Dialect()), read_date("251103", "DMY", Dialect(date_format="YYMMDD"))
    (datetime.date(2025, 11, 3), datetime.date(2025, 11, 3))
    """
    form = dialect.date_format or ""
    if form.isalpha() and len(form) == len(word) and word.isdecimal():
        order, parts = dialect.order, [word[form.index(letter) :][: form.count(letter)] for letter in dialect.order]
    elif found := _DATE.fullmatch(word):
        parts = [found[1], found[3], found[4]]
        if len(found[1]) == 4:
            order = "YMD"
        elif len(found[4]) < 4:
            order = dialect.order if form.count("Y") == 2 else ""
        elif found[2] == ".":
            order = "DMY"
    else:
        return None
    fields = dict(zip(order, parts, strict=False))
    year = fields.get("Y", "")
    century = 0 if len(year) != 2 else 1900 if year > "68" else 2000
    try:
        day = date(century + int(year), int(fields["M"]), int(fields["D"]))
    except ValueError:
        return None
    return day if _DAYS[0] <= day <= _DAYS[1] else None

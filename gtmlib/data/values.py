"""Text to typed values by whole-text rules: what can't be read is reported, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.schema import Kind
from gtmlib.data.words import (
    HARD_SPACES,
    OTHER_SIGN,
    YEARS,
    Dialect,
    decide_order,
    format_plain,
    read_date,
    read_number,
    split_date,
)

__all__ = ["TYPES", "Dialect", "ParsedColumn", "parse_column"]

TYPES: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "choice": pa.string(),
    "date": pa.date32(),
    "money": pa.decimal128(18, 4),
    "number": pa.float64(),
    "rate": pa.float64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
}
FLAGS = {
    **dict.fromkeys(["true", "1", "yes", "y", "ja", "j", "sant", "sand", "tosi", "kyllä"], True),
    **dict.fromkeys(["false", "0", "no", "n", "nej", "nei", "falskt", "falsk", "usant", "epätosi", "ei"], False),
}
# Excel's words for a failed formula in English, Swedish, Danish and Norwegian (and ours for one without a result).
CELL_ERRORS = re.findall(
    r"\S+",
    "#N/A #REF! #DIV/0! #VALUE! #NAME? #NUM! #NULL! #SPILL! #CALC! #SAKNAS! #REFERENS! #DIVISION/0! #VÄRDEFEL! #NAMN? "
    "#OGILTIGT! #I/T #REFERENCE! #VÆRDI! #NAVN? #VERDI! #NO-RESULT!",
)
_BLANKS = " \t\r\n\v\f\u00a0\ufeff\u200b\u2007\u2009\u202f\u3000"
_NOUNS: dict[Kind, str] = {"money": "amount", "flag": "yes/no value", "choice": "value", "text": "value"}


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
    column = _chunked(values)
    if problem := _unusable(column.type):
        return _refused(column, kind, *problem)
    if not dialect.null_words and (typed := _native(column, kind)) is not None:
        return _reported(column, typed, kind, _ParsedWords(typed, _fix(kind, (), dialect, choices)))
    text = _clean(_as_text(column, dialect.decimal), dialect.null_words)
    if kind in ("id", "text"):
        is_error = pc.is_in(text, value_set=pa.array(CELL_ERRORS))
        typed = pc.if_else(is_error, pa.scalar(None, pa.string()), text)
        return _reported(text, typed, kind, _ParsedWords(typed, _fix(kind, CELL_ERRORS[:1], dialect, choices)))
    codes = _encoded(text)
    words = _parse_words(codes.dictionary, kind, dialect, choices)
    return _reported(text, _chunked(words.values.take(codes.indices)), kind, words)


@dataclass(frozen=True, slots=True)
class _ParsedWords:
    """What the distinct words became (null: unreadable), and the parts of the report."""

    values: pa.Array | pa.ChunkedArray
    fix: str
    what: str = ""
    decided: str = ""
    decided_by: str | None = None
    is_ambiguous: bool = False
    currency: str = ""


def _chunked(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values], values.type)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    codes = pc.dictionary_encode(column).combine_chunks()
    return codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes


def _refused(column: pa.ChunkedArray, kind: Kind, what: str, fix: str) -> ParsedColumn:
    typed = pa.chunked_array([pa.nulls(len(column), TYPES[kind])])
    return _reported(column, typed, kind, _ParsedWords(typed, fix, what))


def _reported(source: pa.ChunkedArray, typed: pa.ChunkedArray, kind: Kind, words: _ParsedWords) -> ParsedColumn:
    """Report the values that are in the source and not among the typed ones."""
    is_given = pc.invert(pc.is_null(source, nan_is_null=True))
    bad = pc.indices_nonzero(pc.and_(is_given, pc.is_null(typed))).to_pylist()
    noun = _NOUNS.get(kind, kind) + ("s" if len(bad) > 1 else "")
    what = words.what or f"has {len(bad)} {'unknown' if kind == 'choice' else 'unreadable'} {noun}"
    decided_at = None if words.decided_by is None else pc.index(source, words.decided_by).as_py()
    return ParsedColumn(
        values=typed,
        bad=tuple(bad),
        what=what if bad else "",
        fix=words.fix if bad else "",
        decided=words.decided,
        decided_at=decided_at,
        is_ambiguous=words.is_ambiguous,
        currency=words.currency,
    )


def _unusable(kind: pa.DataType) -> tuple[str, str] | None:
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return f"holds times in the zone {kind.tz}", "Export the date as the business writes it, without a time zone"
    if pa.types.is_nested(kind):
        return f"holds nested values ({kind})", "Export one plain value per cell"
    return None


def _native(column: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray | None:
    """Cast values that are already of the kind; None if they must go through text."""
    is_number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    if kind in ("number", "rate") and (is_number or pa.types.is_decimal(column.type)):
        numbers = column.cast(pa.float64(), safe=False)
        low, high = (0.0, 1.0) if kind == "rate" else (-1.7e308, 1.7e308)
        return _within(numbers, low, high)
    if kind == "date" and (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type)):
        days = column.cast(pa.date32(), safe=False)
        return _within(days, date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
    return column if kind == "flag" and pa.types.is_boolean(column.type) else None


def _within(column: pa.ChunkedArray | pa.Array, low: Any, high: Any) -> Any:
    is_within = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
    return pc.if_else(is_within, column, pa.scalar(None, column.type))


def _as_text(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray:
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_timestamp(column.type):  # Python's datetime knows no nanoseconds
        column = column.cast(pa.timestamp("us"), safe=False)
    codes = _encoded(column)
    words = pa.array([format_plain(value, decimal) for value in codes.dictionary.to_pylist()], pa.string())
    return _chunked(words.take(codes.indices))


def _clean(text: pa.ChunkedArray, null_words: Sequence[str]) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim(text, characters=_BLANKS)
    is_null = pc.is_in(trimmed, value_set=pa.array(["", *(word.strip(_BLANKS) for word in null_words)]))
    return pc.if_else(is_null, pa.scalar(None, pa.string()), trimmed)


def _parse_words(words: pa.Array, kind: Kind, dialect: Dialect, choices: Sequence[str]) -> _ParsedWords:
    if kind == "date":
        return _parse_dates(words.to_pylist(), dialect)
    if kind in ("flag", "choice"):
        known: dict[str, Any] = FLAGS if kind == "flag" else {choice.casefold(): choice for choice in choices}
        found = pa.array([known.get(word.casefold()) for word in words.to_pylist()], TYPES[kind])
        return _ParsedWords(found, _fix(kind, (), dialect, choices))
    return _parse_numbers(words, kind, dialect)


def _parse_numbers(words: pa.Array, kind: Kind, dialect: Dialect) -> _ParsedWords:
    """Read plain numbers at the engine's speed, and all others one by one."""
    words = pc.replace_substring_regex(words, f"[{HARD_SPACES}]", " ")
    groups = " '" + OTHER_SIGN[dialect.decimal]
    whole = "|".join(["[0-9]{1,14}", *(rf"[1-9][0-9]{{0,2}}([{sign}][0-9]{{3}}){{1,3}}" for sign in groups)])
    sign, part = ("", "") if kind == "count" else ("-?", f"[{dialect.decimal}][0-9]{{1,4}}")
    is_plain = pc.match_substring_regex(words, rf"^{sign}({whole})({part})?$")
    plain = pc.replace_substring_regex(pc.filter(words, is_plain), f"[{groups}]", "")
    plain = pc.replace_substring(plain, dialect.decimal, ".").cast(TYPES[kind])
    others = pc.filter(words, pc.invert(is_plain)).to_pylist()
    read = [read_number(word, kind, dialect.decimal) for word in others]
    currencies = sorted({currency for _, currency in read if currency})
    what, fix = (
        "",
        _fix(kind, [word for word, (number, _) in zip(others, read, strict=True) if number is None], dialect),
    )
    if len(currencies) > 1:  # a sum of euros and kronor is no amount
        what, fix = f"mixes the currencies {' and '.join(currencies)}", "Put the currency into a column of its own"
        read = [(None if currency else number, currency) for number, currency in read]
    values = pc.replace_with_mask(pa.nulls(len(words), TYPES[kind]), is_plain, plain)
    values = pc.replace_with_mask(values, pc.invert(is_plain), pa.array([number for number, _ in read], TYPES[kind]))
    values = _within(values, 0.0, 1.0) if kind == "rate" else values
    return _ParsedWords(values, fix, what, currency=currencies[0] if len(currencies) == 1 else "")


def _parse_dates(words: Sequence[str], dialect: Dialect) -> _ParsedWords:
    parts = {word: split_date(word, dialect) for word in words}
    # What can stand either way: 11/8/2018 and 11-8-2018; a year in front, or dots, leave nothing open.
    is_open = {
        word: (int(first), int(second))
        for word, (first, mark, second, third) in ((word, part) for word, part in parts.items() if part)
        if len(third) == 4 and len(first) < 3 and mark != "."
    }
    order, decided, decided_by, what = decide_order(is_open, dialect)
    dates = [read_date(parts[word], order, dialect) for word in words]
    bad = [word for word, day in zip(words, dates, strict=True) if day is None]
    fix = _fix("date", bad, dialect)
    if what:
        fix = "Write date_format = 'DD/MM/YYYY' or 'MM/DD/YYYY' in the contract, whichever holds"
    return _ParsedWords(pa.array(dates, pa.date32()), fix, what, decided, decided_by, bool(what))


def _fix(kind: Kind, bad: Iterable[str], dialect: Dialect, choices: Sequence[str] = ()) -> str:
    """Say what to do about the unreadable words of a kind."""
    words = list(bad)
    if failed := [word for word in words if word in CELL_ERRORS]:
        return f"Mend the formula in the workbook, or add '{failed[0]}' to null_words in the contract"
    if kind == "date":
        if any(re.match(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}\b", word) for word in words) and not dialect.has_short_years:
            return "Where years have two digits, write for example date_format = 'DD-MM-YY' in the contract"
        return "Write dates as YYYY-MM-DD, or their form as date_format in the contract"
    if kind in ("money", "number", "rate", "count"):
        other = OTHER_SIGN[dialect.decimal]
        if words and all(read_number(word, kind, other)[0] is not None for word in words):
            return f"If '{other}' is the decimal sign, write decimal = '{other}' in the contract"
    if kind == "choice":
        return f"It can be {', '.join(choices)}: map the client's words to these under 'values' in the contract"
    return {
        "rate": "Write shares from 0 to 1, or with a % sign",
        "count": "Write whole numbers from 0 up",
        "flag": "Write true or false; yes and no, ja and nej, 1 and 0 are read too",
    }.get(kind, f"Write plain numbers such as 1234{dialect.decimal}50, without words")

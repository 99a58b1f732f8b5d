"""One word to one value, as a whole: numbers and dates as Nordic exports write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from gtmlib.data.schema import Kind
from gtmlib.errors import ParameterError

YEARS = range(1900, 2101)
OTHER_SIGN = {".": ",", ",": "."}  # the sign that groups thousands where the key is the decimal sign
HARD_SPACES = "\u00a0\u202f\u2009\u2007"
_SIGNS = str.maketrans({**dict.fromkeys(HARD_SPACES, " "), "’": "'", "\u2212": "-"})
_CURRENCIES = {"KR": "", "KR.": "", "€": "EUR", "$": "USD", "£": "GBP"}
_MARK = r"kr\.?|SEK|NOK|DKK|EUR|USD|GBP|ISK|CHF|PLN|€|\$|£"
_MONEY_STEP = Decimal("0.0001")
_MONEY_LIMIT = Decimal(10) ** 14


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a source writes numbers and dates.

    Parameters
    ----------
    decimal : str
        Decimal sign, '.' or ','; the other one groups thousands.
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
        if self.date_format is None:
            return
        parts = re.findall(r"D+|M+|Y+", self.date_format)
        is_known = {*parts} <= {"D", "DD", "M", "MM", "YY", "YYYY"} and self.order in ("DMY", "MDY", "YMD")
        if len(parts) != 3 or not is_known:
            raise ParameterError(
                f"date_format '{self.date_format}' can't be used: write it like DD.MM.YYYY or MM/DD/YY"
            )
        if self.order == "MDY" and "." in self.date_format:
            raise ParameterError(f"date_format '{self.date_format}' can't be used: dates with dots have the day first")

    @property
    def order(self) -> str:
        """Order of day, month and year, such as 'DMY'; empty without a format."""
        return "".join(dict.fromkeys(letter for letter in self.date_format or "" if letter in "DMY"))

    @property
    def has_short_years(self) -> bool:
        """Whether years have two digits."""
        return self.date_format is not None and self.date_format.count("Y") == 2


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
    if value is None or isinstance(value, str) or (isinstance(value, float) and math.isnan(value)):
        return value if isinstance(value, str) else None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (float, Decimal)) and math.isfinite(value):
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        text = format(exact, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", decimal)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def _number_pattern(decimal: str) -> re.Pattern[str]:
    group, point = f"[ '{OTHER_SIGN[decimal]}]", re.escape(decimal)
    # A group can't start with 0: under a decimal comma '0.123' is an error, not 123.
    whole = rf"(?P<whole>[1-9]\d{{0,2}}(?P<group>{group})\d{{3}}(?:(?P=group)\d{{3}})*|\d*)"
    number = rf"{whole}(?:{point}(?P<part>\d+))?(?P<power>e[-+]?\d{{1,3}})?"
    before = rf"(?P<sign>[-+]?) ?(?:(?P<before>{_MARK}) ?)?(?P<inner>[-+]?)"
    after = rf"(?: ?(?P<percent>%))?(?: ?(?P<after>{_MARK}))?(?P<trail>-?)"
    return re.compile(before + number + after, re.ASCII | re.IGNORECASE)


def read_number(word: str, kind: Kind, decimal: str) -> tuple[float | int | Decimal | None, str]:
    """Read one number as a whole, and the currency beside it; None if it is not a number of this kind.

    Parameters
    ----------
    word : str
        Thousands may be grouped by blanks, apostrophes or the other sign; a minus may stand before or after.
    kind : Kind
        money (4 decimals, exact), number, rate (in [0, 1], or with %) or count.
    decimal : str
        Decimal sign, '.' or ','.

    Examples
    --------
    >>> read_number("SEK 1 234,5", "money", ","), read_number("1,2,3", "number", ".")
    ((Decimal('1234.5000'), 'SEK'), (None, ''))
    """
    found = _PATTERNS[decimal].fullmatch(word.translate(_SIGNS))
    if found is None or not (found["whole"] or found["part"]):
        return None, ""
    signs, marks = found["sign"] + found["inner"] + found["trail"], [found[name] for name in ("before", "after")]
    is_odd = len(signs) > 1 or all(marks) or (any(marks) and kind not in ("money", "number"))
    # 1,5E+06 in an export is an amount that a spreadsheet has shortened; a machine writes 5e-05 for a share.
    is_odd |= bool(found["power"]) and (kind not in ("number", "rate") or bool(found["group"]))
    if is_odd or (found["percent"] and kind != "rate"):
        return None, ""
    whole = re.sub(r"\D", "", found["whole"])
    number = Decimal(f"{signs}{whole or 0}.{found['part'] or 0}{found['power'] or ''}")
    mark = (marks[0] or marks[1] or "").upper()
    return _of_kind(number / 100 if found["percent"] else number, kind), _CURRENCIES.get(mark, mark)


def _of_kind(number: Decimal, kind: Kind) -> float | int | Decimal | None:
    if kind == "money":
        return number.quantize(_MONEY_STEP) if abs(number) < _MONEY_LIMIT - 1 else None
    if kind == "count":
        return int(number) if number >= 0 and number == int(number) and number < 2**63 else None
    is_within = 0 <= number <= 1 if kind == "rate" else math.isfinite(float(number))
    return float(number) if is_within else None


_PATTERNS = {decimal: _number_pattern(decimal) for decimal in (".", ",")}
_TIME = (
    r"(?:[ T]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|UTC|[-+]\d{2}(?::?\d{2})?))?)?"
)
_DATE = re.compile(r"(\d{1,4})(?P<mark>[-/. ])(\d{1,2})(?P=mark)(\d{1,4})" + _TIME, re.ASCII)
_COMPACT = re.compile(r"(\d{6}|\d{8})" + _TIME, re.ASCII)


def decide_order(is_open: dict[str, tuple[int, int]], dialect: Dialect) -> tuple[str, str, str | None, str]:
    """Decide whether day or month comes first, by the contract, else by a value that reads one way only.

    Parameters
    ----------
    is_open : dict
        Word = its first and second number, for the dates of a column that could have either order.
    dialect : Dialect
        Its date_format decides if it names an order of day and month at the front.

    Returns
    -------
    tuple
        'DMY', 'MDY' or '' if it stays open; a sentence on what decided; the value that did, if one did; what is wrong.

    Examples
    --------
    >>> decide_order({"11/8/2018": (11, 8), "25/8/2018": (25, 8)}, Dialect())
    ('DMY', "'25/8/2018' shows that the day comes first", '25/8/2018', '')
    """
    says = {"DMY": "the day comes first", "MDY": "the month comes first"}
    if dialect.order in says:
        decided = f"date_format = '{dialect.date_format}' in the contract says that {says[dialect.order]}"
        return dialect.order, decided if is_open else "", None, ""
    day_first = next((word for word, (first, second) in is_open.items() if second <= 12 < first <= 31), None)
    month_first = next((word for word, (first, second) in is_open.items() if first <= 12 < second <= 31), None)
    if day_first and month_first:
        return "", "", None, f"holds dates in two orders ('{day_first}' and '{month_first}')"
    if word := day_first or month_first:
        order = "DMY" if day_first else "MDY"
        return order, f"'{word}' shows that {says[order]}", word, ""
    if any(first != second and max(first, second) <= 12 for first, second in is_open.values()):
        return "", "", None, "holds dates that read both ways, day or month first"
    return "DMY", "", None, ""  # 05/05/2025 is one day in both orders


def split_date(word: str, dialect: Dialect) -> tuple[str, str, str, str] | None:
    """Give first part, mark, second and third part of a date; None if the word is none.

    Parameters
    ----------
    word : str
        The whole value; a time of day, with or without zone, is dropped: the date counts as written.
    dialect : Dialect
        Its date_format says where dates without marks, such as 20251103, are to be cut.

    Examples
    --------
    >>> split_date("11/8/2018 13:05", Dialect())
    ('11', '/', '8', '2018')
    """
    if found := _DATE.fullmatch(word):
        return found[1], found["mark"], found[3], found[4]
    form, found = dialect.date_format or "", _COMPACT.fullmatch(word)
    if found is None or not form.isalpha() or len(form) != len(found[1]):
        return None
    first, second = (form.count(letter) for letter in dialect.order[:2])
    return found[1][:first], "", found[1][first : first + second], found[1][first + second :]


def read_date(parts: tuple[str, str, str, str] | None, order: str, dialect: Dialect) -> date | None:
    """Make a date of its parts; None if there is no such day from 1900 to 2100.

    Parameters
    ----------
    parts : tuple of str, optional
        As `split_date` gives them.
    order : str
        'DMY' or 'MDY' for dates that end with the year; '' if it is open, and they are unreadable.
    dialect : Dialect
        Its date_format says whether years may have two digits, and where they stand then.

    Examples
    --------
    >>> read_date(("03", ".", "11", "2025"), "", Dialect())
    datetime.date(2025, 11, 3)
    """
    if parts is None:
        return None
    first, mark, second, third = parts
    widths = len(first), len(third)
    if widths[0] == 4:
        order = "YMD"
    elif widths[1] == 4:
        order = "DMY" if mark == "." else order
    else:
        order = dialect.order if dialect.has_short_years else ""
    fields = dict(zip(order, (first, second, third), strict=False))
    year = fields.get("Y", "")
    if len(year) not in (2, 4) or len(fields["D"]) > 2:
        return None
    century = 0 if len(year) == 4 else 1900 if year > "68" else 2000
    try:
        found = date(century + int(year), int(fields["M"]), int(fields["D"]))
    except ValueError:
        return None
    return found if found.year in YEARS else None

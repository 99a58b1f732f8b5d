"""The reader's language: sentences from catalogs, and numbers, dates and money in the reader's way."""

from __future__ import annotations

import gettext
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, dates, lists, numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from gtmlib.data.codebook import SHIPPED, read_labels
from gtmlib.data.engagement import Engagement
from gtmlib.errors import ParameterError

CATALOGS = Path(__file__).parent / "locale"
LOCALES = {"en": "en_GB", "sv": "sv_SE", "da": "da_DK", "nb": "nb_NO", "fi": "fi_FI"}


@dataclass(frozen=True, slots=True)
class Language:
    """A language with the engagement's currency.

    Parameters
    ----------
    code : str
        A key of `LOCALES`.
    currency : str
        ISO 4217 code that `money` is written in.
    words : mapping
        What the client's and the consultant's words are in this language, where they differ (`Contract.words_in`).
    labels : tuple of tuple of str
        Pairs of a code and its label in this language, as the engagement's codebooks say; empty: those that ship.

    Raises
    ------
    ParameterError
        If there is no catalog of that language.
    """

    code: str
    currency: str
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.code not in LOCALES:
            raise ParameterError(f"there is no catalog of language '{self.code}': there are {', '.join(LOCALES)}")

    @classmethod
    def of(cls, engagement: Engagement, code: str = "") -> Language:
        """Give a language with the currency, the words and the codebooks of an engagement.

        Parameters
        ----------
        engagement : Engagement
            Its contract, and the folder of its codebooks.
        code : str
            A key of `LOCALES`; the contract's first language if empty.
        """
        contract = engagement.contract
        code = code or contract.languages[0]
        return cls(code, contract.currency, contract.words_in(code), read_labels(engagement.folder, code))

    def say(self, key: str, **args: Any) -> str:
        """Say the catalog's message with its numbers.

        Parameters
        ----------
        key : str
            Message key, such as `profitability.whale.title`.
        **args : Any
            What the message's `{name:kind}` places need; `n` chooses among plural forms.

        Raises
        ------
        ParameterError
            If the catalog has no such message, or the message needs an argument that was not given.
        """
        message = read_catalog(self.code).get(key)
        if message is None or not message.string:
            raise ParameterError(f"the catalog '{self.code}' has no message '{key}'")
        text = message.string
        if isinstance(text, tuple):
            text = text[gettext.c2py(read_catalog(self.code).plural_expr)(int(args["n"]))]
        try:
            return _fill(text, args, self)
        except KeyError as error:
            raise ParameterError(f"message '{key}' in '{self.code}' needs {error}") from None

    def label(self, code: str) -> str:
        """Give a code's label from the codebooks; what stands in none of them stays as it is.

        Parameters
        ----------
        code : str
            Of an objection or an interview.

        Examples
        --------
        >>> Language("sv", "SEK").label("price"), Language("en", "SEK").label("Too dear!")
        ('Pris och budget', 'Too dear!')
        """
        return dict(self.labels or _shipped_labels(self.code)).get(code, code)

    def format(self, value: Any, kind: str = "text") -> str:
        """Write a raw value in the reader's way.

        Parameters
        ----------
        value : str, int, float, date, list or None
            Raw value; None is written as an en dash.
        kind : str
            `text`, `count`, `money` (whole units), `money_exact` (with cents), `money_short` (in millions, for axes),
            `percent` (a share, one decimal), `percent_whole`, `level` (of confidence), `percent_points` (a difference
            of shares, with its sign), `points` (without), `number` (up to two decimals), `tenths` (up to one),
            `pvalue`, `date` (a date or its ISO text), `period` (2025, 2025-Q1 or 2025-03), `month`, `day` and `quarter`
            (ISO text), `list`, or one of `COUNTED`: the number with its noun, in the plural form of the number.

        Raises
        ------
        ParameterError
            If the kind is unknown.

        Examples
        --------
        >>> Language("sv", "SEK").format(1234567.8, "money_exact").split()
        ['1', '234', '567,80', 'kr']
        >>> Language("en", "SEK").format(-0.045, "percent_points")
        '−4.5'
        """
        if value is None:
            return "–"
        if kind not in _FORMATS:
            raise ParameterError(f"unknown kind of value '{kind}': it can be {', '.join(_FORMATS)}")
        return _FORMATS[kind](value, self)

    def format_column(self, values: Sequence[Any], kind: str) -> list[str]:
        """Write raw values that stand below each other: all with as many decimals as the one that has most.

        Parameters
        ----------
        values : sequence
            Raw values.
        kind : str
            As `format` takes it.

        Examples
        --------
        >>> Language("en", "SEK").format_column([0.47, 1, None, 0.9], "number")
        ['0.47', '1.00', '–', '0.90']
        """
        texts = [self.format(value, kind) for value in values]
        if kind not in ("number", "tenths"):
            return texts
        sign = numbers.get_decimal_symbol(self.locale)
        decimals = max((len(text.partition(sign)[2]) for text in texts), default=0)
        if not decimals:
            return texts
        exact = _decimal(f"#,##0.{'0' * decimals}")
        return [text if value is None else exact(value, self) for value, text in zip(values, texts, strict=True)]

    def word(self, text: str) -> str:
        """Give what the client's or the consultant's word is in this language; the word itself if nobody said it.

        Parameters
        ----------
        text : str
            Such as a segment or a variant, as results hold it.
        """
        return self.words.get(text, text)

    @property
    def locale(self) -> Locale:
        """Babel's locale."""
        return _locale_of(self.code)

    @property
    def plotly_separators(self) -> str:
        """Decimal sign and group sign, as plotly's `layout.separators` takes them."""
        return str(numbers.get_decimal_symbol(self.locale) + numbers.get_group_symbol(self.locale))


@cache
def _locale_of(code: str) -> Locale:
    return Locale.parse(LOCALES[code])


def _decimal(pattern: str) -> Callable[[Any, Language], str]:
    parsed = numbers.parse_pattern(pattern)
    return lambda value, language: _minus(numbers.format_decimal(value, parsed, language.locale))


def _percent(digits: str) -> Callable[[Any, Language], str]:
    @cache
    def pattern_of(locale: Locale) -> numbers.NumberPattern:
        return numbers.parse_pattern(locale.percent_formats[None].pattern.replace("#,##0", digits))

    def write(value: Any, language: Language) -> str:
        return _minus(numbers.format_percent(value, pattern_of(language.locale), language.locale))

    return write


def _money(digits: str) -> Callable[[Any, Language], str]:
    def write(value: Any, language: Language) -> str:
        pattern = language.locale.currency_formats["standard"].pattern.replace("#,##0.00", digits)
        symbol = numbers.get_currency_symbol(language.currency, language.locale)
        pattern = pattern.replace("¤#", "¤\N{NO-BREAK SPACE}#") if symbol[-1].isalpha() else pattern
        text = numbers.format_currency(value, language.currency, pattern, language.locale, currency_digits=False)
        return _minus(text)

    return write


def _money_short(value: Any, language: Language) -> str:
    symbol = numbers.get_currency_symbol(language.currency, language.locale)
    if language.locale.currency_formats["standard"].pattern.startswith("¤"):
        text = numbers.format_compact_currency(value, language.currency, locale=language.locale, fraction_digits=1)
        text = text.replace(symbol, f"{symbol}\N{NO-BREAK SPACE}") if symbol[-1].isalpha() else text
    else:
        number = numbers.format_compact_decimal(value, locale=language.locale, fraction_digits=1)
        text = f"{number}\N{NO-BREAK SPACE}{symbol}"
    return _minus(text)


def _pvalue(value: Any, language: Language) -> str:
    shown = numbers.format_decimal(max(value, 0.001), "0.000", language.locale)
    return shown if value >= 0.001 else f"< {shown}"


def _date(value: Any, language: Language) -> str:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return str(dates.format_date(day, "long", language.locale))


def _minus(text: str) -> str:
    """Write a true minus, and no sign before what is rounded to nothing."""
    return text.replace("-", "\N{MINUS SIGN}") if re.search("[1-9]", text) else re.sub("^[-+]", "", text)


def _calendar(skeleton: str) -> Callable[[Any, Language], str]:
    def write(value: Any, language: Language) -> str:
        day = date.fromisoformat(value if len(value) > 7 else f"{value}-01")
        return str(dates.format_skeleton(skeleton, day, locale=language.locale))

    return write


def _period(value: Any, language: Language) -> str:
    year, _, part = value.partition("-")
    if not part.startswith("Q"):
        return language.format(value, "month") if part else str(year)
    return str(dates.format_skeleton("yQQQ", date(int(year), 3 * int(part[1:]) - 2, 1), locale=language.locale))


def _counted(name: str) -> Callable[[Any, Language], str]:
    return lambda value, language: language.say(f"figure.{name}", n=value)


_POINTS, _SIZE = _decimal("+#,##0.0;-#,##0.0"), _decimal("#,##0.0")
_FORMATS: dict[str, Callable[[Any, Language], str]] = {
    "text": lambda value, language: language.word(str(value)),
    "count": _decimal("#,##0"),
    "number": _decimal("#,##0.##"),
    "tenths": _decimal("#,##0.#"),
    "percent_points": lambda value, language: (
        _POINTS(value * 100, language) if abs(value) >= 0.0005 else _SIZE(0, language)
    ),
    "points": lambda value, language: _SIZE(value * 100, language),
    "percent": _percent("#,##0.0"),
    "percent_whole": _percent("#,##0"),
    "level": _percent("#,##0.#"),
    "money": _money("#,##0"),
    "money_exact": _money("#,##0.00"),
    "money_short": _money_short,
    "pvalue": _pvalue,
    "date": _date,
    "period": _period,
    "month": _calendar("yMMM"),
    "day": _calendar("MMMd"),
    "quarter": _calendar("yQQQ"),
    "list": lambda value, language: str(
        lists.format_list([language.word(str(item)) for item in value], locale=language.locale)
    ),
}


COUNTED = ("customers", "contacts", "contracts", "files", "days", "weeks", "months", "years")
_FORMATS |= {name: _counted(name) for name in COUNTED}


def _fill(message: str, args: Mapping[str, Any], language: Language) -> str:
    """Write each `{name:kind}` in the reader's way; a full stop after "3 kr." is not written twice."""
    text = ""
    for literal, name, kind, _ in string.Formatter().parse(message):
        text += literal.removeprefix(".") if text.endswith(".") else literal
        if name is not None:
            text += language.format(args[name], kind or "text")
    return text


@cache
def _shipped_labels(language: str) -> tuple[tuple[str, str], ...]:
    return read_labels(SHIPPED, language)


@cache
def read_catalog(code: str) -> Catalog:
    """Read the message catalog of a language.

    Parameters
    ----------
    code : str
        Of the language.
    """
    with (CATALOGS / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def has_message(language: Language, key: str) -> bool:
    """Tell whether the language's catalog has a message.

    Parameters
    ----------
    language : Language
        Whose catalog is searched.
    key : str
        Message key.
    """
    return read_catalog(language.code).get(key) is not None

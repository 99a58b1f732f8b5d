"""The reader's language: numbers, dates and money as Babel writes them, plurals, and errors that name what is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.present.language import Language, has_message, read_catalog

SV, EN = Language("sv", "SEK"), Language("en", "SEK")


def plain(text: str) -> str:
    """Hard spaces as spaces, so that a reader can compare."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "kind", "swedish", "english"),
    [
        (1234567.8, "money", "1 234 568 kr", "SEK 1,234,568"),
        (1234567.8, "money_exact", "1 234 567,80 kr", "SEK 1,234,567.80"),
        (-1234567.8, "money", "−1 234 568 kr", "−SEK 1,234,568"),
        (0.1234, "percent", "12,3 %", "12.3%"),
        (1.24869, "percent", "124,9 %", "124.9%"),
        (0.5, "percent_whole", "50 %", "50%"),
        (0.045, "percent_points", "+4,5", "+4.5"),
        (-0.045, "percent_points", "−4,5", "−4.5"),
        (12345, "count", "12 345", "12,345"),
        (1234.567, "number", "1 234,57", "1,234.57"),
        (3.0, "number", "3", "3"),
        (0.0421, "pvalue", "0,042", "0.042"),
        (0.0000001, "pvalue", "< 0,001", "< 0.001"),
        (date(2025, 11, 3), "date", "3 november 2025", "3 November 2025"),
        ("2025-11-03", "date", "3 november 2025", "3 November 2025"),
        (["a", "b", "c"], "list", "a, b och c", "a, b and c"),
        (["a"], "list", "a", "a"),
        (None, "money", "–", "–"),
        ("<b>& {x}", "text", "<b>& {x}", "<b>& {x}"),
    ],
)
def test_values_are_written_in_the_readers_way(value: Any, kind: str, swedish: str, english: str) -> None:
    assert (plain(SV.format(value, kind)), plain(EN.format(value, kind))) == (swedish, english)


def test_money_is_in_the_engagements_currency() -> None:
    assert plain(Language("sv", "EUR").format(1234.5, "money_exact")) == "1 234,50 €"
    assert plain(Language("en", "EUR").format(1234.5, "money_exact")) == "€1,234.50"


def test_charts_get_the_same_signs_as_sentences() -> None:
    assert SV.plotly_separators == ",\N{NO-BREAK SPACE}"
    assert EN.plotly_separators == ".,"


@given(st.floats(-1e12, 1e12) | st.integers(-(10**12), 10**12))
def test_no_number_breaks_a_line_or_uses_a_hyphen_as_minus(value: float) -> None:
    for language in (SV, EN):
        for kind in ("money", "money_exact", "percent", "percent_points", "count", "number"):
            text = language.format(value, kind)
            assert " " not in text
            assert "-" not in text


@pytest.mark.parametrize(
    ("n", "swedish", "english"),
    [
        (0, "0 kunder", "0 customers"),
        (1, "1 kund", "1 customer"),
        (2, "2 kunder", "2 customers"),
        (1000, "1 000 kunder", "1,000 customers"),
    ],
)
def test_a_message_has_the_plural_form_of_its_number(n: int, swedish: str, english: str) -> None:
    assert plain(SV.say("figure.customers", n=n)) == swedish
    assert plain(EN.say("figure.customers", n=n)) == english


def test_braces_in_a_clients_words_are_text() -> None:
    assert "{code} <b>" in EN.say("figure.span", low="{code} <b>", high="2")


def test_an_unknown_message_is_named_with_its_catalog() -> None:
    with pytest.raises(ParameterError, match=r"the catalog 'sv' has no message 'profitability\.nothing'"):
        SV.say("profitability.nothing")
    assert not has_message(SV, "profitability.nothing")
    assert has_message(SV, "figure.customers")


def test_a_missing_argument_is_named_with_its_message() -> None:
    with pytest.raises(ParameterError, match=r"message 'figure\.span' in 'en' needs 'high'"):
        EN.say("figure.span", low="1")


def test_an_unknown_kind_of_value_names_those_that_are_known() -> None:
    with pytest.raises(ParameterError, match=r"unknown kind of value 'percents': it can be .*percent_points"):
        EN.format(0.5, "percents")


def test_an_unknown_language_names_those_that_there_are() -> None:
    with pytest.raises(ParameterError, match="there is no catalog of language 'de': there are en, sv, da, nb, fi"):
        Language("de", "SEK")


def test_the_catalog_is_read_once() -> None:
    assert read_catalog("sv") is read_catalog("sv")


def test_what_is_rounded_to_nothing_has_no_sign() -> None:
    assert plain(SV.format(-0.4, "money")) == "0 kr"
    assert EN.format(-0.0001, "percent_points") == "0.0"
    assert EN.format(0.004, "percent_points") == "+0.4"

"""The reader's language: numbers, dates and money as Babel writes them, plurals, and errors that name what is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.data.local_text import Language as Code
from gtmlib.errors import ParameterError
from gtmlib.present.exhibit import CellKind, Table, TableColumn
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import COUNTED, LOCALES, Language, has_message, read_catalog
from gtmlib.present.tables import render_table

SV, EN = Language("sv", "SEK"), Language("en", "SEK")
HOME = {"en": "GBP", "sv": "SEK", "da": "DKK", "nb": "NOK", "fi": "EUR"}
WRITTEN: dict[tuple[str, Any], tuple[str, str, str, str, str]] = {  # en, sv, da, nb and fi, each in its own currency
    ("money_exact", 1234567.8): (
        "£1,234,567.80", "1 234 567,80 kr", "1.234.567,80 kr.", "1 234 567,80 kr", "1 234 567,80 €",
    ),
    ("money", -1234567.8): ("−£1,234,568", "−1 234 568 kr", "−1.234.568 kr.", "−1 234 568 kr", "−1 234 568 €"),
    ("money", -0.4): ("£0", "0 kr", "0 kr.", "0 kr", "0 €"),
    ("money_short", 40_000_000): ("£40M", "40 mn kr", "40 mio. kr.", "40 mill. kr", "40 milj. €"),
    ("money_short", -2_500_000): ("−£2.5M", "−2,5 mn kr", "−2,5 mio. kr.", "−2,5 mill. kr", "−2,5 milj. €"),
    ("count", 1234567): ("1,234,567", "1 234 567", "1.234.567", "1 234 567", "1 234 567"),
    ("count", 1234): ("1,234", "1 234", "1.234", "1 234", "1 234"),
    ("number", 1234.567): ("1,234.57", "1 234,57", "1.234,57", "1 234,57", "1 234,57"),
    ("percent", -0.1234): ("−12.3%", "−12,3 %", "−12,3 %", "−12,3 %", "−12,3 %"),
    ("percent_whole", 0.5): ("50%", "50 %", "50 %", "50 %", "50 %"),
    ("level", 0.975): ("97.5%", "97,5 %", "97,5 %", "97,5 %", "97,5 %"),
    ("percent_points", -0.045): ("−4.5", "−4,5", "−4,5", "−4,5", "−4,5"),
    ("percent_points", 0.045): ("+4.5", "+4,5", "+4,5", "+4,5", "+4,5"),
    ("points", 0.045): ("4.5", "4,5", "4,5", "4,5", "4,5"),
    ("pvalue", 0.0421): ("0.042", "0,042", "0,042", "0,042", "0,042"),
    ("date", "2025-11-03"): (
        "3 November 2025", "3 november 2025", "3. november 2025", "3. november 2025", "3. marraskuuta 2025",
    ),
    ("month", "2025-11"): ("Nov 2025", "nov. 2025", "nov. 2025", "nov. 2025", "marras 2025"),
    ("day", "2025-11-03"): ("3 Nov", "3 nov.", "3. nov.", "3. nov.", "3.11."),
    ("period", "2025-Q2"): ("Q2 2025", "K2 2025", "2. kvt. 2025", "K2 2025", "2. nelj. 2025"),
    ("period", "2025-11"): ("Nov 2025", "nov. 2025", "nov. 2025", "nov. 2025", "marras 2025"),
    ("period", "2025"): ("2025", "2025", "2025", "2025", "2025"),
    ("list", ("a", "b", "c")): ("a, b and c", "a, b och c", "a, b og c", "a, b og c", "a, b ja c"),
    ("years", 1): ("1 year", "1 år", "1 år", "1 år", "1 vuosi"),
    ("years", 5): ("5 years", "5 år", "5 år", "5 år", "5 vuotta"),
    ("weeks", 1): ("1 week", "1 vecka", "1 uge", "1 uke", "1 viikko"),
    ("customers", 1234): ("1,234 customers", "1 234 kunder", "1.234 kunder", "1 234 kunder", "1 234 asiakasta"),
}  # fmt: skip


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


@pytest.mark.parametrize(("kind", "value"), WRITTEN)
def test_every_kind_of_value_is_written_as_readers_of_each_language_write_it(kind: str, value: Any) -> None:
    written = tuple(plain(Language(code, HOME[code]).format(value, kind)) for code in LOCALES)
    assert written == WRITTEN[kind, value]


def test_the_contract_knows_the_languages_that_have_a_catalog() -> None:
    assert get_args(Code) == tuple(LOCALES)


@pytest.mark.parametrize("code", LOCALES)
@pytest.mark.parametrize(("kind", "number"), [("money", 1_200_000), ("percent", 0.005), ("count", 12_000)])
def test_a_number_is_the_same_on_a_card_in_a_table_on_an_axis_and_when_pointed_at(
    code: str, kind: CellKind, number: float
) -> None:
    language = Language(code, HOME[code])
    card = language.format(number, kind)
    table = Table(columns=(TableColumn(label="a"), TableColumn(label="b", kind=kind)), rows=(("x", number),))
    assert f">{card}</td>" in render_table(table, table_id="t", language=language)
    figure = plot_intervals(
        ["x", "y"], [number, 0], [0, 0], [number, 0], language=language, kind=kind, accent="#1f5f8b"
    ).to_plotly_json()
    assert card in figure["layout"]["xaxis"]["ticktext"]
    pointed_at = [str(text) for trace in figure["data"] for text in trace.get("hovertext", ())]
    assert any(f"<b>{card}</b>" in text for text in pointed_at)
    assert figure["layout"]["separators"] == language.plotly_separators


def test_money_is_in_the_engagements_currency() -> None:
    assert plain(Language("sv", "EUR").format(1234.5, "money_exact")) == "1 234,50 €"
    assert plain(Language("en", "EUR").format(1234.5, "money_exact")) == "€1,234.50"


def test_charts_get_the_same_signs_as_sentences() -> None:
    assert SV.plotly_separators == ",\N{NO-BREAK SPACE}"
    assert EN.plotly_separators == ".,"
    assert Language("da", "DKK").plotly_separators == ",."
    assert [Language(code, "EUR").plotly_separators for code in ("nb", "fi")] == [",\N{NO-BREAK SPACE}"] * 2


@pytest.mark.parametrize("code", LOCALES)
def test_a_number_with_its_noun_has_the_plural_form_of_the_number(code: str) -> None:
    language = Language(code, "SEK")
    for noun in COUNTED:
        one, two = language.format(1, noun), language.format(2, noun)
        assert (one[:2], two[:2]) == ("1 ", "2 ")
    assert language.format(1, "weeks")[1:] != language.format(2, "weeks")[1:]


def test_the_clients_words_are_said_in_the_readers_language() -> None:
    language = Language("sv", "SEK", {"Manufacturing": "Tillverkning"})
    assert language.format("Manufacturing") == language.word("Manufacturing") == "Tillverkning"
    assert language.format(["Manufacturing", "Retail"], "list") == "Tillverkning och Retail"
    assert language.say("figure.span", low="Manufacturing", high="x") == "Tillverkning till x"


@given(st.floats(-1e12, 1e12) | st.integers(-(10**12), 10**12))
def test_no_number_breaks_a_line_or_uses_a_hyphen_as_minus(value: float) -> None:
    for language in (Language(code, HOME[code]) for code in LOCALES):
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


@pytest.mark.parametrize(("code", "said"), [("da", "x: 3 kr."), ("sv", "x: 3 kr.")])
def test_a_sentence_that_ends_in_an_abbreviation_has_one_stop(code: str, said: str) -> None:
    assert plain(Language(code, HOME[code]).say("profitability.finding.step", name="x", amount=3.0)) == said


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

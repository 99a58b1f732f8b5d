"""Text to typed values: whole-text rules, nothing guessed, nothing lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.data.values import Dialect, ParsedColumn, parse_column
from gtmlib.errors import ParameterError

PLAIN = Dialect()
COMMA = Dialect(decimal=",")


def parse(values: list[object], kind: str, dialect: Dialect = PLAIN, choices: tuple[str, ...] = ()) -> ParsedColumn:
    return parse_column(pa.array(values), kind, dialect, choices)  # type: ignore[arg-type]


def read(values: list[object], kind: str, dialect: Dialect = PLAIN) -> list[object]:
    parsed = parse(values, kind, dialect)
    assert parsed.bad == ()
    return parsed.values.to_pylist()


# Text and ids


def test_ids_keep_their_leading_zeros() -> None:
    assert read(["000123", "1,23E+11", "0x1F"], "id") == ["000123", "1,23E+11", "0x1F"]


def test_a_customer_named_na_or_null_is_a_customer() -> None:
    assert read(["NA", "Null", "None", "nan", "-"], "text") == ["NA", "Null", "None", "nan", "-"]


def test_null_words_of_the_contract_are_no_values_as_written() -> None:
    assert read(["NULL", "Null", "x"], "text", Dialect(null_words=("NULL",))) == [None, "Null", "x"]
    assert read([-999, 5], "number", Dialect(null_words=("-999",))) == [None, 5.0]


def test_text_loses_outer_blanks_hard_spaces_and_byte_order_marks_only() -> None:
    assert read(["\ufeff Åberg\u00a0& Co \n", "\u00a0", ""], "text") == ["Åberg\u00a0& Co", None, None]


@pytest.mark.parametrize("kind", ["id", "text", "date", "money", "number", "count", "rate", "flag", "choice"])
def test_empty_and_blank_values_are_null_for_every_kind(kind: str) -> None:
    assert read(["", "  ", "\u00a0", None], kind) == [None] * 4
    assert len(parse_column(pa.chunked_array([], pa.string()), kind, Dialect()).values) == 0  # type: ignore[arg-type]


# Numbers

GROUPED = [
    "1 234 567,80",
    "1\u00a0234\u00a0567,80",
    "1\u202f234\u202f567,80",
    "1.234.567,80",
    "1'234'567,80",
    "1’234’567,80",
]


@pytest.mark.parametrize("text", [*GROUPED, "1234567,8", "+1 234 567,80", "1 234 567,80 kr", "SEK 1.234.567,8000"])
def test_money_is_exact_however_thousands_are_grouped(text: str) -> None:
    parsed = parse([text], "money", COMMA)
    assert parsed.values.type == pa.decimal128(18, 4)
    assert parsed.values.to_pylist() == [Decimal("1234567.8000")]


def test_money_sums_exactly_where_floats_do_not() -> None:
    amounts = read(["0,10"] * 10 + ["2297200.8603".replace(".", ",")], "money", COMMA)
    assert sum(amounts) == Decimal("2297201.8603")  # type: ignore[arg-type]


def test_a_lone_group_of_three_is_decided_by_the_contract() -> None:
    assert read(["1.234"], "money", COMMA) == [Decimal(1234)]
    assert read(["1.234"], "money") == [Decimal("1.234")]
    assert read(["1,234"], "money") == [Decimal(1234)]


def test_without_decimals_both_point_and_comma_group_thousands() -> None:
    whole = Dialect(decimal="none")
    assert read(["357 000", "357.000", "357,000", "1,234,567 kr", "5"], "money", whole) == [
        *[Decimal(357_000)] * 3,
        Decimal(1_234_567),
        Decimal(5),
    ]
    assert parse(["357,50", "1.234,567", "0.5", "12"], "number", whole).bad == (0, 1, 2)
    assert read([1.5, 2], "money", whole) == [Decimal("1.5"), Decimal(2)]  # a native value is as it is


@pytest.mark.parametrize("text", ["−12,5", "-12,5", "12,5-", "- 12,5", "kr -12,5", "-12,5 kr.", "€-12,5"])
def test_minus_signs_of_every_sort_are_read(text: str) -> None:
    assert read([text], "money", COMMA) == [Decimal("-12.5")]


BAD_NUMBERS = ["12,5O", "1,2,3", "0.123", "1.23", "12.34.567", "1 2345", "(5)", "--5", "-5-", "1,", "kr", "%", "1e5",
               "١٢", "SEK 5 SEK", "5 %", "99999999999999999", "inf", "nan", "1.234 567"]  # fmt: skip


@pytest.mark.parametrize("text", BAD_NUMBERS)
def test_what_is_not_a_number_as_a_whole_is_bad(text: str) -> None:
    parsed = parse(["1", text, "2"], "money", COMMA)
    assert parsed.bad == (1,)
    assert parsed.values.to_pylist() == [Decimal(1), None, Decimal(2)]
    assert parsed.what == "has 1 unreadable amount"


def test_a_wrong_decimal_sign_is_named_in_the_fix() -> None:
    assert parse(["12,50", "3,5"], "money").fix == "If ',' is the decimal sign, write decimal = ',' in the contract"


def test_amounts_in_several_currencies_are_refused() -> None:
    parsed = parse(["100 EUR", "100 SEK", "5"], "money")
    assert (parsed.bad, parsed.what) == ((0, 1), "mixes the currencies EUR and SEK")
    assert parse(["100 kr", "5 SEK"], "money").currency == "SEK"


def test_shares_are_within_zero_and_one() -> None:
    assert read(["45 %", "0,4", "100%", "5e-05"], "rate", COMMA) == [0.45, 0.4, 1.0, 5e-05]
    assert parse(["0.5", "1.01", "-0.1", "40"], "rate").bad == (1, 2, 3)
    assert parse([0.5, 40.0, float("nan")], "rate").bad == (1,)


def test_counts_are_whole_and_not_negative() -> None:
    assert read(["3", "3.0", "1,000", "007"], "count") == [3, 3, 1000, 7]
    assert parse(["-1", "2.5", "many"], "count").bad == (0, 1, 2)


def test_flags_are_read_in_every_language_of_the_desk() -> None:
    assert read(["ja", "Nej", "TRUE", "0", "kyllä", "nei"], "flag") == [True, False, True, False, True, False]
    assert parse(["x"], "flag").bad == (0,)


def test_choices_ignore_case_and_the_fix_lists_them() -> None:
    parsed = parse(["Won", "weird"], "choice", choices=("open", "won"))
    assert parsed.values.to_pylist() == ["won", None]
    assert "open, won" in parsed.fix


@given(
    cents=st.integers(-(10**13), 10**13),
    point=st.sampled_from(".,"),
    group=st.sampled_from(["", " ", "\u00a0", "'", "other"]),
)
def test_an_amount_written_in_any_dialect_reads_back(cents: int, point: str, group: str) -> None:
    amount = Decimal(cents) / 100
    other = ".,".replace(point, "") if group == "other" else group
    text = f"{amount:,.2f}".replace(",", "G").replace(".", point).replace("G", other)
    assert read([text], "money", Dialect(decimal=point)) == [amount]


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_written_by_a_machine_reads_back(number: float) -> None:
    assert read([repr(number)], "number") == [number]


@given(
    words=st.lists(st.from_regex(r"\A-?[0-9]{1,15}([.,][0-9]{1,6})?\Z"), min_size=1, unique=True),
    kind=st.sampled_from(["money", "number", "count", "rate"]),
    decimal=st.sampled_from([".", ",", "none"]),
)
def test_plain_numbers_are_the_same_beside_one_that_has_to_be_mended(words: list[str], kind: str, decimal: str) -> None:
    alone, mended = parse(words, kind, Dialect(decimal)), parse([*words, "1 000"], kind, Dialect(decimal))
    assert alone.values.to_pylist() == mended.values.to_pylist()[:-1]
    assert alone.bad == tuple(at for at in mended.bad if at < len(words))


@given(words=st.lists(st.sampled_from(["", "5", "x", "1 000", "-3"]), min_size=1), data=st.data())
def test_row_order_does_not_matter(words: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(words))))
    parsed, moved = parse(list(words), "money"), parse([words[at] for at in order], "money")
    assert [parsed.values.to_pylist()[at] for at in order] == moved.values.to_pylist()
    assert {order[at] for at in moved.bad} == set(parsed.bad)


# Dates

NOVEMBER_3 = ["2025-11-03", "2025-11-3", "2025-11-03T23:30:00Z", "2025-11-03 23:30:00.000", "2025-11-03T23:30:00+02:00",
              "03.11.2025", "3.11.2025", "03.11.2025 13:05", "2025/11/03"]  # fmt: skip


@pytest.mark.parametrize("date_format", [None, "DD/MM/YYYY", "MM/DD/YYYY"])
@pytest.mark.parametrize("text", NOVEMBER_3)
def test_iso_and_dotted_dates_never_flip(text: str, date_format: str | None) -> None:
    assert read([text], "date", Dialect(date_format=date_format)) == [dt.date(2025, 11, 3)]


def test_a_column_of_dates_that_reads_both_ways_is_refused() -> None:
    parsed = parse(["11/8/2018", "01-02-2018", "2018-01-02"], "date")
    assert parsed.is_ambiguous
    assert parsed.bad == (0, 1)
    assert parsed.what == "holds dates that read both ways, day or month first"
    assert "date_format = 'DD/MM/YYYY'" in parsed.fix


def test_one_value_decides_the_order_of_all_and_is_named() -> None:
    parsed = parse(["11/8/2018", "11/25/2018 1:05 PM"], "date")
    assert parsed.values.to_pylist() == [dt.date(2018, 11, 8), dt.date(2018, 11, 25)]
    assert parsed.decided == "'11/25/2018 1:05 PM' shows that the month comes first"
    assert parsed.decided_at == 1
    assert parse(["11/8/2018", "25/8/2018"], "date").values.to_pylist()[0] == dt.date(2018, 8, 11)


def test_the_contract_decides_the_order_and_says_so() -> None:
    parsed = parse(["11/8/2018", "25/8/2018"], "date", Dialect(date_format="MM/DD/YYYY"))
    assert parsed.values.to_pylist() == [dt.date(2018, 11, 8), None]
    assert parsed.decided == "date_format = 'MM/DD/YYYY' in the contract says that the month comes first"


def test_dates_in_two_orders_contradict_each_other() -> None:
    parsed = parse(["25/02/2018", "02/25/2018"], "date")
    assert (parsed.is_ambiguous, parsed.bad) == (True, (0, 1))
    assert "two orders ('25/02/2018' and '02/25/2018')" in parsed.what


def test_a_day_that_is_the_same_both_ways_needs_no_decision() -> None:
    assert read(["05/05/2018"], "date") == [dt.date(2018, 5, 5)]


def test_two_digit_years_need_a_format_that_says_so() -> None:
    assert read(["20-10-16", "01-03-70"], "date", Dialect(date_format="DD-MM-YY")) == [
        dt.date(2016, 10, 20),
        dt.date(1970, 3, 1),
    ]
    parsed = parse(["20-10-16"], "date")
    assert "date_format = 'DD-MM-YY'" in parsed.fix


def test_dates_without_marks_need_a_format_that_says_so() -> None:
    assert read(["20251103"], "date", Dialect(date_format="YYYYMMDD")) == [dt.date(2025, 11, 3)]
    assert read(["251103"], "date", Dialect(date_format="YYMMDD")) == [dt.date(2025, 11, 3)]
    assert read([19970101], "date", Dialect(date_format="YYYYMMDD")) == [dt.date(1997, 1, 1)]
    assert parse(["20251103"], "date").bad == (0,)


@pytest.mark.parametrize(
    "text", ["31.02.2025", "2025-13-01", "1899-12-31", "2101-01-01", "3 nov", "45000", "25/11/25/1", "0"]
)
def test_impossible_dates_are_bad(text: str) -> None:
    parsed = parse([text, "2025-11-03"], "date")
    assert (parsed.bad, parsed.what) == ((0,), "has 1 unreadable date")


@pytest.mark.parametrize("date_format", ["DD/MM", "YYYY-DD-MM", "MM.DD.YYYY", "DDD/MM/YYYY", "DD/MM/YYYY/DD"])
def test_formats_that_no_date_has_are_refused(date_format: str) -> None:
    with pytest.raises(ParameterError, match="date_format"):
        Dialect(date_format=date_format)


@given(
    day=st.dates(dt.date(1969, 1, 1), dt.date(2068, 12, 31)),
    form=st.sampled_from(["DD/MM/YYYY", "MM-DD-YYYY", "YYYYMMDD", "DD.MM.YY"]),
)
def test_a_date_written_in_the_contracts_form_reads_back(day: dt.date, form: str) -> None:
    code = form.replace("DD", "%d").replace("MM", "%m").replace("YYYY", "%Y").replace("YY", "%y")
    assert read([day.strftime(code)], "date", Dialect(date_format=form)) == [day]


# Native values


def test_whole_floats_become_ids_without_a_point() -> None:
    assert read([123.0, 2.5, float("nan")], "id") == ["123", "2.5", None]


def test_native_values_are_cast_and_nan_is_null() -> None:
    assert read([1.0, float("nan")], "number") == [1.0, None]
    assert read([0.1 + 0.2, 2], "money") == [Decimal("0.3000"), Decimal(2)]
    assert read([Decimal("12.34567")], "money") == [Decimal("12.3457")]
    assert read([dt.datetime(2025, 1, 1, 23, 59), None], "date") == [dt.date(2025, 1, 1), None]
    assert read([True, None], "flag") == [True, None]
    assert read([dt.date(2025, 1, 1)], "text") == ["2025-01-01"]
    assert parse([float("inf")], "number").bad == (0,)


def test_text_and_numbers_are_told_apart_however_arrow_stores_them() -> None:
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        stored = pa.array(["1.234"]).cast(kind)
        assert parse_column(stored, "money", COMMA).values.to_pylist() == [Decimal(1234)]
    native = pa.array([1.234]).dictionary_encode()
    assert parse_column(native, "money", COMMA).values.to_pylist() == [Decimal("1.234")]


def test_times_with_a_zone_are_refused() -> None:
    parsed = parse([dt.datetime(2025, 1, 1, tzinfo=dt.UTC), None], "date")
    assert (parsed.bad, parsed.what) == ((0,), "holds values of the type timestamp[us, tz=UTC]")


def test_nested_values_are_refused() -> None:
    assert parse([[1]], "text").bad == (0,)


def test_a_failed_formula_is_no_text_and_no_number() -> None:
    assert parse(["#N/A", "Acme"], "text").bad == (0,)
    assert "null_words" in parse(["#SAKNAS!", "5"], "money").fix
    assert read(["#N/A", "Acme"], "id", Dialect(null_words=("#N/A",))) == [None, "Acme"]


def test_each_distinct_value_is_read_once_so_a_million_rows_take_seconds() -> None:
    column = pa.chunked_array([pa.array(["03.11.2025", "x"] * 250_000)] * 2)
    parsed = parse_column(column, "date", Dialect())
    assert len(parsed.bad) == 500_000

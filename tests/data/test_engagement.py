"""The contract is strict: what is unknown or wrong is refused, all at once, with line, key and nearest known key."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gtmlib.data.engagement import contract_schema, parse_contract, read_engagement
from gtmlib.errors import ContractError, Problem

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "templates" / "engagement.toml"
SCHEMA = ROOT / "templates" / "engagement.schema.json"
CONTRACTS = [ROOT / "templates" / "demo" / "engagement.toml", *sorted((ROOT / "tests/engagements").glob("*/*.toml"))]
BASE = """client = "Acme"
currency = "SEK"
exported_on = 2025-12-31
[sources.deals]
file = "deals.csv"
table = "deals"
"""  # six lines: what a test adds starts on line 7


HABIT = """[[behaviours]]
id = "habit"
name = "Next step"
rule = "next_step"
starts_on = 2025-09-01
"""


def problems_of(text: str | bytes) -> list[str]:
    with pytest.raises(ContractError) as caught:
        parse_contract(text if isinstance(text, bytes) else text.encode())
    assert all(isinstance(problem, Problem) for problem in caught.value.problems)
    return str(caught.value).splitlines()


def uncommented(template: str) -> str:
    """Use every example of the template: a line with # and no blank after it."""
    return re.sub(r"(?m)^#(?=[^\s:])", "", template)


@pytest.mark.parametrize(
    ("added", "line", "key", "hint"),
    [
        ('clinet = "x"\n', 7, "sources.deals.clinet", "It can be columns, database"),
        ('colums = { amount = "A" }\n', 7, "sources.deals.colums", "Did you mean 'columns'?"),
        ('client = "Acme"\n', 7, "sources.deals.client", "It belongs above the first [section]"),
        ("\n[segmnts]\n", 8, "segmnts", "Did you mean 'segments'?"),
        ("\n[disclosure]\nsmallest_grup = 5\n", 9, "disclosure.smallest_grup", "Did you mean 'smallest_group'?"),
        ('brand.acent = "#000000"\n', 7, "sources.deals.brand", "It belongs above"),
        (
            '[[sources.deals.exclude]]\ncolumn = "A"\nvalue = ["x"]\nreason = "test"\nvalues = ["x"]\n',
            9,
            "sources.deals.exclude.0.value",
            "Did you mean 'values'?",
        ),
        (
            'exclude = [{ column = "A", values = ["x"], reason = "test", why = "x" }]\n',
            7,
            "sources.deals.exclude.0.why",
            "It can be column, reason, values",
        ),
    ],
)
def test_an_unknown_key_is_refused_wherever_it_stands(added: str, line: int, key: str, hint: str) -> None:
    assert problems_of(BASE + added)[0].startswith(f"engagement.toml line {line}: {key}: is unknown here. {hint}")


@pytest.mark.parametrize(
    ("added", "line", "key", "fix"),
    [
        ('header_row = "4"\n', 7, "sources.deals.header_row", "Write a whole number, without quotes"),
        ("header_row = true\n", 7, "sources.deals.header_row", "Write a whole number, without quotes"),
        ("header_row = 0\n", 7, "sources.deals.header_row", "Input should be greater than or equal to 1"),
        ("has_totals_row = 1\n", 7, "sources.deals.has_totals_row", "Write true or false, without quotes"),
        ("sheet = 1\n", 7, "sources.deals.sheet", "Write a text, in quotes"),
        ('null_words = "NULL"\n', 7, "sources.deals.null_words", 'Write a list: ["one", "two"]'),
        ('columns = "amount"\n', 7, "sources.deals.columns", "Write a section of its own, or { key = value }"),
        ("values.status = { Won = 1 }\n", 7, "sources.deals.values.status.Won", "Write a text, in quotes"),
        ('decimal = ";"\n', 7, "sources.deals.decimal", "Input should be '.' or ','"),
        ('date_format = "dd.mm"\n', 7, "sources.deals.date_format", "Like DD.MM.YYYY"),
        ('preset = "hubspt"\n', 7, "sources.deals.preset", "Unknown preset 'hubspt': did you mean 'hubspot'?"),
        (
            'columns = { amont = "A" }\n',
            7,
            "sources.deals.columns",
            "'deals' has no column amont (did you mean 'amount'?)",
        ),
        ('[sources]\nx = "a.csv"\n', 8, "sources.x", "Write a section of its own"),
        ('[sources.Kunder]\nfile = "a"\n', 7, "sources.Kunder", "A name has small letters, digits and _ only"),
        ('[tables]\ncustmers = "SELECT 1"\n', 8, "tables.custmers", "As a name: unknown"),
        ('[segments]\nby = "size"\n', 8, "segments.by", "Input should be 'segment', 'industry', 'country' or"),
        ("[disclosure]\nsmallest_group = 1\n", 8, "disclosure.smallest_group", "Input should be greater than or equal"),
        ('[brand]\naccent = "red"\n', 8, "brand.accent", "Main colour, as #rrggbb"),
        (
            '[period]\nstarts_on = "2025-01-01"\nends_on = 2025-12-31\n',
            8,
            "period.starts_on",
            "Write a date as 2025-12",
        ),
        ("[period]\nstarts_on = 2025-01-01\nends_on = 2024-12-31\n", 7, "period", "'ends_on' is before 'starts_on'"),
        (
            '[variants]\ncontrol = "c"\nplanned_split = { a = 1, b = 1 }\n',
            7,
            "variants",
            "Unknown variant in 'control'",
        ),
        (
            '[variants]\ncontrol = "a"\n[variants.planned_split]\na = 1\n"b.c" = -1\n',
            11,
            "variants.planned_split.b.c",
            "Input should be greater than 0",
        ),
        (
            '[variants]\ncontrol = "a"\nplanned_split = { a = 1, b = inf }\n',
            9,
            "variants.planned_split.b",
            "Input should",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_its_key_and_what_to_write(
    added: str, line: int, key: str, fix: str
) -> None:
    (problem,) = problems_of(BASE + added)
    assert problem.startswith(f"engagement.toml line {line}: {key}: can't be used")
    assert f". {fix}" in problem


def test_missing_keys_are_all_named() -> None:
    missing = ["client", "currency", "exported_on", "sources"]
    assert problems_of("") == [f"engagement.toml line 1: {key}: is missing. Add {key} = …" for key in missing]


def test_every_problem_is_named_at_once_in_the_order_of_the_lines() -> None:
    text = BASE.replace("SEK", "kr").replace("2025-12-31", '"2025-12-31"')
    text += '''
[tables]
custmers = """
SELECT wrong = line
[not.a.section]
smallest_grup = 1
"""
[disclosure]
smallest_grup = 5
[[sources.deals.exclude]]
column = "A"
values = ["x"]
reason = "test"
[[sources.deals.exclude]]
column = "A"
values = []
reason = "test"
'''
    places = [problem.split(": ", 2)[:2] for problem in problems_of(text)]
    assert places == [
        ["engagement.toml line 2", "currency"],
        ["engagement.toml line 3", "exported_on"],
        ["engagement.toml line 9", "tables.custmers"],
        ["engagement.toml line 15", "disclosure.smallest_grup"],
        ["engagement.toml line 22", "sources.deals.exclude.1.values"],
    ]


@pytest.mark.parametrize(
    "path", ["../deals.csv", "a/../../b.csv", "..\\\\b.csv", "/etc/passwd", "~/a.csv", "C:\\\\a.csv"]
)
def test_a_path_outside_the_exports_folder_is_refused(path: str) -> None:
    (problem,) = problems_of(BASE.replace("deals.csv", path))
    assert problem.startswith("engagement.toml line 5: sources.deals.file: can't be used")
    assert problem.endswith("Write a path inside the exports folder, without '..'")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (BASE + "[brand\n", 7, "expected ']'"),
        (BASE + "x = \n", 7, "invalid value"),
        (BASE + "client : 'x'\n", 7, "expected '='"),
        (BASE + 'file = "again.csv"\n', 7, "cannot overwrite a value"),
        (BASE + 'x = """never closed', 7, "unterminated string"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(f"engagement.toml line {line}: is not TOML: {what}")


def test_what_is_not_utf_8_is_refused_with_its_line() -> None:
    (problem,) = problems_of(BASE.encode() + "# Anställda".encode("cp1252"))
    assert problem == "engagement.toml line 7: is not UTF-8. Save the file as UTF-8"


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert parse_contract(("\ufeff" + BASE).replace("\n", "\r\n").encode()) == parse_contract(BASE.encode())


@pytest.mark.parametrize(
    ("added", "what"),
    [
        ('[sources.more]\nfile = "b.csv"\ntable = "deals"\n', "Table 'deals' is filled twice: keep one, or stack"),
        ('[tables]\ndeals = "SELECT 1"\n', "Table 'deals' is filled twice"),
        ('database = "b.db"\n', "Give either 'file' or 'database'"),
        ('[sources.more]\ndatabase = "b.db"\n', "'database' and 'relation' go together"),
        ('[sources.more]\nfile = "b.csv"\npreset = "hubspot"\n', "'columns', 'values' and 'preset' need 'table'"),
        ('types = { Amount = "money" }\n', "'types' are for files that a SELECT reads"),
        (HABIT * 2, "Two behaviours have the id 'habit': give each its own"),
    ],
)
def test_decisions_that_contradict_each_other_are_refused(added: str, what: str) -> None:
    (problem,) = problems_of(BASE + added)
    assert f"can't be used. {what}" in problem


def test_a_folder_without_a_contract_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=re.escape(f"there is no engagement.toml. Write one with 'gtm new {tmp_path.name}'")
    ):
        read_engagement(tmp_path)


def test_the_template_is_a_contract_as_it_stands() -> None:
    contract = parse_contract(TEMPLATE.read_bytes())
    assert contract.languages == ["sv", "en"]
    assert contract.sources["invoices"].decimal == ","


def test_every_example_of_the_template_is_a_contract_too() -> None:
    text = uncommented(TEMPLATE.read_text("utf-8"))
    contract = parse_contract(text.encode())
    assert contract.model_fields_set == type(contract).model_fields.keys()
    assert contract.sources["customers"].exclude[0].values == ["000001", ""]
    assert "LEFT JOIN accounts" in contract.tables["costs"]
    assert contract.variants is not None
    assert contract.variants.model_fields_set == type(contract.variants).model_fields.keys()


def test_the_consultants_words_are_one_text_or_one_per_language() -> None:
    once, each = (parse_contract(f"title = {title}\n{BASE}".encode()) for title in ('"Us"', '{ sv = "Vi", da = "Os" }'))
    assert [once.title.in_language(code) for code in ("en", "sv")] == ["Us", "Us"]
    assert [each.title.in_language(code) for code in ("en", "sv", "da")] == ["Vi", "Vi", "Os"]
    assert (once.title, each.title) == ("Us", "Vi")
    assert each.words_in("da") == {"Vi": "Os"}
    assert once.words_in("da") == {}


def test_a_name_in_the_data_has_a_word_in_each_language() -> None:
    text = BASE + '[words]\nManufacturing = { sv = "Tillverkning" }\nRetail = { en = "Retail", da = "Detailhandel" }\n'
    contract = parse_contract(text.encode())
    assert contract.words_in("sv")["Manufacturing"] == "Tillverkning"
    assert contract.words_in("da")["Retail"] == "Detailhandel"
    assert contract.words_in("en")["Retail"] == "Retail"
    assert "Manufacturing" not in contract.words_in("fi")  # it keeps the name that the data have


@pytest.mark.parametrize(
    ("added", "what"),
    [
        ('title = { xx = "Us" }', "Write a text, or a table of texts by language: en, sv, da, nb, fi"),
        ("title = { en = 1 }", "Write a text, or a table of texts by language: en, sv, da, nb, fi"),
        ("title = {}", "Write a text, or a table of texts by language: en, sv, da, nb, fi"),
        ("title = 1", "Write a text, in quotes"),
        ('title = { en = "a", sv = "b" }\nlanguages = ["sv"]\n'
         'variants = { control = "x", planned_split = { x = 1, y = 1 }, names = { x = { en = "a", sv = "c" } } }',
         "'a' is translated in two ways: 'b' and 'c'"),
    ],
)  # fmt: skip
def test_words_that_are_in_no_language_or_in_two_ways_are_refused(added: str, what: str) -> None:
    assert what in problems_of(f"{added}\n{BASE}")[0]


def test_the_template_shows_every_key_of_a_source() -> None:
    known = parse_contract(uncommented(TEMPLATE.read_text("utf-8")).encode()).sources.values()
    assert {key for source in known for key in source.model_fields_set} == type(next(iter(known))).model_fields.keys()


def test_the_template_names_the_schema_that_an_editor_finds_from_an_engagement_folder() -> None:
    first = TEMPLATE.read_text("utf-8").splitlines()[0]
    assert (ROOT / "data" / "acme" / first.removeprefix("#:schema ")).resolve() == SCHEMA


def as_json(text: bytes) -> Any:
    """Read TOML as an editor's validator does: dates are texts."""
    return json.loads(json.dumps(tomllib.loads(text.decode()), default=date.isoformat))


def test_the_published_schema_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text("utf-8")) == contract_schema(), (
        "write it anew: gtm schema > templates/engagement.schema.json"
    )
    Draft202012Validator.check_schema(contract_schema())


@pytest.mark.parametrize("path", [TEMPLATE, *CONTRACTS], ids=lambda path: path.parent.name)
def test_every_contract_of_ours_keeps_to_the_schema(path: Path) -> None:
    Draft202012Validator(contract_schema()).validate(as_json(path.read_bytes()))
    parse_contract(path.read_bytes())


@pytest.mark.parametrize(
    "added",
    [
        'colums = { amount = "A" }\n',
        'preset = "hubspt"\n',
        "[segmnts]\n",
        '[tables]\ndels = "SELECT 1"\n',
        "header_row = 0\n",
        '[sources.Kunder]\nfile = "a"\n',
    ],
)
def test_the_schema_refuses_what_the_contract_refuses(added: str) -> None:
    assert problems_of(BASE + added)
    assert list(Draft202012Validator(contract_schema()).iter_errors(as_json((BASE + added).encode())))


@pytest.mark.parametrize("path", CONTRACTS[1:], ids=lambda path: path.parent.name)
def test_a_real_engagement_takes_at_most_sixty_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 60

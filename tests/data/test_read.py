"""Reading: told how a file is written, checking that it is, losing nothing, and one clear message per fault."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from gtmlib.data import workbook
from gtmlib.data.engagement import Source
from gtmlib.data.read import RawTable, clean_heading, read_source
from gtmlib.data.values import Dialect, parse_column
from gtmlib.errors import DataError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the sample data are not at {SHARED}")


def read(folder: Path, **source: Any) -> RawTable:
    return read_source("deals", Source.model_validate(source), folder)


def columns(raw: RawTable) -> dict[str, list[Any]]:
    return {name: raw.table[name].to_pylist() for name in raw.table.column_names}


def write(folder: Path, content: str | bytes, name: str = "deals.csv", encoding: str = "utf-8") -> str:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return name


def write_book(
    folder: Path, rows: list[list[Any]], fill: Callable[[Any, Any], None] | None = None, **names: str
) -> str:
    """Write a workbook with one sheet; `fill` may add to (book, sheet)."""
    book = xlsxwriter.Workbook(str(folder / "book.xlsx"), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(names.get("sheet", "Deals"))
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    if fill:
        fill(book, sheet)
    book.close()
    return "book.xlsx"


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_nordic_text_is_read_in_every_encoding_that_clients_send(tmp_path: Path, encoding: str) -> None:
    text = "Företag;Sælger\r\nÅkerlöf & Søn – ”AB”;Bjørk\r\n"
    raw = read(tmp_path, file=write(tmp_path, text, encoding=encoding), delimiter=";")
    assert columns(raw) == {"_row": [2], "Företag": ["Åkerlöf & Søn – ”AB”"], "Sælger": ["Bjørk"]}
    assert raw.encoding == {"utf-8": "utf-8-sig"}.get(encoding, encoding)


def test_rows_are_numbered_as_in_the_file_over_quoted_newlines_and_empty_lines(tmp_path: Path) -> None:
    raw = read(tmp_path, file=write(tmp_path, 'id,note\n1,"a\nb"\n\n2,"c, ""d"""\n,\n3,e\n\n\n'))
    assert columns(raw) == {"_row": [2, 5, 7], "id": ["1", "2", "3"], "note": ["a\nb", 'c, "d"', "e"]}
    assert raw.n_empty_rows == 4


def test_cells_stay_as_they_are_written(tmp_path: Path) -> None:
    raw = read(tmp_path, file=write(tmp_path, "id,name,amount\n000123,NA, 1e5\n007,Null,\n"))
    assert columns(raw)["id"] == ["000123", "007"]
    assert columns(raw)["name"] == ["NA", "Null"]
    assert columns(raw)["amount"] == [" 1e5", ""]


def test_surplus_fields_go_back_where_the_contract_says_and_are_listed(tmp_path: Path) -> None:
    name = write(tmp_path, "id,address,city\n1,Gata 1,Lund\n2,Gata 2, 3 tr, c/o Ek,Malmö\n")
    raw = read(tmp_path, file=name, overflow="address")
    assert columns(raw)["address"] == ["Gata 1", "Gata 2, 3 tr, c/o Ek"]
    assert columns(raw)["city"] == ["Lund", "Malmö"]
    assert raw.repaired_rows == (3,)


def test_a_title_above_and_sums_below_are_no_records(tmp_path: Path) -> None:
    name = write(tmp_path, 'Affärer "2025"\n\nid;belopp\n1;5\n2;6\nSumma;11\n\n')
    raw = read(tmp_path, file=name, delimiter=";", header_row=3, has_totals_row=True)
    assert columns(raw) == {"_row": [4, 5], "id": ["1", "2"], "belopp": ["5", "6"]}
    assert raw.totals_row == 6


def test_lines_that_end_with_the_delimiter_have_no_further_column(tmp_path: Path) -> None:
    raw = read(tmp_path, file=write(tmp_path, "id;belopp;\n1;5;\n"), delimiter=";")
    assert columns(raw) == {"_row": [2], "id": ["1"], "belopp": ["5"]}


def test_headings_lose_marks_and_hard_blanks() -> None:
    assert clean_heading("\ufeff\u00a0Belopp\u00a0 (SEK)\n") == "Belopp (SEK)"
    assert clean_heading("Fo\u0308retag") == "Företag"


def test_a_file_named_on_a_mac_is_found(tmp_path: Path) -> None:
    write(tmp_path, "id\n1\n", name="fo\u0308retag.csv")
    assert read(tmp_path, file="företag.csv").n_rows == 1


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    name = write(tmp_path, "id\n1\n")
    assert read(tmp_path, file=name).sha256 == hashlib.sha256(b"id\n1\n").hexdigest()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs",)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, TEXT).filter(any), min_size=1, max_size=6), delimiter=st.sampled_from(",;\t|"))
def test_no_record_is_ever_lost_or_changed(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    lines = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [("a", "b"), *rows]]
    raw = read(tmp_path, file=write(tmp_path, "\n".join(lines) + "\n"), delimiter=delimiter)
    assert list(zip(columns(raw)["a"], columns(raw)["b"], strict=True)) == rows


def test_rows_beyond_one_chunk_keep_their_numbers(tmp_path: Path) -> None:
    raw = read(tmp_path, file=write(tmp_path, "id\n" + "".join(f"{n}\n" for n in range(12_001))))
    assert columns(raw)["_row"] == list(range(2, 12_003))
    assert columns(raw)["id"][-1] == "12000"


# Workbooks


def test_a_sheet_below_a_title_with_sums_keeps_its_own_row_numbers(tmp_path: Path) -> None:
    rows = [["Affärer"], [], ["id", "belopp"], [1, 5.5], [], [2, 6], ["Summa", 11.5], []]
    raw = read(tmp_path, file=write_book(tmp_path, rows), header_row=3, has_totals_row=True)
    assert columns(raw) == {"_row": [4, 6], "id": [1, 2], "belopp": [5.5, 6.0]}
    assert (raw.totals_row, raw.n_empty_rows, raw.file) == (7, 1, "book.xlsx [Deals]")


def test_columns_of_one_type_stay_native_and_mixed_ones_become_text_in_the_dialect(tmp_path: Path) -> None:
    day = dt.date(2025, 11, 3)
    rows = [
        ["n", "x", "day", "flag", "mix"],
        [1, 0.5, day, True, 1234.5],
        [None, 2, None, False, "ca 5"],
        [3, 1, day, True, day],
    ]
    raw = read(tmp_path, file=write_book(tmp_path, rows), decimal=",")
    types = {field.name: field.type for field in raw.table.schema}
    assert types == {"_row": pa.int64(), "n": pa.int64(), "x": pa.float64(), "day": pa.date32(), "flag": pa.bool_(),
                     "mix": pa.string()}  # fmt: skip
    assert columns(raw)["mix"] == ["1234,5", "ca 5", "2025-11-03"]
    assert columns(raw)["n"] == [1, None, 3]


def test_failed_formulas_are_not_silently_empty(tmp_path: Path) -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_formula("B3", "=NA()", None, "#N/A")
        sheet.write_formula("B4", "=1/0", None, "#DIV/0!")
        sheet.write_formula("B5", "=A2", None, "")

    raw = read(tmp_path, file=write_book(tmp_path, [["id", "belopp"], [1, 5.5], [2], [3], [4]], fill))
    parsed = parse_column(raw.table["belopp"], "money", Dialect())
    assert columns(raw)["belopp"] == ["5.5", "#N/A", "#DIV/0!", "#NO-RESULT!"]
    assert [columns(raw)["_row"][at] for at in parsed.bad] == [3, 4, 5]


def test_a_hidden_sheet_is_read_only_by_name(tmp_path: Path) -> None:
    def fill(book: Any, _: Any) -> None:
        hidden = book.add_worksheet("Arkiv")
        hidden.hide()
        hidden.write_column(0, 0, ["id", 9])

    name = write_book(tmp_path, [["id"], [1]], fill)
    assert columns(read(tmp_path, file=name))["id"] == [1]
    assert columns(read(tmp_path, file=name, sheet="Arkiv"))["id"] == [9]


def test_a_table_that_starts_in_another_column_is_read(tmp_path: Path) -> None:
    raw = read(tmp_path, file=write_book(tmp_path, [[None, "id", None, "x"], [None, 1, None, "#REF"]]))
    assert columns(raw) == {"_row": [2], "id": [1], "x": ["#REF"]}


# Parquet and databases


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"id": ["007"], "day": [dt.date(2025, 11, 3)]}), tmp_path / "deals.parquet")
    assert columns(read(tmp_path, file="deals.parquet")) == {"_row": [1], "id": ["007"], "day": [dt.date(2025, 11, 3)]}


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "crm.sqlite") as con:
        con.execute('CREATE TABLE "my deals" (id TEXT, amount)')
        con.executemany('INSERT INTO "my deals" VALUES (?, ?)', [("007", 1.5), ("008", "n/a"), ("009", None)])
        con.execute("CREATE TABLE big (id)")
        con.execute("INSERT INTO big VALUES (9007199254740993)")
    con.close()
    with duckdb.connect(str(tmp_path / "crm.duckdb")) as con:
        con.execute("CREATE TABLE deals AS SELECT '007' AS id, 1.50::DECIMAL(9,2) AS amount")
        con.execute("CREATE TABLE none AS SELECT 1 AS id LIMIT 0")
        (tmp_path / "secret.csv").write_text("id\n1\n")
        con.execute(f"CREATE VIEW leak AS SELECT * FROM read_csv('{tmp_path}/secret.csv')")
    return tmp_path


def test_sqlite_and_duckdb_tables_are_read_and_left_as_they_are(databases: Path) -> None:
    before = sorted(databases.iterdir())
    raw = read(databases, database="crm.sqlite", relation="my deals", decimal=",")
    assert columns(raw) == {"_row": [1, 2, 3], "id": ["007", "008", "009"], "amount": ["1,5", "n/a", None]}
    assert raw.file == "crm.sqlite [my deals]"
    assert columns(read(databases, database="crm.sqlite", relation="big"))["id"] == [2**53 + 1]
    assert columns(read(databases, database="crm.duckdb", relation="deals"))["id"] == ["007"]
    assert sorted(databases.iterdir()) == before


def test_a_database_is_read_by_the_address_in_a_variable(databases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", f"duckdb://{databases}/crm.duckdb")
    raw = read(databases, database="$CRM_URL", relation="deals")
    assert (columns(raw)["id"], raw.sha256, raw.file) == (["007"], "", "$CRM_URL [deals]")
    assert read(databases, database="$CRM_URL", relation="main.deals").n_rows == 1


@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # ibis 12 lists DuckDB's tables with it
def test_an_unknown_relation_behind_an_address_names_the_nearest(
    databases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_URL", f"duckdb://{databases}/crm.duckdb")
    with pytest.raises(DataError, match=r"has no table or view 'deal'\. Did you mean 'deals'"):
        read(databases, database="$CRM_URL", relation="deal")
    with pytest.raises(DataError, match="has no rows"):
        read(databases, database="$CRM_URL", relation="none")


def test_an_address_and_its_password_never_reach_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_URL", "nosuch://anna:s3cret@db.acme.se/crm")
    with pytest.raises(DataError) as caught:
        read(tmp_path, database="$CRM_URL", relation="deals")
    assert re.search("s3cret|anna|acme", str(caught.value)) is None
    assert str(caught.value).startswith("$CRM_URL: can't be read")


# Broken input: each fault is one clear message. (name of the file, content or maker, source, what the message holds)


def locked(folder: Path) -> None:
    write(folder, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "book.xlsx")


def linked_out(folder: Path) -> None:
    (folder.parent / "outside.csv").write_text("id\n1\n")
    (folder / "deals.csv").symlink_to(folder.parent / "outside.csv")


def two_sheets(folder: Path) -> None:
    write_book(folder, [["id"], [1]], lambda book, _: book.add_worksheet("Kunder"))


def all_hidden(folder: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        book.add_chartsheet("Diagram").activate()
        sheet.hide()

    write_book(folder, [["id"], [1]], fill)


def merged_headings(folder: Path) -> None:
    write_book(folder, [["id", "x"], [1, 2]], lambda _, sheet: sheet.merge_range("B1:C1", "Belopp"))


def merged_cells(folder: Path) -> None:
    write_book(folder, [["id", "x"], [1, 2], [3, 4]], lambda _, sheet: sheet.merge_range("A2:A3", "Acme"))


def no_heading(folder: Path) -> None:
    write_book(folder, [["id", None, "x"], [1, 2, 3]])


def damaged_book(folder: Path) -> None:
    name = write_book(folder, [["id"], [1]])
    with zipfile.ZipFile(folder / name) as parts:
        kept = {part: parts.read(part) for part in parts.namelist() if "sheet1.xml" not in part}
    with zipfile.ZipFile(folder / name, "w") as parts:
        for part, content in kept.items():
            parts.writestr(part, content)


def cut_book(folder: Path) -> None:
    path = folder / write_book(folder, [["id"], [1]])
    path.write_bytes(path.read_bytes()[:2000])


def cut_parquet(folder: Path) -> None:
    parquet.write_table(pa.table({"id": [1]}), folder / "deals.parquet")
    path = folder / "deals.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def small_sqlite(folder: Path) -> None:
    with sqlite3.connect(folder / "crm.db") as con:
        con.execute("CREATE TABLE deals (id)")
    con.close()


def cut_sqlite(folder: Path) -> None:
    write(folder, b"SQLite format 3\0" + b"junk" * 200, "crm.db")


CSV: dict[str, Any] = {"file": "deals.csv"}
BOOK: dict[str, Any] = {"file": "book.xlsx"}
DB: dict[str, Any] = {"database": "crm.db", "relation": "deals"}
BROKEN: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a missing file": (
        "id\n1\n",
        {"file": "deal.csv"},
        "deal.csv: is not in the exports folder. Did you mean 'deals.csv'?",
    ),
    "a file unlike any": ("id\n1\n", {"file": "x.parquet"}, "is not in the exports folder (found 'deals.csv')"),
    "a folder": (lambda folder: (folder / "deals.csv").mkdir(), CSV, "is a folder"),
    "a link out": (linked_out, CSV, "leads out of the exports folder"),
    "an empty file": (b"", CSV, "deals.csv: is empty"),
    "only headings": ("id,x\n", CSV, "has no rows"),
    "only empty rows": ("id,x\n,\n\n", CSV, "has no rows"),
    "only sums": ("id,x\nSum,1\n", {**CSV, "has_totals_row": True}, "has no rows"),
    "headings past the end": (
        "id\n1\n",
        {**CSV, "header_row": 9},
        "has no headings in row 9 (row 9). Correct header_row",
    ),
    "blank headings": (" , \n1,2\n", CSV, "has no headings in row 1"),
    "a database elsewhere": (linked_out, {**DB, "database": "../outside.csv"}, "leads out of the exports folder"),
    "an empty heading row": ("\nid\n1\n", CSV, "has no headings in row 1"),
    "another delimiter": ("id;belopp\n1;5\n", CSV, "Write delimiter = ';' in the contract"),
    "a tab as delimiter": ("id\tbelopp\n1\t5\n", CSV, r"Write delimiter = '\t' in the contract"),
    "Excel's sep line": ("sep=;\nid;x\n1;5\n", {**CSV, "delimiter": ";"}, "Write header_row = 2"),
    "too many fields": (
        "id,x\n1,2\n1,2,3\n1,2\n1,2,3,4\n",
        CSV,
        "2 rows with more than the 2 fields of the headings (rows 3, 5)",
    ),
    "too few fields": ("id,x\n1\n1,2\n", CSV, "1 row with fewer than the 2 fields of the headings (row 2)"),
    "too few where more are put back": (
        "id,x,y\n1,2\n",
        {**CSV, "overflow": "x"},
        "1 row with fewer than the 3 fields",
    ),
    "values without a heading": (
        "id,x,\n1,2,\n1,2,3\n",
        CSV,
        "1 row with more than the 2 fields of the headings (row 3)",
    ),
    "an unknown overflow": ("id,adress\n1,2\n", {**CSV, "overflow": "address"}, "Did you mean 'adress'?"),
    "a quote never closed": ('id,x\n1,2\n2,"ab\n3,c\n', CSV, "has a text whose quotes are not closed"),
    "a quote not doubled": ('id,x\n1,2\n2,"a"b",\n', CSV, "not doubled inside (row 3)"),
    "an endless text": ('id,x\n1,"' + "y" * 140_000 + '"\n', CSV, "longer than 131,072 signs (row 2)"),
    "zero bytes": (b"id,x\n1,a\0b\n", CSV, "holds zero bytes: it is damaged, packed or no text (row 2)"),
    "a packed file": (b"\x1f\x8b\x08\0\0\0\0\0" + bytes(99), CSV, "packed"),
    "an unknown encoding": (b"id,x\n1,\xe5\x81\n", CSV, "is neither UTF-8 nor Windows-1252 (row 2)"),
    "two encodings": ("id\nå\n".encode() + "ö\nä\n".encode("cp1252"), CSV, "mixes UTF-8 and Windows-1252 (row 2)"),
    "half a UTF-16": (b"\xff\xfei\0d\0\n\0\x00", CSV, "starts like UTF-16 and is not"),
    "headings twice": (
        "id,x,id\n1,2,3\n",
        CSV,
        "has headings that stand twice, or the name '_row' (row 1; found 'id')",
    ),
    "a heading of ours": ("id,_row\n1,2\n", CSV, "the name '_row'"),
    "an empty heading": ("id,,x\n1,2,3\n", CSV, "has no heading in column 2 (row 1)"),
    "no workbook": ("<html><table>", BOOK, "is no .xlsx file, whatever its name says"),
    "a locked workbook": (locked, BOOK, "is locked with a password, or an old .xls"),
    "a cut workbook": (cut_book, BOOK, "can't be read as a workbook"),
    "a damaged workbook": (damaged_book, BOOK, "can't be read as a workbook"),
    "several sheets": (
        two_sheets,
        BOOK,
        "has 2 visible sheets (found 'Deals', 'Kunder'). Name the one to read as 'sheet'",
    ),
    "an unknown sheet": (two_sheets, {**BOOK, "sheet": "Kundor"}, "has no sheet 'Kundor'. Did you mean 'Kunder'?"),
    "hidden sheets only": (all_hidden, BOOK, "has no visible sheets (found 'Deals')"),
    "an empty sheet": (two_sheets, {**BOOK, "sheet": "Kunder"}, "book.xlsx [Kunder]: has no headings in row 1"),
    "a sheet without rows": (
        two_sheets,
        {**BOOK, "sheet": "Deals", "has_totals_row": True},
        "book.xlsx [Deals]: has no rows",
    ),
    "merged headings": (merged_headings, BOOK, "has merged cells in the table (row 1)"),
    "merged cells": (merged_cells, BOOK, "has merged cells in the table (row 2)"),
    "a column without heading": (no_heading, BOOK, "has no heading in column B (row 1)"),
    "no Parquet": ("id\n1\n", {"file": "deals.parquet"}, "is no .parquet file"),
    "a cut Parquet": (cut_parquet, {"file": "deals.parquet"}, "is a damaged Parquet file"),
    "no database": ("id\n1\n", DB, "is neither a SQLite nor a DuckDB file"),
    "a damaged database": (cut_sqlite, DB, "crm.db: can't be read"),
    "an unknown relation": (
        small_sqlite,
        {**DB, "relation": "deal"},
        "has no table or view 'deal'. Did you mean 'deals'?",
    ),
    "an empty relation": (small_sqlite, DB, "crm.db [deals]: has no rows"),
    "a variable that is not set": ("", {**DB, "database": "$GTM_TEST_NOWHERE"}, "$GTM_TEST_NOWHERE: is not set"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_input_gives_one_clear_message_and_leaves_no_file(tmp_path: Path, fault: str) -> None:
    content, source, message = BROKEN[fault]
    folder = tmp_path / "exports"
    folder.mkdir()
    if callable(content):
        content(folder)
    else:
        name = source.get("file") or source["database"]
        write(
            folder,
            content,
            name if Path(name).suffix and "missing" not in fault and "unlike" not in fault else "deals.csv",
        )
    before = sorted(folder.rglob("*"))
    with pytest.raises(DataError) as caught:
        read(folder, **source)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
    assert str(caught.value).startswith(source.get("file") or source["database"])
    assert sorted(folder.rglob("*")) == before


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, file=write(tmp_path, 'id,x\n1\n1,2,3\n1\n4,"a"b\n'))
    rows = [problem.rows for problem in caught.value.problems]  # type: ignore[union-attr]
    assert rows == [(3,), (2, 4), (5,)]


def test_a_missing_exports_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: is not a folder"):
        read(tmp_path / "nowhere", file="deals.csv")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_UNPACKED_BYTES", 1_000)
    with pytest.raises(DataError, match="unpacks to more than"):
        read(tmp_path, file=write_book(tmp_path, [["id"], [1]]))


def test_a_view_of_a_database_can_not_read_other_files(databases: Path) -> None:
    with pytest.raises(DataError, match="without views on files"):
        read(databases, database="crm.duckdb", relation="leak")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_rights_is_named(tmp_path: Path) -> None:
    (tmp_path / write(tmp_path, "id\n1\n")).chmod(0)
    with pytest.raises(DataError, match="can't be opened"):
        read(tmp_path, file="deals.csv")


# The sample data

SAMPLES = {
    "superstore.csv": (9_994, 0),
    "hillstrom.csv": (64_000, 0),
    "maven_crm_sales_pipeline.csv": (8_800, 0),
    "maven_crm_accounts.csv": (85, 0),
    "northwind_orders.csv": (830, 176),
    "northwind_customers.csv": (91, 24),
    "northwind_order-details.csv": (2_155, 0),
    "hubspot_seeds/deal_data.csv": (44, 0),
    "hubspot_seeds/deal_stage_data.csv": (14, 0),
}


@needs_shared
@pytest.mark.parametrize("file", SAMPLES)
def test_sample_data_are_read_whole(file: str) -> None:
    overflow = {"northwind_orders.csv": "shipAddress", "northwind_customers.csv": "address"}.get(file)
    raw = read(SHARED, file=file, overflow=overflow)
    assert (raw.n_rows, len(raw.repaired_rows)) == SAMPLES[file]
    assert not any(name.startswith("\ufeff") for name in raw.table.column_names)


@needs_shared
def test_northwind_rows_stand_in_their_columns_once_repaired() -> None:
    raw = read(SHARED, file="northwind_orders.csv", overflow="shipAddress")
    countries = parse_column(raw.table["shipCountry"], "text", Dialect()).values
    dates = parse_column(raw.table["orderDate"], "date", Dialect())
    assert len(set(countries.to_pylist())) == 21
    assert dates.bad == ()
    assert str(sum(parse_column(raw.table["freight"], "money", Dialect()).values.to_pylist())) == "64942.6900"


@needs_shared
def test_superstore_dates_are_decided_by_a_value_and_its_net_revenue_is_exact() -> None:
    raw = read(SHARED, file="superstore.csv")
    dates = parse_column(raw.table["Order Date"], "date", Dialect())
    sales = parse_column(raw.table["Sales"], "money", Dialect())
    assert dates.bad == sales.bad == ()
    assert "the month comes first" in dates.decided
    assert str(round(sum(sales.values.to_pylist()), 2)) == "2297200.86"

"""The engine's traps: versions that run, a lock that holds, engagements apart, exact money, one door to pandas."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gtmlib.data import engine as engine_module
from gtmlib.data.engine import MOST_ROWS, open_engine, to_frame
from gtmlib.errors import DataError

MONEY = pa.decimal128(18, 4)
# What only these tests do: ibis 12 makes a table from a frame with an option that pandas deprecates, and lists tables
# with a name that duckdb does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option:pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
]


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    return open_engine(tmp_path)


def test_pinned_versions_create_overwrite_list_and_drop_a_table_made_from_a_frame(engine: Any) -> None:
    # ibis 12 with sqlglot >= 30.18 writes DROP without a name, and duckdb 2.0 breaks list_tables: an import is no test.
    engine.create_table("deals", pd.DataFrame({"deal_id": ["D1", "D2"], "amount": [10.0, 20.0]}))
    assert engine.list_tables() == ["deals"]
    engine.create_table("deals", pd.DataFrame({"deal_id": ["D3"]}), overwrite=True)
    assert to_frame(engine.table("deals"))["deal_id"].tolist() == ["D3"]
    engine.create_table("reps", pa.table({"rep_id": ["R1"]}))
    assert sorted(engine.list_tables()) == ["deals", "reps"]
    engine.drop_table("deals")
    assert engine.list_tables() == ["reps"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_text('{folder}/*.csv')",
        "SELECT * FROM glob('{folder}/../*')",
        "ATTACH '{folder}/other.duckdb'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('https://example.invalid/x.csv')",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET lock_configuration = false",
        "SET temp_directory = '/tmp'",
        "RESET lock_configuration",
        "PRAGMA temp_directory = '/tmp'",
    ],
)
def test_the_locked_connection_reads_and_writes_no_file_and_keeps_its_settings(
    engine: Any, tmp_path: Path, sql: str
) -> None:
    file = tmp_path / "client.csv"
    file.write_text("secret\n1\n", encoding="utf-8")
    with pytest.raises(duckdb.Error):
        engine.con.execute(sql.format(file=file, folder=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["client.csv"]


def test_a_link_in_the_spill_folder_opens_no_way_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret\n1\n", encoding="utf-8")
    folder = tmp_path / "acme"
    (folder / ".spill").mkdir(parents=True)
    engine = open_engine(folder)
    with pytest.raises(duckdb.Error):
        engine.con.execute(f"SELECT * FROM read_csv('{folder}/.spill/../../secret.csv')").fetchall()


def test_a_frame_of_the_caller_is_no_table(engine: Any) -> None:
    customers = pd.DataFrame({"customer_id": ["K1"]})  # a replacement scan would find it by its name
    with pytest.raises(duckdb.Error, match="customers"):
        engine.con.execute("SELECT * FROM customers")
    assert len(customers) == 1


def test_two_engagements_do_not_see_each_others_tables(tmp_path: Path) -> None:
    first, second = open_engine(tmp_path / "first"), open_engine(tmp_path / "second")
    first.create_table("deals", pd.DataFrame({"deal_id": ["D1"]}))
    assert second.list_tables() == []
    second.create_table("deals", pd.DataFrame({"deal_id": ["D2"]}))
    assert to_frame(first.table("deals"))["deal_id"].tolist() == ["D1"]
    with pytest.raises(duckdb.Error):
        duckdb.sql("SELECT * FROM deals")  # the connection that a whole process shares knows neither


def test_sums_of_money_are_exact_whatever_the_order_of_the_rows(engine: Any) -> None:
    rng = np.random.default_rng(7)
    cents = rng.integers(-10_000_000, 10_000_000, 200_000)
    amounts = [Decimal(int(cent)).scaleb(-4) for cent in cents]
    expected = Decimal(int(cents.sum())).scaleb(-4)
    for run in range(3):
        rows = pa.table({"amount": pa.array([amounts[i] for i in rng.permutation(len(amounts))], MONEY)})
        engine.create_table(f"ledger_{run}", rows)
        table = engine.table(f"ledger_{run}")
        assert table.aggregate(total=table.amount.sum()).to_pyarrow()["total"][0].as_py() == expected


def test_superstore_is_right_to_the_cent_at_scale_4_and_wrong_at_scale_2(engine: Any, shared_data: Path) -> None:
    sales = pd.read_csv(shared_data / "superstore.csv", encoding="utf-8", dtype=str)["Sales"]
    engine.create_table("sales", pd.DataFrame({"text": sales}))
    sums = {
        scale: engine.con.execute(f"SELECT sum(CAST(text AS DECIMAL(18,{scale}))) FROM sales").fetchone()[0]  # noqa: S608
        for scale in (2, 4)
    }
    assert round(sums[4], 2) == Decimal("2297200.86")
    assert sums[2] == Decimal("2297201.07")


def test_decimals_and_integers_of_every_width_leave_the_engine_as_float64_and_int64(engine: Any) -> None:
    rows = pa.table({
        "amount": pa.array([Decimal("1.2500"), Decimal("-3.0001")], MONEY),
        "n8": pa.array([1, 2], pa.int8()),
        "n32": pa.array([1, 2], pa.int32()),
        "huge": pa.array([2**40, 2**41], pa.int64()),
        "on": pa.array([date(2025, 1, 31), date(2025, 2, 28)], pa.date32()),
        "name": ["a", "b"],
    })  # fmt: skip
    engine.create_table("rows", rows)
    found = to_frame(engine.table("rows"))
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    assert kinds == {
        "amount": "float64", "n8": "int64", "n32": "int64", "huge": "int64", "on": "datetime64[us]", "name": "str",
    }  # fmt: skip
    assert found["amount"].tolist() == [1.25, -3.0001]
    table = engine.table("rows")
    summed = to_frame(table.aggregate(total=table.amount.sum(), n=table.count()))
    assert summed.to_dict("records") == [{"total": -1.7501, "n": 2}]


def test_a_column_with_a_time_zone_is_refused(engine: Any) -> None:
    at = pa.array([datetime(2025, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    engine.create_table("events", pa.table({"created_at": at}))
    with pytest.raises(DataError, match="'created_at' has the time zone"):
        to_frame(engine.table("events"))


def test_more_rows_than_a_reduction_may_have_are_refused(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_ROWS == 2_000_000
    monkeypatch.setattr(engine_module, "MOST_ROWS", 3)
    engine.create_table("rows", pa.table({"n": [1, 2, 3]}))
    assert len(to_frame(engine.table("rows"))) == 3
    engine.create_table("rows", pa.table({"n": [1, 2, 3, 4]}), overwrite=True)
    with pytest.raises(DataError, match="more than 3 rows: group it further"):
        to_frame(engine.table("rows"))


def test_dates_stay_business_local_and_the_session_is_utc(engine: Any) -> None:
    assert engine.con.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    engine.create_table("deals", pa.table({"closed_on": pa.array([date(2025, 3, 30)], pa.date32())}))
    deals = engine.table("deals")
    assert deals.closed_on.type() == ibis.dtype("date")
    assert to_frame(deals)["closed_on"].tolist() == [pd.Timestamp("2025-03-30")]


def test_a_rate_over_nothing_is_missing_not_an_error(engine: Any) -> None:
    engine.create_table("rates", pa.table({"won": [1, 0], "closed": [2, 0]}))
    rates = engine.table("rates")
    found = to_frame(rates.select(rate=rates.won / rates.closed.nullif(0)))["rate"]
    assert found[0] == 0.5
    assert np.isnan(found[1])

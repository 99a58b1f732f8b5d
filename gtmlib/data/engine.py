"""The embedded engine: one locked connection per engagement, and the one door from it to pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from gtmlib.errors import DataError

MOST_ROWS = 2_000_000  # what Reduce may hand to pandas; more means that it reduced nothing


def open_engine(folder: Path) -> Any:
    """Open the engagement's own DuckDB through Ibis, locked to the engagement's folder.

    Parameters
    ----------
    folder : Path
        Engagement folder, the only place where the engine may spill.

    Returns
    -------
    ibis.backends.duckdb.Backend
        It reads no file, installs no extension, and its settings can't be changed any more.
    """
    engine = ibis.duckdb.connect()  # in memory; `duckdb.sql()` would be shared by the process
    spill = str(folder / ".spill")
    for setting, value in (("temp_directory", spill), ("allowed_directories", [spill])):
        engine.con.execute(f"SET {setting} = ?", [value])
    engine.con.execute("SET autoinstall_known_extensions = false")
    engine.con.execute("SET enable_external_access = false")
    engine.con.execute("SET lock_configuration = true")
    return engine


def to_frame(reduction: Any) -> pd.DataFrame:
    """Fetch a reduction: the one door from the engine to pandas.

    Parameters
    ----------
    reduction : ibis Table expression
        Sufficient statistics: counts, sums, durations.

    Returns
    -------
    DataFrame
        Decimals as float64, integers as int64, dates as datetime64[us], texts as str; missing counts are an error of
        the reduction, not NaN.

    Raises
    ------
    DataError
        If it has more than 2,000,000 rows, or a column with a time zone.
    """
    found = reduction.limit(MOST_ROWS + 1).to_pyarrow()
    if found.num_rows > MOST_ROWS:
        raise DataError(f"a reduction gave more than {MOST_ROWS:,} rows: group it further before it leaves the engine")
    columns = {}
    for name, column in zip(found.column_names, found.columns, strict=True):
        kind = column.type
        if pa.types.is_timestamp(kind) and kind.tz:
            raise DataError(f"column '{name}' has the time zone {kind.tz}: make it a business-local date before Reduce")
        if pa.types.is_decimal(kind):
            column = column.cast(pa.float64())
        elif pa.types.is_integer(kind):
            column = column.cast(pa.int64())
        elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            column = column.cast(pa.timestamp("us"))
        columns[name] = column
    return pa.table(columns).to_pandas()

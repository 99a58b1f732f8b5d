"""Amounts in other currencies: converted at the day of the sale, or refused where no rate is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from gtmlib.data.schema import TABLES
from gtmlib.errors import Problem

# The day that an amount is converted at, per table: the sale's, the cost's; a deal's close, else its beginning.
DAYS = {"transactions": ("date",), "costs": ("date",), "deals": ("closed_on", "created_on")}
RATE = "exchange_rate"  # column that converted rows get: the engagement's currency for one unit of the row's


def check_currencies(tables: Mapping[str, pa.Table], own: str, files: Mapping[str, str]) -> list[Problem]:
    """Find amounts in another currency than the engagement's for whose day there is no rate.

    Parameters
    ----------
    tables : mapping of table name to pyarrow Table
        Canonical rows, with their row numbers in `_row` and their sources in `_source`.
    own : str
        The engagement's currency.
    files : mapping
        Source = its file, for the messages.
    """
    first = _first_days(tables.get("rates"))
    problems = []
    for table, days in DAYS.items():
        rows = tables.get(table)
        if rows is None or "currency" not in rows.column_names:
            continue
        others = pc.and_(pc.is_valid(rows["currency"]), pc.not_equal(pc.utf8_upper(rows["currency"]), own))
        rows = rows.filter(pc.fill_null(others, False))
        known = [rows[day] for day in days if day in rows.column_names]
        when = (pc.coalesce(*known) if known else pa.nulls(len(rows), pa.date32())).to_pylist()
        wrong = [
            at
            for at, (currency, day) in enumerate(zip(rows["currency"].to_pylist(), when, strict=True))
            if day is None or currency.upper() not in first or day < first[currency.upper()]
        ]
        if wrong:
            bad = rows.take(pa.array(wrong))
            names = ", ".join(sorted({value.upper() for value in bad["currency"].to_pylist()}))
            problems.append(
                Problem(
                    place=", ".join(files[name] for name in dict.fromkeys(bad["_source"].to_pylist())),
                    column="currency",
                    what=f"has amounts in another currency than the engagement's {own}, and no rate of {names} "
                    "for their day",
                    fix=f"Send rates (currency, date, rate: {own} for one unit), or exclude the rows with a reason",
                    rows=tuple(bad["_row"].to_pylist()),
                    values=tuple(bad["currency"].to_pylist()),
                )
            )
    return problems


def convert_currencies(tables: Mapping[str, Any], own: str) -> dict[str, Any]:
    """Convert the money of rows in other currencies at the latest rate up to their day.

    Parameters
    ----------
    tables : mapping of table name to ibis Table
        Canonical tables; `rates` holds the engagement's currency for one unit of another.
    own : str
        The engagement's currency.

    Returns
    -------
    dict
        The same tables, with money in the engagement's currency; a row's own currency stays named, beside its
        `exchange_rate`. Without rates nothing is touched.
    """
    converted = dict(tables)
    if "rates" not in tables:
        return converted
    for table, days in DAYS.items():
        rows = tables.get(table)
        if rows is None or "currency" not in rows.columns or not set(days) & set(rows.columns):
            continue
        day = ibis.coalesce(*(rows[name] for name in days if name in rows.columns))
        rows = rows.mutate(_day=day, _code=rows.currency.upper())
        rates = tables["rates"]
        rates = rates.select(_from=rates.date, _code=rates.currency.upper(), _rate=rates.rate.cast("float64"))
        found = rows.asof_join(rates, on=rows._day >= rates._from, predicates="_code")
        rate = ibis.ifelse(found._code.isnull() | (found._code == own), 1.0, found._rate)
        money = [name for name, column in TABLES[table].columns.items() if column.kind == "money"]
        converted[table] = found.mutate(
            **{RATE: rate},
            **{
                # A rate is a float: the product is rounded once, to the four decimals that money has.
                name: ibis.ifelse(rate == 1.0, found[name], (found[name].cast("float64") * rate).cast("decimal(18,4)"))
                for name in money
                if name in found.columns
            },
        ).select(*tables[table].columns, RATE)
    return converted


def _first_days(rates: pa.Table | None) -> dict[str, date]:
    first: dict[str, date] = {}
    if rates is not None:
        for currency, day in zip(rates["currency"].to_pylist(), rates["date"].to_pylist(), strict=True):
            first[currency.upper()] = min(day, first.get(currency.upper(), day))
    return first

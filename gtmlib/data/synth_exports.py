"""The demo client's tables, written as a CRM and an ERP export them: six dialects, with all that such files hold."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from gtmlib.data.engagement import CONTRACT_FILE, Contract, Source, parse_contract
from gtmlib.data.schema import TABLES
from gtmlib.data.synth import Demo

TEMPLATE = Path(__file__).parents[2] / "templates" / "demo" / CONTRACT_FILE
EXPORTED_AT = datetime(2025, 12, 31, 7, 0)  # the workbook's own date, fixed: same demo, same bytes
INTERNAL_ID = "000001"  # the client's own company, which every ERP has in its register
UNKNOWN_ID = "999901"  # a customer that the register lost
REPEATED = slice(1500, 1525)  # rows that two overlapping exports both held
ENCODINGS = {"invoices": "cp1252", "activities": "utf-8-sig"}  # the others are plain UTF-8
THOUSANDS = {"invoices": "\xa0", "costs": "."}
WITHOUT_REASON = "(No value)"  # HubSpot's word

Cells = dict[str, list[Any]]


def write_demo(demo: Demo, folder: Path) -> None:
    """Write a demo engagement: its contract, and its exports as messy as real ones.

    Parameters
    ----------
    demo : Demo
        From `make_demo`; the same one gives the same bytes.
    folder : Path
        Engagement folder; its contract and the files of the demo in `exports/` are written over.

    Notes
    -----
    Files, headings, words and decimal signs are those that the contract in `templates/demo` says. Repeated rows,
    unknown customers, deleted deals, test deals and an internal customer are added here: a right reading counts them
    and comes back to `demo.frames`, beside the few rows whose customer, deal or touch is unknown.
    """
    content = TEMPLATE.read_bytes()
    contract = parse_contract(content, place=str(TEMPLATE))
    exports = folder / "exports"
    exports.mkdir(parents=True, exist_ok=True)
    (folder / CONTRACT_FILE).write_bytes(content)
    frames, sources = _with_mess(demo.frames), contract.sources
    for name in ("invoices", "costs", "reps", "activities"):
        rows = frames[str(sources[name].table)]
        _write_csv(exports, sources[name], _cells(rows, sources[name], THOUSANDS.get(name, "")), ENCODINGS.get(name))
    _write_csv(exports, sources["hubspot_deals"], _deals(frames["deals"], demo.frames["customers"]), None)
    _write_customers(exports, contract, frames["customers"])
    _write_parquet(exports, sources["objections"], frames["objections"])


def _with_mess(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Add what a right reading excludes, uses once, or counts as unmatched."""
    lines, deals, touches = frames["transactions"], frames["deals"], frames["touches"]
    of_others = lines.iloc[1000:1009].assign(customer_id=[INTERNAL_ID] * 6 + [UNKNOWN_ID] * 3)
    of_others["transaction_id"] = [f"F99{i:04d}" for i in range(len(of_others))]
    test = deals.iloc[[10, 200, 610]].assign(deal_id=["7399999901", "7399999902", "7399999903"], pipeline="TEST")
    is_deleted = touches["deal_id"].notna() & touches.index.isin(range(300, 320))
    touches = touches.assign(deal_id=touches["deal_id"].mask(is_deleted, "7300000000"))
    costs, objections = frames["costs"], frames["objections"]
    internal = {"customer_id": INTERNAL_ID, "name": "Skarnvik Sensor AB (internt)", "country": "SE", "employees": 140}
    added = {
        "customers": [pd.DataFrame([internal | {"acquired_on": pd.Timestamp(2001, 1, 1)}]), frames["customers"]],
        "transactions": [lines, of_others, lines.iloc[REPEATED]],
        "costs": [costs, costs[costs["customer_id"].notna()].iloc[40:42].assign(customer_id=UNKNOWN_ID)],
        "reps": [frames["reps"]],
        "deals": [deals.assign(pipeline="Sales Pipeline"), test],
        "touches": [touches, touches.iloc[REPEATED]],
        "objections": [objections, objections.iloc[:3].assign(touch_id=["T999901", "T999902", "T999903"])],
    }
    return {table: pd.concat(parts, ignore_index=True) for table, parts in added.items()}


def _cells(rows: pd.DataFrame, source: Source, thousands: str) -> Cells:
    """Write a canonical table's values as texts in the source's headings, words and dialect."""
    pattern = source.date_format or "YYYY-MM-DD"
    for letters, code in (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d")):
        pattern = pattern.replace(letters, code)
    signs = str.maketrans({",": thousands, ".": source.decimal})
    cells: Cells = {}
    for column, heading in source.columns.items():
        kind, values = TABLES[str(source.table)].columns[column].kind, rows[column]
        if kind == "money":
            cells[heading] = ["" if value != value else f"{value:,.2f}".translate(signs) for value in values]
        elif kind == "number":
            cells[heading] = ["" if value != value else f"{value:.0f}" for value in values]
        elif kind == "date":
            cells[heading] = values.dt.strftime(pattern).fillna("").tolist()
        else:
            words = {value: word for word, value in source.values.get(column, {}).items()}
            cells[heading] = [words.get(value, value) for value in values.fillna("")]
    return cells


def _deals(deals: pd.DataFrame, customers: pd.DataFrame) -> Cells:
    """Give HubSpot's deals: Close Date is the expected date until a deal closes, and then the date when it did."""
    names = deals["customer_id"].map(customers.set_index("customer_id")["name"])
    is_unlogged = deals["status"].eq("lost") & deals["lost_reason"].isna()
    columns = {
        "Record ID": deals["deal_id"],
        "Deal Name": names + ", uppgradering",
        "Associated Company": names,
        "Customer No": deals["customer_id"],
        "Pipeline": deals["pipeline"],
        "Deal Stage": deals["stage"],
        "Amount": deals["amount"].map("{:.0f}".format),
        "Currency": deals["currency"],
        "Create Date": deals["created_on"].dt.strftime("%Y-%m-%d"),
        "Close Date": deals["closed_on"].fillna(deals["expected_close_on"]).dt.strftime("%Y-%m-%d"),
        "Closed Lost Reason": deals["lost_reason"].mask(is_unlogged, WITHOUT_REASON).fillna(""),
        "Original Source": deals["source"],
        "Deal owner": deals["rep_id"],
    }
    return {heading: values.tolist() for heading, values in columns.items()}


def _write_csv(exports: Path, source: Source, cells: Cells, encoding: str | None) -> None:
    with (exports / str(source.file)).open("w", encoding=encoding or "utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=source.delimiter, lineterminator="\r\n")
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))


def _write_customers(exports: Path, contract: Contract, customers: pd.DataFrame) -> None:
    """Write the register: titles above the headings, a row of sums below, another sheet, words spelled in many ways."""
    source, names = contract.sources["customers"], contract.segments.names
    cells = _cells(customers, source, "")
    for i, (segment, country) in enumerate(zip(customers["segment"], customers["country"], strict=True)):
        spellings = [segment, *(word for word, meant in names.items() if meant == segment)]
        cells["Segment"][i] = "" if i == 0 else spellings[i // 3 % len(spellings)]  # the first is internal
        cells["Land"][i] = country if i % 4 == 3 else cells["Land"][i]
    book = xlsxwriter.Workbook(exports / str(source.file))
    book.set_properties({"created": EXPORTED_AT})
    book.add_worksheet("Läs mig").write("A1", "Kunderna finns på nästa blad.")
    sheet, as_date = book.add_worksheet(source.sheet), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write("A1", f"Kundregister, {contract.client}", book.add_format({"bold": True}))
    sheet.write("A2", f"Uttaget {contract.exported_on}")
    top, at = source.header_row, list(cells).index("Anställda")
    for column, (heading, values) in enumerate(cells.items()):
        sheet.write(top - 1, column, heading)
        sheet.write_column(top, column, values)  # ids are texts and keep their leading zeros
    sheet.write_column(top, at, customers["employees"])
    sheet.write_column(top, len(cells) - 1, customers["acquired_on"].dt.to_pydatetime(), as_date)
    sheet.write(top + len(customers), 0, "Summa")
    sheet.write(top + len(customers), at, int(customers["employees"].sum()))
    book.close()


def _write_parquet(exports: Path, source: Source, rows: pd.DataFrame) -> None:
    columns = {heading: rows[column] for column, heading in source.columns.items()}
    columns[source.columns["date"]] = rows["date"].dt.date  # a DATE in the file, not a timestamp
    pd.DataFrame(columns).to_parquet(exports / str(source.file), index=False)

"""The demo client's tables, written as a CRM and an ERP export them: six dialects, with all that such files hold."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xlsxwriter

from gtmlib.data.codes import CODES_FILE, append_codes
from gtmlib.data.engagement import CONTRACT_FILE, Contract, Source, parse_contract
from templates.demo.synth import Demo, Model, read_model

TEMPLATE = Path(__file__).with_name(CONTRACT_FILE)


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
    content, model = TEMPLATE.read_bytes(), read_model()
    contract = parse_contract(content, place=str(TEMPLATE))
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    (folder / CONTRACT_FILE).write_bytes(content)
    (folder / CODES_FILE).unlink(missing_ok=True)
    append_codes(folder, demo.frames["codes"].fillna("").astype(str).to_dict("records"))
    frames = _with_mess(demo.frames, model)
    for name, source in contract.sources.items():
        path, layout = folder / "exports" / str(source.file), model["layouts"].get(name, {})
        columns = source.columns or layout["columns"]
        words = {column: {value: word for word, value in words.items()} for column, words in source.values.items()}
        rows = frames[source.table or layout["table"]][list(columns)].replace(words)
        if path.suffix == ".xlsx":
            _write_register(path, source, layout, rows, contract)
        elif path.suffix == ".parquet":  # a DATE in the file, not a timestamp
            rows.assign(date=rows["date"].dt.date).rename(columns=columns).to_parquet(path, index=False)
        else:
            _write_csv(path, source, layout, rows, model["csv"] | {"header": list(columns.values())})


def _with_mess(frames: dict[str, pd.DataFrame], model: Model) -> dict[str, pd.DataFrame]:
    """Add what a right reading excludes, uses once, or counts as unmatched, and what HubSpot makes of a deal."""
    touches, deals = frames["touches"], frames["deals"].assign(pipeline="Sales Pipeline")
    deal_id = touches["deal_id"].mask(touches["deal_id"].notna() & touches.index.isin(range(300, 320)), "7300000000")
    frames = frames | {"touches": touches.assign(deal_id=deal_id), "deals": deals}
    for mess in model["mess"]:
        copies = frames[mess["table"]].iloc[mess["rows"]].assign(**mess.get("values", {}))
        frames[mess["table"]] = pd.concat([frames[mess["table"]], copies], ignore_index=True)
    deals, register = frames["deals"], frames["customers"].sort_values("customer_id", ignore_index=True)
    company = deals["customer_id"].map(register.set_index("customer_id")["name"])
    is_unlogged = deals["status"].eq("lost") & deals["lost_reason"].isna()
    reason = deals["lost_reason"].mask(is_unlogged, "(No value)")  # HubSpot's word
    close_on = deals["closed_on"].fillna(deals["expected_close_on"])  # one date: expected, until the deal closes
    deals = deals.assign(company=company, name=company + ", uppgradering", shown_close_on=close_on, lost_reason=reason)
    return frames | {"deals": deals, "customers": register}


def _write_csv(path: Path, source: Source, layout: Model, rows: pd.DataFrame, options: Model) -> None:
    signs = str.maketrans({",": layout.get("thousands", ""), ".": source.decimal})
    for column in layout.get("amounts", []):
        rows = rows.assign(**{column: rows[column].map("{:,.2f}".format, na_action="ignore").str.translate(signs)})
    rows.to_csv(path, sep=source.delimiter, **(options | layout.get("csv", {})))


def _write_register(path: Path, source: Source, layout: Model, rows: pd.DataFrame, contract: Contract) -> None:
    """Write the register: titles above the headings, a row of sums below, another sheet, words spelled in many ways."""
    words = (layout["spellings"][segment] for segment in rows["segment"])
    segments = [spelled[i // 3 % len(spelled)] for i, spelled in enumerate(words)]
    countries = rows["country"].mask(rows.index % 4 == 3, rows["country"].replace(source.values["country"]))
    rows = rows.assign(segment=segments, country=countries)
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": layout["created_at"]})
    book.add_worksheet("Läs mig").write("A1", "Kunderna finns på nästa blad.")
    sheet, top, bottom = book.add_worksheet(source.sheet), source.header_row - 1, source.header_row + len(rows)
    sheet.write("A1", f"Kundregister, {contract.client}", book.add_format({"bold": True}))
    sheet.write("A2", f"Uttaget {contract.exported_on}")
    for i, (column, heading) in enumerate(source.columns.items()):
        sheet.write_column(top, i, [heading, *rows[column].tolist()])  # ids are texts and keep their leading zeros
    sheet.write(bottom, 0, "Summa")
    sheet.write(bottom, list(source.columns).index("employees"), rows["employees"].sum())
    book.close()

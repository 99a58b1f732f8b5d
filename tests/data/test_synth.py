"""The demo's model: its truths hold in the long run, and its exports are as messy as they claim."""

import csv
import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from gtmlib.data.engagement import read_engagement
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded, load_tables
from gtmlib.data.schema import TABLES
from templates.demo.synth import Demo, make_demo, make_truth, read_model
from templates.demo.synth_exports import write_demo

RIPE_ON = pd.Timestamp("2025-11-16")  # the data date less the contract's horizon of 45 days
OWN_FILES = {
    "engagement.toml", "hypotheses.lock.toml", "codes.csv", "logo.svg", "commentary/profitability.md",
    "commentary/profitability.da.md", "commentary/profitability.sv.md",
}  # fmt: skip
Table = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return make_demo()


@pytest.fixture(scope="module")
def folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engagements") / "demo"
    write_demo(demo, path)
    return path


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Loaded:
    return load_tables(read_engagement(folder))


@pytest.fixture(scope="module")
def many() -> Table:
    """The same population, twenty times as large."""
    return make_demo(3, size=20).frames


def contributions(frames: Table) -> pd.Series:
    """Contribution per customer; a missing cogs is the product's unit cost times the quantity."""
    lines, costs = frames["transactions"], frames["costs"]
    known = lines[lines["cogs"].notna()]
    unit_cost = (known["cogs"] / known["quantity"]).groupby(known["product"]).first()
    cogs = lines["cogs"].fillna(lines["quantity"] * lines["product"].map(unit_cost))
    gross_profit = (lines["net_revenue"] - cogs).groupby(lines["customer_id"]).sum()
    return gross_profit - costs.groupby("customer_id")["amount"].sum()


def conversations(frames: Table) -> pd.DataFrame:
    touches = frames["touches"]
    return touches[touches["channel"].isin(["call", "meeting"]) & (touches["outcome"] != "no answer")]


def n_errors(n_successes: float, n: float, rate: float) -> float:
    """How many standard errors a realised rate lies from the true one."""
    return abs(n_successes / n - rate) / math.sqrt(rate * (1 - rate) / n)


def test_same_seed_gives_the_same_bytes(demo: Demo, folder: Path, tmp_path: Path) -> None:
    write_demo(make_demo(), tmp_path)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    sources = read_engagement(folder).contract.sources.values()
    assert {file.as_posix() for file in files} == OWN_FILES | {f"exports/{source.file}" for source in sources}
    for file in files:
        first, second = (hashlib.sha256((root / file).read_bytes()).hexdigest() for root in (folder, tmp_path))
        assert first == second, file


def test_another_seed_gives_another_client(demo: Demo) -> None:
    assert not make_demo(1).frames["transactions"].equals(demo.frames["transactions"])


def test_frames_have_the_canonical_columns_and_sizes(demo: Demo) -> None:
    for table, frame in demo.frames.items():
        assert set(frame.columns) <= set(TABLES[table].columns), table
        assert not frame.duplicated(list(TABLES[table].key) or None).any() or not TABLES[table].key, table
    sizes = {table: len(frame) for table, frame in demo.frames.items()}
    assert (sizes["customers"], sizes["deals"], sizes["touches"], sizes["reps"]) == (260, 900, 4500, 12)
    assert 5500 < sizes["transactions"] < 7000


def test_mean_contribution_converges_to_the_truth(many: Table) -> None:
    values = contributions(many).rename("contribution").reset_index().merge(many["customers"], on="customer_id")
    for segment, truth in make_truth().contribution_per_customer.items():
        found = values.loc[values["segment"] == segment, "contribution"]
        assert abs(found.mean() - truth) < 3 * found.std() / math.sqrt(len(found)), segment


def test_conversion_by_assigned_variant_converges_to_the_truth(many: Table) -> None:
    touches = many["touches"]
    ripe = touches[touches["variant_assigned"].notna() & (touches["date"] <= RIPE_ON)]
    is_won = (ripe["outcome"] == "meeting_booked").groupby(ripe["variant_assigned"])
    for variant, truth in make_truth().conversion_rate.items():
        assert n_errors(is_won.sum()[variant], is_won.size()[variant], truth) < 3, variant


def test_conversion_truth_by_hand_for_the_control() -> None:
    # Reps 2 and 8 (to a_price) and 10 (to c_proof) improvise in 75 % of their contacts, the others in 3 %.
    reps, (a, b, c) = read_model()["reps"], (0.09, 0.17, 0.095)
    special = {"R02": a, "R08": a, "R10": 0.25 * a + 0.75 * c}
    usual = 0.97 * a + 0.03 * (a + b + c) / 3
    expected = sum(
        share * effect * special.get(rep, usual)
        for rep, share, effect in zip(reps["rep_id"], reps["share"], reps["effect"], strict=True)
    )
    assert make_truth().conversion_rate["a_price"] == pytest.approx(expected, rel=1e-12)


def test_objections_per_conversation_converge_to_the_truth(many: Table) -> None:
    truth, talks = make_truth(), conversations(many)
    said = many["objections"].drop_duplicates(["touch_id", "code"])[["touch_id", "code"]].merge(talks, on="touch_id")
    errors = [n_errors((said["code"] == code).sum(), len(talks), rate) for code, rate in truth.objection_rate.items()]
    for by, rates in (("stage", truth.objection_rate_by_stage), ("segment", truth.objection_rate_by_segment)):
        found, n = said.groupby(["code", by]).size(), talks.groupby(by).size()
        errors += [n_errors(found[key], n[key[1]], rate) for key, rate in rates.items()]
    assert len(errors) == 12 * (1 + 4 + 4)
    assert max(errors) < 3.5
    assert np.sqrt(np.mean(np.square(errors))) < 1.15  # a wrong formula shows as errors that are all too large


def test_other_rates_converge_to_the_truth(many: Table) -> None:
    truth, deals, touches = make_truth(), many["deals"], many["touches"]
    lost, contacts = deals[deals["status"] == "lost"], touches[touches["variant_assigned"].notna()]
    is_faithful = contacts["variant_assigned"] == contacts["variant_delivered"]
    n_won = (deals["status"] == "won").sum()
    assert n_errors(lost["lost_reason"].notna().sum(), len(lost), truth.reason_logged_rate) < 3
    assert n_errors(n_won, n_won + len(lost), truth.closed_win_rate) < 3
    assert n_errors(is_faithful.sum(), len(contacts), truth.fidelity_rate) < 3
    for rep, rate in truth.fidelity_rate_by_rep.items():
        assert n_errors(is_faithful[contacts["rep_id"] == rep].sum(), (contacts["rep_id"] == rep).sum(), rate) < 3.5
    assert truth.fidelity_rate == pytest.approx(0.86)
    assert truth.improvising_reps == ("R02", "R08", "R10")


def test_a_unit_of_a_product_always_costs_the_same(demo: Demo) -> None:
    lines = demo.frames["transactions"].dropna(subset="cogs")
    assert (lines["cogs"] / lines["quantity"]).groupby(lines["product"]).nunique().eq(1).all()
    assert 0.06 < demo.frames["transactions"]["cogs"].isna().mean() < 0.10


def test_no_success_takes_longer_than_the_contracts_horizon(demo: Demo, folder: Path) -> None:
    variants = read_engagement(folder).contract.variants
    touches = demo.frames["touches"].dropna(subset="converted_on")
    assert variants is not None
    assert variants.horizon_days is not None
    assert (touches["converted_on"] - touches["date"]).dt.days.max() < variants.horizon_days
    assert touches["converted_on"].max() <= pd.Timestamp(read_engagement(folder).contract.exported_on)
    assert list(variants.planned_split) == list(make_truth().conversion_rate)


def test_open_deals_are_older_than_any_that_closed(demo: Demo) -> None:
    deals = demo.frames["deals"]
    longest = (deals["closed_on"] - deals["created_on"]).max()
    age = pd.Timestamp(2025, 12, 31) - deals.loc[deals["status"] == "open", "created_on"]
    assert (age > longest).sum() > 150


def test_some_customers_and_segments_lose_money(demo: Demo) -> None:
    assert (contributions(demo.frames) < 0).sum() > 50
    assert sorted(make_truth().contribution_per_customer.values())[:2] < [0, 0]


def test_notes_hold_what_must_never_reach_a_report(demo: Demo) -> None:
    notes = "\n".join(demo.frames["touches"]["note"])
    assert all(token in notes for token in demo.truth.forbidden_tokens)
    assert all(word in notes for word in ("för dyrt", "for dyrt", "too expensive", "\nNästa steg", "<script>"))


def test_forbidden_tokens_stand_in_notes_alone(folder: Path) -> None:
    for path in (folder / "exports").glob("*.csv"):
        if path.name not in ("crm-activities.csv", "interviews.csv"):
            text = path.read_bytes().decode("cp1252")
            assert not [token for token in make_truth().forbidden_tokens if token in text], path.name


def test_invoices_are_a_swedish_cp1252_export(folder: Path) -> None:
    content = (folder / "exports" / "fakturarader_2024-2025.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    lines = content.decode("cp1252").split("\r\n")
    assert lines[0] == "Fakturarad;Kundnr;Fakturadatum;Artikel;Antal;Bruttobelopp;Nettobelopp;Varukostnad;Valuta"
    amount = r"-?\d{1,3}(\xa0\d{3})*,\d\d"
    line = re.compile(rf"F\d{{6}};\d{{6}};\d{{4}}-\d\d-\d\d;[^;]+;-?\d+;{amount};{amount};({amount})?;SEK")
    assert all(line.fullmatch(found) for found in lines[1:-1])
    assert any(";-" in found and "\xa0" in found for found in lines)  # returns, and thousands


def test_costs_are_a_danish_export(folder: Path) -> None:
    lines = (folder / "exports" / "omkostninger.csv").read_text("utf-8").splitlines()
    assert lines[0] == "Omkostningstype;Dato;Beløb;Valuta;Kundenr"
    assert "Lager;31-01-2024;165.000,00;SEK;" in lines


def test_activities_have_a_mark_and_notes_over_several_lines(folder: Path) -> None:
    path = folder / "exports" / "crm-activities.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfActivity ID,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4525
    assert sum("\n" in row["Note"] for row in rows) > 300


def test_customers_are_a_workbook_with_titles_and_a_row_of_sums(folder: Path) -> None:
    book = CalamineWorkbook.from_path(str(folder / "exports" / "Kundregister.xlsx"))
    rows = book.get_sheet_by_name("Kunder").to_python(skip_empty_area=False)
    assert book.sheet_names == ["Läs mig", "Kunder"]
    assert rows[0][0].startswith("Kundregister")
    assert rows[3][:3] == ["Kundnr", "Namn", "Segment"]
    assert rows[5][0] == "004000"
    assert rows[-1][0] == "Summa"
    assert rows[-1][5] == sum(row[5] for row in rows[4:-1])
    assert {"Tillverkning", "MANUFACTURING", "Manufacturing"} <= {row[2] for row in rows}


def test_hubspot_overwrites_the_close_date_when_a_deal_closes(demo: Demo, folder: Path) -> None:
    rows = pd.read_csv(folder / "exports" / "hubspot-crm-exports-all-deals.csv", dtype=str, keep_default_na=False)
    deals = demo.frames["deals"]
    assert rows["Close Date"].ne("").all()
    assert rows["Pipeline"].eq("TEST").sum() == 3
    assert (
        rows["Closed Lost Reason"].eq("(No value)").sum()
        == (deals["status"].eq("lost") & deals["lost_reason"].isna()).sum()
        + rows.loc[rows["Pipeline"] == "TEST", "Closed Lost Reason"].eq("(No value)").sum()
    )


@pytest.mark.parametrize("table", [
    "customers", "transactions", "costs", "reps", "deals", "touches", "objections", "stage_history",
    "forecast_snapshots",
])  # fmt: skip
def test_a_right_reading_comes_back_to_the_frames(demo: Demo, loaded: Loaded, table: str) -> None:
    expected, key = demo.frames[table], list(TABLES[table].key)
    found = to_frame(loaded.tables[table])[list(expected.columns)]
    if table == "customers":
        names = loaded.engagement.contract.segments.names
        found["segment"] = found["segment"].map(lambda segment: names.get(segment, segment))
    if table in ("transactions", "costs"):  # lines and costs of an unknown customer are kept, and counted as unmatched
        found = found[found["customer_id"] != "999901"]
    if table == "objections":
        found = found[found["touch_id"].isin(demo.frames["touches"]["touch_id"])]
    if table == "touches":
        expected, found = expected.drop(columns="deal_id"), found.drop(columns="deal_id")  # some deals were deleted
        expected = expected.assign(note=expected["note"].replace("", None))
    order = key or list(expected.columns)
    both = [frame.sort_values(order, ignore_index=True).convert_dtypes() for frame in (found, expected)]
    pd.testing.assert_frame_equal(*both, check_dtype=False, rtol=0, atol=1e-9)


def test_what_a_right_reading_leaves_out_is_counted(loaded: Loaded) -> None:
    excluded = {source.name: source.excluded for source in loaded.report.sources if source.excluded}
    assert excluded == {
        "customers": {"the client's own company": 1},
        "invoices": {"the client's own company": 6},
        "hubspot_deals": {"test deal": 3},
    }
    tables = {table.name: table for table in loaded.report.tables}
    assert tables["transactions"].n_repeated == 25
    assert tables["touches"].n_repeated == 25
    assert tables["transactions"].unmatched == {"customer_id": 3}
    assert tables["costs"].unmatched == {"customer_id": 2}
    assert tables["objections"].unmatched == {"touch_id": 3}
    assert tables["touches"].unmatched["deal_id"] > 0

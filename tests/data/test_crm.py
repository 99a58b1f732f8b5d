from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from gtmlib.data import crm
from gtmlib.data.crm import (
    EXTRA_KINDS,
    HeadingMatch,
    apply_preset_rules,
    match_headings,
    normalise_heading,
    preset_names,
    value_map,
)
from gtmlib.data.schema import TABLES

PRESETS = tomllib.loads(Path(crm.__file__).with_name("crm.toml").read_text("utf-8"))
CRMS = [name for name in PRESETS if name != "words"]
TABLES_OF = [(name, table) for name in CRMS for table in PRESETS[name] if table != "dialect"]


def status_of(match: HeadingMatch, **columns: list[object]) -> list[object]:
    return list(apply_preset_rules(pa.table(columns), match)["status"].to_pylist())


def test_the_crms_of_the_design_have_presets() -> None:
    named = {"hubspot", "pipedrive", "salesforce", "dynamics", "superoffice", "lime", "24sevenoffice", "upsales"}
    assert {*named, "swedish", "danish", "canonical"} <= set(preset_names())
    assert list(preset_names()) == sorted(preset_names())


@pytest.mark.parametrize(("preset", "table"), TABLES_OF)
def test_presets_name_canonical_tables_columns_and_extras_only(preset: str, table: str) -> None:
    spec = PRESETS[preset][table]
    assert spec.keys() <= {"prefix", "columns", "extras", "values"}
    assert spec["columns"].keys() <= TABLES[table].columns.keys()
    assert spec.get("extras", {}).keys() <= EXTRA_KINDS.keys()
    for column, words in spec.get("values", {}).items():
        assert words.keys() <= set(TABLES[table].columns[column].choices)


@pytest.mark.parametrize(("preset", "table"), TABLES_OF)
def test_no_heading_means_two_things_in_one_preset(preset: str, table: str) -> None:
    spec = PRESETS[preset][table]
    aliases = [
        normalise_heading(a) for names in (*spec["columns"].values(), *spec.get("extras", {}).values()) for a in names
    ]
    assert len(aliases) == len(set(aliases))


@pytest.mark.parametrize("preset", [*CRMS, None])
def test_no_word_means_two_statuses_in_one_preset(preset: str | None) -> None:
    own = PRESETS[preset]["deals"].get("values", {}).get("status", {}) if preset else {}
    words = [word for values in (PRESETS["words"]["status"], own) for ws in values.values() for word in ws]
    assert len({normalise_heading(word) for word in words}) == len(words) == len(value_map(preset, "deals", "status"))


@pytest.mark.parametrize("preset", CRMS)
def test_a_crm_is_found_by_its_own_headings(preset: str) -> None:
    spec = PRESETS[preset]["deals"]
    names = {**spec["columns"], **spec.get("extras", {})}
    headings = [spec.get("prefix", "") + aliases[0] for aliases in names.values()]
    match = match_headings(headings, "deals")
    assert match.preset == preset
    assert match.ignored == ()
    assert match.missing == match.unsupported
    assert match.ambiguous == {}


@pytest.mark.parametrize(
    "heading",
    ["Close Date", "\ufeffclose date", "CLOSE DATE:", "Close\N{NO-BREAK SPACE}Date", "  Close  Date ", "Close Date :"],
)
def test_headings_are_compared_without_bom_case_colon_and_kinds_of_space(heading: str) -> None:
    assert normalise_heading(heading) == "close date"


def test_an_å_written_by_a_mac_as_two_characters_is_an_å() -> None:
    heading = unicodedata.normalize("NFD", "Förväntat avslutsdatum")
    match = match_headings(["Affärs-ID", heading], "deals", "swedish")
    assert match.columns["expected_close_on"] == heading


def test_a_name_alone_finds_no_preset_and_says_so() -> None:
    match = match_headings(["Name", "Shoe size"], "deals")
    assert (match.preset, match.candidates, match.columns, match.ignored) == (None, (), {}, ("Name", "Shoe size"))


def test_an_id_alone_is_too_little_to_find_a_preset() -> None:
    assert match_headings(["Record ID", "Shoe size"], "deals").preset is None


def test_presets_that_read_a_file_in_different_ways_are_named_and_none_is_used() -> None:
    match = match_headings(["id", "Name", "Industry", "Billing Country"], "customers")
    assert match.preset == "salesforce"
    match = match_headings(["ID", "Status"], "deals")
    assert match.preset is None
    assert {"lime", "pipedrive"} <= set(match.candidates)
    assert match.ignored == ("ID", "Status")


def test_presets_that_read_a_file_the_same_way_need_no_choice() -> None:
    match = match_headings(["id", "name"], "customers")
    assert match.preset is not None
    assert match.columns == {"customer_id": "id", "name": "name"}


def test_headings_that_are_canonical_names_need_no_crm() -> None:
    match = match_headings(["deal_id", "amount", "status", "closed_on"], "deals")
    assert match.preset == "canonical"
    assert match.columns == {name: name for name in ("deal_id", "amount", "status", "closed_on")}


def test_two_headings_for_one_column_are_told_and_the_first_alias_is_used() -> None:
    match = match_headings(["Kundnamn", "Affärs-ID", "Kundnr", "Belopp"], "deals", "swedish")
    assert match.columns["customer_id"] == "Kundnr"
    assert match.ambiguous == {"customer_id": ("Kundnr", "Kundnamn")}
    assert match.ignored == ("Kundnamn",)


def test_headings_of_other_things_in_a_pipedrive_file_are_ignored() -> None:
    match = match_headings(["Deal - ID", "Deal - Value", "Organization - ID", "Person - Name"], "deals")
    assert match.columns == {"deal_id": "Deal - ID", "amount": "Deal - Value"}
    assert match.ignored == ("Organization - ID", "Person - Name")


def test_what_the_file_lacks_is_told_apart_from_what_the_crm_does_not_have() -> None:
    match = match_headings(["Record ID", "Deal Stage", "Amount"], "deals", "hubspot")
    assert "lost_reason" in match.missing
    assert "closed_on" in match.missing
    assert "status" not in match.missing  # the stage tells it
    assert match.unsupported == ("segment",)


def test_the_contract_goes_before_the_preset() -> None:
    headings = ["Record ID", "Amount", "Amount in company currency", "Close Date", "Outcome"]
    given = {"amount": "Amount in company currency", "status": "Outcome"}
    match = match_headings(headings, "deals", "hubspot", given=given)
    assert match.columns == {"deal_id": "Record ID", **given}
    assert match.ignored == ("Amount",)
    assert match.status_from is None
    assert match.split_close_date


def test_espo_in_swedish_calls_the_amount_antal_and_the_close_date_stoppdatum() -> None:
    match = match_headings(["ID", "Konto", "Fas", "Antal", "Stoppdatum"], "deals")
    assert match.preset == "espo_sv"
    assert match.columns["amount"] == "Antal"
    assert match.extras == {"close_date": "Stoppdatum"}
    assert "antal" not in str(PRESETS["swedish"]["deals"]).casefold()


def test_lime_and_24sevenoffice_say_how_they_write_numbers_and_dates() -> None:
    assert match_headings(["id", "value", "order_date"], "deals", "lime").dialect == {"decimal": "none"}
    assert match_headings([], "deals", "24sevenoffice").dialect == {"date_format": "DD.MM.YYYY"}


@pytest.mark.parametrize(
    ("preset", "word", "status"),
    [
        ("superoffice", "1", "open"),
        ("superoffice", "2", "won"),
        ("superoffice", "3", "lost"),
        ("superoffice", "4", "stalled"),
        ("24sevenoffice", "2", "won"),
        ("dynamics", "2", "lost"),
        ("pipedrive", "won", "won"),
        ("pipedrive", "förlorad", "lost"),
        ("swedish", "stängd vunnen", "won"),
        ("danish", "tabt", "lost"),
        (None, "closedwon", "won"),
    ],
)
def test_a_status_word_means_what_its_crm_means(preset: str | None, word: str, status: str) -> None:
    assert value_map(preset, "deals", "status")[word] == status


def test_columns_without_a_choice_of_values_have_no_value_map() -> None:
    assert value_map("hubspot", "deals", "amount") == value_map("hubspot", "customers", "name") == {}


def test_one_close_date_is_the_close_of_closed_deals_and_the_expected_close_of_others() -> None:
    match = match_headings(["sale_id", "status", "saledate"], "deals")
    day = date(2025, 11, 3)
    deals = pa.table({"status": ["open", "won", "lost", "stalled", None], "close_date": pa.array([day] * 5)})
    found = apply_preset_rules(deals, match)
    assert found["expected_close_on"].to_pylist() == [day, None, None, day, None]
    assert found["closed_on"].to_pylist() == [None, day, day, None, None]
    assert "close_date" not in found.column_names
    assert match.derived == {"closed_on": ("saledate",), "expected_close_on": ("saledate",)}


def test_a_date_of_its_own_goes_before_the_shared_close_date() -> None:
    headings = ["Affärs-ID", "Status", "Förväntat avslutsdatum", "Avslutsdatum"]
    match = match_headings(headings, "deals")
    expected, close = [date(2025, 1, 2), None], [date(2025, 3, 4), date(2025, 5, 6)]
    found = apply_preset_rules(
        pa.table({"status": ["won", "open"], "expected_close_on": expected, "close_date": close}), match
    )
    assert found["expected_close_on"].to_pylist() == [date(2025, 1, 2), date(2025, 5, 6)]
    assert found["closed_on"].to_pylist() == [date(2025, 3, 4), None]


def test_won_time_and_lost_time_close_won_and_lost_deals_only() -> None:
    match = match_headings(["Deal - ID", "Deal - Status", "Deal - Won time", "Deal - Lost time"], "deals")
    first, second = date(2025, 1, 2), date(2025, 3, 4)
    found = apply_preset_rules(
        pa.table(
            {"status": ["won", "lost", "open"], "won_on": [first, None, None], "lost_on": [second, second, second]}
        ),
        match,
    )
    assert found["closed_on"].to_pylist() == [first, second, None]  # the third was lost once and is open again


def test_salesforce_flags_give_the_status() -> None:
    match = match_headings(["Opportunity ID", "Stage", "IsClosed", "IsWon", "Close Date"], "deals")
    assert match.status_from == "flags"
    assert match.derived["status"] == ("IsWon", "IsClosed", "Stage")
    flags = {"is_closed": [True, True, False, None], "is_won": [True, False, False, None]}
    assert status_of(match, stage=["A", "B", "C", None], **flags) == ["won", "lost", "open", None]


def test_a_flag_that_does_not_decide_leaves_it_to_the_stage() -> None:
    match = match_headings(["Record ID", "Deal Stage", "Is closed lost"], "deals")
    stages = ["Closed Won", "Demo booked", "Avböjd"]
    assert status_of(match, stage=stages, is_lost=[False, False, True]) == ["won", "open", "lost"]


def test_the_stage_gives_the_status_where_nothing_else_does() -> None:
    match = match_headings(["Record ID", "Deal Stage"], "deals")
    assert match.status_from == "stage"
    assert status_of(match, stage=["closedwon", "Closed Lost", "Demo", None]) == ["won", "lost", "open", None]


def test_stages_are_not_called_open_when_none_is_known_as_closed() -> None:
    match = match_headings(["Record ID", "Deal Stage"], "deals")
    assert status_of(match, stage=["9a3f", "77b1"]) == [None, None]


@pytest.mark.parametrize("stage", ["Won - awaiting signature", "Lost to competitor", "Tappad till konkurrent"])
def test_a_stage_that_may_be_a_closed_one_is_neither_open_nor_closed(stage: str) -> None:
    match = match_headings(["Record ID", "Deal Stage"], "deals")
    assert status_of(match, stage=["Closed Won", stage]) == ["won", None]


def test_status_codes_are_no_stages() -> None:
    match = match_headings(["sale_id", "probability_idx", "saledate"], "deals", "superoffice")
    assert match.status_from == "stage"
    assert status_of(match, stage=["1", "2", "3"]) == [None, None, None]


def test_upsales_writes_won_and_lost_as_a_probability_of_100_and_0() -> None:
    match = match_headings(["id", "clientId", "stageId", "probability", "date", "closeDate"], "deals")
    assert match.preset == "upsales"
    assert status_of(match, probability=[100.0, 0.0, 40.0, None]) == ["won", "lost", "open", None]


def test_a_status_reason_is_a_lost_reason_where_the_deal_is_lost() -> None:
    match = match_headings(["opportunityid", "Status", "Status Reason"], "deals")
    deals = pa.table({"status": ["open", "won", "lost"], "close_reason": ["In Progress", "Won", "Out-Sold"]})
    assert apply_preset_rules(deals, match)["lost_reason"].to_pylist() == [None, None, "Out-Sold"]


def test_rules_keep_the_rows_their_order_and_other_columns() -> None:
    match = match_headings(["sale_id", "status", "saledate"], "deals")
    rows = pa.table({"deal_id": ["b", "a"], "_row": [2, 3], "status": ["won", "open"], "close_date": [None, None]})
    rows = rows.set_column(3, "close_date", rows["close_date"].cast(pa.date32()))
    found = apply_preset_rules(rows, match)
    assert found.select(["deal_id", "_row"]) == rows.select(["deal_id", "_row"])
    assert apply_preset_rules(rows.slice(0, 0), match).num_rows == 0


def test_files_that_need_no_rules_pass_unchanged() -> None:
    rows = pa.table({"customer_id": ["1"], "name": ["NA"]})
    assert apply_preset_rules(rows, match_headings(["id", "name"], "customers")) == rows
    assert apply_preset_rules(rows, HeadingMatch()) == rows


def test_presets_name_their_unconfirmed_facts() -> None:
    text = Path(crm.__file__).with_name("crm.toml").read_text("utf-8")
    assert len(re.findall("nconfirmed", text)) > 20


@pytest.mark.parametrize(
    ("file", "table", "columns"),
    [
        ("deal_data.csv", "deals", {"deal_id", "rep_id", "stage", "amount", "created_on"}),
        ("deal_stage_data.csv", "stage_history", {"deal_id", "stage", "entered_on"}),
    ],
)
def test_a_fivetran_copy_of_hubspot_is_read(file: str, table: str, columns: set[str]) -> None:
    headings = {
        "deal_data.csv": "deal_id,is_deleted,deal_pipeline_id,deal_pipeline_stage_id,owner_id,portal_id,"
        "property_dealname,property_description,property_amount,property_closedate,property_createdate",
        "deal_stage_data.csv": "_fivetran_start,deal_id,_fivetran_active,_fivetran_end,_fivetran_synced,date_entered,"
        "source,source_id,value",
    }[file]
    match = match_headings(headings.split(","), table)
    assert match.preset == "hubspot"
    assert match.columns.keys() == columns

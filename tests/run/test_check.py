"""`gtm check` tells a consultant what came of the exports, and asks the client for what is missing and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtmlib.cli import main
from gtmlib.data.engagement import Engagement, read_engagement
from gtmlib.data.load import load_tables
from gtmlib.run.check import WIDTH, check_engagement
from gtmlib.run.manifest import make_manifest

ROOT = Path(__file__).parents[2]
ENGAGEMENTS = ROOT / "tests" / "engagements"
NBSP = "\N{NO-BREAK SPACE}"

# Sales of three customers, one of whom is not in the register; the CSV reads as Nordic exports do.
SALES = """
    Rad;Kundnr;Datum;Netto;Inköp;Säljkår
    1;K1;31-12-2025;1 000,50;400,00;Nord
    2;K2;03-11-2025;250,00;;Nord
    3;K9;04-11-2025;-50,00;;Syd
    4;K0;04-11-2025;1,00;;Syd
"""
CUSTOMERS = "Kundnr,Namn,Bransch\nK1,Ett,Industri\nK2,Två,Handel\nK2,Två,Handel\n"
CONTRACT = """
    languages = ["sv", "en"]
    [sources.customers]
    table = "customers"
    file = "kunder.csv"
    columns = { customer_id = "Kundnr", name = "Namn", segment = "Bransch" }
    [sources.sales]
    table = "transactions"
    file = "fakturor.csv"
    delimiter = ";"
    decimal = ","
    date_format = "DD-MM-YYYY"
    columns = { transaction_id = "Rad", customer_id = "Kundnr", date = "Datum", net_revenue = "Netto", cogs = "Inköp" }
    [[sources.sales.exclude]]
    column = "Kundnr"
    values = ["K0"]
    reason = "the client itself"
    [segments]
    names = { Industri = "Industry", Handl = "Trade" }
"""
FILES = {"kunder.csv": CUSTOMERS, "fakturor.csv": SALES}

Make = Callable[..., Engagement]


def text_of(engagement: Engagement, reports: Path) -> str:
    text, is_usable = check_engagement(engagement, reports=reports)
    assert is_usable
    assert NBSP not in text.partition("LETTER")[0]
    return text


def section(text: str, title: str) -> list[str]:
    """Give the lines of a section, without their outer blanks."""
    (part,) = [part for part in text.split("\n\n") if part.startswith(title)]
    return [line.strip() for line in part.splitlines()[1:]]


def letter_of(text: str) -> str:
    return text.partition("LETTER TO THE CLIENT")[2].partition("\n")[2]


def write_manifest(engagement: Engagement, reports: Path, run: str = "2025-12-01_080000") -> Path:
    """Leave the manifest that a run of the engagement would leave."""
    manifest = make_manifest(engagement, load_tables(engagement).report, ())
    path = reports / engagement.name / run / "manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(manifest, default=list), "utf-8")
    return path


def test_check_says_what_was_read_mapped_ignored_missing_and_left_out(make_engagement: Make, tmp_path: Path) -> None:
    text = text_of(make_engagement(CONTRACT, FILES), tmp_path)
    assert text.startswith("Tiny AB: the data can be used\n2 sources, 7 rows read, 6 used; data of 2025-12-31\n")
    assert section(text, "SOURCES") == [
        "customers: kunder.csv, 3 rows read, 3 used",
        "fills       customers",
        "mapped      customer_id <- Kundnr, name <- Namn, segment <- Bransch",
        "missing     country, industry, employees, channel, acquired_on",
        "sales: fakturor.csv, 4 rows read, 3 used",
        "fills       transactions",
        "mapped      transaction_id <- Rad, customer_id <- Kundnr, date <- Datum, net_revenue <- Netto,",
        "cogs <- Inköp",
        "ignored     Säljkår",
        "missing     product, quantity, list_revenue, currency",
        "decided     Datum: date_format = 'DD-MM-YYYY' in the contract says that the day comes first",
        "left out    1 row: the client itself",
    ]


def test_check_says_what_the_tables_lack(make_engagement: Make, tmp_path: Path) -> None:
    assert section(text_of(make_engagement(CONTRACT, FILES), tmp_path), "TABLES") == [
        "customers: 2 rows",
        "repeated    1 identical row of one key, used once",
        "transactions: 3 rows",
        "some empty  cogs 2",
        "unmatched   customer_id: 1 row with 1 value not in customers: K9",
    ]


def test_words_of_the_contract_that_no_row_has_are_named(make_engagement: Make, tmp_path: Path) -> None:
    text = text_of(make_engagement(CONTRACT, FILES), tmp_path)
    assert section(text, "WORDS") == ["segment     'Handl' (looked in customers)"]
    mended = text_of(make_engagement(CONTRACT.replace("Handl =", "Handel ="), FILES), tmp_path)
    assert "WORDS OF THE CONTRACT" not in mended


def test_a_preset_is_named_or_found_and_what_its_crm_has_no_heading_for_is_not_asked_for(
    make_engagement: Make, tmp_path: Path
) -> None:
    files = {
        "deals.csv": "Deal - ID,Deal - Value,Deal - Status,Deal - Owner,Shoe size\n1,100,Won,R1,44\n2,50,Lost,R1,45\n"
    }
    source = '[sources.deals]\ntable = "deals"\nfile = "deals.csv"\n'
    lines = section(text_of(make_engagement(source, files), tmp_path), "SOURCES")
    assert "preset      pipedrive, found by the headings" in lines
    assert "ignored     Shoe size" in lines
    assert not {"segment", "created_on"} - set(", ".join(lines[-3:]).replace("  ", ",").replace(" ", "").split(","))
    (missing,) = [line for line in lines if line.startswith("missing")]
    (unsupported,) = [line for line in lines if line.startswith("not in CRM")]
    assert "created_on" in missing
    assert "segment" not in missing
    assert "segment" in unsupported
    named = section(text_of(make_engagement(source + 'preset = "pipedrive"\n', files), tmp_path), "SOURCES")
    assert "preset      pipedrive, named by the contract" in named


def test_a_source_that_nothing_reads_is_said_to_fill_nothing(make_engagement: Make, tmp_path: Path) -> None:
    contract = CONTRACT + '    [sources.extra]\n    file = "kunder.csv"\n'
    assert "fills       nothing yet: give it a table, or let a SELECT read it" in text_of(
        make_engagement(contract, FILES), tmp_path
    )


def test_repaired_rows_and_the_row_of_sums_are_named(make_engagement: Make, tmp_path: Path) -> None:
    rows = "".join(f"{n},Gatan {n}, Lund,1\n" for n in range(1, 8))
    files = {"adresser.csv": "id,address,n\n" + rows + "Summa,,7\n"}
    contract = """
        [sources.customers]
        table = "customers"
        file = "adresser.csv"
        overflow = "address"
        has_totals_row = true
        columns = { customer_id = "id", name = "address" }
    """
    lines = section(text_of(make_engagement(contract, files), tmp_path), "SOURCES")
    assert "repaired    7 rows, surplus fields put back into address: 2, 3, 4, 5, 6 and 2 more" in lines
    assert "set aside   row 9, the row of sums" in lines


def test_joins_say_how_many_rows_have_no_match(make_engagement: Make, tmp_path: Path) -> None:
    contract = """
        [sources.orders]
        file = "orders.csv"
        [sources.lines]
        file = "lines.csv"
        types = { amount = "money" }
        [tables]
        transactions = '''SELECT lines.id AS transaction_id, orders.customer AS customer_id, lines.amount AS net_revenue
        FROM lines LEFT JOIN orders ON lines.order_id = orders.id'''
    """
    files = {"orders.csv": "id,customer,note\n1,K1,x\n", "lines.csv": "id,order_id,amount\na,1,10\nb,1,5\nc,2,7\n"}
    text = text_of(make_engagement(contract, files), tmp_path)
    assert section(text, "TABLES")[-1] == "lines to orders: 1 row without a match"
    assert "ignored     note" in section(text, "SOURCES")
    assert "- 1 row in lines.csv has no match in orders.csv." in letter_of(text)


BROKEN = {
    "kunder.csv": "Kundnr,Namn,Bransch\n,Ett,Industri\n",
    "fakturor.csv": SALES.replace("1 000,50", "1 000,5O").replace("31-12-2025", "31-02-2025"),
}


def test_wrong_data_give_every_problem_of_every_file_at_once(make_engagement: Make, tmp_path: Path) -> None:
    text, is_usable = check_engagement(make_engagement(CONTRACT, BROKEN), reports=tmp_path)
    assert not is_usable
    assert text.startswith("Tiny AB: the data can't be used as they stand: 3 problems\n\nPROBLEMS\n")
    problems = " ".join(section(text, "PROBLEMS"))
    assert "kunder.csv: column 'Kundnr' is empty where every row needs it (row 2)" in problems
    assert "fakturor.csv: column 'Datum'" in problems
    assert "(row 2; found '31-02-2025')" in problems
    assert "fakturor.csv: column 'Netto'" in problems
    assert "(row 2; found '1 000,5O')" in problems
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_a_broken_file_hides_no_problem_of_a_select_that_does_not_read_it(
    make_engagement: Make, tmp_path: Path
) -> None:
    contract = (
        CONTRACT
        + """
    [sources.extra]
    file = "extra.csv"
    [tables]
    reps = "SELECT chef AS rep_id FROM extra"
    costs = "SELECT pool AS cost_pool, 1 AS amount FROM extra LEFT JOIN sales ON extra.pool = sales.product"
    """
    )
    engagement = make_engagement(contract, {**BROKEN, "extra.csv": "pool,boss\na,b\n"})
    text, _ = check_engagement(engagement, reports=tmp_path)
    assert "engagement.toml: tables.reps: does not run" in " ".join(section(text, "PROBLEMS"))
    assert "tables.costs" not in text, "what is wrong with its sources comes first"
    assert text.endswith("NOTHING WRONG FOUND IN\nextra.csv")


def test_every_heading_that_is_missing_is_named_at_once(make_engagement: Make, tmp_path: Path) -> None:
    files = {**FILES, "fakturor.csv": SALES.replace("Netto", "Nettobelopp").replace("Kundnr", "Kund")}
    text, _ = check_engagement(make_engagement(CONTRACT, files), reports=tmp_path)
    problems = " ".join(section(text, "PROBLEMS"))
    for key, heading in (("customer_id", "Kundnr"), ("net_revenue", "Netto"), ("exclude", "Kundnr")):
        assert f"fakturor.csv: has no heading '{heading}', which the contract's '{key}' names" in problems


def test_the_command_exits_1_on_wrong_data_and_leaves_no_file(
    make_engagement: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    engagement = make_engagement(CONTRACT, BROKEN)
    before = sorted(engagement.folder.rglob("*"))
    assert main(["check", str(engagement.folder)]) == 1
    printed = capsys.readouterr()
    assert "3 problems" in printed.out
    assert "Traceback" not in printed.out + printed.err
    assert sorted(engagement.folder.rglob("*")) == before


def test_the_command_exits_1_on_a_wrong_contract(make_engagement: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_engagement(CONTRACT, FILES).folder
    path = folder / "engagement.toml"
    path.write_text(path.read_text("utf-8").replace("delimiter", "delimeter"), "utf-8")
    assert main(["check", str(folder)]) == 1
    assert "sources.sales.delimeter: is unknown here. Did you mean 'delimiter'?" in capsys.readouterr().err


def test_without_an_earlier_run_there_is_nothing_to_compare_with(make_engagement: Make, tmp_path: Path) -> None:
    text = text_of(make_engagement(CONTRACT, FILES), tmp_path / "reports")
    assert section(text, "CHANGES") == ["There is no earlier run: nothing to compare with."]


def test_the_same_exports_have_not_changed(make_engagement: Make, tmp_path: Path) -> None:
    engagement = make_engagement(CONTRACT, FILES)
    write_manifest(engagement, tmp_path / "reports")
    text = text_of(engagement, tmp_path / "reports")
    assert section(text, "CHANGES") == ["Compared with the data of 2025-12-31, 2 of 2 files unchanged."]


def test_changes_name_rows_headings_and_columns_that_came_or_went(make_engagement: Make, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    write_manifest(make_engagement(CONTRACT, FILES), reports)
    later = SALES.replace("Säljkår", "Region").replace("400,00", "") + "    5;K8;05-11-2025;10,00;;Syd\n"
    text = text_of(make_engagement(CONTRACT, {**FILES, "fakturor.csv": later}), reports)
    assert section(text, "CHANGES") == [
        "Compared with the data of 2025-12-31, 1 of 2 files unchanged.",
        "Gone: source sales: heading 'Säljkår'",
        "New: source sales: heading 'Region'",
        "source sales: 4 rows before, 5 now (+1)",
        "Gone: table transactions: values of cogs",
        "table transactions: 3 rows before, 4 now (+1)",
    ]


def test_changes_name_sources_that_came_or_went_without_their_parts(make_engagement: Make, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    write_manifest(make_engagement(CONTRACT, FILES), reports)
    reps = '[sources.reps]\ntable = "reps"\nfile = "reps.csv"\ncolumns = { rep_id = "id" }\n'
    files = {"reps.csv": "id\nR1\n", "kunder.csv": CUSTOMERS}
    customers = CONTRACT[: CONTRACT.index("    [sources.sales]")].replace("    ", "")
    assert section(text_of(make_engagement(customers + reps, files), reports), "CHANGES") == [
        "Compared with the data of 2025-12-31, 1 of 2 files unchanged.",
        "The contract itself has changed.",
        "Gone: source sales",
        "Gone: table transactions",
        "New: source reps",
        "New: table reps",
    ]


def test_the_latest_finished_run_is_the_one_compared_with(make_engagement: Make, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    engagement = make_engagement(CONTRACT, FILES)
    write_manifest(engagement, reports, "2025-12-02_080000")
    old = write_manifest(engagement, reports, "2025-12-01_080000")
    manifest: dict[str, Any] = json.loads(old.read_text("utf-8"))
    old.write_text(json.dumps(manifest | {"exported_on": "2024-01-01"}), "utf-8")
    (reports / "tiny" / ".2025-12-03_080000.part").mkdir()
    assert "Compared with the data of 2025-12-31" in text_of(engagement, reports)


SWEDISH = """\
Ämne: Komplettering av underlaget till analysen

Hej!

Tack för underlaget. Vi har läst 7 rader ur kunder.csv och fakturor.csv.

För att kunna besvara frågorna nedan behöver vi även följande uppgifter. Kan ni skicka dem?

Kundlönsamhet: Var tjänar vi pengar, och var förlorar vi?
- Försäljning: listpris
- Kostnader: kostnadsslag, belopp och kund

Invändningar: Varför säger de nej, och var i dialogen?
- Kontakter (samtal, mejl, möten): kontaktnummer, affär, säljare, datum, fas, tilldelad variant, levererad variant, \
konverteringsdatum och datum för nästa steg
- Invändningar: kontaktnummer och invändningskod

Budskapsvarianter: Vilket budskap fungerar?
- vilka budskapsvarianter som testades, och hur de skulle fördelas

Pipeline: Är pipelinen vad den ger sig ut för att vara?
- Affärer: affär, säljare, startdatum, status, avslutsdatum och förlustorsak
- Fashistorik: affär, fas och datum då fasen nåddes
- Sparade prognoser: prognosdatum, affär, sannolikhet och förväntat avslutsdatum

Säljarna och genomförandet: Handlar det om aktivitet, kompetens eller genomförande?
- Säljare: säljare, senioritet och team
- Leads: leadnummer, startdatum, källa, datum för första kontakt, kvalificeringsdatum och affär

Vad en kund kostar och ger: Vad kostar det att vinna en kund, och när är det intjänat?
- Kostnader för kundanskaffning: period, kanal och kostnad
- Kunder: kund sedan
- Avtal: avtalsnummer, kund, startdatum och månadsintäkt

Några uppgifter i underlaget stämmer inte med varandra. Kan ni komplettera dem, eller förklara vad skillnaden beror på?
- Försäljning: 1 rad har ett värde för ”kund” som saknas i ”Kunder”, nämligen K9.

Excel eller CSV går bra. Om något inte finns hos er räcker det att ni säger till, så väntar vi inte på det.

Vänliga hälsningar"""


def test_the_letter_in_swedish_asks_for_what_is_missing_and_nothing_else(make_engagement: Make, tmp_path: Path) -> None:
    letter = letter_of(text_of(make_engagement(CONTRACT, FILES), tmp_path))
    assert letter == SWEDISH


COMPLETE = """
    brand.consultancy = "North & Partners"
    [sources.touches]
    table = "touches"
    file = "touches.csv"
    preset = "canonical"
    [sources.objections]
    table = "objections"
    file = "said.csv"
    preset = "canonical"
    [sources.deals]
    table = "deals"
    file = "deals.csv"
    preset = "canonical"
    [sources.sales]
    table = "transactions"
    file = "sales.csv"
    preset = "canonical"
    [sources.costs]
    table = "costs"
    file = "costs.csv"
    preset = "canonical"
    [sources.customers]
    table = "customers"
    file = "who.csv"
    preset = "canonical"
    [sources.reps]
    table = "reps"
    file = "reps.csv"
    preset = "canonical"
    [sources.leads]
    table = "leads"
    file = "leads.csv"
    preset = "canonical"
    [sources.stages]
    table = "stage_history"
    file = "stages.csv"
    preset = "canonical"
    [sources.forecasts]
    table = "forecast_snapshots"
    file = "forecasts.csv"
    preset = "canonical"
    [sources.marketing]
    table = "acquisition"
    file = "marketing.csv"
    preset = "canonical"
    [sources.contracts]
    table = "contracts"
    file = "contracts.csv"
    preset = "canonical"
    [variants]
    control = "a"
    planned_split = { a = 1, b = 1 }
    success = ["yes"]
    [segments]
    by = "country"
"""
COMPLETE_FILES = {
    "touches.csv": "touch_id,deal_id,date,rep_id,stage,variant_assigned,variant_delivered,outcome,converted_on,"
    "next_step_on\n1,3,2025-01-02,R1,demo,a,a,yes,2025-01-09,2025-01-16\n2,1,2025-01-02,R1,demo,b,b,no,,\n",
    "said.csv": "touch_id,code\n1,price\n",
    "deals.csv": "deal_id,rep_id,status,lost_reason,created_on,closed_on\n1,R1,lost,price,2025-01-01,2025-02-01\n"
    "2,R1,lost,price,2025-01-01,2025-02-01\n3,R1,won,,2025-01-01,2025-03-01\n",
    "sales.csv": "transaction_id,customer_id,date,net_revenue,list_revenue,cogs\n1,K1,2025-01-02,10,12,5\n",
    "costs.csv": "cost_pool,amount,customer_id\nfreight,1,K1\n",
    "who.csv": "customer_id,country,acquired_on\nK1,SE,2024-01-01\n",
    "reps.csv": "rep_id,team,seniority\nR1,North,senior\n",
    "leads.csv": "lead_id,created_on,source,first_contact_on,qualified_on,deal_id\n"
    "L1,2025-01-01,web,2025-01-01,2025-01-02,3\n",
    "stages.csv": "deal_id,stage,entered_on\n3,demo,2025-01-02\n",
    "forecasts.csv": "taken_on,deal_id,probability,expected_close_on\n2025-02-01,3,0.5,2025-03-01\n",
    "marketing.csv": "period,channel,spend\n2025-01,web,100\n",
    "contracts.csv": "contract_id,customer_id,starts_on,monthly_revenue\nC1,K1,2025-01-01,10\n",
}
ENGLISH = """\
Subject: More data for our analysis

Hello,

Thank you for the data. We have read 15 rows from touches.csv, said.csv, deals.csv, sales.csv, costs.csv, who.csv, \
reps.csv, leads.csv, stages.csv, forecasts.csv, marketing.csv and contracts.csv.

To answer the questions below we also need the following. Could you send it?

Customer profitability: Where do we earn, and where do we lose?
- Customers: country

Objections: Why do they say no, and where in the dialogue?
- Touches (calls, mails, meetings): stage and delivered variant

Pipeline: Is the pipeline what it says?
- Forecast snapshots: probability

Unit economics: What does a customer cost to win, and when is that earned back?
- Contracts: monthly revenue

Some things in the data do not fit together. Could you complete them, or tell us why they differ?
- Only 50% of 2 lost deals have a reason for the loss. Can the others be added, at least for the latest deals?

Excel or CSV is fine. If something does not exist, just tell us, and we will not wait for it.

Kind regards
North & Partners"""


def test_there_is_no_letter_where_nothing_is_missing(make_engagement: Make, tmp_path: Path) -> None:
    text = text_of(make_engagement(COMPLETE, COMPLETE_FILES), tmp_path)
    assert letter_of(text) == "The data are complete: there is nothing to ask for."


def test_the_letter_in_english_asks_only_for_what_a_chapter_that_has_its_data_lacks(
    make_engagement: Make, tmp_path: Path
) -> None:
    files = {
        **COMPLETE_FILES,
        "touches.csv": COMPLETE_FILES["touches.csv"].replace("stage", "step").replace("variant_delivered", "said"),
        "deals.csv": COMPLETE_FILES["deals.csv"].replace("2,R1,lost,price", "2,R1,lost,"),
        "who.csv": COMPLETE_FILES["who.csv"].replace("country", "place"),
        "forecasts.csv": COMPLETE_FILES["forecasts.csv"].replace("probability", "chance"),
        "contracts.csv": COMPLETE_FILES["contracts.csv"].replace("monthly_revenue", "fee"),
    }
    letter = letter_of(text_of(make_engagement(COMPLETE, files), tmp_path))
    assert letter == ENGLISH


def test_a_client_who_sent_deals_alone_is_asked_for_each_export_once(make_engagement: Make, tmp_path: Path) -> None:
    source = '[sources.deals]\ntable = "deals"\nfile = "deals.csv"\npreset = "canonical"\n'
    files = {"deals.csv": "deal_id,status\n1,won\n"}
    letter = letter_of(text_of(make_engagement(source, files), tmp_path))
    asked = [line.partition(":")[0] for line in letter.splitlines() if line.startswith("- ") and ":" in line]
    assert len(asked) == len(set(asked)) == 12
    assert "- Deals: sales rep, start date, close date and reason for the loss" in letter


def test_a_chapter_with_some_of_its_tables_is_asked_only_for_what_it_can_not_do_without(
    make_engagement: Make, tmp_path: Path
) -> None:
    source = '[sources.touches]\ntable = "touches"\nfile = "touches.csv"\npreset = "canonical"\n'
    letter = letter_of(text_of(make_engagement(source, {"touches.csv": "touch_id\n1\n"}), tmp_path))
    assert "- Objections: touch number and objection code" in letter
    assert "stage" not in letter.partition("Touches")[2].partition("\n")[0]


def test_the_demo_is_usable_and_its_letter_asks_about_keys_and_reasons_only(demo_folder: Path, tmp_path: Path) -> None:
    text = text_of(read_engagement(demo_folder), tmp_path)
    assert "left out    3 rows: test deal" in section(text, "SOURCES")
    assert "set aside   row 266, the row of sums" in section(text, "SOURCES")
    assert "repeated    25 identical rows of one key, used once" in section(text, "TABLES")
    assert "WORDS OF THE CONTRACT" not in text
    asked = [line for line in letter_of(text).splitlines() if line.startswith("- ")]
    assert len(asked) == 5
    assert [" are not in " in line or "not in “" in line for line in asked] == [True, True, True, True, False]
    assert asked[-1].startswith("- Only 62% of 314 lost deals have a reason")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("superstore", ["1 source, 9,994 rows read, 9,994 used", "9,201 identical rows of one key", "Sub-Category"]),
        (
            "northwind",
            [
                "176 rows, surplus fields put back into shipAddress: 4, 5, 6, 7, 10 and 171 more",
                "24 rows, surplus fields put back into address: 8, 9, 10, 16, 19 and 19 more",
                "lines to orders: 0 rows without a match",
                "- Sales: cost of goods",
            ],
        ),
        ("hillstrom", ["fills       touches, through SELECT", "- Objections: touch number and objection code"]),
        (
            "maven",
            [
                "some empty  customer_id 1,425, created_on 500, amount 2,089, closed_on 2,089",
                "- Deals: reason for the loss",
            ],
        ),
        (
            "hubspot",
            [
                "all empty   amount, stage, closed_on",
                "14 rows with 14 values not in deals",
                "- Stage history: 14 rows have values for “deal” that are not in “Deals”",
            ],
        ),
    ],
)
def test_check_on_real_exports_says_what_is_known_of_them(
    name: str, expected: list[str], shared_data: Path, tmp_path: Path
) -> None:
    text = text_of(read_engagement(ENGAGEMENTS / name, shared_data), tmp_path)
    for part in expected:
        assert part in text
    assert all(len(line) <= WIDTH for line in text.partition("LETTER")[0].splitlines())


def test_a_missing_export_of_a_real_engagement_is_named(shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(shared_data / "maven_crm_accounts.csv", tmp_path)
    text, is_usable = check_engagement(read_engagement(ENGAGEMENTS / "maven", tmp_path), reports=tmp_path)
    assert not is_usable
    assert "maven_crm_sales_pipeline.csv: is not in the exports folder" in text
    assert text.endswith("NOTHING WRONG FOUND IN\nmaven_crm_accounts.csv")

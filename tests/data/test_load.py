"""Loading: every row is used, excluded with a reason, or refused; SELECTs neither drop nor multiply rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gtmlib.data.engagement import Contract, read_engagement
from gtmlib.data.engine import to_frame
from gtmlib.data.load import Loaded, load_frames, load_tables, open_engagement
from gtmlib.data.select import Unmatched
from gtmlib.errors import ContractError, DataError
from templates.demo.synth import Demo

from ..conftest import MakeEngagement

DEALS = """
    [sources.deals]
    file = "deals.csv"
    table = "deals"
    columns = { deal_id = "Id", amount = "Amount", status = "Status" }
"""
ORDERS = {
    "orders.csv": """
        Order,Customer,Amount
        1,K1,10.00
        2,K2,20.00
        3,K9,30.00
        """,
    "customers.csv": """
        No,Name
        K1,Bryn AB
        K2,Sund AB
        """,
}
SOURCES = """
    [sources.orders]
    file = "orders.csv"
    types = { Amount = "money" }
    [sources.customers]
    file = "customers.csv"
    [tables]
    transactions = '''
    {sql}
    '''
"""


def rows_of(loaded: Loaded, table: str) -> list[dict[str, Any]]:
    return list(loaded.tables[table].to_pyarrow().to_pylist())


def messages(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


def test_every_row_is_used_or_counted_under_the_first_rule_that_excludes_it(make_engagement: MakeEngagement) -> None:
    engagement = make_engagement(
        DEALS
        + """
    [[sources.deals.exclude]]
    column = "Status"
    values = ["test"]
    reason = "test deal"
    [[sources.deals.exclude]]
    column = "Amount"
    values = ["", "0"]
    reason = "no amount"
    """,
        {"deals.csv": "Id,Amount,Status\n1,100,won\n2,0,test\n3,0,open\n4,,lost\n5,200,test\n"},
    )
    (source,) = load_tables(engagement).report.sources
    assert (source.n_read, source.n_used) == (5, 1)
    assert source.excluded == {"test deal": 2, "no amount": 2}  # row 3 of the file meets both rules and counts once
    assert source.n_read == source.n_used + sum(source.excluded.values())


def test_repeated_rows_are_used_once_and_counted(make_engagement: MakeEngagement) -> None:
    rows = "Id,Amount,Status\n1,100,won\n2,50,open\n1,100,won\n1,100.00,Won\n"
    loaded = load_tables(make_engagement(DEALS, {"deals.csv": rows}))
    (report,) = loaded.report.tables
    assert (report.n_rows, report.n_repeated) == (2, 2)  # 100 and 100.00 are one amount
    assert [row["deal_id"] for row in rows_of(loaded, "deals")] == ["1", "2"]


def test_rows_that_differ_under_one_key_are_refused_with_their_rows_and_values(make_engagement: MakeEngagement) -> None:
    engagement = make_engagement(DEALS, {"deals.csv": "Id,Amount,Status\nA7,100,won\nB1,50,open\nA7,120,won\n"})
    with pytest.raises(DataError) as error:
        load_tables(engagement)
    assert messages(error) == [
        "deals.csv: column 'deal_id' names several rows of deals that differ (rows 2, 4; found 'A7'). "
        "Keep the right one, or exclude the other with a reason"
    ]


def test_keys_that_point_to_nothing_are_counted_and_their_rows_kept(make_engagement: MakeEngagement) -> None:
    toml = """
    [sources.customers]
    file = "customers.csv"
    table = "customers"
    columns = { customer_id = "No" }
    [sources.orders]
    file = "orders.csv"
    table = "transactions"
    columns = { transaction_id = "Order", customer_id = "Customer", net_revenue = "Amount" }
    """
    loaded = load_tables(make_engagement(toml, ORDERS))
    reports = {table.name: table for table in loaded.report.tables}
    assert reports["transactions"].unmatched == {"customer_id": 1}  # K9
    assert (reports["transactions"].n_rows, reports["customers"].unmatched) == (3, {})


@pytest.mark.parametrize("as_select", [False, True])
def test_amounts_in_another_currency_are_refused(make_engagement: MakeEngagement, as_select: bool) -> None:
    file = {"deals.csv": "Id,Amount,Currency\n1,100,SEK\n2,50,\n3,70,sek\n4,30,EUR\n"}
    toml = """
    [sources.deals]
    file = "deals.csv"
    table = "deals"
    columns = { deal_id = "Id", amount = "Amount", currency = "Currency" }
    """
    if as_select:
        toml = """
        [sources.export]
        file = "deals.csv"
        types = { Amount = "money" }
        [tables]
        deals = 'SELECT Id AS deal_id, Amount AS amount, "Currency" AS currency FROM export'
        """
    with pytest.raises(DataError) as error:
        load_tables(make_engagement(toml, file))
    (message,) = messages(error)
    assert "deals.csv: column 'currency' has amounts in another currency than the engagement's SEK" in message
    assert "(row 5; found 'EUR')" in message


@pytest.mark.parametrize("as_select", [False, True])
def test_amounts_that_name_another_currency_are_refused(make_engagement: MakeEngagement, as_select: bool) -> None:
    file = {"deals.csv": "Id,Amount\n1,100 EUR\n2,50\n3,\n"}
    toml = '[sources.deals]\nfile = "deals.csv"\n'
    if as_select:
        toml += "[tables]\ndeals = 'SELECT Id AS deal_id, Amount AS amount FROM deals'\n"
    else:
        toml += 'table = "deals"\ncolumns = { deal_id = "Id", amount = "Amount" }\n'
    with pytest.raises(DataError) as error:
        load_tables(make_engagement(toml, file))
    column = "amount" if as_select else "Amount"
    (message,) = messages(error)
    assert message.startswith(f"deals.csv: column '{column}' has amounts in EUR, and the engagement is in SEK")


@pytest.mark.parametrize("amount", ["100 SEK", "100 kr", "100"])
def test_amounts_that_name_our_currency_or_none_are_read(make_engagement: MakeEngagement, amount: str) -> None:
    toml = '[sources.deals]\nfile = "deals.csv"\ntable = "deals"\ncolumns = { deal_id = "Id", amount = "Amount" }\n'
    loaded = load_tables(make_engagement(toml, {"deals.csv": f"Id,Amount\n1,{amount}\n"}))
    assert loaded.tables["deals"].amount.to_pyarrow().to_pylist() == [100]


def test_value_maps_translate_whole_cells_whatever_their_case(make_engagement: MakeEngagement) -> None:
    toml = DEALS + 'values.status = { Vunnen = "won", "Förlorad affär" = "lost", "Pågår" = "open" }\n'
    rows = "Id,Amount,Status\n1,1,vunnen\n2,2,FÖRLORAD AFFÄR\n3,3,open\n4,4,Pågår\n5,5,\n"
    loaded = load_tables(make_engagement(toml, {"deals.csv": rows}))
    assert [row["status"] for row in rows_of(loaded, "deals")] == ["won", "lost", "open", "open", None]


def test_a_word_that_no_map_knows_is_refused_with_what_it_can_be(make_engagement: MakeEngagement) -> None:
    toml = DEALS + 'values.status = { Vunnen = "won" }\n'
    with pytest.raises(DataError) as error:
        load_tables(make_engagement(toml, {"deals.csv": "Id,Amount,Status\n1,1,vunnen\n2,2,vilande\n"}))
    (message,) = messages(error)
    assert "deals.csv: column 'Status'" in message
    assert "(row 3; found 'vilande')" in message
    assert "lost" in message
    assert "stalled" in message


def test_all_problems_of_all_sources_are_told_at_once_and_nothing_is_left_behind(
    make_engagement: MakeEngagement, tmp_path: Path
) -> None:
    toml = (
        DEALS
        + """
    [sources.reps]
    file = "reps.csv"
    table = "reps"
    columns = { rep_id = "Owner", team = "Temas" }
    [sources.costs]
    file = "nowhere.csv"
    table = "costs"
    columns = { cost_pool = "Pool", amount = "Sum" }
    """
    )
    files = {"deals.csv": "Id,Amount,Status\n1,12x,won\n,5,open\n3,7,parked\n", "reps.csv": "Owner,Team\nR1,North\n"}
    engagement = make_engagement(toml, files)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError) as error:
        load_tables(engagement)
    told = messages(error)
    assert len(told) == 5
    for part in (
        "column 'Id' is empty where every row needs it (row 3)",
        "column 'Amount'",
        "column 'Status'",
        "reps.csv: has no heading 'Temas', which the contract's 'team' names. Did you mean 'Team'?",
        "nowhere.csv",
    ):
        assert sum(part in message for message in told) == 1, part
    assert sorted(tmp_path.rglob("*")) == before


def test_no_contract_and_no_folder_are_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"there is no engagement.toml. Write one with 'gtm new acme'"):
        open_engagement(tmp_path / "acme")


def test_a_select_joins_derives_and_accounts_for_unmatched_rows(make_engagement: MakeEngagement) -> None:
    sql = """
    SELECT orders."Order" AS transaction_id, orders.Customer AS customer_id, orders.Amount AS net_revenue,
           coalesce(c.Name, 'unknown') AS product, orders.Amount / (1 - 0.2) AS list_revenue
    FROM orders LEFT JOIN customers AS c ON orders.Customer = c."No"
    """
    loaded = load_tables(make_engagement(SOURCES.replace("{sql}", sql), ORDERS))
    assert loaded.report.joins == (Unmatched(source="orders", joined="customers", n=1),)
    rows = sorted(rows_of(loaded, "transactions"), key=lambda row: row["transaction_id"])
    assert [row["product"] for row in rows] == ["Bryn AB", "Sund AB", "unknown"]
    assert [row["list_revenue"] for row in rows] == [Decimal("12.5000"), Decimal("25.0000"), Decimal("37.5000")]


def test_union_all_stacks_exports_and_counts_what_both_hold(make_engagement: MakeEngagement) -> None:
    toml = """
    [sources.spring]
    file = "spring.csv"
    [sources.autumn]
    file = "autumn.csv"
    [tables]
    deals = '''
    SELECT Id AS deal_id, Stage AS stage FROM spring
    UNION ALL SELECT Nr AS deal_id, Fas AS stage FROM autumn
    '''
    """
    files = {"spring.csv": "Id,Stage\n1,Won\n2,Open\n", "autumn.csv": "Nr,Fas\n2,Open\n3,Lost\n"}
    loaded = load_tables(make_engagement(toml, files))
    assert sorted(row["deal_id"] for row in rows_of(loaded, "deals")) == ["1", "2", "3"]
    assert loaded.report.tables[0].n_repeated == 1
    clash = files | {"autumn.csv": "Nr,Fas\n2,Lost\n"}
    with pytest.raises(DataError, match=r"autumn.csv, spring.csv: column 'deal_id'.*rows 2, 3; found '2'"):
        load_tables(make_engagement(toml, clash))


def test_a_join_that_multiplies_rows_is_refused(make_engagement: MakeEngagement) -> None:
    sql = 'SELECT "Order" AS transaction_id, Amount AS net_revenue FROM orders LEFT JOIN customers ON Customer = "No"'
    twice = ORDERS | {"customers.csv": "No,Name\nK1,Bryn AB\nK1,Bryn Norge AS\nK2,Sund AB\n"}
    with pytest.raises(DataError, match=r"makes 4 rows of the 3 in 'orders'.*join on all of its key columns"):
        load_tables(make_engagement(SOURCES.replace("{sql}", sql), twice))


BASE = 'SELECT "Order" AS transaction_id, Amount AS net_revenue FROM orders'
REFUSED = {
    "where": (f"{BASE} WHERE Amount > 15", "uses WHERE"),
    "having": ('SELECT "Order" AS transaction_id FROM orders GROUP BY "Order" HAVING sum(Amount) > 1', "uses HAVING"),
    "limit": (f"{BASE} LIMIT 2", "uses LIMIT"),
    "offset": (f"{BASE} OFFSET 1", "uses OFFSET"),
    "distinct": ('SELECT DISTINCT "Order" AS transaction_id FROM orders', "uses DISTINCT"),
    "group by": ('SELECT Customer AS transaction_id FROM orders GROUP BY Customer', "uses GROUP BY"),
    "qualify": (f"{BASE} QUALIFY row_number() OVER (ORDER BY Amount) = 1", "uses QUALIFY"),
    "sample": (f"{BASE} USING SAMPLE 2", "uses SAMPLE"),
    "table sample": (f"{BASE} TABLESAMPLE 50%", "SAMPLE"),
    "inner join": (f'{BASE} JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "right join": (f'{BASE} RIGHT JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "full join": (f'{BASE} FULL JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "cross join": (f"{BASE} CROSS JOIN customers", "a join that is not LEFT JOIN"),
    "comma join": (f"{BASE}, customers", "a join that is not LEFT JOIN"),
    "semi join": (f'{BASE} SEMI JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "left semi join": (f'{BASE} LEFT SEMI JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "left anti join": (f'{BASE} LEFT ANTI JOIN customers ON Customer = "No"', "a join that is not LEFT JOIN"),
    "natural join": (f"{BASE} NATURAL LEFT JOIN customers", "a join that is not LEFT JOIN"),
    "subquery": ("SELECT a AS transaction_id FROM (SELECT 1 AS a) AS t", "a subquery"),
    "scalar subquery": ('SELECT "Order" AS transaction_id, (SELECT max(Name) FROM customers) AS product FROM orders',
                        "a subquery"),
    "exists": ('SELECT "Order" AS transaction_id, CAST(EXISTS (SELECT 1 FROM customers WHERE "No" = Customer) AS TEXT)'
               " AS product FROM orders", "a subquery"),
    "cte": (f"WITH some AS (SELECT 1 AS a) {BASE}", "uses WITH"),
    "star": ("SELECT * FROM orders", "a '*'"),
    "star of one": ("SELECT orders.* FROM orders", "a '*'"),
    "no from": ("SELECT 1 AS transaction_id", "no FROM"),
    "values": ("SELECT a AS transaction_id FROM (VALUES (1), (2)) AS t(a)", "is no source|a subquery|no FROM"),
    "table function": ("SELECT range AS transaction_id FROM range(10)", "is no source"),
    "file": ("SELECT a AS transaction_id FROM '/etc/passwd'", "is no source"),
    "read_csv": ("SELECT a AS transaction_id FROM read_csv('/etc/passwd')", "is no source"),
    "catalog": ("SELECT table_name AS transaction_id FROM information_schema.tables", "is no source"),
    "misspelt source": ('SELECT "Order" AS transaction_id FROM ordrs', "'ordrs', which is no source. Did you mean"),
    "several statements": (f"{BASE}; DROP TABLE orders", "is not one SELECT"),
    "no select": ("DELETE FROM orders", "is not one SELECT"),
    "except": (f"{BASE} EXCEPT {BASE}", "is not one SELECT"),
    "union": (f"{BASE} UNION {BASE}", "is not one SELECT"),
    "limit of a union": (f"{BASE} UNION ALL {BASE} LIMIT 1", "uses LIMIT|is not one SELECT"),
    "unnest": ("SELECT unnest(['a', 'b']) AS transaction_id FROM orders", "an unnest"),
    "aggregate": ("SELECT max(Amount) AS net_revenue, 'all' AS transaction_id FROM orders", "does not run"),
    "unknown column": ("SELECT \"Order\" AS transaction_id, Amount AS revenue FROM orders", "gives 'revenue', which"),
    "column twice": ('SELECT "Order" AS transaction_id, Amount AS transaction_id FROM orders', "twice"),
    "no key": ("SELECT Amount AS net_revenue FROM orders", "gives no 'transaction_id'"),
    "unknown heading": ("SELECT Ordre AS transaction_id FROM orders", "does not run"),
    "no sql": ("SELECT FROM WHERE (", "is not SQL that can be read"),
    "open quote": ("SELECT 'a FROM orders", "is not SQL that can be read"),
    "empty": ("", "is not one SELECT"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_select_that_could_lose_or_make_rows_is_refused_with_one_clear_message(
    case: str, make_engagement: MakeEngagement
) -> None:
    sql, told = REFUSED[case]
    engagement = make_engagement(SOURCES.replace("{sql}", sql), ORDERS)
    with pytest.raises(DataError, match=told) as error:
        load_tables(engagement)
    for message in messages(error):
        assert message.startswith("engagement.toml: tables.transactions: "), message
        assert "Traceback" not in message
        assert "\n" not in message


def test_every_problem_of_a_select_is_told_at_once(make_engagement: MakeEngagement) -> None:
    sql = 'SELECT DISTINCT "Order" AS transaction_id, Amount AS revenue FROM orders JOIN custmers ON 1 = 1 WHERE TRUE'
    with pytest.raises(DataError) as error:
        load_tables(make_engagement(SOURCES.replace("{sql}", sql), ORDERS))
    assert len(messages(error)) == 5


def test_the_demo_comes_back_from_its_exports_with_every_row_accounted_for(loaded_demo: Loaded, demo: Demo) -> None:
    reports = {table.name: table for table in loaded_demo.report.tables}
    for table, frame in demo.frames.items():
        unknown = {"transactions": 3, "costs": 2, "objections": 3}.get(table, 0)  # rows whose customer or touch is lost
        assert reports[table].n_rows == len(frame) + unknown, table
    assert {name: report.n_repeated for name, report in reports.items() if report.n_repeated} == {
        "transactions": 25, "touches": 25,
    }  # fmt: skip
    excluded = {source.name: source.excluded for source in loaded_demo.report.sources if source.excluded}
    assert excluded == {
        "customers": {"the client's own company": 1},
        "invoices": {"the client's own company": 6},
        "hubspot_deals": {"test deal": 3},
    }


def test_frames_load_like_files_do(demo: Demo, demo_contract: Contract, loaded_demo: Loaded) -> None:
    loaded = load_frames({"deals": demo.frames["deals"]}, currency=demo_contract.currency)
    columns = loaded.tables["deals"].columns
    found = sorted(rows_of(loaded, "deals"), key=lambda row: row["deal_id"])
    read = sorted(loaded_demo.tables["deals"].select(*columns).to_pyarrow().to_pylist(), key=lambda row: row["deal_id"])
    assert found == read


def test_frames_are_checked_like_files_are() -> None:
    frame = pd.DataFrame({"deal_id": ["1", "2"], "amount": [1.0, 2.0], "closed_on": [date(2025, 1, 2), None]})
    loaded = load_frames({"deals": frame})
    assert loaded.tables["deals"].schema()["amount"].is_decimal()
    assert loaded.missing(deals=("amount", "closed_on", "stage"), touches=()) == ("deals.stage", "touches")
    with pytest.raises(DataError, match="names several rows of deals that differ"):
        load_frames({"deals": frame.assign(deal_id="1")})
    with pytest.raises(DataError, match="another currency"):
        load_frames({"deals": frame.assign(currency="EUR")})
    with pytest.raises(DataError, match="gives no 'deal_id'"):
        load_frames({"deals": frame.drop(columns="deal_id")})


def test_exports_may_lie_in_another_folder(make_engagement: MakeEngagement, tmp_path: Path) -> None:
    engagement = make_engagement(DEALS, {})
    other = tmp_path / "from the client"
    other.mkdir()
    (other / "deals.csv").write_text("Id,Amount,Status\n1,100,won\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"deals.csv"):
        load_tables(engagement)
    assert load_tables(read_engagement(engagement.folder, other)).report.tables[0].n_rows == 1


def test_the_probability_of_a_forecast_is_kept_although_other_tables_only_read_a_status_from_it(
    make_engagement: MakeEngagement,
) -> None:
    engagement = make_engagement(
        """
        [sources.forecasts]
        file = "f.csv"
        table = "forecast_snapshots"
        columns = { taken_on = "On", deal_id = "Deal", probability = "Chance" }
        """,
        {"f.csv": "On,Deal,Chance\n2025-01-31,1,0.40\n2025-01-31,2,75%\n"},
    )
    rows = to_frame(load_tables(engagement).tables["forecast_snapshots"]).sort_values("deal_id")
    assert rows["probability"].tolist() == [0.4, 0.75]

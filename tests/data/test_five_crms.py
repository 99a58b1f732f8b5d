"""Acceptance 4 of issue 2: one list of deals, five exports, the same canonical rows."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gtmlib.data.crm import match_headings
from gtmlib.data.engagement import read_engagement
from gtmlib.data.load import load_tables

from .five_crms import CUSTOMERS, DEALS, EXPORTS, NBSP

CRMS = tuple(EXPORTS)
CARRIED = ("deal_id", "customer_id", "rep_id", "source", "created_on", "amount", "currency", "stage", "status",
           "closed_on", "lost_reason")  # fmt: skip
HAVE_EXPECTED = ("pipedrive", "swedish", "danish")  # the others overwrite the expected close when a deal closes


@cache
def load(crm: str, is_named: bool, folder: Path) -> Any:
    return load_tables(read_engagement(EXPORTS[crm].write(folder / f"{crm}_{is_named}", is_named=is_named)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("five")


def deals_of(crm: str, folder: Path, *, is_named: bool = True) -> dict[str, dict[str, Any]]:
    rows = load(crm, is_named, folder).tables["deals"].to_pyarrow().to_pylist()
    assert len(rows) == len({row["deal_id"] for row in rows})
    return {row["deal_id"]: row for row in rows}


def test_the_deals_hold_what_breaks_readers() -> None:
    assert len(DEALS) == 40
    assert {"NA", "Null"} <= {deal.customer_id for deal in DEALS}
    assert {"000001", "000039"} <= {deal.deal_id for deal in DEALS}
    assert {deal.status for deal in DEALS} == {"open", "won", "lost"}
    assert set("".join(CUSTOMERS)) >= set("åäöæøÅÖÆ")
    assert any(deal.created_on.day <= 12 and deal.created_on.day != deal.created_on.month for deal in DEALS)
    assert any(deal.lost_reason and ";" in deal.lost_reason for deal in DEALS)
    assert any(deal.lost_reason and '"' in deal.lost_reason and "," in deal.lost_reason for deal in DEALS)
    assert any(deal.status == "lost" and deal.lost_reason is None for deal in DEALS)
    assert max(deal.amount for deal in DEALS) == Decimal("1234567.80")


def test_the_exports_are_written_as_their_crms_write_them() -> None:
    content = {name: export.content for name, export in EXPORTS.items()}
    assert content["hubspot"].startswith(b"\xef\xbb\xbfRecord ID,")
    assert content["pipedrive"].startswith(b"Deal - ID,")
    assert f"1{NBSP}234{NBSP}567,80".encode("cp1252") in content["swedish"]
    assert f"357{NBSP}000,00".encode("cp1252") in content["swedish"]
    assert b";1.234.567,80;" in content["danish"]
    assert b";10-01-2025;" in content["danish"]
    with pytest.raises(UnicodeDecodeError):
        content["swedish"].decode("utf-8")


@pytest.mark.parametrize("crm", CRMS)
def test_headings_alone_find_the_crm(crm: str) -> None:
    text = EXPORTS[crm].content.decode(EXPORTS[crm].encoding)
    headings = next(csv.reader(io.StringIO(text), delimiter=EXPORTS[crm].delimiter))
    assert match_headings(headings, "deals").preset == crm


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("is_named", [True, False])
def test_every_crm_gives_the_deals_as_they_are(crm: str, is_named: bool, folder: Path) -> None:
    found = deals_of(crm, folder, is_named=is_named)
    assert found.keys() == {deal.deal_id for deal in DEALS}
    for column in CARRIED:
        wanted = {deal.deal_id: getattr(deal, column) for deal in DEALS}
        assert {deal_id: row[column] for deal_id, row in found.items()} == wanted, column


@pytest.mark.parametrize("crm", CRMS)
def test_the_expected_close_is_known_where_the_crm_has_kept_it(crm: str, folder: Path) -> None:
    found = deals_of(crm, folder)
    for deal in DEALS:
        is_known = crm in HAVE_EXPECTED or deal.status == "open"
        assert found[deal.deal_id]["expected_close_on"] == (deal.expected_close_on if is_known else None)


def test_the_five_frames_are_identical_on_what_all_carry(folder: Path) -> None:
    frames = [load(crm, True, folder).tables["deals"].to_pyarrow() for crm in CRMS]
    first, *others = [frame.select(list(CARRIED)).sort_by("deal_id") for frame in frames]
    assert all(other.equals(first) for other in others)


def test_what_a_preset_lacks_is_listed(folder: Path) -> None:
    lacking = {}
    for crm in CRMS:
        (report,) = load(crm, True, folder).report.sources
        assert report.preset == crm
        lacking[crm] = "segment" in report.missing
        assert report.n_read == report.n_used == len(DEALS)
    assert all(lacking.values())
    (report,) = load("pipedrive", True, folder).report.sources
    assert set(report.ignored) == {"Deal - Title", "Deal - Total activities"}

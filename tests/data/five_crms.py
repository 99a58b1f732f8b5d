"""The same forty deals as five CRMs export them, each with the contract that reads it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    deal_id: str
    customer_id: str
    rep_id: str
    source: str
    created_on: date
    amount: Decimal
    currency: str
    stage: str
    status: str
    expected_close_on: date
    closed_on: date | None
    lost_reason: str | None


CUSTOMERS = (
    "NA",
    "Åkerlunds Måleri; Färg & Co",
    "Sørensen Ædelsten & Læder ApS",
    'Bröderna "Öberg" AB',
    "Null",
    "Fjälltöj, Ö",
)
REPS = ("Åsa Öberg", "Søren Kjær", "Märta Ek")
STAGES = ("Behovsanalyse", "Förhandling", "Offert; pris")
SOURCES = ("Mässa", "Henvisning", "Webb")
AMOUNTS = ("1234567.80", "357000.00", "999.50", "12000.00", "1000.05", "48250.75", "0.00")
REASONS = ('Priset, "för högt"', "Valgte konkurrent; billigere", "Ingen budget", None)
STATUSES = ("open", "won", "lost")
CURRENCIES = ("SEK",)  # one: amounts in another currency than the contract's are refused


def _deal(number: int) -> Deal:
    status = STATUSES[number % 3]
    created_on = date(2025, 1, 2) + timedelta(days=8 * number)  # 2025-02-03, 2025-11-02: valid both ways round
    return Deal(
        deal_id=f"{number:06d}" if number % 2 else f"A-{number}",
        customer_id=CUSTOMERS[number % len(CUSTOMERS)],
        rep_id=REPS[number % len(REPS)],
        source=SOURCES[number // 3 % len(SOURCES)],
        created_on=created_on,
        amount=Decimal(AMOUNTS[number % len(AMOUNTS)]),
        currency=CURRENCIES[0],
        stage=STAGES[number % len(STAGES)]
        if status == "open"
        else {"won": "Closed Won", "lost": "Closed Lost"}[status],
        status=status,
        expected_close_on=created_on + timedelta(days=60),
        closed_on=None if status == "open" else created_on + timedelta(days=33 + number % 5),
        lost_reason=REASONS[number // 3 % len(REASONS)] if status == "lost" else None,
    )


DEALS = tuple(_deal(number) for number in range(1, 41))


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file as one CRM writes it, and the keys of the contract that say how to read it."""

    preset: str
    file: str
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    row: Callable[[Deal], tuple[str, ...]]
    contract: str = ""

    @property
    def content(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n")
        writer.writerow(self.headings)
        writer.writerows(self.row(deal) for deal in DEALS)
        return text.getvalue().encode(self.encoding)

    def write(self, folder: Path, *, is_named: bool) -> Path:
        """Write an engagement folder; unless `is_named`, its contract leaves the preset to be found."""
        (folder / "exports").mkdir(parents=True, exist_ok=True)
        (folder / "exports" / self.file).write_bytes(self.content)
        preset = f'preset = "{self.preset}"\n' if is_named else ""
        contract = (
            'client = "Åkerlunds"\ncurrency = "SEK"\nexported_on = 2025-12-31\n\n[sources.crm]\n'
            f'file = "{self.file}"\ntable = "deals"\n{preset}{self.contract}'
        )
        (folder / "engagement.toml").write_text(contract, encoding="utf-8")
        return folder


def _iso(day: date | None, time: str = "") -> str:
    return f"{day.isoformat()}{time}" if day else ""


def _grouped(amount: Decimal, group: str) -> str:
    return f"{amount:,.2f}".replace(",", "|").replace(".", ",").replace("|", group)


def _hubspot(deal: Deal) -> tuple[str, ...]:
    close = deal.closed_on or deal.expected_close_on
    times = _iso(deal.created_on, " 09:15"), _iso(close, " 23:59")
    about = deal.deal_id, f"Deal {deal.deal_id}", deal.stage, times[1], deal.rep_id, f"{deal.amount:f}", deal.currency
    return (*about, deal.customer_id, times[0], deal.lost_reason or "", deal.source)


def _pipedrive(deal: Deal) -> tuple[str, ...]:
    won = _iso(deal.closed_on, " 14:02:59") if deal.status == "won" else ""
    lost = _iso(deal.closed_on, " 08:30:00") if deal.status == "lost" else ""
    about = deal.deal_id, f"Deal {deal.deal_id}", deal.rep_id, f"{deal.amount.normalize():f}", deal.currency
    dates = _iso(deal.created_on, " 07:00:01"), won, lost, deal.lost_reason or "", _iso(deal.expected_close_on)
    return (*about, deal.customer_id, deal.stage, deal.status.capitalize(), *dates, deal.source, "12")


def _superoffice(deal: Deal) -> tuple[str, ...]:
    stage = str([*STAGES, "Closed Won", "Closed Lost"].index(deal.stage) + 1)
    status = {"open": "1", "won": "2", "lost": "3"}[deal.status]
    source, currency = str(SOURCES.index(deal.source) + 1), str(CURRENCIES.index(deal.currency) + 1)
    about = deal.deal_id, f"Deal {deal.deal_id}", deal.customer_id, deal.rep_id, f"{deal.amount:.2f}", currency, stage
    return (*about, status, _iso(deal.created_on), _iso(deal.closed_on or deal.expected_close_on), source,
            deal.lost_reason or "", "0")  # fmt: skip


def _swedish(deal: Deal) -> tuple[str, ...]:
    status = {"open": "Öppen", "won": "Vunnen", "lost": "Förlorad"}[deal.status]
    about = deal.deal_id, deal.customer_id, deal.rep_id, _grouped(deal.amount, NBSP), deal.currency, deal.stage, status
    dates = _iso(deal.created_on), _iso(deal.expected_close_on), _iso(deal.closed_on)
    return (*about, deal.source, *dates, deal.lost_reason or "")


def _danish(deal: Deal) -> tuple[str, ...]:
    status = {"open": "Åben", "won": "Vundet", "lost": "Tabt"}[deal.status]
    about = deal.deal_id, deal.customer_id, deal.rep_id, _grouped(deal.amount, "."), deal.currency, deal.stage, status
    days = [f"{day:%d-%m-%Y}" if day else "" for day in (deal.created_on, deal.expected_close_on, deal.closed_on)]
    return (*about, deal.source, *days, deal.lost_reason or "")


def _values(column: str, words: tuple[str, ...]) -> str:
    return f"values.{column} = {{ " + ", ".join(f'"{i}" = "{word}"' for i, word in enumerate(words, start=1)) + " }\n"


EXPORTS: dict[str, Export] = {
    "hubspot": Export(
        preset="hubspot",
        file="hubspot-crm-exports-all-deals.csv",
        encoding="utf-8-sig",
        delimiter=",",
        headings=(
            "Record ID",
            "Deal Name",
            "Deal Stage",
            "Close Date",
            "Deal owner",
            "Amount",
            "Currency",
            "Associated Company",
            "Create Date",
            "Closed Lost Reason",
            "Original Source",
        ),
        row=_hubspot,
    ),
    "pipedrive": Export(
        preset="pipedrive",
        file="deals-12345.csv",
        encoding="utf-8",
        delimiter=",",
        headings=(
            "Deal - ID",
            "Deal - Title",
            "Deal - Owner",
            "Deal - Value",
            "Deal - Currency of value",
            "Deal - Organization",
            "Deal - Stage",
            "Deal - Status",
            "Deal - Deal created",
            "Deal - Won time",
            "Deal - Lost time",
            "Deal - Lost reason",
            "Deal - Expected close date",
            "Deal - Lead source",
            "Deal - Total activities",
        ),
        row=_pipedrive,
    ),
    "superoffice": Export(
        preset="superoffice",
        file="sale.csv",
        encoding="utf-8-sig",
        delimiter=";",
        headings=(
            "sale_id",
            "heading",
            "Company",
            "Owner",
            "amount",
            "currency_id",
            "probability_idx",
            "status",
            "registered",
            "saledate",
            "source_id",
            "reason_id",
            "reasonStalled_id",
        ),
        row=_superoffice,
        contract='delimiter = ";"\n'
        + _values("currency", CURRENCIES)
        + _values("source", SOURCES)
        + _values("stage", (*STAGES, "Closed Won", "Closed Lost")),
    ),
    "swedish": Export(
        preset="swedish",
        file="affärer.csv",
        encoding="cp1252",
        delimiter=";",
        headings=(
            "Affärs-ID",
            "Kundnamn",
            "Ansvarig säljare",
            "Belopp",
            "Valuta",
            "Affärssteg",
            "Status",
            "Leadkälla",
            "Skapad",
            "Förväntat avslutsdatum",
            "Avslutsdatum",
            "Förlustorsak",
        ),
        row=_swedish,
        contract='delimiter = ";"\ndecimal = ","\n',
    ),
    "danish": Export(
        preset="danish",
        file="salg.csv",
        encoding="cp1252",
        delimiter=";",
        headings=(
            "Salgs-ID",
            "Kundenavn",
            "Sælger",
            "Beløb",
            "Valuta",
            "Salgsstadie",
            "Status",
            "Leadkilde",
            "Oprettet",
            "Forventet lukkedato",
            "Lukkedato",
            "Tabsårsag",
        ),
        row=_danish,
        contract='delimiter = ";"\ndecimal = ","\ndate_format = "DD-MM-YYYY"\n',
    ),
}

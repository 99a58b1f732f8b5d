"""The canonical tables: what every export becomes, and what every analysis reads.

Ids are text, rates are in [0, 1], money is in the row's currency, dates are business-local and naive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "date", "money", "number", "count", "rate", "flag", "choice"]
KINDS: tuple[Kind, ...] = ("id", "text", "date", "money", "number", "count", "rate", "flag", "choice")


@dataclass(frozen=True, slots=True)
class Column:
    """A canonical column: its kind, whether a row is nothing without it, and its allowed values for a choice."""

    kind: Kind
    is_required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table: its columns, and those that together name a row (none where rows have no name)."""

    columns: dict[str, Column]
    key: tuple[str, ...] = ()


def _table(text: str, key: tuple[str, ...] = (), **choices: tuple[str, ...]) -> Table:
    """Read a table from `name:kind` words; `!` marks a required column."""
    columns = {}
    for word in text.split():
        name, kind = word.rstrip("!").split(":")
        if kind not in KINDS:
            raise TypeError(f"column '{name}' has the unknown kind '{kind}'")
        columns[name] = Column(kind, word.endswith("!"), choices.get(name, ()))
    return Table(columns, key)


TABLES: dict[str, Table] = {
    "customers": _table(
        "customer_id:id! name:text segment:text country:text industry:text employees:count channel:text "
        "acquired_on:date",
        key=("customer_id",),
    ),
    "transactions": _table(
        "transaction_id:id! customer_id:id date:date product:text quantity:number list_revenue:money "
        "net_revenue:money cogs:money currency:text",
        key=("transaction_id",),
    ),
    "rates": _table("currency:text! date:date! rate:number!", key=("currency", "date")),
    "contracts": _table(
        "contract_id:id! customer_id:id! starts_on:date! ends_on:date monthly_revenue:money", key=("contract_id",)
    ),
    "costs": _table("cost_pool:text! date:date amount:money! currency:text customer_id:id driver:text capacity:number"),
    "drivers": _table("customer_id:id! driver:text! date:date quantity:number! minutes_each:number"),
    "acquisition": _table(
        "period:text! segment:text channel:text customer_id:id spend:money! n_prospects:count n_won:count"
    ),
    "reps": _table("rep_id:id! name:text seniority:text team:text", key=("rep_id",)),
    "leads": _table(
        "lead_id:id! created_on:date source:text campaign:text persona:text first_contact_on:date "
        "qualified_on:date deal_id:id",
        key=("lead_id",),
    ),
    "deals": _table(
        "deal_id:id! customer_id:id rep_id:id segment:text source:text created_on:date amount:money currency:text "
        "stage:text status:choice expected_close_on:date closed_on:date lost_reason:text",
        key=("deal_id",),
        status=("open", "won", "lost", "stalled"),
    ),
    "stage_history": _table("deal_id:id! stage:text! entered_on:date!"),
    "forecast_snapshots": _table(
        "taken_on:date! deal_id:id! stage:text probability:rate amount:money expected_close_on:date",
        key=("taken_on", "deal_id"),
    ),
    "touches": _table(
        "touch_id:id! deal_id:id customer_id:id rep_id:id segment:text date:date channel:text stage:text "
        "variant_assigned:text variant_delivered:text outcome:text converted_on:date minutes:number "
        "next_step_on:date note:text",
        key=("touch_id",),
    ),
    "objections": _table(
        "touch_id:id deal_id:id date:date stage:text code:text! source:text is_resolved:flag coder:text"
    ),
    "interviews": _table(
        "interview_id:id! customer_id:id date:date kind:choice! speaker:text note:text!",
        key=("interview_id",),
        kind=("win", "loss"),
    ),
}

# Which column points to which table's key: unmatched values are counted, never dropped.
REFERENCES: tuple[tuple[str, str, str], ...] = tuple(
    (table, column, target)
    for table, spec in TABLES.items()
    for target, column in (
        ("customers", "customer_id"),
        ("deals", "deal_id"),
        ("reps", "rep_id"),
        ("touches", "touch_id"),
    )
    if table != target and column in spec.columns
)

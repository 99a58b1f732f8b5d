"""Exhibits of cost: the ledger that adds up, what is estimated, margins by product, and the change between periods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gtmlib.analyses.bridge import PeriodBridge
from gtmlib.analyses.cost_trust import CostTrust
from gtmlib.analyses.margins import LEAST_SHARE, Margins
from gtmlib.analyses.reconciliation import Reconciled
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Cell, Exhibit, Table, TableColumn, columns
from gtmlib.present.figures import plot_waterfall
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import plot_cells
from gtmlib.present.sentences import name_of

SMALL = 0.0005  # shares that are written as 0.0 %


def present_reconciled(result: Reconciled, language: Language, _: str) -> Exhibit:
    """Show the ledger and the rows it was split into.

    Parameters
    ----------
    result : Reconciled
        The ledger, split.
    language : Language
        Of the reader.
    _ : str
        The brand's colour; not needed, as nothing is drawn.
    """
    say = language.say
    title = say(
        "profitability.ledger.title" if result.is_reconciled else "profitability.ledger.title.off",
        amount=result.ledger,
        difference=result.difference,
    )
    rows = [(say(f"profitability.ledger.row.{row.name}"), row.amount) for row in result.rows]
    rows.append((say("profitability.ledger.row.ledger"), result.ledger))
    sentences = []
    for row in result.compared:
        gap = round(row.ours - row.theirs, 2)
        kind = "same" if not gap else "more" if gap > 0 else "less"
        figure = say(f"profitability.ledger.figure.{row.name}")
        sentences.append(
            say(f"profitability.ledger.own.{kind}", figure=figure, ours=row.ours, theirs=row.theirs, gap=abs(gap))
        )
    notes = [say("profitability.ledger.vat")]
    notes += [
        say(
            f"profitability.ledger.pool.{pool.rule}",
            pool=pool.name,
            amount=pool.amount,
            assigned=pool.assigned,
            idle=pool.idle,
            used=pool.used_share,
        )
        for pool in result.pools
        if pool.rule == "driver" or pool.used_share is not None
    ]
    named = columns(say, "profitability.column.step column.amount:money_exact")
    return Exhibit(
        id="profitability-ledger",
        title=title,
        sentences=tuple(sentences) if result.compared else (say("profitability.ledger.ask"),),
        table=Table(columns=named, rows=tuple(rows), has_total_row=True),
        notes=tuple(notes),
    )


def present_cost_trust(result: CostTrust, language: Language, _: str) -> Exhibit:
    """Say what part of cost is estimated, and whether it would change the order of segments.

    Parameters
    ----------
    result : CostTrust
        Estimated cost and scenarios.
    language : Language
        Of the reader.
    _ : str
        The brand's colour; not needed, as nothing is drawn.
    """
    say = language.say
    parts = {
        "unit_cost": result.by_unit_cost, "cell_ratio": result.by_cell_ratio,
        "segment_ratio": result.by_segment_ratio,
    }  # fmt: skip
    if result.n_imputed:
        kind = "some" if 0 <= result.imputed <= result.cogs else "amount"  # what returns make negative is no share
    else:
        kind = "unpriced" if result.n_unpriced else "none"
    sentences = []
    if whole := sum(map(abs, parts.values())):
        rules = [
            say(f"profitability.trust.by.{name}", share=abs(amount) / whole)
            for name, amount in parts.items()
            if abs(amount) / whole >= SMALL
        ]
        sentences.append(say("profitability.trust.rules", n=result.n_imputed, of=result.n_transactions, rules=rules))
    if result.n_unpriced:
        sentences.append(say("profitability.trust.unpriced", n=result.n_unpriced, amount=result.unpriced_revenue))
    sentences += _stability(result, language)
    heads = [TableColumn(label=say("column.segment")), *_scenario_heads(result, language)]
    names = [str(name_of("segment", row.segment, language)) for row in result.segments]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, row.by_cost_error[0], row.contribution, row.by_cost_error[-1], *row.by_spread.values())
        for name, row in zip(names, result.segments, strict=True)
    )
    return Exhibit(
        id="profitability-trust",
        title=say(
            f"profitability.trust.title.{kind}", share=result.imputed_share, amount=result.imputed, n=result.n_unpriced
        ),
        sentences=tuple(sentences),
        table=Table(columns=tuple(heads), rows=rows) if rows else None,
        notes=(say("profitability.trust.note"),) if rows else (),
    )


def _stability(result: CostTrust, language: Language) -> Iterator[str]:
    """Say in words whether the order of segments, and who loses, hangs on an assumption."""
    for name, found in (("cost", result.by_cost), ("spread", result.by_spread)):
        if found is None:
            continue
        amount = result.unallocated
        order = "same" if not found.n_moved else "moved"
        args = {"n": found.n_moved, "of": found.n_groups, "amount": amount}
        yield language.say(f"profitability.trust.{name}.{order}", **args)
        if found.n_signs_changed:
            yield language.say(f"profitability.trust.{name}.signs", n=found.n_signs_changed, of=found.n_groups)


def _scenario_heads(result: CostTrust, language: Language) -> Iterator[TableColumn]:
    for key in ("less_20", "as_is", "more_20"):
        yield TableColumn(label=language.say(f"profitability.trust.column.{key}"), kind="money")
    for basis in result.segments[0].by_spread if result.segments else ():
        yield TableColumn(label=language.say(f"profitability.trust.column.{basis}"), kind="money")


def present_margins(result: Margins, language: Language, accent: str) -> Exhibit:
    """Show gross profit rates by segment and product.

    Parameters
    ----------
    result : Margins
        By segment and product.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    if not result.cells:
        key = "profitability.margins.too_many" if result.shown_share < LEAST_SHARE else "profitability.margins.none"
        return Exhibit(id="profitability-margins", title=say(key, n=result.n_products, share=result.shown_share))
    segments = [str(name_of("segment", name, language)) for name in result.segments]
    other = say("profitability.margins.other")
    products = [other if name == OTHER else language.word(name) for name in result.products]
    n_columns = len(products)
    found = [result.cells[start : start + n_columns] for start in range(0, len(result.cells), n_columns)]
    values = [[cell.rate for cell in row] for row in found]
    hovers = [
        [say("figure.customers", n=cell.n_customers) if cell.n_customers else "" for cell in row] for row in found
    ]
    shown = [cell for cell in result.cells if cell.rate is not None and OTHER not in (cell.segment, cell.product)]
    sentences = []
    title = say("profitability.margins.none")
    if shown:
        worst, best = (pick(shown, key=lambda cell: cell.rate or 0.0) for pick in (min, max))
        kind = "loss" if (worst.rate or 0.0) < 0 else "spread"
        args = {"segment": worst.segment, "product": worst.product, "rate": worst.rate}
        args |= {"best": best.rate, "best_segment": best.segment, "best_product": best.product}
        title = say(f"profitability.margins.title.{kind}", **args)
        if worst is not best:
            sentences.append(say("profitability.margins.best", **args))
    notes = [say("profitability.margins.note")]
    if any(cell.rate is None for cell in result.cells):
        notes.append(say("profitability.margins.grey", smallest=result.smallest_group))
    heads = [TableColumn(label=say("column.segment")), *(TableColumn(label=name, kind="percent") for name in products)]
    return Exhibit(
        id="profitability-margins",
        title=title,
        sentences=tuple(sentences),
        figure=plot_cells(segments, products, values, language=language, accent=accent, hovers=hovers, empty="grey"),
        alt=" ".join((f"{title}.", *sentences)),
        table=Table(columns=tuple(heads), rows=tuple((name, *row) for name, row in zip(segments, values, strict=True))),
        notes=tuple(notes),
    )


def present_bridge(result: PeriodBridge, language: Language, accent: str) -> Exhibit:
    """Show why what is left changed from one period to the next.

    Parameters
    ----------
    result : PeriodBridge
        Two periods, and the steps between them.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    if not result.steps or result.before is None or result.after is None:
        kind = "short" if result.before is None else "empty"
        return Exhibit(id="profitability-bridge", title=say(f"profitability.bridge.{kind}"))
    before, after = result.amount("before"), result.amount("after")
    args: dict[str, Any] = {"before": before, "after": after, "change": abs(after - before)}
    args |= {"measure": name_of("measure", result.measure, language)}
    direction = "up" if after >= before else "down"
    spans = [say("report.period_span", starts=starts, ends=ends) for starts, ends in (result.before, result.after)]
    rows = [(say(f"profitability.bridge.step.{step.name}"), step.amount) for step in result.steps]
    labels, amounts = zip(*rows, strict=True)
    figure = plot_waterfall(labels, amounts, [step.is_total for step in result.steps], language=language, accent=accent)
    causes = [step for step in result.steps if not step.is_total]
    largest = max(causes, key=lambda step: abs(step.amount)) if causes else None
    sentences = []
    if largest is not None:
        sign = "gain" if largest.amount >= 0 else "loss"
        name = say(f"profitability.bridge.cause.{largest.name}")
        sentences.append(say(f"profitability.bridge.largest.{sign}", cause=name, amount=abs(largest.amount)))
    notes = [say(f"profitability.bridge.basis.{result.basis}", before=spans[0], after=spans[1])]
    notes.append(say("profitability.bridge.method"))
    title = say(f"profitability.bridge.title.{direction}", **args)
    return Exhibit(
        id="profitability-bridge",
        title=title,
        sentences=tuple(sentences),
        figure=figure,
        alt=f"{title}. " + "; ".join(f"{label} {language.format(amount, 'money')}" for label, amount in rows) + ".",
        table=Table(columns=columns(say, "profitability.column.step column.amount:money"), rows=tuple(rows)),
        notes=tuple(notes),
    )

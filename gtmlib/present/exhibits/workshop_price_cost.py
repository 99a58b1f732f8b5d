"""Exhibit of the price and cost what-if."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.workshop.price_cost import Changes, WhatIf, WhatIfRow
from gtmlib.present.exhibit import Cell, Exhibit, Table, columns
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import plot_against_today
from gtmlib.present.sentences import name_of

TABLE = (
    "column.segment column.customers:count profitability.step.net_revenue:money workshop.column.before:money"
    " workshop.column.after:money workshop.column.change:money workshop.column.rank_before:count"
    " workshop.column.rank_after:count"
)


def present_what_if(result: WhatIf, language: Language, accent: str) -> Exhibit:
    """Show what is left of each segment today and after the changes.

    Parameters
    ----------
    result : WhatIf
        At least one row.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, rows = language.say, result.rows
    args: dict[str, Any] = {"measure": name_of("measure", result.measure, language), "before": result.before}
    args |= {"change": abs(result.change), "after": result.after}
    kind = "rises" if result.change > 0 else "falls" if result.change < 0 else "stays"
    is_changed = result.changes != Changes()
    title = say(f"workshop.price_cost.{kind if is_changed else 'today'}", **args)
    everyone = say("workshop.price_cost.everyone")
    names = [str(name_of("workshop_group", row.segment, language)) for row in rows] if len(rows) > 1 else [everyone]
    today = [say("workshop.price_cost.was", amount=row.before) if row.after != row.before else "" for row in rows]
    figure = plot_against_today(
        names,
        [row.after for row in rows],
        [row.before for row in rows],
        language=language,
        accent=accent,
        details=today,
        highlight=[row.is_met for row in rows],
        axis_title=say("workshop.price_cost.axis", measure_as=name_of("measure_as", result.measure, language)),
    )
    cells: list[tuple[Cell, ...]] = [_cells(name, row) for name, row in zip(names, rows, strict=True)]
    if len(rows) > 1:
        sums = (round(sum(row.net_revenue for row in rows), 2), result.before, result.after, result.change)
        cells.append((everyone, result.n_customers, *sums, None, None))
    serve = "served" if result.measure == "contribution" else "goods"
    sentences = (*_break_even(result, language), *_order(result, language)) if is_changed else ()
    said = [
        say("workshop.price_cost.alt.row", name=name, before=row.before, after=row.after)
        for name, row in zip(names, rows, strict=True)
    ]
    notes = [say("workshop.price_cost.n", n=result.n_customers)]
    if any(row.segment == OTHER for row in rows):
        notes.append(say("profitability.segments.other", smallest=result.smallest_group))
    return Exhibit(
        id="workshop-price-cost",
        title=title,
        sentences=(*sentences, say(f"workshop.price_cost.assumes.{serve}")),
        figure=figure,
        alt=" ".join((f"{title}.", *said)),
        table=Table(columns=columns(say, TABLE), rows=tuple(cells), has_total_row=len(rows) > 1),
        notes=tuple(notes),
    )


def _cells(name: str, row: WhatIfRow) -> tuple[Cell, ...]:
    change = round(row.after - row.before, 2) + 0.0
    return (name, row.n, row.net_revenue, row.before, row.after, change, row.rank_before, row.rank_after)


def _break_even(result: WhatIf, language: Language) -> tuple[str, ...]:
    """Say how far volume may change at this price and cost, and which price this volume needs."""
    changes, found = result.changes, list[str]()
    args: dict[str, Any] = {"measure": name_of("measure", result.measure, language)}
    volume, price = result.break_even_volume, result.break_even_price
    if changes.price or changes.cogs or changes.serve:
        if volume is None:
            found.append(language.say("workshop.price_cost.volume.none"))
        elif volume < -1:
            found.append(language.say("workshop.price_cost.volume.any", **args))
        elif round(volume, 3):
            kind = "falls" if volume < 0 else "grows"
            found.append(language.say(f"workshop.price_cost.volume.{kind}", share=abs(volume), **args))
    if changes.volume and price is not None and round(price, 3):
        kind = "higher" if price > 0 else "lower"
        found.append(language.say(f"workshop.price_cost.price.{kind}", share=abs(price), **args))
    return tuple(found)


def _order(result: WhatIf, language: Language) -> tuple[str, ...]:
    """Say whether segments change places, and which begin or cease to lose money."""
    named = [row for row in result.rows if row.rank_after is not None]
    found = []
    if len(named) > 1:
        moved = any(row.rank_before != row.rank_after for row in named)
        order = [row.segment for row in sorted(named, key=lambda row: row.rank_after or 0)]
        say = language.say
        found.append(
            say("workshop.price_cost.order.new", names=order) if moved else say("workshop.price_cost.order.same")
        )
    turned = {
        "loss": [row.segment for row in named if row.before >= 0 > row.after],
        "profit": [row.segment for row in named if row.after >= 0 > row.before],
    }
    found += [language.say(f"workshop.price_cost.turns.{kind}", names=names) for kind, names in turned.items() if names]
    return tuple(found)

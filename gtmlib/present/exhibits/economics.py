"""Exhibits of unit economics: what a customer costs, when it is earned back, and whether growth pays for its burn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gtmlib.analyses.economics.acquisition import ALL, Acquisition, GroupCost, Payback, ValueToCost
from gtmlib.analyses.economics.cycle import Cycle
from gtmlib.analyses.economics.recurring import Recurring
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import CellKind, Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_intervals, plot_waterfall
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import with_room
from gtmlib.present.sentences import name_of
from gtmlib.stats.unit_economics import Ratio

Span = tuple[float | None, float | None, float | None]  # value, and the ends of its interval


def present_acquisition(result: Acquisition, language: Language, accent: str) -> Exhibit:
    """Show what a customer costs to win: of all, or by segment or channel.

    Parameters
    ----------
    result : Acquisition
        Costs, the spend on lost prospects in them.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, rows = language.say, result.rows
    names = _names(result, language)
    notes = _acquisition_notes(result, language)
    table = _cost_table(result, names, language)
    if result.by == ALL:
        return _present_whole(result, rows[0], table, notes, language)
    known = [(name, row.cost) for name, row in zip(names, rows, strict=True) if row.cost.loaded.value is not None]
    if not known:
        title = say("economics.cac.none", spend=sum(row.cost.spend for row in rows))
        return Exhibit(id=f"economics-cac-{result.by}", title=title, table=table, notes=notes)
    spans = [(cost.loaded.value, cost.ci_low, cost.ci_high) for _, cost in known]
    title = _compare([name for name, _ in known], spans, f"economics.cac.{result.by}", language)
    nobody = [name for name, row in zip(names, rows, strict=True) if row.cost.loaded.value is None]
    return Exhibit(
        id=f"economics-cac-{result.by}",
        title=title,
        sentences=(say("economics.cac.nobody", groups=nobody),) if nobody else (),
        figure=with_room(
            plot_intervals(
                [name for name, _ in known],
                *_columns(spans),
                language=language,
                kind="money",
                accent=accent,
                details=[say("figure.customers_won", n=cost.n_won) for _, cost in known],
                axis_title=say("economics.cac.axis"),
            )
        ),
        alt=f"{title}. {_listed([name for name, _ in known], spans, 'money', language)}",
        table=table,
        notes=notes,
    )


def present_payback(result: Payback, language: Language, accent: str) -> Exhibit:
    """Show after how many months the cost of winning a customer is earned back.

    Parameters
    ----------
    result : Payback
        Months by segment or channel.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, about = language.say, result.acquisition
    notes = [say("economics.payback.note", starts=about.starts_on, ends=about.ends_on)]
    if any(row.payback and row.payback.value is not None and row.payback.ci_high is None for row in about.rows):
        notes.append(say("economics.payback.endless"))
    losing = _without(about, "payback", "no_gross_profit", language)
    sentences = (say("economics.payback.never", groups=losing),) if losing else ()
    return _present_ratios(about, "payback", "tenths", sentences, notes, None, language, accent)


def present_value_to_cost(result: ValueToCost, language: Language, accent: str) -> Exhibit:
    """Show how many times what a customer is worth covers what it cost to win.

    Parameters
    ----------
    result : ValueToCost
        Ratios by segment.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, about = language.say, result.acquisition
    below = [
        str(name_of(about.by, row.group, language))
        for row in about.rows
        if row.value_to_cost and row.value_to_cost.ci_high is not None and row.value_to_cost.ci_high < 1
    ]
    sentences = (say("economics.value_to_cost.below", groups=below),) if below else ()
    notes = [say("economics.value_to_cost.note", n=about.n_years)]
    return _present_ratios(about, "value_to_cost", "tenths", sentences, notes, 1.0, language, accent)


def present_recurring(result: Recurring, language: Language, accent: str) -> Exhibit:
    """Show how yearly recurring revenue grew, and what was burnt for it.

    Parameters
    ----------
    result : Recurring
        Two days a year apart.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, grown = language.say, result.at_end - result.at_start
    args: dict[str, Any] = {"start": result.at_start, "end": result.at_end, "grown": abs(grown), "n": result.n_at_end}
    title = say(f"economics.recurring.{'up' if grown > 0 else 'down' if grown < 0 else 'same'}", **args)
    steps = [("at_start", result.at_start, result.n_at_start, True)]
    steps += [(change.name, change.amount, change.n, False) for change in result.changes]
    steps.append(("at_end", result.at_end, result.n_at_end, True))
    labels = [say(f"economics.recurring.step.{name}") for name, *_ in steps]
    amounts = [amount for _, amount, _, _ in steps]
    rows = tuple((label, amount, n) for label, (_, amount, n, _) in zip(labels, steps, strict=True))
    notes = [say("economics.recurring.note", starts=result.starts_on, ends=result.ends_on)]
    if result.n_without_revenue:
        notes.append(say("economics.recurring.without", n=result.n_without_revenue))
    sentences = (*_burn_words(result, language), *_kept_words(result, language))
    heads = "profitability.column.step column.amount:money column.customers:count"
    burn = result.multiple.value if result.multiple else None
    kpis = []
    if burn is not None:
        detail = say("economics.recurring.kpi.detail", burn=result.net_burn, grown=grown)
        kpis.append(Kpi(label=say("economics.recurring.kpi"), value=language.format(burn, "tenths"), detail=detail))
    return Exhibit(
        id="economics-recurring",
        title=title,
        sentences=sentences,
        figure=plot_waterfall(labels, amounts, [step[3] for step in steps], language=language, accent=accent),
        alt=f"{title}. " + "; ".join(f"{label} {language.format(x, 'money')}" for label, x, _ in rows) + ".",
        table=Table(columns=columns(say, heads), rows=rows, has_total_row=True),
        notes=tuple(notes),
        kpis=tuple(kpis),
    )


def present_cycle(result: Cycle, language: Language, accent: str) -> Exhibit:
    """Show how long it takes to a yes or a no.

    Parameters
    ----------
    result : Cycle
        Median days, of all deals and by segment.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    notes = [say("economics.cycle.note")]
    if result.n_left_out:
        notes.append(say("economics.cycle.left_out", n=result.n_left_out))
    if not result.rows:
        return Exhibit(id="economics-cycle", title=say("economics.cycle.none"), notes=tuple(notes))
    whole, groups = result.rows[0], result.rows[1:]
    shown = [row for row in groups or result.rows if row.median is not None]
    names = [
        say("economics.all") if row.group == ALL else str(name_of("segment", row.group, language)) for row in shown
    ]
    if whole.median is None:
        title = say("economics.cycle.open", n=whole.n, closed=whole.n_closed)
    else:
        title = say("economics.cycle.title", n=round(whole.median))
    sentences = []
    if whole.median is not None and whole.ci_low is not None and whole.ci_high is not None:
        sentences.append(say("economics.cycle.sentence", low=whole.ci_low, high=whole.ci_high, n=whole.n))
    heads = "column.segment economics.cycle.deals:count economics.cycle.closed:count economics.cycle.days:count"
    table_rows = tuple(
        (
            _cycle_name(row.group, language),
            row.n, row.n_closed, row.median, row.ci_low, row.ci_high,
        )
        for row in result.rows
    )  # fmt: skip
    spans = [(row.median, row.ci_low, row.ci_high) for row in shown]
    figure = plot_intervals(
        names,
        *_columns(spans),
        language=language,
        kind="count",
        accent=accent,
        details=[say("economics.cycle.n", n=row.n) for row in shown],
        axis_title=say("economics.cycle.axis"),
    ) if shown else None  # fmt: skip
    return Exhibit(
        id="economics-cycle",
        title=title,
        sentences=tuple(sentences),
        figure=figure,
        alt=f"{title}. {_listed(names, spans, 'count', language)}" if shown else "",
        table=Table(columns=columns(say, f"{heads} column.low:count column.high:count"), rows=table_rows),
        notes=tuple(notes),
    )


def _cycle_name(group: str, language: Language) -> str:
    return language.say("economics.all") if group == ALL else str(name_of("segment", group, language))


def _present_whole(
    result: Acquisition, row: GroupCost, table: Table, notes: tuple[str, ...], language: Language
) -> Exhibit:
    """One figure, what it rests on, and what comes back of it; nothing to draw."""
    say, cost = language.say, row.cost
    if cost.loaded.value is None:
        sentence = say("economics.cac.none.sentence", low=cost.ci_low, level=cost.confidence_level)
        title = say("economics.cac.none", spend=cost.spend)
        return Exhibit(id="economics-cac", title=title, headline=title, sentences=(sentence,), table=table, notes=notes)
    args: dict[str, Any] = {"cost": cost.loaded.value, "n": cost.n_won, "spend": cost.spend}
    args |= {"low": cost.ci_low, "high": cost.ci_high, "level": cost.confidence_level}
    sentences = [say("economics.cac.sentence", **args)]
    if cost.won_only is not None and cost.won_only < cost.loaded.value:
        sentences.append(say("economics.cac.won_only", won_only=cost.won_only, **args))
    if row.payback is not None:
        sentences.append(_payback_words(row.payback, language))
    if row.value_to_cost is not None and row.value_to_cost.value is not None:
        sentences.append(_value_words(row.value_to_cost, result.n_years, language))
    title = say("economics.cac.title", **args)
    detail = say("economics.cac.kpi.detail", **args)
    return Exhibit(
        id="economics-cac",
        title=title,
        headline=title,
        sentences=tuple(sentences),
        table=table,
        notes=notes,
        kpis=(Kpi(label=say("economics.cac.kpi"), value=language.format(cost.loaded.value, "money"), detail=detail),),
    )


def _payback_words(payback: Ratio, language: Language) -> str:
    if payback.value is None:
        return language.say("economics.payback.none")
    args = {"months": payback.value, "low": payback.ci_low, "high": payback.ci_high}
    if payback.ci_low is None:
        return language.say("economics.payback.alone", **args)
    return language.say("economics.payback.open" if payback.ci_high is None else "economics.payback.sentence", **args)


def _value_words(ratio: Ratio, n_years: int, language: Language) -> str:
    args = {"value": ratio.value, "low": ratio.ci_low, "high": ratio.ci_high, "n": n_years}
    is_whole = ratio.ci_low is not None and ratio.ci_high is not None
    return language.say("economics.value_to_cost.sentence" if is_whole else "economics.value_to_cost.alone", **args)


def _burn_words(result: Recurring, language: Language) -> tuple[str, ...]:
    if result.multiple is None:
        return (language.say("economics.burn.unknown"),)
    if result.multiple.value is None:
        return (language.say("economics.burn.none", burn=result.net_burn),)
    if (result.net_burn or 0.0) <= 0:
        return (language.say("economics.burn.earned", burn=abs(result.net_burn or 0.0)),)
    return (language.say("economics.burn.sentence", burn=result.net_burn, multiple=result.multiple.value),)


def _kept_words(result: Recurring, language: Language) -> tuple[str, ...]:
    kept = result.kept
    if kept is None:
        return (language.say("economics.kept.nobody"),)
    args = {"rate": kept.rate, "low": kept.ci_low, "high": kept.ci_high, "n": kept.n_trials, "lost": 1 - kept.ci_low}
    return (language.say("economics.kept.all" if kept.rate == 1 else "economics.kept.sentence", **args),)


def _present_ratios(
    about: Acquisition,
    field: str,
    kind: CellKind,
    sentences: tuple[str, ...],
    notes: list[str],
    reference: float | None,
    language: Language,
    accent: str,
) -> Exhibit:
    """Compare a ratio over the groups where it has a meaning."""
    say, found = language.say, []
    for name, row in zip(_names(about, language), about.rows, strict=True):
        ratio: Ratio | None = getattr(row, field)
        if ratio is not None and ratio.value is not None:
            found.append((name, (ratio.value, ratio.ci_low, ratio.ci_high), row.cost.n_won))
    ident = f"economics-{field.replace('_', '-')}-{about.by}"
    if not found:
        return Exhibit(id=ident, title=say(f"economics.{field}.unknown"), sentences=sentences, notes=tuple(notes))
    names, spans = [name for name, _, _ in found], [span for _, span, _ in found]
    title = _compare(names, spans, f"economics.{field}", language)
    heads = f"column.{about.by} economics.column.won:count economics.{field}.value:{kind}"
    rows = tuple((name, n_won, *span) for name, span, n_won in found)
    return Exhibit(
        id=ident,
        title=title,
        sentences=sentences,
        figure=plot_intervals(
            names,
            *_columns(spans),
            language=language,
            kind=kind,
            accent=accent,
            details=[say("figure.customers_won", n=n_won) for _, _, n_won in found],
            reference=reference,
            axis_title=say(f"economics.{field}.axis"),
        ),
        alt=f"{title}. {_listed(names, spans, kind, language)}",
        table=Table(columns=columns(say, f"{heads} column.low:{kind} column.high:{kind}"), rows=rows),
        notes=tuple(notes),
    )


def _compare(names: Sequence[str], spans: Sequence[Span], family: str, language: Language) -> str:
    """Say which group has the most and which the least where their intervals lie apart; else that none is."""
    order = sorted(range(len(spans)), key=lambda place: -(spans[place][0] or 0.0))
    most, least = order[0], order[-1]
    args: dict[str, Any] = {"most": names[most], "high": spans[most][0], "least": names[least], "low": spans[least][0]}
    if len(spans) == 1:
        return language.say(f"{family}.one", **args)
    bottom, top = spans[most][1], spans[least][2]
    is_apart = bottom is not None and top is not None and bottom > top
    if is_apart and (spans[least][0] or 0.0) < 0 < (spans[most][0] or 0.0):
        return language.say(f"{family}.loss", **args)
    return language.say(f"{family}.{'apart' if is_apart else 'alike'}", **args)


def _names(result: Acquisition, language: Language) -> list[str]:
    return [
        language.say("economics.all") if row.group == ALL else str(name_of(result.by, row.group, language))
        for row in result.rows
    ]


def _without(about: Acquisition, field: str, reason: str, language: Language) -> list[str]:
    pairs = zip(_names(about, language), about.rows, strict=True)
    return [name for name, row in pairs if (ratio := getattr(row, field)) is not None and ratio.reason == reason]


def _acquisition_notes(result: Acquisition, language: Language) -> tuple[str, ...]:
    say = language.say
    counted = "counted" if result.is_won_counted else "came"
    notes = [say(f"economics.cac.note.{counted}", starts=result.starts_on, ends=result.ends_on)]
    if result.spend_without_group > 0 and result.by != ALL:
        notes.append(say(f"economics.cac.without.{result.by}", spend=result.spend_without_group))
    if result.unread_periods:
        notes.append(say("economics.cac.unread", periods=list(result.unread_periods)))
    if any(row.group == OTHER for row in result.rows):
        notes.append(say("group.other.note", smallest=result.smallest_group))
    return tuple(notes)


def _cost_table(result: Acquisition, names: Sequence[str], language: Language) -> Table:
    first = "column.segment" if result.by == ALL else f"column.{result.by}"
    heads = f"{first} economics.column.spend:money economics.column.prospects:count economics.column.won:count"
    heads += " economics.column.cost:money column.low:money column.high:money economics.column.won_only:money"
    rows = []
    for name, row in zip(names, result.rows, strict=True):
        cost = row.cost
        ends = (cost.ci_low, cost.ci_high, cost.won_only)
        rows.append((name, cost.spend, row.n_prospects, cost.n_won, cost.loaded.value, *ends))
    return Table(columns=columns(language.say, heads), rows=tuple(rows))


def _columns(spans: Sequence[Span]) -> tuple[list[float | None], list[float | None], list[float | None]]:
    return [span[0] for span in spans], [span[1] for span in spans], [span[2] for span in spans]


def _listed(names: Sequence[str], spans: Sequence[Span], kind: CellKind, language: Language) -> str:
    said = (f"{name} {language.format(span[0], kind)}" for name, span in zip(names, spans, strict=True))
    return "; ".join(said) + "."

"""Exhibits of customer profitability."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.profitability import EARNED, SegmentProfit, Segments, Whale
from gtmlib.analyses.reductions import OTHER
from gtmlib.analyses.waterfall import Waterfall
from gtmlib.present.exhibit import Cell, Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language
from gtmlib.present.profit_figures import plot_shrunken
from gtmlib.present.sentences import name_of


def present_waterfall(result: Waterfall, language: Language, accent: str) -> Exhibit:
    """Show the way from revenue to contribution, as far as the data go.

    Parameters
    ----------
    result : Waterfall
        Its steps.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    rows = [(say(f"profitability.step.{step.name}"), step.amount) for step in result.steps]
    left, revenue = result.left, result.amount("net_revenue") or 0.0
    share = left / revenue if revenue > 0 else None
    kind = "earned" if result.measure in EARNED else "before_cogs"
    args: dict[str, Any] = {"amount": left, "revenue": revenue, "share": share}
    args["measure_as"] = name_of("measure_as", result.measure, language)
    title = say(f"profitability.waterfall.title.{kind if left >= 0 else 'loss'}", **args | {"loss": -left})
    notes = [say("profitability.waterfall.n", n=result.n_transactions, customers=result.n_customers)]
    if result.first_on and result.last_on:
        partial = "partial" if result.is_last_partial else "whole"
        notes.append(say(f"profitability.waterfall.span.{partial}", first=result.first_on, last=result.last_on))
    notes += [say(f"profitability.waterfall.unknown.{step}") for step in result.unknown]
    notes += [
        say(f"profitability.waterfall.{name}", amount=amount)
        for name in ("unallocated", "idle", "unmatched")
        if (amount := getattr(result, name))
    ]
    if result.imputed_cogs:
        cogs, imputed = -(result.amount("cogs") or 0.0), result.imputed_cogs
        key = "profitability.waterfall.imputed" if 0 < imputed <= cogs else "profitability.waterfall.imputed.amount"
        notes.append(say(key, amount=imputed, share=imputed / (cogs or 1.0)))
    if result.n_unpriced:
        notes.append(say("profitability.waterfall.unpriced", n=result.n_unpriced))
    if result.n_left_out:
        notes.append(say("profitability.waterfall.left_out", n=result.n_left_out))
    if result.n_undated:
        notes.append(say("profitability.waterfall.undated", n=result.n_undated))
    labels, amounts = zip(*rows, strict=True)
    is_total = [step.is_total for step in result.steps]
    figure = plot_waterfall(labels, amounts, is_total, language=language, accent=accent)
    label = say(f"profitability.step.{result.measure}")
    detail = say("profitability.kpi.of_revenue", share=share) if share is not None else ""
    return Exhibit(
        id="profitability-waterfall",
        title=title,
        sentences=(say(f"profitability.waterfall.share.{kind}", **args),) if share is not None else (),
        figure=figure,
        alt=f"{title}. " + "; ".join(f"{label} {language.format(amount, 'money')}" for label, amount in rows) + ".",
        table=Table(columns=columns(say, "profitability.column.step column.amount:money"), rows=tuple(rows)),
        notes=tuple(notes),
        headline=say(f"profitability.headline.{kind}", **args) if share is not None and left >= 0 else title,
        kpis=(Kpi(label=label, value=language.format(left, "money"), detail=detail),),
    )


def present_segments(result: Segments, language: Language, accent: str) -> Exhibit:
    """Compare segments by the mean contribution per customer.

    Parameters
    ----------
    result : Segments
        One row per segment.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, measure_as = language.say, name_of("measure_as", result.measure, language)
    rows = sorted(result.rows, key=lambda row: -row.mean.mean)
    names = [str(name_of("segment", row.segment, language)) for row in rows]
    means = [row.mean for row in rows]
    notes = [say("profitability.segments.method", level=means[0].confidence_level)]
    if result.n_without_segment:
        args = {"n": result.n_without_segment, "amount": result.contribution_without_segment}
        notes.append(say("profitability.segments.without", **args))
    if any(row.segment == OTHER for row in rows):
        notes.append(say("profitability.segments.other", smallest=result.smallest_group))
    is_shrunken = all(row.shrunken is not None for row in rows)
    is_costed = all(row.costs is not None and row.loss is not None for row in rows)
    if is_shrunken:
        notes.append(say("profitability.segments.shrunken"))
    money = f"profitability.step.net_revenue:money profitability.step.{result.measure}:money"
    means_of = "profitability.column.rate:percent profitability.column.mean:money column.low:money column.high:money"
    more = " profitability.column.shrunken:money" * is_shrunken
    more += " profitability.column.loss_rate:percent profitability.column.break_even:percent" * is_costed
    table = Table(
        columns=columns(say, f"column.segment column.customers:count {money} {means_of}{more}"),
        rows=tuple(_segment_cells(name, row, is_shrunken, is_costed) for name, row in zip(names, rows, strict=True)),
    )
    figure = plot_shrunken(
        names,
        [mean.mean for mean in means],
        [row.shrunken.shrunken if row.shrunken else None for row in rows],
        [mean.ci_low for mean in means],
        [mean.ci_high for mean in means],
        language=language,
        accent=accent,
        details=[say("figure.customers", n=mean.n) for mean in means],
        axis_title=say("profitability.segments.axis.two" if is_shrunken else "profitability.segments.axis"),
    )
    said = [f"{name} {language.format(mean.mean, 'money')}" for name, mean in zip(names, means, strict=True)]
    return Exhibit(
        id="profitability-segments",
        title=_segments_title(result, language),
        sentences=(*_segments_compared(result, language), *_break_even(result, language)),
        figure=figure,
        alt=say("profitability.segments.alt", segments=said, measure_as=measure_as),
        table=table,
        notes=tuple(notes),
    )


def _segment_cells(name: str, row: SegmentProfit, is_shrunken: bool, is_costed: bool) -> tuple[Cell, ...]:
    rate = row.contribution / row.net_revenue if row.net_revenue > 0 else None
    cells: list[Cell] = [
        name,
        row.mean.n,
        row.net_revenue,
        row.contribution,
        rate,
        row.mean.mean,
        row.mean.ci_low,
        row.mean.ci_high,
    ]
    if is_shrunken and row.shrunken is not None:
        cells.append(row.shrunken.shrunken)
    if is_costed and row.loss is not None and row.costs is not None:
        cells += [row.loss.shrunken, row.costs.break_even_cost_error]
    return tuple(cells)


def _break_even(result: Segments, language: Language) -> tuple[str, ...]:
    """Say how wrong cost may be before the segment that hangs most on it changes its sign, and who may lose."""
    found = []
    rows = [row for row in result.rows if row.costs is not None and row.segment != OTHER]
    known = [(row.costs.break_even_cost_error, row) for row in rows if row.costs and row.costs.break_even_cost_error]
    if known:
        error, row = min(known, key=lambda pair: abs(pair[0]))
        kind = "profitability.segments.break_even" + (".loss" if error < 0 else "")
        found.append(language.say(kind, segment=row.segment, error=abs(error)))
    losing = [row for row in rows if row.loss is not None]
    if losing:
        most = max(losing, key=lambda row: row.loss.shrunken if row.loss else 0.0)
        if most.loss is not None and most.loss.shrunken >= 0.005:
            args = {"segment": most.segment, "rate": most.loss.shrunken, "low": most.loss.ci_low}
            found.append(language.say("profitability.segments.loss_rate", high=most.loss.ci_high, **args))
    return tuple(found)


def _segments_title(result: Segments, language: Language) -> str:
    """Name the segment that loses most, else the one that gives most; what is folded together is no segment."""
    rows = [row for row in result.rows if row.segment != OTHER]
    total = sum(row.contribution for row in result.rows)
    if not rows or len(result.rows) == 1:
        measure_as = name_of("measure_as", result.measure, language)
        return language.say("profitability.segments.title.one", mean=result.rows[0].mean.mean, measure_as=measure_as)
    worst, best = min(rows, key=lambda row: row.contribution), max(rows, key=lambda row: row.contribution)
    if worst.contribution < 0:
        return language.say("profitability.segments.title.loss", segment=worst.segment, amount=-worst.contribution)
    if total <= 0:  # nothing was earned, or what is folded together loses it
        measure_as = name_of("measure_as", result.measure, language)
        return language.say("profitability.segments.title.together", amount=total, measure_as=measure_as)
    share, measure = best.contribution / total, name_of("measure", result.measure, language)
    return language.say("profitability.segments.title.most", segment=best.segment, share=share, measure=measure)


def _segments_compared(result: Segments, language: Language) -> tuple[str, ...]:
    """Say whether the best and the worst mean differ by more than chance may explain."""
    rows = [row for row in result.rows if row.segment != OTHER and row.mean.ci_low is not None]
    if len(rows) < 2:
        return ()
    best, worst = max(rows, key=lambda row: row.mean.mean), min(rows, key=lambda row: row.mean.mean)
    apart = "apart" if (best.mean.ci_low or 0.0) > (worst.mean.ci_high or 0.0) else "overlap"
    args = {"best": best.segment, "worst": worst.segment, "high": best.mean.mean, "low": worst.mean.mean}
    return (language.say(f"profitability.segments.means.{apart}", **args),)


def present_whale_curve(result: Whale, language: Language, accent: str) -> Exhibit:
    """Show how contribution cumulates over customers, best first.

    Parameters
    ----------
    result : Whale
        The curve.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, curve = language.say, result.curve
    hidden = set(curve.withheld)
    args: dict[str, Any] = {"top": curve.top_20_share, "peak": curve.peak_share, "at": curve.peak_at_share}
    args |= {
        "of": curve.n_customers,
        "loss": -curve.loss_total,
        "measure": name_of("measure", result.measure, language),
    }
    spread = _concentrated(result, language)
    if curve.top_20_share is None:
        title = say("profitability.whale.no_profit", n=curve.n_customers, total=curve.total)
        return Exhibit(id="profitability-whale", title=title, sentences=spread)
    is_secret = "n_loss_customers" in hidden
    is_earned, loses = result.measure in EARNED, curve.n_loss_customers > 0 and not is_secret
    sentences = []
    notes = [say("profitability.whale.method", n=curve.n_customers)]
    if is_earned and is_secret:
        notes.append(say("profitability.whale.secret", smallest=curve.smallest_group))
    elif is_earned:  # before cost of goods nobody can be said to lose, or not to
        kind = ("lose_only" if "loss_total" in hidden else "lose") if loses else "none_lose"
        sentences.append(say(f"profitability.whale.{kind}", n=curve.n_loss_customers or curve.n_customers, **args))
    if loses and "peak_share" not in hidden:
        sentences.append(say("profitability.whale.peak", **args))
    sentences += spread
    axes = ("profitability.whale.customers", "profitability.whale.share")
    points = tuple(zip(curve.customer_shares, curve.contribution_shares, strict=True))
    figure = plot_whale_curve(
        curve.customer_shares,
        curve.contribution_shares,
        language=language,
        accent=accent,
        peak_label=say("profitability.whale.peak_label", **args) if loses and "peak_share" not in hidden else "",
        end_label=say("profitability.whale.end_label"),
        x_title=say(axes[0]),
        y_title=say(axes[1], **args),
    ) if points else None  # fmt: skip
    top = language.format(curve.top_20_share, "percent")
    losers = language.format(curve.n_loss_customers, "count")
    kpis = []
    if "top_20_share" not in hidden:
        detail = say("profitability.kpi.top_20.detail", **args)
        kpis.append(Kpi(label=say("profitability.kpi.top_20"), value=top, detail=detail))
    if is_earned and "loss_total" not in hidden:
        detail = say("profitability.kpi.losers.detail", **args)
        kpis.append(Kpi(label=say("profitability.kpi.losers"), value=losers, detail=detail))
    key = "title.few" if "top_20_share" in hidden else "title"
    title = say(f"profitability.whale.{key}", **args, n=curve.n_customers, total=curve.total)
    named = columns(lambda key: say(key, **args), f"{axes[0]}:percent {axes[1]}:percent")
    return Exhibit(
        id="profitability-whale",
        title=title,
        sentences=tuple(sentences),
        figure=figure,
        alt=" ".join((f"{title}.", *sentences)),
        table=Table(columns=named, rows=points) if points else None,
        notes=tuple(notes),
        kpis=tuple(kpis),
    )


def _concentrated(result: Whale, language: Language) -> tuple[str, ...]:
    """Say how concentrated revenue is, in customers rather than in points."""
    if result.effective_number is None or result.gini is None:
        return ()
    args = {"n": round(result.effective_number), "of": result.curve.n_customers, "gini": result.gini}
    return (language.say("profitability.whale.spread", **args),)

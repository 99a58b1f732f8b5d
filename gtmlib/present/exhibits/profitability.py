"""Exhibits of customer profitability."""

from __future__ import annotations

from gtmlib.analyses.profitability import Segments, Waterfall, Whale
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Exhibit, Kpi, Table, TableColumn
from gtmlib.present.figures import plot_intervals, plot_waterfall, plot_whale_curve
from gtmlib.present.language import Language


def present_waterfall(result: Waterfall, language: Language, accent: str) -> Exhibit:
    """Show the way from revenue to contribution."""
    say = language.say
    labels = [say(f"profitability.step.{step.name}") for step in result.steps]
    total, revenue = result.steps[-1].amount, result.amount("net_revenue") or 0.0
    is_known = "cogs" not in result.unknown
    share = total / revenue if revenue > 0 else None
    kind = "known" if is_known else "without_cogs"
    title = say(f"profitability.waterfall.title.{kind}", amount=total, revenue=revenue)
    sentences = [] if share is None else [say(f"profitability.waterfall.share.{kind}", share=share)]
    notes = [say("profitability.waterfall.n", n=result.n_transactions, customers=result.n_customers)]
    notes += [say(f"profitability.waterfall.unknown.{step}") for step in result.unknown]
    if result.unallocated:
        notes.append(say("profitability.waterfall.unallocated", amount=result.unallocated))
    if result.imputed_cogs:
        cogs = -(result.amount("cogs") or 0.0)
        notes.append(
            say("profitability.waterfall.imputed", amount=result.imputed_cogs, share=result.imputed_cogs / cogs)
        )
    if result.n_left_out:
        notes.append(say("profitability.waterfall.left_out", n=result.n_left_out))
    columns = (
        TableColumn(label=say("profitability.column.step")),
        TableColumn(label=say("column.amount"), kind="money"),
    )
    detail = say("profitability.kpi.of_revenue", share=share) if share is not None else ""
    return Exhibit(
        id="profitability-waterfall",
        title=title,
        sentences=tuple(sentences),
        figure=plot_waterfall(
            labels,
            [step.amount for step in result.steps],
            [step.is_total for step in result.steps],
            language=language,
            accent=accent,
        ),
        alt=title
        + " "
        + "; ".join(
            f"{label} {language.format(step.amount, 'money')}" for label, step in zip(labels, result.steps, strict=True)
        )
        + ".",
        table=Table(
            columns=columns, rows=tuple((label, step.amount) for label, step in zip(labels, result.steps, strict=True))
        ),
        notes=tuple(notes),
        headline=say(f"profitability.headline.{kind}", amount=total, share=share) if share is not None else title,
        kpis=(Kpi(label=labels[-1], value=language.format(total, "money"), detail=detail),),
    )


def present_segments(result: Segments, language: Language, accent: str) -> Exhibit:
    """Compare segments by the mean contribution per customer."""
    say = language.say
    names = {row.segment: say("group.other") if row.segment == OTHER else row.segment for row in result.rows}
    rows = sorted(result.rows, key=lambda row: -row.mean.mean)
    best, worst = rows[0], rows[-1]
    total = sum(row.contribution for row in rows)
    if len(rows) == 1:
        title = say("profitability.segments.title.one", segment=names[best.segment], mean=best.mean.mean)
    elif worst.contribution < 0:
        title = say("profitability.segments.title.loss", segment=names[worst.segment], amount=-worst.contribution)
    else:
        first = result.rows[0]
        title = say("profitability.segments.title.most", segment=names[first.segment], share=first.contribution / total)
    sentences = []
    if len(rows) > 1 and None not in (best.mean.ci_low, worst.mean.ci_high):
        apart = (best.mean.ci_low or 0.0) > (worst.mean.ci_high or 0.0)
        key = f"profitability.segments.means.{'apart' if apart else 'overlap'}"
        sentences.append(
            say(key, best=names[best.segment], worst=names[worst.segment], high=best.mean.mean, low=worst.mean.mean)
        )
    level = next((row.mean.confidence_level for row in rows), 0.95)
    notes = [say("profitability.segments.method", level=level)]
    if result.n_without_segment:
        notes.append(
            say(
                "profitability.segments.without", n=result.n_without_segment, amount=result.contribution_without_segment
            )
        )
    if OTHER in names:
        notes.append(say("group.other.note", smallest=result.smallest_group))
    columns = (
        TableColumn(label=say("column.segment")),
        TableColumn(label=say("column.customers"), kind="count"),
        TableColumn(label=say("profitability.step.net_revenue"), kind="money"),
        TableColumn(label=say("profitability.step.contribution"), kind="money"),
        TableColumn(label=say("profitability.column.rate"), kind="percent"),
        TableColumn(label=say("profitability.column.mean"), kind="money"),
        TableColumn(label=say("column.low"), kind="money"),
        TableColumn(label=say("column.high"), kind="money"),
    )
    cells = tuple(
        (
            names[row.segment],
            row.mean.n,
            row.net_revenue,
            row.contribution,
            row.contribution / row.net_revenue if row.net_revenue else None,
            row.mean.mean,
            row.mean.ci_low,
            row.mean.ci_high,
        )
        for row in rows
    )
    return Exhibit(
        id="profitability-segments",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            [names[row.segment] for row in rows],
            [row.mean.mean for row in rows],
            [row.mean.ci_low for row in rows],
            [row.mean.ci_high for row in rows],
            language=language,
            kind="money",
            accent=accent,
            details=[say("figure.customers", n=row.mean.n) for row in rows],
            reference=0.0,
            axis_title=say("profitability.segments.axis"),
        ),
        alt=say(
            "profitability.segments.alt",
            segments=[f"{names[row.segment]} {language.format(row.mean.mean, 'money')}" for row in rows],
        ),
        table=Table(columns=columns, rows=cells),
        notes=tuple(notes),
    )


def present_whale_curve(result: Whale, language: Language, accent: str) -> Exhibit:
    """Show how contribution cumulates over customers, best first."""
    say, curve = language.say, result.curve
    if curve.peak_share is None or curve.peak_at_share is None or curve.top_20_share is None:
        title = say("profitability.whale.no_profit", n=curve.n_customers, total=curve.total)
        return Exhibit(id="profitability-whale", title=title)
    title = say("profitability.whale.title", top=curve.top_20_share)
    sentence = say("profitability.whale.none_lose", n=curve.n_customers)
    if curve.n_loss_customers:
        sentence = say(
            "profitability.whale.lose", n=curve.n_loss_customers, of=curve.n_customers, loss=-curve.loss_total
        )
    sentences = [sentence]
    if curve.n_loss_customers:
        sentences.append(say("profitability.whale.peak", peak=curve.peak_share, at=curve.peak_at_share))
    table = Table(
        columns=(
            TableColumn(label=say("profitability.whale.customers"), kind="percent"),
            TableColumn(label=say("profitability.whale.share"), kind="percent"),
        ),
        rows=tuple(zip(curve.customer_shares, curve.contribution_shares, strict=True)),
    )
    figure = plot_whale_curve(
        curve.customer_shares,
        curve.contribution_shares,
        language=language,
        accent=accent,
        peak_label=say("profitability.whale.peak_label", peak=curve.peak_share, at=curve.peak_at_share),
        end_label=say("profitability.whale.end_label"),
        x_title=say("profitability.whale.customers"),
        y_title=say("profitability.whale.share"),
    ) if curve.customer_shares else None  # fmt: skip
    return Exhibit(
        id="profitability-whale",
        title=title,
        sentences=tuple(sentences),
        figure=figure,
        alt=" ".join((title, *sentences)),
        table=table if curve.customer_shares else None,
        notes=(say("profitability.whale.method", n=curve.n_customers),),
        kpis=(
            Kpi(
                label=say("profitability.kpi.top_20"),
                value=language.format(curve.top_20_share, "percent"),
                detail=say("profitability.kpi.top_20.detail"),
            ),
            Kpi(
                label=say("profitability.kpi.losers"),
                value=language.format(curve.n_loss_customers, "count"),
                detail=say("profitability.kpi.losers.detail", of=curve.n_customers, loss=-curve.loss_total),
            ),
        ),
    )

"""Exhibits of leads: volume beside quality, quarters that had the same time, speed of the first contact, cost."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.execution.lead_speed import ChannelCost, LeadCosts, LeadSpeed
from gtmlib.analyses.execution.leads import LeadCohorts, LeadGroup, LeadSources
from gtmlib.analyses.reductions import OTHER
from gtmlib.present.exhibit import Cell, Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.sentences import name_of
from gtmlib.stats.proportions import ProportionEstimate


def present_lead_sources(result: LeadSources, language: Language, accent: str) -> Exhibit:
    """Show each group's share of the leads beside its share of what was won, and what its leads become.

    Parameters
    ----------
    result : LeadSources
        By source, campaign, channel or buyer role.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    names = [str(name_of("group", row.group, language)) for row in result.rows]
    flooding = [(name, row) for name, row in zip(names, result.rows, strict=True) if row.group in result.flooding]
    sentences = [_describe_all(result, language)]
    for name, row in flooding:
        sentences.append(_describe_flood(name, row, language))
    if not flooding:
        sentences.append(say(f"execution.leads.even.{'known' if result.won is not None else 'unknown'}"))
    notes = [say("execution.leads.method", days=result.qualified_days, won_days=result.won_days)]
    notes.append(say("execution.leads.flood.method"))
    if result.n_without_group:
        notes.append(say(f"execution.leads.without.{result.by}", n=result.n_without_group))
    if any(row.group == OTHER for row in result.rows):
        notes.append(say("execution.leads.folded", smallest=result.smallest_group))
    shown = [(name, row) for name, row in zip(names, result.rows, strict=True) if row.lead_share is not None]
    has_won = any(row.won_share is not None for _, row in shown)
    said = [
        say("execution.leads.pair", group=name, leads=row.lead_share.rate, won=row.won_share.rate)
        for name, row in shown
        if row.lead_share is not None and row.won_share is not None
    ]
    return Exhibit(
        id=f"execution-leads-{result.by}",
        title=_lead_title(flooding, result, names, language),
        sentences=tuple(sentences),
        figure=_pairs(shown, language, accent) if has_won else None,
        alt=say("execution.leads.alt", pairs=said) if has_won else "",
        table=_lead_table(result, names, language),
        notes=tuple(notes),
        verdict="confirmed" if flooding else None,
        evidence=say("execution.leads.evidence", n=result.won.n_trials, won=result.won.n_successes)
        if flooding and result.won is not None
        else "",
        kpis=_lead_kpis(result, language),
    )


def _describe_all(result: LeadSources, language: Language) -> str:
    args: dict[str, Any] = {"n": result.n_leads, "called": result.n_called}
    for name, rate in (("qualified", result.qualified), ("won", result.won)):
        if rate is None:
            return language.say("execution.leads.young", **args)
        args |= {name: rate.rate, f"{name}_low": rate.ci_low, f"{name}_high": rate.ci_high}
    return language.say("execution.leads", **args, days=result.qualified_days, won_days=result.won_days)


def _describe_flood(name: str, row: LeadGroup, language: Language) -> str:
    rest = row.against_rest
    if rest is None or row.lead_share is None or row.won_share is None:
        return ""
    args: dict[str, Any] = {"group": name, "calls": row.call_share.rate if row.call_share is not None else 0.0}
    args |= {
        "leads": row.lead_share.rate,
        "won": row.won_share.rate,
        "rate": rest.group.rate,
        "rest": rest.control.rate,
    }
    return language.say("execution.leads.flood", **args, difference=rest.difference, low=rest.ci_low, high=rest.ci_high)


def _lead_title(
    flooding: list[tuple[str, LeadGroup]], result: LeadSources, names: list[str], language: Language
) -> str:
    if flooding:
        name, row = flooding[0]
        if row.lead_share is not None and row.won_share is not None:
            args = {"group": name, "leads": row.lead_share.rate, "won": row.won_share.rate}
            return language.say("execution.leads.title.flood", **args)
    return language.say(f"execution.leads.title.{result.by}", n=len(names))


def _lead_kpis(result: LeadSources, language: Language) -> tuple[Kpi, ...]:
    rate = result.won
    if result.by != "source" or rate is None:
        return ()
    detail = language.say("execution.leads.kpi.detail", low=rate.ci_low, high=rate.ci_high, n=rate.n_trials)
    label = language.say("execution.leads.kpi", days=result.won_days)
    return (Kpi(label=label, value=language.format(rate.rate, "percent"), detail=detail),)


def _pairs(shown: list[tuple[str, LeadGroup]], language: Language, accent: str) -> Any:
    """Draw two bars a group: grey for its share of the leads, in colour for its share of what was won."""
    labels, shares, details, strong = [], list[ProportionEstimate | None](), [], []
    for name, row in shown:
        for share, key in ((row.lead_share, "leads"), (row.won_share, "won")):
            labels.append(name)
            shares.append(share)
            details.append(language.say(f"execution.leads.of_{key}"))
            strong.append(key == "won")
    return plot_intervals(
        labels,
        [share.rate if share is not None else None for share in shares],
        [share.ci_low if share is not None else None for share in shares],
        [share.ci_high if share is not None else None for share in shares],
        language=language,
        marks="bars",
        accent=accent,
        details=details,
        highlight=strong,
        axis_title=language.say("execution.axis.shares"),
    )


def _lead_table(result: LeadSources, names: list[str], language: Language) -> Table:
    ends = "column.low:percent column.high:percent"
    counts = "execution.column.leads:count execution.column.called:count"
    rates = f"execution.column.qualified:percent {ends} execution.column.won_rate:percent {ends}"
    shares = "execution.column.lead_share:percent execution.column.won_share:percent"
    words = f"execution.column.{result.by} {counts} {rates} {shares}"

    def three(rate: ProportionEstimate | None) -> tuple[Cell, ...]:
        return (None, None, None) if rate is None else (rate.rate, rate.ci_low, rate.ci_high)

    return Table(
        columns=columns(language.say, words),
        rows=tuple(
            (name, row.n_leads, row.n_called, *three(row.qualified), *three(row.won), *three(row.lead_share)[:1],
             *three(row.won_share)[:1])
            for name, row in zip(names, result.rows, strict=True)
        ),
    )  # fmt: skip


def present_lead_cohorts(result: LeadCohorts, language: Language, accent: str) -> Exhibit:
    """Show both rates by the quarter in which leads were handed over.

    Parameters
    ----------
    result : LeadCohorts
        Quarters that are not wholly old enough have no rate.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    known = [(row, row.qualified) for row in result.rows if row.qualified is not None]
    labels = [language.format(row.quarter, "quarter") for row, _ in known]
    args: dict[str, Any] = {"days": result.qualified_days, "won_days": result.won_days, "n": len(known)}
    title, sentence = say("execution.cohorts.title.young", **args), say("execution.cohorts.young", **args)
    if known:
        first, last = known[0][1], known[-1][1]
        apart = first.ci_low > last.ci_high or last.ci_low > first.ci_high
        args |= {"first": labels[0], "last": labels[-1], "first_rate": first.rate, "last_rate": last.rate}
        kind = "one" if len(known) == 1 else "apart" if apart else "alike"
        title, sentence = say(f"execution.cohorts.title.{kind}", **args), say("execution.cohorts", **args)
    ends = "column.low:percent column.high:percent"
    words = f"execution.column.quarter execution.column.leads:count execution.column.qualified:percent {ends}"
    words += f" execution.column.won_rate:percent {ends}"
    cells = [
        [x for rate in (row.qualified, row.won)
         for x in ((None, None, None) if rate is None else (rate.rate, rate.ci_low, rate.ci_high))]
        for row in result.rows
    ]  # fmt: skip
    return Exhibit(
        id="execution-lead-cohorts",
        title=title,
        sentences=(sentence,),
        figure=plot_intervals(
            labels,
            [rate.rate for _, rate in known],
            [rate.ci_low for _, rate in known],
            [rate.ci_high for _, rate in known],
            language=language,
            accent=accent,
            details=[say("execution.leads.n", n=row.n_leads) for row, _ in known],
            axis_title=say("execution.axis.qualified", days=result.qualified_days),
        )
        if len(known) > 1
        else None,
        alt=title if len(known) > 1 else "",
        table=Table(
            columns=columns(say, words),
            rows=tuple(
                (language.format(row.quarter, "quarter"), row.n_leads, *numbers)
                for row, numbers in zip(result.rows, cells, strict=True)
            ),
        ),
        notes=(say("execution.cohorts.method", **args),),
    )


def present_lead_speed(result: LeadSpeed, language: Language, accent: str) -> Exhibit:
    """Show how soon leads are contacted, and what share is qualified by it.

    Parameters
    ----------
    result : LeadSpeed
        From quick to never.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    labels = [say(f"execution.wait.{row.wait}", n=result.quick_days) for row in result.rows]
    shares = {row.wait: row.share for row in result.rows}
    adjusted, days = result.adjusted, {"days": result.quick_days}
    kind = "unknown"
    args: dict[str, Any] = {"quick": shares["quick"].rate if "quick" in shares else 0.0, **days}
    args |= {"never": shares["never"].rate if "never" in shares else 0.0, "n": result.quick_days}
    sentences = [say("execution.speed", **args)]
    if adjusted is not None:
        kind = "better" if adjusted.ci_low > 0 else "worse" if adjusted.ci_high < 0 else "alike"
        numbers = {
            "crude": adjusted.crude,
            "difference": adjusted.difference,
            "low": adjusted.ci_low,
            "high": adjusted.ci_high,
        }
        sentences.append(say(f"execution.speed.{kind}", **numbers, n=result.quick_days))
    rates = "execution.column.qualified:percent column.low:percent column.high:percent"
    words = f"execution.column.wait execution.column.leads:count execution.column.share:percent {rates}"
    return Exhibit(
        id="execution-lead-speed",
        title=say(f"execution.speed.title.{kind}", **args),
        sentences=tuple(sentences),
        figure=plot_intervals(
            labels,
            [row.qualified.rate for row in result.rows],
            [row.qualified.ci_low for row in result.rows],
            [row.qualified.ci_high for row in result.rows],
            language=language,
            marks="bars",
            accent=accent,
            details=[say("execution.leads.n", n=row.qualified.n_trials) for row in result.rows],
            axis_title=say("execution.axis.qualified", days=result.qualified_days),
        ),
        alt=say(
            "execution.speed.alt",
            rates=[
                f"{label} {language.format(row.qualified.rate, 'percent')}"
                for label, row in zip(labels, result.rows, strict=True)
            ],
        ),
        table=Table(
            columns=columns(say, words),
            rows=tuple(
                (
                    label,
                    row.qualified.n_trials,
                    row.share.rate,
                    row.qualified.rate,
                    row.qualified.ci_low,
                    row.qualified.ci_high,
                )
                for label, row in zip(labels, result.rows, strict=True)
            ),
        ),
        notes=(say("execution.speed.method"), say("execution.association")),
    )


def present_lead_costs(result: LeadCosts, language: Language, accent: str) -> Exhibit:
    """Show what a won lead costs by channel.

    Parameters
    ----------
    result : LeadCosts
        Of periods whose leads had their time.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say = language.say
    priced = [(row, row.cost.loaded.value) for row in result.rows if row.cost.loaded.value is not None]
    priced.sort(key=lambda pair: pair[1])
    unpriced = [_channel(row, language) for row in result.rows if row.cost.loaded.value is None]
    args: dict[str, Any] = {"first": result.first_on, "last": result.last_on, "n": len(result.rows)}
    title = say("execution.cost.title.none", **args)
    sentences = [say("execution.cost", **args, spend=sum(row.cost.spend for row in result.rows))]
    if priced:
        (best, low), (worst, high) = priced[0], priced[-1]
        pair = {"best": _channel(best, language), "low": low, "worst": _channel(worst, language), "high": high}
        title = say("execution.cost.title" if len(priced) > 1 else "execution.cost.title.one", **pair)
        if len(priced) > 1:
            apart = (
                best.cost.ci_high is not None
                and worst.cost.ci_low is not None
                and best.cost.ci_high < worst.cost.ci_low
            )
            sentences.append(say(f"execution.cost.{'apart' if apart else 'overlap'}", **pair))
    if unpriced:
        sentences.append(say("execution.cost.unpriced", channels=unpriced))
    notes = [say("execution.cost.method", days=result.won_days)]
    if result.n_unread:
        notes.append(say("execution.cost.unread", n=result.n_unread))
    costs = [f"{_channel(row, language)} {language.format(value, 'money')}" for row, value in priced]
    words = (
        "execution.column.channel execution.column.spend:money execution.column.leads:count execution.column.won:count"
    )
    words += " execution.column.cost:money column.low:money column.high:money"
    return Exhibit(
        id="execution-lead-costs",
        title=title,
        sentences=tuple(sentences),
        figure=plot_intervals(
            [_channel(row, language) for row, _ in priced],
            [value for _, value in priced],
            [row.cost.ci_low for row, _ in priced],
            [row.cost.ci_high for row, _ in priced],
            language=language,
            kind="money",
            marks="bars",
            accent=accent,
            details=[say("execution.cost.won", n=row.cost.n_won) for row, _ in priced],
            axis_title=say("execution.axis.cost"),
        )
        if priced
        else None,
        alt=say("execution.cost.alt", costs=costs) if priced else "",
        table=Table(
            columns=columns(say, words),
            rows=tuple(
                (
                    _channel(row, language),
                    row.cost.spend,
                    row.n_leads,
                    row.cost.n_won,
                    row.cost.loaded.value,
                    row.cost.ci_low,
                    row.cost.ci_high,
                )
                for row in result.rows
            ),
        ),
        notes=tuple(notes),
    )


def _channel(row: ChannelCost, language: Language) -> str:
    return str(name_of("channel", row.channel, language))

"""Exhibits of message variants: the verdict, the rates, and what speaks for and against trusting them."""

from __future__ import annotations

from typing import Any

from gtmlib.analyses.conversion.comparison import ANSWERS, Rates, Scrutiny, Variation, Waiting
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.exhibits.variant_words import (
    describe_check,
    describe_verdict,
    describe_winners,
    fired_checks,
    passed_checks,
)
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language
from gtmlib.present.variant_figures import ForestRow, plot_forest
from gtmlib.stats.variant_results import PairComparison, VariantRate

PER_CONTACTS = 1000  # what an expected loss is counted on
SURE = 0.995  # chance of being best that would be written as 100 %


def present_waiting(result: Waiting, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say that no contact has had its time yet.

    Parameters
    ----------
    result : Waiting
        A test whose contacts have not had their time yet.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    title = language.say("conversion.waiting", n=result.n_contacts, days=result.horizon_days)
    return Exhibit(id="conversion-waiting", title=title, headline=title, verdict="cannot_tell")


def present_variants(result: Variation, language: Language, accent: str) -> Exhibit:
    """Show every variant's difference to the control, crude and adjusted, with its verdict.

    Parameters
    ----------
    result : Variation
        Every variant against the control.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, pair = language.say, result.leading
    pairs = result.comparison.pairs
    grave = [
        item for item in fired_checks(result, "stop", "warn") if item[0].level == "stop" or item[0].code == "simpson"
    ]
    sentences = [describe_verdict(row, result, language) for row in pairs]
    sentences += describe_winners(result, language)
    sentences += [describe_check(check, row, result, language) for check, row in grave]
    answers = {ANSWERS[row.verdict] for row in pairs}
    rate, control = (_rate_of(result, name).rate for name in (pair.variant, pair.control))
    names = {"variant": result.labels[pair.variant], "control": result.labels[pair.control]}
    interval = {"low": pair.ci_low, "high": pair.ci_high, "level": pair.confidence_level}
    return Exhibit(
        id="conversion-variants",
        title=say(f"conversion.title.{_how(pair)}", **names, difference=pair.difference),
        sentences=tuple(sentences),
        figure=plot_forest(
            [row for each in pairs for row in _forest_rows(each, result, language)],
            language=language,
            accent=accent,
            axis_title=say("conversion.axis.difference", control=names["control"]),
        ),
        alt=say("conversion.variants.alt", pairs=[_describe_pair(row, result, language) for row in pairs]),
        table=_difference_table(result, language),
        notes=_notes(result, language),
        verdict=next(verdict for verdict in ("confirmed", "cannot_tell", "refuted") if verdict in answers),
        evidence=say(f"conversion.evidence.{result.comparison.rule.looks}", n=_n_contacts(result)),
        headline=_headline(result, language),
        kpis=(
            Kpi(
                label=say("conversion.kpi", **names),
                value=language.format(rate.rate, "percent"),
                detail=say("conversion.kpi.detail", rate=control.rate, **interval),
            ),
        ),
    )


def present_rates(result: Rates, language: Language, accent: str) -> Exhibit:
    """Show what each variant converts, its chance of being best and what choosing it may forgo.

    Parameters
    ----------
    result : Rates
        Of a `Variation`.
    language : Language
        Of the reader.
    accent : str
        The brand's colour, `#rrggbb`.
    """
    say, found = language.say, result.variation
    rows = sorted(found.comparison.rates, key=lambda row: -row.rate.rate)
    names = [language.word(found.labels[row.variant]) for row in rows]
    best = max(rows, key=lambda row: row.chance_best)
    losses = [row.expected_loss * PER_CONTACTS for row in rows]
    args: dict[str, Any] = {"variant": found.labels[best.variant], "chance": best.chance_best}
    args |= {"loss": best.expected_loss * PER_CONTACTS, "n": PER_CONTACTS}
    value = found.value_per_conversion
    is_sure = best.chance_best > SURE
    sentences = [say("conversion.best.sure" if is_sure else "conversion.best", **args)]
    if value is not None and not is_sure:
        sentences.append(say("conversion.best.money", amount=args["loss"] * value, n=PER_CONTACTS, value=value))
    rates = "column.rate:percent column.low:percent column.high:percent conversion.column.effective:count"
    beliefs = "conversion.column.chance:percent conversion.column.loss:number"
    money = "conversion.column.loss_money:money" if value is not None else ""
    counts = "conversion.column.contacts:count conversion.column.converted:count"
    cells = tuple(
        (
            name,
            row.rate.n_trials,
            row.rate.n_successes,
            row.rate.rate,
            row.rate.ci_low,
            row.rate.ci_high,
            round(row.rate.n_effective),
            row.chance_best,
            loss,
            *(() if value is None else (loss * value,)),
        )
        for name, row, loss in zip(names, rows, losses, strict=True)
    )
    return Exhibit(
        id="conversion-rates",
        title=say("conversion.rates.title", rates=_list_rates(rows, names, language)),
        sentences=tuple(sentences),
        figure=plot_intervals(
            names,
            [row.rate.rate for row in rows],
            [row.rate.ci_low for row in rows],
            [row.rate.ci_high for row in rows],
            language=language,
            marks="bars",
            accent=accent,
            details=[say("figure.contacts", n=row.rate.n_trials) for row in rows],
            axis_title=say("conversion.axis"),
        ),
        alt=say("conversion.alt", rates=_list_rates(rows, names, language)),
        table=Table(columns=columns(say, f"conversion.column.variant {counts} {rates} {beliefs} {money}"), rows=cells),
        notes=(say("conversion.rates.method", level=rows[0].rate.confidence_level), say("conversion.best.method")),
    )


def present_scrutiny(result: Scrutiny, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say every check that fired with its number, its threshold and what to do; then what was found in order.

    Parameters
    ----------
    result : Scrutiny
        Of a `Variation`.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say, found = language.say, result.variation
    stops, warnings, remarks = (fired_checks(found, level) for level in ("stop", "warn", "note"))
    passed, unknown = passed_checks(found)
    kind, n = ("stop", len(stops)) if stops else ("warn", len(warnings)) if warnings else ("clear", 1)
    said = [describe_check(check, pair, found, language) for check, pair in (*stops, *warnings)]
    notes = [describe_check(check, pair, found, language) for check, pair in remarks]
    for key, codes in (("passed", passed), ("unknown", unknown)):
        if codes:
            names = [say(f"conversion.check.name.{code}") for code in codes]
            notes.append(say(f"conversion.checks.{key}", names=names))
    split = found.comparison.split
    table = Table(
        columns=columns(
            say, "conversion.column.variant conversion.column.planned:percent conversion.column.contacts:count"
        ),
        rows=tuple(
            (found.labels[name], expected / sum(split.expected), n_contacts)
            for (name, _), expected, n_contacts in zip(
                found.comparison.rule.planned_split, split.expected, split.observed, strict=True
            )
        ),
    )
    title = say(f"conversion.checks.{kind}", n=n)
    notes.append(say(f"conversion.split.{'kept' if split.is_as_planned else 'broken'}", pvalue=split.pvalue))
    return Exhibit(id="conversion-checks", title=title, sentences=tuple(said), table=table, notes=tuple(notes))


def _rate_of(result: Variation, variant: str) -> VariantRate:
    return next(row for row in result.comparison.rates if row.variant == variant)


def _n_contacts(result: Variation) -> int:
    return sum(row.rate.n_trials for row in result.comparison.rates)


def _how(pair: PairComparison) -> str:
    return pair.stratified_by or pair.method


def _list_rates(rows: list[VariantRate], names: list[str], language: Language) -> list[str]:
    return [f"{name} {language.format(row.rate.rate, 'percent')}" for name, row in zip(names, rows, strict=True)]


def _headline(result: Variation, language: Language) -> str:
    control = result.labels[result.comparison.rule.control]
    pairs = result.comparison.pairs
    winners = [pair for pair in pairs if pair.verdict == "winner"]
    if winners:
        names = [result.labels[pair.variant] for pair in winners]
        best = max(pair.difference for pair in winners)
        key = "conversion.headline.winner" if len(names) == 1 else "conversion.headline.winners"
        return language.say(key, variants=names, control=control, difference=best)
    kinds = {pair.verdict for pair in pairs}
    kind = next((kind for kind in ("undecided", "not_answerable") if kind in kinds), "refuted")
    return language.say(f"conversion.headline.{kind}", control=control)


def _forest_rows(pair: PairComparison, result: Variation, language: Language) -> list[ForestRow]:
    label, say = language.word(result.labels[pair.variant]), language.say
    decides = ForestRow(
        label=label,
        detail=say(f"conversion.how.{_how(pair)}"),
        value=pair.difference,
        low=pair.ci_low,
        high=pair.ci_high,
    )
    if pair.method == "crude" and result.comparison.rule.looks == "one":
        return [decides]
    crude = pair.crude
    detail = say("conversion.how.as_counted")
    beside = ForestRow(
        label=label, detail=detail, value=crude.difference, low=crude.ci_low, high=crude.ci_high, decides=False
    )
    return [decides, beside]


def _describe_pair(pair: PairComparison, result: Variation, language: Language) -> str:
    low, high, value = (language.format(x, "percent_points") for x in (pair.ci_low, pair.ci_high, pair.difference))
    return f"{language.word(result.labels[pair.variant])} {value} ({language.say('figure.span', low=low, high=high)})"


def _difference_table(result: Variation, language: Language) -> Table:
    points = "percent_points"
    decides = f"conversion.column.difference:{points} column.low:{points} column.high:{points}"
    once = f"conversion.column.once_low:{points} conversion.column.once_high:{points}"
    many = result.comparison.rule.looks == "many"
    last = "conversion.column.lift:percent conversion.column.pvalue:pvalue"
    words = f"conversion.column.variant conversion.column.crude:{points} {decides} {once if many else ''} {last}"
    return Table(
        columns=columns(language.say, words),
        rows=tuple(
            (
                result.labels[pair.variant],
                pair.crude.difference,
                pair.difference,
                pair.ci_low,
                pair.ci_high,
                *((pair.fixed_ci_low, pair.fixed_ci_high) if many else ()),
                pair.lift,
                pair.holm_pvalue,
            )
            for pair in result.comparison.pairs
        ),
    )


def _notes(result: Variation, language: Language) -> tuple[str, ...]:
    say, rule, pairs = language.say, result.comparison.rule, result.comparison.pairs
    notes = [say(f"conversion.method.{how}") for how in dict.fromkeys(_how(pair) for pair in pairs)]
    notes.append(say(f"conversion.method.looks_{rule.looks}", level=rule.confidence_level))
    if len(pairs) > 1:
        notes.append(say("conversion.method.holm", level=rule.confidence_level))
    notes.append(say("conversion.method.assigned"))
    out = result.left_out
    counted = {
        "immature": out.n_immature,
        "unassigned": out.n_unassigned,
        "undeclared": out.n_undeclared,
        "without_unit": out.n_without_unit,
        "later": out.n_later,
    }
    notes += [say(f"conversion.{name}", n=n, days=result.horizon_days) for name, n in counted.items() if n]
    silent = [result.labels[name] for name in result.comparison.without_contacts]
    return (*notes, *((say("conversion.silent", variants=silent),) if silent else ()))

"""Exhibits of conversion per message variant."""

from __future__ import annotations

from gtmlib.analyses.conversion import VariantResult, Variation
from gtmlib.present.exhibit import Exhibit, Kpi, Table, columns
from gtmlib.present.figures import plot_intervals
from gtmlib.present.language import Language


def present_variants(result: Variation, language: Language, accent: str) -> Exhibit:
    """Show each variant's rate and its difference to the control."""
    say = language.say
    control, *others = result.variants
    leading = max(others, key=lambda row: row.estimate.rate)
    title = say(f"conversion.title.{_case(leading)}", **_args(leading, control))
    sentences = [say(f"conversion.verdict.{_case(row)}", **_args(row, control)) for row in others]
    split = "kept" if result.split.is_as_planned else "broken"
    notes = [say(f"conversion.split.{split}", pvalue=result.split.pvalue, n=sum(result.split.observed))]
    left_out = (
        ("immature", result.n_immature),
        ("unassigned", result.n_unassigned),
        ("undeclared", result.n_undeclared),
    )
    notes += [say(f"conversion.{name}", n=n, days=result.horizon_days) for name, n in left_out if n]
    notes.append(say("conversion.method", level=control.estimate.confidence_level))
    verdicts = {row.verdict for row in others}
    return Exhibit(
        id="conversion-variants",
        title=say("conversion.exhibit.title", **_args(leading, control)),
        sentences=tuple(sentences),
        figure=plot_intervals(
            [row.label for row in result.variants],
            [row.estimate.rate for row in result.variants],
            [row.estimate.ci_low for row in result.variants],
            [row.estimate.ci_high for row in result.variants],
            language=language,
            accent=accent,
            details=[say("figure.contacts", n=row.estimate.n_trials) for row in result.variants],
            axis_title=say("conversion.axis"),
        ),
        alt=say(
            "conversion.alt",
            rates=[f"{row.label} {language.format(row.estimate.rate, 'percent')}" for row in result.variants],
        ),
        table=_table(result, language),
        notes=tuple(notes),
        verdict=next(verdict for verdict in ("confirmed", "refuted", "cannot_tell") if verdict in verdicts),
        evidence=say("conversion.evidence", n=sum(row.estimate.n_trials for row in result.variants)),
        headline=title,
        kpis=(
            Kpi(
                label=say("conversion.kpi", variant=leading.label),
                value=language.format(leading.estimate.rate, "percent"),
                detail=say("conversion.kpi.detail", rate=control.estimate.rate),
            ),
        ),
    )


def _case(row: VariantResult) -> str:
    return f"cannot_tell_{row.reason}" if row.verdict == "cannot_tell" else str(row.verdict)


def _args(row: VariantResult, control: VariantResult) -> dict[str, str | float | int]:
    difference = row.difference
    if difference is None:
        raise TypeError("the control is not compared with itself")
    return {
        "variant": row.label,
        "control": control.label,
        "rate": row.estimate.rate,
        "control_rate": control.estimate.rate,
        "difference": difference.difference,
        "low": difference.ci_low,
        "high": difference.ci_high,
        "n": row.estimate.n_trials,
    }


def _table(result: Variation, language: Language) -> Table:
    counts = "conversion.column.contacts:count conversion.column.converted:count"
    rates = "column.rate:percent column.low:percent column.high:percent"
    points = "conversion.column.difference:percent_points column.low:percent_points column.high:percent_points"
    named = columns(language.say, f"conversion.column.variant {counts} {rates} {points}")

    def cells(row: VariantResult) -> tuple[str | int | float | None, ...]:
        rate, by = row.estimate, row.difference
        compared = (by.difference, by.ci_low, by.ci_high) if by else (None, None, None)
        return (row.label, rate.n_trials, rate.n_successes, rate.rate, rate.ci_low, rate.ci_high, *compared)

    return Table(columns=named, rows=tuple(cells(row) for row in result.variants))

"""Acceptance 7 of issue 2: over 50 drawn clients each 95 % interval holds the planted truth in at least 42.

A sound interval misses in 2.5 of 50 on average; 42 allows for the luck of about 120 truths looked at together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gtmlib.analyses.conversion import analyse_variants
from gtmlib.analyses.data_check import analyse_data
from gtmlib.analyses.findings import Finding
from gtmlib.analyses.objections import analyse_objections
from gtmlib.analyses.profitability import analyse_segments
from gtmlib.data.engagement import Contract, parse_contract, read_engagement
from gtmlib.data.load import Loaded, load_tables
from gtmlib.data.synth import Truth, make_demo, make_truth
from gtmlib.data.synth_exports import TEMPLATE, write_demo

from ..conftest import load_demo

SEEDS = range(50)
LEAST = 42
Key = tuple[str, ...]


def truths(truth: Truth) -> dict[Key, float]:
    """Each planted number under the id and the group of the finding that should recover it."""
    planted: dict[Key, float] = {
        ("data.reason_logged_rate",): truth.reason_logged_rate,
        ("data.fidelity_rate",): truth.fidelity_rate,
    }
    families = {
        "profitability.contribution_per_customer": truth.contribution_per_customer,
        "conversion.rate": truth.conversion_rate,
        "conversion.difference": truth.conversion_difference,
        "objections.rate": truth.objection_rate,
    }
    planted |= {(name, group): value for name, values in families.items() for group, value in values.items()}
    planted |= {("objections.rate", *pair): value for pair, value in truth.objection_rate_by_stage.items()}
    planted |= {("objections.rate", *pair): value for pair, value in truth.objection_rate_by_segment.items()}
    return planted


def findings_of(loaded: Loaded) -> Iterator[Finding]:
    results = (
        analyse_segments(loaded),
        analyse_variants(loaded),
        analyse_data(loaded),
        *(analyse_objections(loaded, by=by) for by in ("code", "stage", "segment")),
    )
    for result in results:
        yield from result.findings()


def covered(loaded: Loaded, planted: dict[Key, float]) -> set[Key]:
    """The truths that lie in their interval, of those that the analyses gave an interval."""
    held = set()
    for finding in findings_of(loaded):
        key = (finding.id, *finding.group.values())
        if key in planted:
            assert finding.confidence_level == 0.95, key
            assert finding.ci_low is not None, key
            assert finding.ci_high is not None, key
            if finding.ci_low <= planted[key] <= finding.ci_high:
                held.add(key)
    return held


@cache
def contract() -> Contract:
    return parse_contract(TEMPLATE.read_bytes())


@cache
def hits() -> Counter[Key]:
    planted, counts = truths(make_truth()), Counter[Key]()
    for seed in SEEDS:
        counts.update(covered(load_demo(make_demo(seed), contract()), planted))
    return counts


FAMILIES = {
    "contribution per customer and segment": ("profitability.contribution_per_customer", 2, 4),
    "conversion per variant": ("conversion.rate", 2, 3),
    "difference to the control": ("conversion.difference", 2, 2),
    "objections per code": ("objections.rate", 2, 12),
    "objections per code and stage or segment": ("objections.rate", 3, 12 * 4 + 12 * 4),
    "reasons logged": ("data.reason_logged_rate", 1, 1),
    "fidelity to the assigned message": ("data.fidelity_rate", 1, 1),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_95_percent_interval_holds_the_planted_truth_in_at_least_42_of_50_seeds(family: str) -> None:
    name, length, n_truths = FAMILIES[family]
    keys = [key for key in truths(make_truth()) if key[0] == name and len(key) == length]
    assert len(keys) == n_truths
    found = {key: hits()[key] for key in keys}
    assert {key: n for key, n in found.items() if n < LEAST} == {}


def test_over_all_truths_the_intervals_cover_about_what_they_claim() -> None:
    planted = truths(make_truth())
    share = sum(hits()[key] for key in planted) / (len(planted) * len(SEEDS))
    assert (
        0.94 < share < 0.97
    )  # Wilson covers a little more than 95 % of small rates, t a little less of skewed amounts


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_through_messy_exports_the_same_truths_are_held(seed: int, tmp_path: Path) -> None:
    demo = make_demo(seed)
    write_demo(demo, tmp_path / "demo")
    planted = truths(demo.truth)
    from_files = covered(load_tables(read_engagement(tmp_path / "demo")), planted)
    from_frames = covered(load_demo(demo, contract()), planted)
    # Nine added lines, and twenty touches whose deal was deleted, move no interval off a truth but those at its edge.
    assert len(from_files ^ from_frames) <= 2
    assert len(from_files) >= 0.88 * len(planted)

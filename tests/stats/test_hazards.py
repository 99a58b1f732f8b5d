"""An objection without effect that long deals collect: the hazard sees no effect, the naive ratio sees one."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from gtmlib.errors import ParameterError
from gtmlib.stats.hazards import HazardOdds, estimate_hazard_odds
from gtmlib.stats.stratified import OddsRatio, compare_odds

WEEKS, REPS = 26, 12


def simulate(seed: int, *, effect: float = 1.0, n: int = 600) -> tuple[HazardOdds, OddsRatio]:
    """Deals that are won early or lost late, and an objection that any week can bring; both ratios of them."""
    rng, week = np.random.default_rng(seed), np.arange(WEEKS)
    rep = rng.integers(0, REPS, n)
    # Reps differ in how well they sell and in how often they log: that is what the clusters are for.
    skill, diligence = np.exp(rng.normal(0, 0.2, REPS))[rep], np.exp(rng.normal(0, 0.3, REPS))[rep]
    is_said = rng.random((n, WEEKS)) < 0.06 * diligence[:, None]
    first = np.where(is_said.any(axis=1), is_said.argmax(axis=1), WEEKS)
    exposed = first[:, None] < week
    win = 0.08 * np.exp(-week / 8) * skill[:, None] * np.where(exposed, effect, 1.0)
    u = rng.random((n, WEEKS))
    is_won, is_lost = u < win, (u >= win) & (u < win + 0.01 + 0.06 * week / WEEKS)
    is_over = is_won | is_lost
    end = np.where(is_over.any(axis=1), is_over.argmax(axis=1), WEEKS - 1)
    deal, age = np.nonzero(week <= end[:, None])
    cell = (age * 2 + exposed[deal, age]) * REPS + rep[deal]
    at_risk = np.bincount(cell, minlength=WEEKS * 2 * REPS)
    won = np.bincount(cell, is_won[deal, age], minlength=WEEKS * 2 * REPS)
    kept = np.flatnonzero(at_risk)
    cells = (kept // REPS // 2, kept // REPS % 2, at_risk[kept], won[kept])
    closed, ever = is_over.any(axis=1), first <= end
    success = is_won[np.arange(n), end] & closed
    counts = [int((success & ever).sum()), int((closed & ever).sum())]
    counts += [int((success & ~ever).sum()), int((closed & ~ever).sum())]
    return estimate_hazard_odds(*cells, clusters=kept % REPS), compare_odds(*counts)


def check_no_effect(n_runs: int, least: float) -> None:
    runs = [simulate(seed) for seed in range(n_runs)]
    covers = np.mean([adjusted.ci_low <= 1 <= adjusted.ci_high for adjusted, _ in runs])
    naive = np.mean([crude.ci_low <= 1 <= crude.ci_high for _, crude in runs])
    assert covers >= least
    assert naive < 0.05  # "deals with any objection are won less often": the deals were long, nothing else
    assert np.mean([np.log(adjusted.odds_ratio) for adjusted, _ in runs]) == pytest.approx(0, abs=0.05)


def test_of_60_runs_without_effect_the_interval_covers_1_and_the_naive_one_does_not() -> None:
    check_no_effect(60, 0.9)


@pytest.mark.full
def test_of_500_runs_without_effect_at_least_93_percent_of_intervals_cover_1() -> None:
    check_no_effect(500, 0.93)


def test_a_planted_effect_is_recovered() -> None:
    found = [simulate(seed, effect=0.4, n=1200)[0] for seed in range(20)]
    assert np.mean([odds.ci_high < 1 for odds in found]) > 0.8
    # Of hazards of at most 8 % a ratio of .4 is one of odds of about .39.
    assert np.exp(np.mean([np.log(odds.odds_ratio) for odds in found])) == pytest.approx(0.39, rel=0.1)


def test_it_is_the_logistic_regression_of_statsmodels_with_its_clustered_errors() -> None:
    rng = np.random.default_rng(3)
    period, exposed, rep = (x.ravel() for x in np.meshgrid(np.arange(4), [0, 1], np.arange(8), indexing="ij"))
    n = rng.integers(30, 60, period.size)
    k = rng.binomial(n, 0.1 + 0.02 * period + 0.05 * exposed)
    design = np.column_stack([exposed, np.eye(4)[period]]).astype(float)
    rows, outcome = np.repeat(design, n, axis=0), np.concatenate([np.arange(m) < h for m, h in zip(n, k, strict=True)])
    theirs = sm.Logit(outcome.astype(float), rows).fit(disp=0)
    robust = sm.Logit(outcome.astype(float), rows).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": np.repeat(rep, n), "use_correction": False}
    )
    ours = estimate_hazard_odds(period, exposed, n, k, clusters=rep)
    assert np.log(ours.odds_ratio) == pytest.approx(theirs.params[0], abs=1e-6)
    variance = max(theirs.bse[0] ** 2, robust.bse[0] ** 2 * 8 / 7)
    half = np.log(ours.ci_high / ours.ci_low) / 2
    assert half == pytest.approx(2.364624 * np.sqrt(variance), rel=1e-5)  # t with 7 degrees of freedom
    assert ours.n_clusters == 8


def test_mantel_haenszel_and_the_hazard_agree_on_one_period_without_clusters() -> None:
    ours = estimate_hazard_odds([0, 0], [1, 0], [189 + 10845, 104 + 10933], [189, 104], clusters=[1, 1])
    assert (round(ours.odds_ratio, 3), round(ours.ci_low, 2), round(ours.ci_high, 2)) == (1.832, 1.44, 2.33)
    assert ours.n_clusters is None


def test_what_comes_after_the_last_event_says_nothing() -> None:
    cells = [(1, 0, 100, 10), (1, 1, 50, 10), (2, 0, 80, 8), (2, 1, 60, 12)]
    late = [*cells, (3, 1, 50, 0), (4, 1, 45, 0)]  # deals that were never closed, and have met every objection by now
    before, after = (estimate_hazard_odds(*zip(*rows, strict=True), clusters=[1] * len(rows)) for rows in (cells, late))
    assert after == before


def test_levels_compare_alike_with_alike() -> None:
    # Within each level the odds are alike; the level with the covariate most often wins most often.
    cells = [(0, 1, 80, 40, "busy"), (0, 0, 20, 10, "busy"), (0, 1, 20, 2, "quiet"), (0, 0, 80, 8, "quiet")]
    period, has, n, k, level = zip(*cells, strict=True)
    crude, alike = (estimate_hazard_odds(period, has, n, k, clusters=[1] * 4, levels=x) for x in (None, level))
    assert crude.odds_ratio > 2
    assert alike.odds_ratio == pytest.approx(1.0)


def test_without_an_event_on_one_side_there_is_no_ratio() -> None:
    for cells in ([(1, 0, 10, 3), (1, 1, 10, 0)], [(1, 0, 10, 0), (1, 1, 10, 3)], [(1, 0, 10, 0), (1, 1, 10, 0)]):
        with pytest.raises(ParameterError, match="came with the covariate"):
            estimate_hazard_odds(*zip(*cells, strict=True), clusters=[1, 1])
    with pytest.raises(ParameterError):
        estimate_hazard_odds([1, 1], [0, 1], [5, 5], [6, 1], clusters=[1, 1])


def test_an_interval_without_an_end_is_no_answer() -> None:
    cells = [(1, 0, 10, 1), (1, 1, 5, 1), (1, 0, 30, 9), (1, 1, 5, 3)] * 2
    reps = [1, 1, 2, 2, 3, 3, 4, 4]
    with pytest.raises(ParameterError, match="too few events tell the two sides apart"):
        estimate_hazard_odds(*zip(*cells, strict=True), clusters=reps, confidence_level=1 - 1e-12)

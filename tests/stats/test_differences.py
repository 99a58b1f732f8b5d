from __future__ import annotations

import math

import numpy as np
import pytest

from gtmlib.stats.clustered import design_effect, estimate_design_effect, estimate_intraclass_correlation
from gtmlib.stats.differences import clustered_difference, crude_difference, difference_interval, rep_means_difference
from gtmlib.stats.distributions import Array


def contacts(seed: int, n: int) -> tuple[Array, Array, Array, Array]:
    """Return n contacts, each its own group: one of each half with either variant."""
    rng = np.random.default_rng(seed)
    with_variant = np.arange(n) % 2 == 0
    converted = rng.random(n) < 0.3
    k, k_0 = (converted & with_variant).astype(float), (converted & ~with_variant).astype(float)
    return k, with_variant.astype(float), k_0, (~with_variant).astype(float)


def least_squares_hc0(k: Array, n: Array, k_0: Array, n_0: Array) -> float:
    """Return White's error (HC0) of the variant's coefficient, from the regression itself."""
    x, y = np.column_stack([np.ones(len(k)), n]), k + k_0
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ bread @ x.T @ y
    return float(np.sqrt((bread @ (x.T * residual**2) @ x @ bread)[1, 1]))


def test_every_contact_its_own_cluster_gives_hc0() -> None:
    # Cameron & Miller (2015): CR1 is the sandwich times G / (G - 1); without the factor it is HC0.
    counts = contacts(1, 60)
    cr1 = float(clustered_difference(*counts).standard_error)
    assert cr1 / math.sqrt(60 / 59) == pytest.approx(least_squares_hc0(*counts))


def test_each_contact_three_times_in_one_cluster_leaves_the_error_unchanged() -> None:
    counts = contacts(2, 60)
    once, thrice = clustered_difference(*counts), clustered_difference(*(3 * count for count in counts))
    assert float(thrice.standard_error) == pytest.approx(float(once.standard_error))
    assert float(thrice.lift_standard_error) == pytest.approx(float(once.lift_standard_error))


def test_means_of_reps_are_students_two_sample_t() -> None:
    # Rates .2 .3 .4 against .1 .2 .3: difference .1, pooled sd .1, error .1 sqrt(2/3).
    n, n_0 = np.array([10.0, 20, 30, 0, 0, 0]), np.array([0.0, 0, 0, 30, 20, 10])
    means = rep_means_difference(np.array([2.0, 6, 12, 0, 0, 0]), n, np.array([0.0, 0, 0, 3, 4, 3]), n_0)
    assert float(means.difference) == pytest.approx(0.1)
    assert float(means.standard_error) == pytest.approx(0.1 * math.sqrt(2 / 3))


def test_relative_lift_reproduces_the_delta_method() -> None:
    # 1396/3000 against 2422/3461: lift .50386; the error is the published half width over its boundary, 3.03852.
    estimate = crude_difference(*(np.array([count]) for count in (2422.0, 3461.0, 1396.0, 3000.0)))
    assert round(float(estimate.lift), 5) == 0.50386
    assert float(estimate.lift_standard_error) == pytest.approx((0.60675 - 0.40098) / 2 / 3.03852, abs=2e-6)


def test_many_data_sets_at_once_are_the_same_data_sets() -> None:
    rng = np.random.default_rng(5)
    n, n_0 = np.array([30.0, 20, 10]), np.array([10.0, 20, 30])
    k, k_0 = rng.binomial(30, 0.2, (7, 3)) % 10.0, rng.binomial(10, 0.2, (7, 3)) * 1.0
    for estimator in (crude_difference, clustered_difference):
        together = estimator(k, n, k_0, n_0)
        for i in range(7):
            alone = estimator(k[i], n, k_0[i], n_0)
            assert [float(part[i]) for part in together] == pytest.approx([float(part) for part in alone], nan_ok=True)


def test_an_error_is_never_zero_and_an_interval_never_leaves_minus_one_to_one() -> None:
    n = np.array([3.0, 4.0])
    for k, k_0 in (([0, 0], [0, 0]), ([3, 4], [0, 0]), ([3, 4], [3, 4])):
        counts = (np.array(k, dtype=float), n, np.array(k_0, dtype=float), n)
        estimate = clustered_difference(*counts)
        low, high = difference_interval("clustered", estimate, 1.96, *counts)
        assert float(estimate.standard_error) > 0
        assert -1 <= float(low) <= float(estimate.difference) <= float(high) <= 1


def test_design_effect_and_intraclass_correlation_of_clusters_that_are_all_alike_or_all_different() -> None:
    assert estimate_design_effect([5, 5, 5, 5], [10, 10, 10, 10]) == 1.0
    assert estimate_design_effect([0, 10, 0, 10], [10] * 4) == pytest.approx(10 * 4 / 3)
    assert estimate_design_effect([5], [10]) == estimate_design_effect([0, 0], [10, 10]) == 1.0
    assert estimate_intraclass_correlation([0, 10], [10, 10]) == 1.0
    assert design_effect(31, 0.1) == pytest.approx(4.0)


def test_intraclass_correlation_recovers_a_planted_one() -> None:
    rng = np.random.default_rng(6)  # beta(2, 8): rho = 1 / (2 + 8 + 1)
    k = rng.binomial(50, rng.beta(2, 8, size=2000))
    assert estimate_intraclass_correlation(k.astype(float), np.full(2000, 50.0)) == pytest.approx(1 / 11, abs=0.01)

from __future__ import annotations

import numpy as np
import pytest

from gtmlib.errors import ParameterError
from gtmlib.stats.differences import crude_difference
from gtmlib.stats.sequential import boundary


def test_asymptotic_confidence_sequence_reproduces_the_relative_interval() -> None:
    # Waudby-Smith et al. eq. 9, 155: 1396/3000 against 2422/3461, tuned to 5,000 contacts.
    estimate = crude_difference(*(np.array([count]) for count in (2422.0, 3461.0, 1396.0, 3000.0)))
    half = boundary(6461, planned_n=5000) * float(estimate.lift_standard_error)
    lift = float(estimate.lift)
    assert (round(lift, 5), round(lift - half, 5), round(lift + half, 5)) == (0.50386, 0.40098, 0.60675)


def test_one_look_is_the_normals_critical_value_and_few_clusters_are_students() -> None:
    assert boundary(100, planned_n=600, looks="one") == pytest.approx(1.959963984540054)
    assert boundary(100, planned_n=600, looks="one", df=11) == pytest.approx(2.200985160082949)  # t tables, 11 df


def test_many_looks_cost_more_than_one_and_most_before_the_planned_end() -> None:
    steps = [boundary(n, planned_n=600) for n in (20, 60, 200, 600)]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] > 1.96
    assert boundary(600, planned_n=600, df=5) > steps[-1]


def test_the_interval_is_narrowest_near_the_planned_n() -> None:
    others = [boundary(600, planned_n=planned) for planned in (100, 300, 1200, 5000)]
    assert boundary(600, planned_n=600) < min(others) + 0.02


def test_a_path_of_noise_stays_inside_at_every_look_of_a_long_walk() -> None:
    rng = np.random.default_rng(1)
    walks = rng.standard_normal((2000, 2000)).cumsum(axis=1)
    n = np.arange(1, 2001)
    critical = np.array([boundary(m, planned_n=1000) for m in n])
    left = (np.abs(walks) / np.sqrt(n) > critical)[:, 20:].any(axis=1).mean()
    assert left <= 0.05


@pytest.mark.parametrize(("n", "planned"), [(0, 600), (10, 0), (float("nan"), 600)])
def test_contacts_that_are_none_are_refused(n: float, planned: float) -> None:
    with pytest.raises(ParameterError):
        boundary(n, planned_n=planned)

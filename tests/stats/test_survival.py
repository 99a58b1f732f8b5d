from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtmlib.errors import ParameterError
from gtmlib.stats.survival import estimate_survival

# Freireich et al. (1963), weeks of remission under 6-MP.
EVENTS = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_freireich_1963_remissions_have_their_published_survival_and_median() -> None:
    curve = estimate_survival(EVENTS + CENSORED, [1] * 9 + [0] * 12, [0] * 9 + [1] * 12)
    assert [step.time for step in curve.steps] == [6, 7, 10, 13, 16, 22, 23]
    survival = [step.survival for step in curve.steps]
    assert survival == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert (curve.median, curve.n, curve.n_events, curve.last_time) == (23, 21, 9, 35)
    # Greenwood's errors as in Collett, Modelling Survival Data, and R's survfit.
    errors = [step.standard_error for step in curve.steps]
    assert errors == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-5)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
def test_the_curve_falls_inside_its_interval_and_agrees_with_scipy(rows: list[tuple[int, bool]]) -> None:
    from scipy.stats import CensoredData, ecdf

    times, left = [time for time, _ in rows], [is_event for _, is_event in rows]
    curve = estimate_survival(times, left, [not event for event in left])
    survival = [step.survival for step in curve.steps]
    assert all(0 <= step.ci_low <= step.survival <= step.ci_high <= 1 for step in curve.steps)
    assert all(np.diff([1.0, *survival]) < 0)
    sample = CensoredData.right_censored(times, [not event for event in left])
    assert survival == pytest.approx(ecdf(sample).sf.evaluate([step.time for step in curve.steps]), abs=1e-12)


def test_without_a_single_leaver_the_curve_stays_at_one() -> None:
    curve = estimate_survival([5, 9], [0, 0], [3, 4])
    assert (curve.steps, curve.median, curve.n, curve.last_time) == ((), None, 7, 9)
    with pytest.raises(ParameterError, match="no customers"):
        estimate_survival([], [], [])

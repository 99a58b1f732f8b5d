"""Many tests at once: p-values that count them all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array


def adjust_holm(pvalues: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's p-values: below alpha, the chance of even one false alarm is below alpha.

    Parameters
    ----------
    pvalues : sequence of float
        In [0, 1], in any order; the answer has the same.

    Raises
    ------
    ParameterError
        If one is not in [0, 1].

    References
    ----------
    Holm (1979), Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    values, order = _ordered(pvalues)
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    return _in_place(stepped, order)


def adjust_benjamini_hochberg(pvalues: Sequence[float]) -> tuple[float, ...]:
    """Return Benjamini and Hochberg's p-values: of those below alpha, a share of alpha is expected to be false.

    Parameters
    ----------
    pvalues : sequence of float
        In [0, 1], in any order; the answer has the same.

    Raises
    ------
    ParameterError
        If one is not in [0, 1].

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57, 289-300.

    Examples
    --------
    >>> adjust_benjamini_hochberg([0.01, 0.04, 0.03])
    (0.03, 0.04, 0.04)
    """
    values, order = _ordered(pvalues)
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    return _in_place(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _ordered(pvalues: Sequence[float]) -> tuple[Array, np.typing.NDArray[np.intp]]:
    values = np.asarray(pvalues, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ParameterError(f"pvalues are {tuple(pvalues)}, not all in [0, 1].")
    return values, np.argsort(values, kind="stable")


def _in_place(stepped: Array, order: np.typing.NDArray[np.intp]) -> tuple[float, ...]:
    adjusted = np.empty(len(stepped))
    adjusted[order] = np.minimum(stepped, 1.0)
    return tuple(float(value) for value in adjusted)


def holm_steps(evidence: Array, decides: Array) -> np.typing.NDArray[np.intp]:
    """Return which of Holm's levels each comparison is judged at: step j stands for alpha / (m - j).

    The strongest is judged at alpha / m, the next at alpha / (m - 1), and so on; once one does not decide, all that
    follow stay at its level. So an interval shown at its own step decides exactly where Holm's procedure does.

    Parameters
    ----------
    evidence : array, m comparisons first, then any axes
        Larger is stronger.
    decides : array of bool, m steps first, then as `evidence`
        Whether the comparison's interval at that step leaves out 0.

    References
    ----------
    Holm (1979), Scand. J. Stat. 6, 65-70.

    Examples
    --------
    >>> decides = np.array([[True, False, False], [True, False, True], [True, True, True]])  # by step, comparison
    >>> holm_steps(np.array([4.0, 2.0, 2.4]), decides).tolist()
    [0, 2, 1]
    """
    order = np.argsort(-evidence, axis=0, kind="stable")
    steps = np.zeros(evidence.shape, dtype=np.intp)
    step = np.zeros(evidence.shape[1:], dtype=np.intp)
    is_open = np.ones(evidence.shape[1:], dtype=bool)
    for place in range(len(evidence)):
        step = np.where(is_open, place, step)
        comparison = order[place : place + 1]
        np.put_along_axis(steps, comparison, step[None], axis=0)
        decided = np.take_along_axis(decides[place], comparison, axis=0)[0]
        is_open &= decided
    return steps

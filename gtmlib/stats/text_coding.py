"""Which codes a text is likely to have, and which texts to code next: numbers in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import Array

RIDGE = 1.0  # against unit vectors, with a weight of ten per code: from .5 to 2 the demo's suggestions are as good
CODE_WEIGHT = 10.0  # of all examples of a code together, so that a frequent code does not win by its frequency
RANDOM_SHARE = 0.2  # a fifth at random: only they tell how often suggestions are right


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A text to be coded next.

    Parameters
    ----------
    at : int
        Its place among the texts.
    drawn : {'random', 'doubtful'}
        Why: by lot, or since its two likeliest codes are close and it is unlike the others.
    """

    at: int
    drawn: Literal["random", "doubtful"]


def score_codes(examples: Array, targets: Array, texts: Array) -> Array:
    """Score every code for every text by ridge regression on the examples.

    Parameters
    ----------
    examples : array, examples x features
        Unit vectors of texts whose codes are known.
    targets : array, examples x codes
        Share of each code in an example; a row sums to 1.
    texts : array, texts x features
        Unit vectors of the texts to score.

    Returns
    -------
    array, texts x codes
        Higher is likelier; comparable within a text.

    Raises
    ------
    ParameterError
        If there is no example.

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12, 55-67, in its dual form: as many unknowns as examples.

    Examples
    --------
    >>> scores = score_codes(np.eye(2), np.eye(2), np.array([[0.8, 0.6]]))
    >>> bool(scores[0, 0] > scores[0, 1])
    True
    """
    if not len(examples):
        raise ParameterError("there is no example and no description of a code to compare texts with.")
    shares = targets / np.maximum(targets.sum(axis=0), 1e-12)
    weights = CODE_WEIGHT * np.maximum(shares.sum(axis=1), 1e-12)
    similar = examples @ examples.T + RIDGE * np.diag(1 / weights)
    found: Array = texts @ (examples.T @ np.linalg.solve(similar, targets - targets.mean(axis=0)))
    return found


def choose_next(scores: Array, texts: Array, n: int, *, rng: np.random.Generator) -> tuple[Pick, ...]:
    """Choose which texts to code next: a fifth by lot, the rest doubtful and unlike each other.

    Parameters
    ----------
    scores : array, texts x codes
        As `score_codes` gives them; two codes at least.
    texts : array, texts x features
        Their unit vectors.
    n : int
        How many; all texts where there are fewer.
    rng : Generator
        Draws the lot.

    References
    ----------
    Settles (2009), Active learning literature survey, sections 3.1 (margin) and 4.2 (density and diversity).

    Examples
    --------
    >>> scores, texts = np.array([[1.0, 0.0], [0.6, 0.5], [0.9, 0.1]]), np.eye(3)
    >>> [pick.at for pick in choose_next(scores, texts, 1, rng=np.random.default_rng(1)) if pick.drawn == "doubtful"]
    []
    """
    n = min(n, len(scores))
    by_lot = rng.permutation(len(scores))[: int(np.ceil(RANDOM_SHARE * n))].tolist()
    likeliest = np.sort(scores, axis=1)[:, ::-1]
    margins = likeliest[:, 0] - likeliest[:, 1]
    rest = [at for at in np.argsort(margins, kind="stable").tolist() if at not in set(by_lot)][: 4 * n]
    chosen: list[int] = []
    nearness = np.full(len(rest), -1.0)  # to what is chosen already
    while rest and len(chosen) < n - len(by_lot):
        # Twice as doubtful weighs as much as half as near: ranks of both, since their scales have nothing in common.
        rank = np.argsort(np.argsort(nearness, kind="stable")) + np.arange(len(rest))
        at = int(np.argmin(rank))
        chosen.append(rest.pop(at))
        nearness = np.maximum(np.delete(nearness, at), texts[rest] @ texts[chosen[-1]])
    doubtful = [Pick(at=at, drawn="doubtful") for at in chosen]
    return (*(Pick(at=at, drawn="random") for at in by_lot), *doubtful)

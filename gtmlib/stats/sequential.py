"""How many standard errors an interval needs: one look at the end, or any number of looks on the way."""

from __future__ import annotations

import math
from typing import Literal

from scipy import special

from gtmlib.errors import ParameterError
from gtmlib.stats.distributions import critical_value
from gtmlib.stats.requirements import require_level, require_positive

Looks = Literal["one", "many"]
LARGEST = 37.0  # standard errors; the normal tail beyond is no number any more, and no interval on rates needs it


def boundary(
    n: float, *, planned_n: float, confidence_level: float = 0.95, looks: Looks = "many", df: float | None = None
) -> float:
    """Return the standard errors to each side of an estimate, for every kind of standard error.

    With many looks it is the asymptotic confidence sequence, narrowest at `planned_n`: the truth stays inside at all
    looks together with the confidence level. With few clusters its normal tail is carried over to Student's t.

    Parameters
    ----------
    n : float
        Contacts so far, in both groups together.
    planned_n : float
        Contacts at which the boundary is to be narrowest; declared before the data.
    confidence_level : float
        In (0, 1).
    looks : {'many', 'one'}
        With 'one' it is the critical value of the normal, or of t, and n does not matter.
    df : float, optional
        Degrees of freedom of the standard error: clusters less one; none: it comes from many contacts.

    Raises
    ------
    ParameterError
        If a number is out of range.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Ann. Stat. 52, 2613-2640: eq. 9, tuned by eq. 155.

    Examples
    --------
    >>> round(boundary(600, planned_n=600), 3), round(boundary(60, planned_n=600), 3)
    (3.035, 3.855)
    >>> round(boundary(600, planned_n=600, looks="one"), 3)
    1.96
    """
    level = require_level(confidence_level)
    n, planned_n = require_positive(n, "n"), require_positive(planned_n, "planned_n")
    if looks == "one":
        return critical_value(level, df)
    if looks != "many":
        raise ParameterError(f"looks is '{looks}'. Write 'one' or 'many'.")
    evidence = -2 * math.log(1 - level)
    scaled_n = n / planned_n * (evidence + math.log(evidence + 1))
    normal = math.sqrt((scaled_n + 1) / scaled_n * (math.log(scaled_n + 1) + evidence))
    normal = min(normal, LARGEST)
    return normal if df is None else float(-special.stdtrit(df, special.ndtr(-normal)))

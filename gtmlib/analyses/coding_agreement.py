"""How far people who code the same notes agree: what the coding chapter shows and the objection chapter warns of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gtmlib.data.codes import SETTLED, Unit
from gtmlib.data.loaded import Loaded
from gtmlib.errors import ParameterError
from gtmlib.stats.agreement import krippendorff_alpha

LEAST_ALPHA = 0.667  # Krippendorff (2004), Hum. Commun. Res. 30, 411-433: below it, draw no conclusion from a code


@dataclass(frozen=True, slots=True)
class DoubleCoded:
    """Notes that at least two people coded, and what each of them gave.

    Parameters
    ----------
    coders : tuple of str
        In alphabetical order.
    units : tuple of dict
        One per note, in the order of their ids: coder = the codes that this coder gave it.
    """

    coders: tuple[str, ...]
    units: tuple[dict[str, frozenset[str]], ...]

    def codes(self) -> tuple[str, ...]:
        """List every code that somebody gave to one of the notes."""
        return tuple(sorted({code for unit in self.units for given in unit.values() for code in given}))

    def merge(self, codes: frozenset[str], name: str) -> DoubleCoded:
        """Give the same notes with several codes as one.

        Parameters
        ----------
        codes : frozenset of str
            To be counted together.
        name : str
            What they are called then.
        """
        units = tuple(
            {coder: frozenset(name if code in codes else code for code in given) for coder, given in unit.items()}
            for unit in self.units
        )
        return DoubleCoded(self.coders, units)

    def ratings(self, code: str) -> list[list[float | None]]:
        """Tell by coder and note whether the code was given: 1, 0, or None where the coder did not code the note.

        Parameters
        ----------
        code : str
            One of `codes()`.
        """
        return [
            [None if coder not in unit else float(code in unit[coder]) for unit in self.units] for coder in self.coders
        ]


def find_double_coded(loaded: Loaded, unit: Unit = "touch_id") -> DoubleCoded:
    """Find the notes that at least two people coded apart from each other.

    Parameters
    ----------
    loaded : Loaded
        The engagement; without confirmed codes there are none.
    unit : {'touch_id', 'interview_id'}
        Notes of conversations, or of interviews.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> rows = [("T1", "price", "AK"), ("T1", "value", "ML"), ("T2", "price", "AK")]
    >>> loaded = load_frames({"codes": pd.DataFrame(rows, columns=["touch_id", "code", "coder"])})
    >>> find_double_coded(loaded).units
    ({'AK': frozenset({'price'}), 'ML': frozenset({'value'})},)
    """
    if loaded.missing(codes=(unit, "code", "coder")):
        return DoubleCoded((), ())
    return pair_codes(loaded.tables["codes"].to_pyarrow().to_pylist(), unit)


def pair_codes(rows: Iterable[Mapping[str, Any]], unit: Unit) -> DoubleCoded:
    """Find the notes that at least two people coded in the rows of `codes.csv`; what was settled is nobody's reading.

    Parameters
    ----------
    rows : iterable of mapping
        One per confirmed code.
    unit : {'touch_id', 'interview_id'}
        What a note is known by.

    Examples
    --------
    >>> rows = [{"touch_id": "T1", "code": "price", "coder": coder} for coder in ("AK", "ML", "settled")]
    >>> pair_codes(rows, "touch_id").coders
    ('AK', 'ML')
    """
    units: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        if row.get(unit) is not None and row["coder"] != SETTLED:
            units.setdefault(row[unit], {}).setdefault(row["coder"], set()).add(row["code"])
    twice = {note: given for note, given in sorted(units.items()) if len(given) >= 2}
    found = tuple({coder: frozenset(codes) for coder, codes in sorted(given.items())} for given in twice.values())
    return DoubleCoded(tuple(sorted({coder for given in found for coder in given})), found)


def weakly_agreed_codes(loaded: Loaded, unit: Unit = "touch_id") -> tuple[str, ...]:
    """List the codes on which coders agree too little to conclude anything from them.

    Parameters
    ----------
    loaded : Loaded
        The engagement.
    unit : {'touch_id', 'interview_id'}
        Codes of the notes of conversations, or of interviews.

    Returns
    -------
    tuple of str
        Those whose alpha (given or not, by note that two people coded) is under .667; none where nothing was
        coded twice.

    References
    ----------
    Krippendorff (2004), Hum. Commun. Res. 30, 411-433.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> first = pd.DataFrame({"touch_id": list("123456"), "code": ["price"] * 3 + ["value"] * 3, "coder": "AK"})
    >>> second = first.assign(coder="ML", code=["price"] * 3 + ["value", "trust", "trust"])
    >>> weakly_agreed_codes(load_frames({"codes": pd.concat([first, second])}))
    ('trust', 'value')
    """
    double = find_double_coded(loaded, unit)
    return weak_codes((code, alpha_of(double, code)) for code in double.codes())


def alpha_of(double: DoubleCoded, code: str) -> float | None:
    """Give Krippendorff's alpha of one code, given or not; None where all notes have it or none.

    Parameters
    ----------
    double : DoubleCoded
        The notes.
    code : str
        One that somebody gave.

    Examples
    --------
    >>> both, neither = {"A": frozenset("x"), "B": frozenset("x")}, {"A": frozenset(), "B": frozenset()}
    >>> alpha_of(DoubleCoded(("A", "B"), (both, neither)), "x")
    1.0
    """
    try:
        return krippendorff_alpha(double.ratings(code)).coefficient
    except ParameterError:
        return None


def weak_codes(alphas: Iterable[tuple[str, float | None]]) -> tuple[str, ...]:
    """Keep the codes whose alpha is known and under .667.

    Parameters
    ----------
    alphas : iterable of tuple
        Code, and its alpha or None.

    Examples
    --------
    >>> weak_codes([("price", 0.9), ("value", 0.5), ("legal", None)])
    ('value',)
    """
    return tuple(code for code, alpha in alphas if alpha is not None and alpha < LEAST_ALPHA)

"""Which words of the codebook do notes hold more often than before? No other word of a note can come out of here."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from gtmlib.analyses.reductions import conversations
from gtmlib.data.codebook import read_codebook
from gtmlib.data.engine import to_frame
from gtmlib.data.loaded import Loaded
from gtmlib.stats.keyness import Keyness, compare_word
from gtmlib.stats.multiplicity import adjust_benjamini_hochberg

SHORTEST_WORD = 4
MOST_CODES = 2  # a word that describes more codes than these says little of any
MOST_SHOWN = 8
CLEAR = 0.05
# What is no plain word goes as a whole, with all that touches it: addresses, numbers, markup, paths.
NO_WORD = r"\S*[0-9@<>/\\_&=]\S*"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRise:
    """A word of the codebook that notes hold more often than before.

    Parameters
    ----------
    word : str
        In the language of the codebook's text.
    n_notes, n_customers : int
        Notes that hold it now, and customers of whom they are.
    keyness : Keyness
        Now against before.
    pvalue : float
        Of no change, adjusted for all words.
    """

    word: str
    n_notes: int
    n_customers: int
    keyness: Keyness
    pvalue: float


def list_vocabulary(loaded: Loaded) -> tuple[str, ...]:
    """List the words that may be shown: those that the engagement's codebook describes one or two codes with.

    Parameters
    ----------
    loaded : Loaded
        For the codebook of its folder.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> words = list_vocabulary(load_frames({"touches": pd.DataFrame({"touch_id": ["T1"]})}))
    >>> "budget" in words, "the" in words
    (True, False)
    """
    codes_of: dict[str, set[str]] = {}
    for code, text in read_codebook(loaded.engagement.folder, "objections").texts():
        for word in re.findall(rf"[^\W\d_]{{{SHORTEST_WORD},}}", text.lower()):
            codes_of.setdefault(word, set()).add(code)
    return tuple(sorted(word for word, codes in codes_of.items() if len(codes) <= MOST_CODES))


def find_rising_words(loaded: Loaded, split_on: date) -> tuple[WordRise, ...]:
    """Find the words of the codebook that notes hold more often since a day than before it.

    Parameters
    ----------
    loaded : Loaded
        With touches; without notes there are none.
    split_on : date
        First day of now.

    Returns
    -------
    tuple of WordRise
        The clearest first, at most eight, each in notes of as many customers as the disclosure floor or more.

    References
    ----------
    Dunning (1993), Comput. Linguist. 19, 61-74; Benjamini & Hochberg (1995) over all words.

    Examples
    --------
    >>> import pandas as pd
    >>> from gtmlib.data.load import load_frames
    >>> days = pd.to_datetime(["2025-01-02"] * 40 + ["2025-06-02"] * 40)
    >>> notes = ["ok"] * 40 + ["budget Maja"] * 20 + ["ok"] * 20
    >>> touches = pd.DataFrame({"touch_id": range(80), "customer_id": range(80), "date": days, "note": notes})
    >>> [row.word for row in find_rising_words(load_frames({"touches": touches.astype({"touch_id": str,
    ...     "customer_id": str})}), date(2025, 3, 1))]
    ['budget']
    """
    if loaded.missing(touches=("note", "date")):
        return ()
    counts, sizes = _reduce_words(loaded, split_on)
    smallest, told = loaded.engagement.contract.disclosure.smallest_group, []
    if min(sizes[True], sizes[False]) < smallest:
        return ()
    for word, found in sorted(counts.items()):
        n, n_customers = found.get(True, (0, 0))
        n_before = found.get(False, (0, 0))[0]
        if n_customers >= smallest:
            told.append((word, n, n_customers, compare_word(n, sizes[True], n_before, sizes[False])))
    adjusted = adjust_benjamini_hochberg([keyness.pvalue for *_, keyness in told])
    rows = [
        WordRise(word=word, n_notes=n, n_customers=n_customers, keyness=keyness, pvalue=pvalue)
        for (word, n, n_customers, keyness), pvalue in zip(told, adjusted, strict=True)
        if pvalue < CLEAR and keyness.rate > keyness.rate_before
    ]
    return tuple(sorted(rows, key=lambda row: (-row.keyness.log_likelihood, row.word))[:MOST_SHOWN])


def _reduce_words(loaded: Loaded, split_on: date) -> tuple[dict[str, dict[bool, tuple[int, int]]], Counter[bool]]:
    """Count notes and customers by word and half, of the codebook's words alone; and conversations by half."""
    talks = conversations(loaded).filter(lambda rows: rows.date.notnull())
    customer: Any = talks.touch_id
    if "customer_id" in talks.columns:
        customer = ibis.coalesce(talks.customer_id, talks.touch_id)
    is_now = talks.date.cast("date") >= ibis.literal(split_on)
    note = talks.note.fill_null("").re_replace(NO_WORD, " ").lower().re_split(r"[^\p{L}]+")
    notes = talks.select("touch_id", customer=customer, is_now=is_now, word=note)
    words = notes.mutate(word=notes.word.unnest())
    words = words.filter(words.word.isin(list_vocabulary(loaded))).distinct()
    counts = words.group_by("word", "is_now").aggregate(n=words.count(), n_customers=words.customer.nunique())
    found: dict[str, dict[bool, tuple[int, int]]] = {}
    for row in to_frame(counts).itertuples():
        found.setdefault(row.word, {})[bool(row.is_now)] = (int(row.n), int(row.n_customers))
    sizes = to_frame(notes.group_by("is_now").aggregate(n=notes.count()))
    return found, Counter({bool(row.is_now): int(row.n) for row in sizes.itertuples()})

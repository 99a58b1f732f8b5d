"""What must not leave with a report: keys, passwords, addresses, telephone and personal numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

FINNISH_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
NORWEGIAN_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


def _luhn(digits: str) -> bool:
    doubled = [int(sign) * (2 - place % 2) for place, sign in enumerate(digits)]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _swedish(text: str) -> bool:
    digits = re.sub(r"\D", "", text)[-10:]
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    # A coordination number has 60 more days.
    return _is_day(2000 + year, month, day - 60 if day > 60 else day) and _luhn(digits)


def _danish(text: str) -> bool:
    return _is_day(2000 + int(text[4:6]), int(text[2:4]), int(text[:2]))


def _norwegian(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    day = digits[0] * 10 + digits[1]
    if not _is_day(2000 + digits[4] * 10 + digits[5], digits[2] * 10 + digits[3], day - 40 if day > 40 else day):
        return False
    first, second = (sum(a * b for a, b in zip(weights, digits, strict=False)) % 11 for weights in NORWEGIAN_WEIGHTS)
    return first == 0 and second == 0


def _finnish(text: str) -> bool:
    return _danish(text) and FINNISH_SIGNS[int(text[:6] + text[7:10]) % 31] == text[10].upper()


def _any(text: str) -> bool:  # noqa: ARG001
    return True


# Kind, pattern, and whether a match is really one. Numbers of ours have no-break spaces between their groups, so that
# a telephone number, with plain ones, is not taken for an amount.
KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), _any),
    ("a key of a cloud", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}\b"), _any),
    ("a token", re.compile(r"\b(?:gh[pousr]_\w{30,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abpr]-[\w-]{10,})"), _any),
    ("a token", re.compile(r"\bpat-[a-z]{2}\d-[0-9a-f-]{30,}|\bsk[-_](?:live_|test_|proj-)?[A-Za-z0-9]{20,}"), _any),
    ("a token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|\bBearer [\w.~+/-]{20,}"), _any),
    ("a password", re.compile(r"(?i)\b(?:password|passwd|pwd|api[_-]?key|secret|token)\s*[:=]\s*['\"]?[^\s'\"<>]{6,}"),
     _any),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@]+:[^\s/@]+@"), _any),
    ("an e-mail address", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"), _any),
    ("a Swedish personal number", re.compile(r"(?<![\d-])(?:(?:19|20)\d{6}[-+]?|\d{6}[-+])\d{4}(?![\d-])"), _swedish),
    ("a Danish personal number", re.compile(r"(?<![\d-])\d{6}-\d{4}(?![\d-])"), _danish),
    ("a Norwegian personal number", re.compile(r"(?<![\d.,])\d{6} ?\d{5}(?!\d|[.,]\d)"), _norwegian),
    ("a Finnish personal number", re.compile(r"(?<!\w)\d{6}[-+A-FU-Ya-fu-y]\d{3}[0-9A-Za-z](?!\w)"), _finnish),
    ("a telephone number", re.compile(r"(?<![\w.,])(?:\+|00)(?:46|45|47|358)[ -]?(?:\(0\))?(?:[ -]?\d){6,11}(?!\d)"),
     _any),
    ("a telephone number", re.compile(r"(?<![\w.,-])0\d{1,3}-\d{2,3}(?: ?\d{2,3}){1,3}(?![\w-])"), _any),
)  # fmt: skip


def find_secrets(text: str) -> Iterator[tuple[int, str, str]]:
    """Find what must not leave with a report.

    Parameters
    ----------
    text : str
        Of the report.

    Yields
    ------
    int, str, str
        Where it starts, what it is, and its first signs: enough to find it, not enough to use it.

    Examples
    --------
    >>> list(find_secrets("Ask anna@example.com, 811228-9874"))
    [(4, 'an e-mail address', 'ann…'), (22, 'a Swedish personal number', '811…')]
    """
    taken = set[int]()
    found = [(match, kind) for kind, pattern, is_one in KINDS for match in pattern.finditer(text) if is_one(match[0])]
    for match, kind in sorted(found, key=lambda pair: pair[0].start()):
        if match.start() not in taken:
            taken |= set(range(match.start(), match.end()))
            yield match.start(), kind, f"{match[0][:3]}…"

"""Reviews into sentences and clauses, profile texts into phrases; every piece is an exact substring of its text.

Written for how people type: no space after a full stop ("affordable.I did"), ellipses, emoji, run-ons of a page. Deterministic,
no model: a hundred thousand reviews take seconds.
"""

from __future__ import annotations

import html
import re

from core.extraction.words import words

MAX_CHARS = 240  # a longer sentence is cut into clauses, for it rarely speaks of one motivation only
MIN_CLAUSE_CHARS = 25
MIN_CLAUSE_WORDS = 4
_WINDOW = 200  # characters looked at on each side of a joint, so that no text takes more than linear time

_TAG = re.compile(r"<\s*/?\s*(?:br|p|div|li|ul|b|i|a|span)\b[^<>]{0,200}>", re.IGNORECASE)
_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*|[\r\n]\s*|(?:<\s*/?\s*(?:br|p|div|li)\b[^<>]{0,200}>\s*)+", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"\S{1,40}$")
_WORD_AFTER = re.compile(r"\w+")
_ABBREVIATIONS = words("abbreviations")
_ONLY_BEFORE_DIGITS = words("before_digits_only")
_ONLY_BEFORE_CAPITALS = words("abbreviations_that_may_end")
_DOMAINS = words("domain_endings")
_CONTRAST = re.compile(r";\s+|,?(?<!\s)\s+(?=(?:but|however|although|though|whereas|yet|except|unfortunately)\b)", re.IGNORECASE)
_NO_CONTRAST_AFTER = words("no_turn_after")
_TIERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[;:]\s+|(?<!\s)\s+[-–—]+\s+",
        r",\s+(?=(?:and|or|so|but|because|since|which|while|then|plus|also)\b)",
        r",\s*(?!\d)",
        r"(?<!\s)\s+(?=(?:and|so|but|because|since|which|while|then|when|if|that)\b)",
        r"\s+",
    )
)


def split_sentences(text: str) -> list[str]:
    """Sentences of a review; long ones, and those that turn ("... but ..."), as their clauses.

    Returns:
        Exact, non-overlapping substrings of ``text`` in order, without white space around, each with a letter or digit.
        Together they hold every letter and digit of ``text`` outside HTML tags.
    """
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if _is_boundary(text, match, start):
            kept = match.start() if match.group()[0] in "<\r\n" else match.end()
            pieces.extend(_clauses(text[start:kept]))
            start = match.end()
    pieces.extend(_clauses(text[start:]))
    return pieces


def clean_statement(quote: str) -> str:
    """A quote as a sentence of its own: one line, no markup, no bullets or dangling conjunction before it."""
    text = " ".join(html.unescape(_TAG.sub(" ", quote)).split())
    text = re.sub(r"([!?.,])\1{2,}", r"\1", text)
    text = re.sub(r"^[^\w\"'“‘(#$€£]+", "", text)
    alone = re.sub(r"^(?:and|but|or|also|then|plus|as well as|along with)\b[\s,]+(?=\S+\s+\S+)", "", text, flags=re.IGNORECASE)
    text = alone if any(map(str.isalnum, alone)) else text  # "but : <" says no more without its only word
    text = text.rstrip(" ,;:-–—")
    return text[:1].upper() + text[1:] if text else " ".join(quote.split())


def _is_boundary(text: str, match: re.Match[str], start: int) -> bool:
    mark = match.group().strip("\"'”’»)]")
    if mark[:1] in {"", "<", "\r", "\n"}:
        return True  # a line or paragraph ends
    end = match.end()
    after = text[end : end + 1]
    follows = text[end : end + 40].lstrip()[:1]
    if not follows:
        return False  # the text ends anyway
    if set(mark) <= {".", "…"} and mark != ".":
        return not follows.islower() or len(text[max(start, end - _WINDOW) : end].split()) >= MIN_CLAUSE_WORDS
    if mark != ".":
        return True
    found = _WORD_BEFORE.search(text[max(start, match.start() - _WINDOW) : match.start()])
    word = found.group().lstrip("([\"'“‘").lower() if found else ""
    if after.isspace():
        return not _is_abbreviation(word, follows)
    if not after.isalnum():
        return True
    return _starts_unspaced(word, text[end : end + 40])


def _is_abbreviation(word: str, follows: str) -> bool:
    if word in _ONLY_BEFORE_DIGITS:
        return follows.isdigit()
    if word in _ONLY_BEFORE_CAPITALS:
        return not follows.isupper()
    return word in _ABBREVIATIONS


def _starts_unspaced(word: str, rest: str) -> bool:
    """Whether a new sentence begins right after the full stop: "affordable.I did", not "3.5", "amazon.com", "U.S.A"."""
    if "/" in word or "@" in word or word.startswith("www"):
        return False
    if rest[0].isdigit():
        return len(word) >= 3 and word[-1].isalpha() and "." not in word
    found = _WORD_AFTER.match(rest)
    next_word = found.group().lower() if found else ""
    return len(word) >= 2 and "." not in word and word not in _ABBREVIATIONS and next_word not in _DOMAINS


def _clauses(sentence: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in _CONTRAST.finditer(sentence):
        if _turns(sentence[max(start, match.start() - _WINDOW) : match.start()], sentence[match.end() : match.end() + _WINDOW]):
            pieces.append(sentence[start : match.start()])
            start = match.end()
    pieces.append(sentence[start:])
    return [clause.strip() for piece in pieces for clause in _shortened(piece) if any(map(str.isalnum, clause))]


def _turns(left: str, right: str) -> bool:
    before, after = left.split(), right.split()
    if len(before) < MIN_CLAUSE_WORDS or len(after) < MIN_CLAUSE_WORDS:
        return False
    return before[-1].lower() not in _NO_CONTRAST_AFTER and "not only" not in left.lower()


def _shortened(piece: str) -> list[str]:
    """``piece`` cut near its middle, at the best kind of joint there is, until no part is longer than `MAX_CHARS`."""
    if len(piece) <= MAX_CHARS:
        return [piece]
    low, high = max(MIN_CLAUSE_CHARS, len(piece) // 5), min(len(piece) - MIN_CLAUSE_CHARS, len(piece) * 4 // 5)
    middle = len(piece) // 2
    for tier in _TIERS:
        cuts = [match.end() for match in tier.finditer(piece, low, high)]
        if cuts:
            cut = min(cuts, key=lambda position: abs(position - middle))
            break
    else:
        cut = middle
    return _shortened(piece[:cut]) + _shortened(piece[cut:])

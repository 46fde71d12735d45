"""Grounding (METHOD 2): where in a text a quote stands, and how surely it is a quote of it at all.

A quote is looked for as it stands, but for white space, letter case, typographic marks, HTML and punctuation around it. Else the
passage with the fewest edits is found, and the quote is grounded if

    score = 1 - edits / length of the quote >= THRESHOLD

and quote and passage hold the same number of negations: "would recommend" is no quote of "would not recommend".

At 0.8, of 600 sentences of Amazon reviews 99.7 % were found after a slip of the keyboard, 93 % after a word was dropped and
92 % after one was replaced; of 1,798 sentences of other reviews two were (short ones that stand there but for their last word).

The search is Sellers' approximate matching in Myers' bit-parallel form (J. ACM 46(3), 1999; Hyyrö 2003 for the start of the
passage), over the stretches alone that share enough n-grams with the quote to reach the threshold (the q-gram lemma, Ukkonen 1992).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from pydantic import BaseModel, ConfigDict, Field

from core.extraction.words import words

THRESHOLD = 0.8
_MARKS = {ord(mark): "'" for mark in "’‘‛ʼ´`′＇"} | {ord(mark): '"' for mark in "“”„‟«»″＂"} | {ord(mark): "-" for mark in "‐‑‒–—―−"}
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_MARKUP = re.compile(r"<\s*/?\s*(?:br|p|div|li|ul|b|i|a|span)\b[^<>]{0,200}>|&#?\w{1,31};", re.IGNORECASE)
_ELISION = re.compile(r"\s*[(\[]?(?:\.\.\.+|…)[)\]]?\s*")
_MIN_PART = 8  # characters of one part of an elided quote
_AROUND = " \"'.…,;:-"  # what models put around a quote
_NEGATIONS = words("negations")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_MAX_SNAP = 15  # characters a passage may grow by at each end to hold whole words


class Grounding(BaseModel):
    """Where a quote stands in its text.

    Args:
        score: 1 for a quote found as it stands; else 1 - edits / characters of the quote, for the passage nearest to it.
        begin, end: the passage is ``text[begin:end]`` of the original text; both 0 where the quote is not grounded.
        exact: found as it stands, in the sense above.
        grounded: the quote counts as one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float = Field(ge=0.0, le=1.0)
    begin: int = Field(0, ge=0)
    end: int = Field(0, ge=0)
    exact: bool = False
    grounded: bool = False


def ground(quote: str, text: str, threshold: float = THRESHOLD) -> Grounding:
    """Find a quote in a text.

    Args:
        quote: what is said to stand in the text; one without a letter or digit is never grounded.
        text: the original text, e.g. of a review.
        threshold: lowest score of a quote that is not found as it stands, 0..1.
    """
    wanted = _folded(quote, False).text.strip()
    if not any(map(str.isalnum, wanted)):
        return Grounding(score=0.0)
    found = _exact(wanted, quote, text)
    if found is not None:
        return Grounding(score=1.0, begin=found[0], end=found[1], exact=True, grounded=True)
    whole = _nearest(wanted.strip(_AROUND), _read(text), threshold)
    return whole if whole.grounded else _elided(quote, text, threshold) or whole


@dataclass(frozen=True)
class _Folded:
    """A text as it is compared, and where each of its characters comes from: ``text[i]`` from begins[i] to ends[i]."""

    text: str
    begins: list[int]
    ends: list[int]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        return self.begins[begin], self.ends[end - 1]


@lru_cache(maxsize=16)  # the quotes of one review come one after the other
def _folded(text: str, markup: bool) -> _Folded:
    kept: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    space = False
    for begin, end, piece in _pieces(text, markup):
        for character in piece:
            if character == " " and space:
                ends[-1] = end
                continue
            space = character == " "
            kept.append(character)
            begins.append(begin)
            ends.append(end)
    return _Folded("".join(kept), begins, ends)


def _read(text: str) -> _Folded:
    """The text as a browser shows it."""
    return _folded(text, _MARKUP.search(text) is not None)


def _pieces(text: str, markup: bool) -> Iterator[tuple[int, int, str]]:
    """(begin, end, folded) of each character; of each tag and entity where ``markup`` is to be read as a browser does."""
    start = 0
    for match in _MARKUP.finditer(text) if markup else ():
        yield from ((at, at + 1, _fold(text[at])) for at in range(start, match.start()))
        meant = " " if match.group().startswith("<") else html.unescape(match.group())
        yield match.start(), match.end(), "".join(map(_fold, meant))
        start = match.end()
    yield from ((at, at + 1, _fold(text[at])) for at in range(start, len(text)))


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    if character.isspace():
        return " "
    if character in _INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKD", character.translate(_MARKS))
    plain = unicodedata.normalize("NFKD", plain.upper().casefold())  # by way of upper case, which some letters do not come back from
    return "".join(" " if mark.isspace() else mark for mark in plain.translate(_MARKS))


def _exact(wanted: str, quote: str, text: str) -> tuple[int, int] | None:
    """Span of a quote that stands in the text, whole words before parts of words."""
    plain = _folded(text, False)
    at = _find(wanted, plain.text)
    if at >= 0:
        return plain.span(at, at + len(wanted))
    read = _read(text)
    for candidate in (wanted, _read(quote).text.strip(), wanted.strip(_AROUND)):
        at = _find(candidate, read.text) if any(map(str.isalnum, candidate)) else -1
        if at >= 0:
            return read.span(at, at + len(candidate))
    return None


def _find(wanted: str, text: str) -> int:
    first = at = text.find(wanted)
    while at >= 0:
        if not _inside_word(text, at) and not _inside_word(text, at + len(wanted)):
            return at
        at = text.find(wanted, at + 1)
    return first


def _inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum()


def _elided(quote: str, text: str, threshold: float) -> Grounding | None:
    """Grounding of "one part ... another part": every part is grounded, in this order."""
    parts = [part for part in _ELISION.split(quote) if part]
    if len(parts) < 2 or min(map(len, parts)) < _MIN_PART:
        return None
    begin, end, edits = 0, 0, 0.0
    for position, part in enumerate(parts):
        found = ground(part, text[end:], threshold)
        if not found.grounded:
            return None
        begin = begin if position else found.begin
        end += found.end
        edits += (1.0 - found.score) * len(part)
    return Grounding(score=1.0 - edits / sum(map(len, parts)), begin=begin, end=end, grounded=True)


def _nearest(wanted: str, folded: _Folded, threshold: float) -> Grounding:
    """The passage with the fewest edits."""
    edits, end = _search(wanted, folded.text, int((1.0 - threshold) * len(wanted) + 1e-9))
    score = 1.0 - edits / len(wanted)
    if score < threshold:
        return Grounding(score=score)
    start = max(0, end - len(wanted) - edits)
    _, length = _fewest_edits(wanted[::-1], folded.text[start:end][::-1], anywhere=False)
    begin, end = _whole_words(folded.text, end - length, end)
    if begin == end or _n_negations(wanted) != _n_negations(folded.text[begin:end]):
        return Grounding(score=score)
    begin, end = folded.span(begin, end)
    return Grounding(score=score, begin=begin, end=end, grounded=True)


def _search(wanted: str, text: str, most: int) -> tuple[int, int]:
    """(fewest edits, end of the passage); no more than an upper bound where it takes more than ``most`` edits.

    An edit destroys at most q of the n-grams of ``wanted``, so a passage within ``most`` edits still holds the others. The stretch
    that holds most of them is read first: whatever is to beat it has to hold more than its edits leave.
    """
    q = 3 if len(wanted) >= 12 else 2
    width = len(wanted) + most - q + 1  # n-grams in the longest passage that is near enough
    if len(text) <= width + q:
        return _fewest_edits(wanted, text, anywhere=True)
    grams = {wanted[at : at + q] for at in range(len(wanted) - q + 1)}
    totals = [0, *accumulate([text[at : at + q] in grams for at in range(len(text) - q + 1)])]
    counts = [after - before for before, after in zip(totals, totals[width:], strict=False)]
    likeliest = counts.index(max(counts))
    edits, end = _fewest_edits(wanted, text[likeliest : likeliest + width + q - 1], anywhere=True)
    best = edits, likeliest + end
    needed = len(wanted) - q + 1 - q * min(edits - 1, most)
    for begin, end in _stretches(counts, needed, width + q - 1):
        edits, at = _fewest_edits(wanted, text[begin:end], anywhere=True)
        best = min(best, (edits, begin + at))
    return best


def _stretches(counts: list[int], needed: int, length: int) -> Iterator[tuple[int, int]]:
    """The stretches covered by windows of ``length`` characters with enough n-grams."""
    begin = end = -1
    for at, count in enumerate(counts):
        if count >= needed:
            if at > end and end >= 0:
                yield begin, end
            begin = at if at > end else begin
            end = at + length
    if end >= 0:
        yield begin, end


def _fewest_edits(wanted: str, text: str, *, anywhere: bool) -> tuple[int, int]:
    """(fewest edits, end of the passage) of ``wanted`` against a passage that starts anywhere in ``text``, or at its start.

    Myers' algorithm: the bits of one integer are the vertical differences of one column of the edit matrix.
    """
    places: dict[str, int] = {}
    for position, character in enumerate(wanted):
        places[character] = places.get(character, 0) | 1 << position
    full = (1 << len(wanted)) - 1
    last = 1 << (len(wanted) - 1)
    first = 0 if anywhere else 1
    up, down = full, 0
    edits = best = len(wanted)
    best_end = 0
    for position, character in enumerate(text, 1):
        same = places.get(character, 0)
        diagonal = same | down
        along = (((same & up) + up) ^ up) | same
        rises = down | (full & ~(along | up))
        falls = up & along
        if rises & last:
            edits += 1
        elif falls & last:
            edits -= 1
            if edits < best:
                best, best_end = edits, position
        rises = rises << 1 | first
        up = full & (falls << 1 | ~(diagonal | rises))
        down = rises & diagonal & full
    return best, best_end


def _whole_words(text: str, begin: int, end: int) -> tuple[int, int]:
    """The passage with the words it cuts; as it is where they are longer than words are (no spaces between them)."""
    left, right = begin, end
    while _inside_word(text, left) and begin - left <= _MAX_SNAP:
        left -= 1
    while _inside_word(text, right) and right - end <= _MAX_SNAP:
        right += 1
    return (begin if begin - left > _MAX_SNAP else left), (end if right - end > _MAX_SNAP else right)


def _n_negations(folded: str) -> int:
    counts = Counter(word.endswith("n't") or word.replace("'", "") in _NEGATIONS for word in _WORD.findall(folded))
    return counts[True]

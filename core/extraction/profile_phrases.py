"""Profile texts, as language models write them, into phrases that each name one thing.

"This user is likely to enjoy businesses offering Thai cuisine, friendly service and fair prices" says three things; the frame
around them says nothing and is dropped.
"""

from __future__ import annotations

import re

from core.extraction.sentences import split_sentences
from core.extraction.words import words

_THESE = r"(?:this|the|these|such)\s+(?:users?|customers?|reviewers?|players?|gamers?|readers?|items?|products?|places?|games?|books?)"
_WHO = rf"(?:{_THESE}|they|it|users?|customers?|individuals|people|diners|guests|those|fans|lovers|anyone)"
_LINK = (
    r"(?:is|are|was|be|who|that|which|would|will|may|might|can|also|likely|tend|tends|seem|seems|to|especially|particularly|generally|"
    r"of|looking|seeking|searching|for|interested|in|enjoys?|enjoying|enjoyed|appreciates?|appreciating|appreciated|loves?|likes?|"
    r"values?|prefers?|favou?rs?|seeks?|wants?|by|and|or|suitable|ideal|perfect|known|recommended)"
)
_WHAT = r"(?:businesses|places|restaurants|establishments|venues|products|items|games|books|dining\s+experiences|those)"
_OFFERS = (
    r"(?:offer(?:s|ing)?|with|provid(?:e|es|ing)|featur(?:e|es|ing)|serv(?:e|es|ing)|hav(?:e|ing)|such\s+as|like|"
    r"focus(?:ed|ing)?\s+on|a\s+focus\s+on)"
)
_LEAD = re.compile(
    rf"^(?:based\s+on\s+[^,]{{0,120}},\s*)?(?:(?:ideal|perfect|great|suitable|recommended)\s+(?:for|to)\s+)?"
    rf"(?:{_WHO}\b(?:\s+{_LINK}\b)+\s+)(?:{_WHAT}\s+(?:(?:that|which)\s+)?(?:{_OFFERS}\s+)+)?",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r",?\s*\b(?:would|will|may|might)\s+(?:(?:also|especially|particularly|likely|greatly|really|thoroughly)\s+)*(?:enjoy|appreciate|love|like|find)\s+",
    re.IGNORECASE,
)
_COMMA = re.compile(
    r"[,;:]\s+(?:(?:and|or|as\s+well\s+as|along\s+with|including|such\s+as|with)\s+)?|\s+(?:as\s+well\s+as|along\s+with|including|such\s+as)\s+"
)
_JOINT = re.compile(r"\s+(?:and|with|who\s+(?:also\s+)?(?:enjoy|appreciate|value|love))\s+", re.IGNORECASE)
_LONE_ADJECTIVE = re.compile(r"(?:an?|the)\s+\S+|with\s+an?\s+\S+", re.IGNORECASE)
_WORDS = re.compile(r"\w+")
_EMPTY = words("says_nothing")
_MIN_WORDS = 2  # of each side of "and" or "with": "flavorful and delicious dishes" stays whole


def split_profile(text: str) -> list[str]:
    """Phrases of a profile text.

    Returns:
        Exact, non-overlapping substrings of ``text`` in order, each with a letter or digit. A sentence without the usual
        frame is only split at its commas and joints.
    """
    phrases: list[str] = []
    for sentence in split_sentences(text):
        lead = _LEAD.match(sentence)
        rest = sentence[lead.end() :] if lead else sentence
        for part in _VERDICT.split(rest):
            for chunk in _split_commas(part):
                phrases.extend(_split_joints(chunk))
    stripped = [phrase.strip(" \t\r\n.,;:") for phrase in phrases]
    return [phrase for phrase in stripped if any(word.lower() not in _EMPTY for word in _WORDS.findall(phrase))]


def _split_commas(part: str) -> list[str]:
    """``part`` at its commas, but not after a lone adjective ("a cozy, intimate setting")."""
    pieces: list[str] = []
    start = 0
    for match in _COMMA.finditer(part):
        if not _LONE_ADJECTIVE.fullmatch(part[start : match.start()].strip()):
            pieces.append(part[start : match.start()])
            start = match.end()
    return [*pieces, part[start:]]


def _split_joints(chunk: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in _JOINT.finditer(chunk):
        left, right = chunk[start : match.start()], chunk[match.end() :]
        if len(left.split()) >= _MIN_WORDS and len(right.split()) >= _MIN_WORDS:
            pieces.append(left)
            start = match.end()
    return [*pieces, chunk[start:]]

"""How people write: five temperaments, each user with habits of their own, and the typing mistakes they make."""

from __future__ import annotations

import random
import re
from typing import NamedTuple


class Temperament(NamedTuple):
    """A way of writing.

    Args:
        lengths: weights of 1, 2, .. 7 sentences. fragments: chance of a fragment instead of a clause.
        prefixed, suffixed, joined: chances of an interjection before, one after, a second clause in the same sentence.
        prefixes, suffixes: the interjections. ends: punctuation, drawn at random.
    """

    lengths: tuple[int, ...]
    fragments: float
    prefixed: float
    suffixed: float
    joined: float
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]
    ends: tuple[str, ...]


TEMPERAMENTS: dict[str, Temperament] = {
    "terse": Temperament((50, 36, 14), 0.55, 0.03, 0.0, 0.04, ("also, ", "plus: "), (), (".",)),
    "plain": Temperament(
        (8, 32, 36, 20, 4),
        0.06,
        0.14,
        0.06,
        0.12,
        ("also, ", "again, ", "overall, ", "this time, ", "as before, ", "I'd say ", "for me, ", "worth knowing: "),
        (", I think", ", in my experience", ", at least for me", "as well", ", as usual"),
        (".",),
    ),
    "enthusiastic": Temperament(
        (6, 30, 38, 20, 6),
        0.12,
        0.22,
        0.16,
        0.1,
        ("honestly, ", "wow: ", "oh, and ", "seriously, ", "let me tell you, ", "I swear ", "hurrah, ", "listen: ", "yes yes yes, "),
        (", I kid you not", ", no exaggeration", ", love love love", ", hand on heart", "- I mean it", ", just wow"),
        ("!", "!", ".", "!!"),
    ),
    "rambling": Temperament(
        (0, 0, 8, 30, 32, 20, 10),
        0.02,
        0.3,
        0.25,
        0.3,
        (
            "I should add that ",
            "as I told <companion>, ",
            "and another thing, ",
            "now, ",
            "I don't know about you, but ",
            "what can I say, ",
            "for what it's worth, ",
            "to come to the point: ",
            "if memory serves, ",
            "long story short, ",
        ),
        (
            ", and I say that as someone who moved here from <area>",
            ", which <companion> mentioned too",
            ", if you see what I mean",
            ", or so it seemed to me",
            ", mind you",
            "(ask <companion>)",
            ", believe it or not",
        ),
        (".", ".", ".", "..."),
    ),
    "grumpy": Temperament(
        (14, 36, 32, 14, 4),
        0.1,
        0.2,
        0.1,
        0.08,
        (
            "credit where it's due, ",
            "I'll admit ",
            "to be fair, ",
            "fine: ",
            "look, ",
            "let's be clear: ",
            "I hate to say it but ",
            "for once, ",
        ),
        (", I suppose", ", and I am hard to please", ", whatever <companion> claims", ", take it or leave it", ", for the record"),
        (".",),
    ),
}
_SHARES = {"terse": 18, "plain": 36, "enthusiastic": 20, "rambling": 12, "grumpy": 14}
JOINERS = (", and ", "; ", " and ", ", plus ", " - ", ". And ")


class Voice(NamedTuple):
    """One user's way of writing."""

    temperament: str
    typos: float
    lower_case: bool
    no_apostrophes: bool
    ampersands: bool
    no_last_stop: bool


def make_voice(rng: random.Random) -> Voice:
    """Draw a user's habits."""
    temperament = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    typos = rng.choices((0.0, 0.008, 0.03), (40, 42, 18))[0]
    return Voice(temperament, typos, rng.random() < 0.06, rng.random() < 0.12, rng.random() < 0.08, rng.random() < 0.15)


_WORD = re.compile(r"[a-z]{4,}")


def write_down(text: str, voice: Voice, rng: random.Random) -> str:
    """``text`` as this user types it, mistakes and all."""
    if voice.typos:
        text = _WORD.sub(lambda found: _mistyped(found.group(), rng) if rng.random() < voice.typos else found.group(), text)
    if voice.no_apostrophes:
        text = text.replace("'", "")
    if voice.no_last_stop and text.endswith("."):
        text = text.rstrip(".")
    if voice.ampersands:
        text = text.replace(" and ", " & ")
    return text.lower() if voice.lower_case else text


def _mistyped(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def sentence(body: str, end: str) -> str:
    """``body`` with a capital and an end mark."""
    finished = body[:1].upper() + body[1:]
    return finished if finished.endswith(("?", "!", ".")) else finished + end

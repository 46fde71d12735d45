"""Writes the reviews: what a visit is about, in the words and at the length of the user who tells it."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from core.data.demo.cuisines import Cuisine
from core.data.demo.grammar import expand, tidy, variants
from core.data.demo.names import CITY, COMPANIONS, DAYS, MONTHS
from core.data.demo.phrases import PHRASES, SMALL_TALK
from core.data.demo.voices import JOINERS, TEMPERAMENTS, Voice, sentence, write_down

_ATTEMPTS = 4
_SOUR = (0.95, 0.85, 0.4, 0.0, 0.0)  # chance that a review of 1..5 stars grumbles about its main point
_SMALL_TALK = ((70, 30, 0, 0), (34, 38, 21, 7))  # weights of 0..3 sentences without a reason, in short reviews and in longer ones
_SECOND_SOUR = (0.7, 0.6, 0.4, 0.12, 0.03)
_STAFF = (
    "our waiter",
    "our waitress",
    "the woman at the till",
    "the young man at the counter",
    "the barman",
    "the owner",
    "the hostess",
    "the chap serving us",
    "the lady who runs it",
    "the student waiting our table",
)
_RELATIVES = ("father", "mother", "niece", "aunt", "nephew", "brother")
_MINUTES = ("five", "eight", "ten", "twelve", "fifteen", "7", "10", "15", "twenty")
_WORDS = {"six": 6, "seven": 7, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40}


class Story(NamedTuple):
    """What one review is to say: motivation keys or "" where there is none."""

    dominant: str
    second: str
    complaint: str
    rating: int


class Scene(NamedTuple):
    """Where it takes place."""

    title: str
    area: str
    cuisine: Cuisine
    price: int


class Narrator:
    """One user telling of their visits. Remembers what it said, so that it rarely says the same twice.

    Args:
        voice: the user's habits. rng: source of every choice. told: sentences anyone has written so far.
    """

    def __init__(self, voice: Voice, rng: random.Random, told: set[str]) -> None:
        self.voice = voice
        self.manner = TEMPERAMENTS[voice.temperament]
        self.rng = rng
        self.told = told
        self._recent: dict[int, list[str]] = {}
        self._interjected: list[str] = []
        self._words: _Words

    def review(self, story: Story, scene: Scene) -> str:
        """The text about one visit; there is no headline, as on the sites where people review places."""
        self._words = _Words(scene, self.rng)
        self._interjected = []
        sentences = self._off_topic() if not story.dominant else self._on_topic(story)
        return write_down(" ".join(sentences), self.voice, self.rng)

    def _off_topic(self) -> list[str]:
        return [self._finish(self._new(SMALL_TALK.off_topic)) for _ in range(self.rng.choice((1, 1, 2)))]

    def _on_topic(self, story: Story) -> list[str]:
        """The dominant motivation gets the most sentences of all, wherever there are more than two."""
        rng = self.rng
        length = rng.choices(range(1, len(self.manner.lengths) + 1), self.manner.lengths)[0]
        others = []
        if story.second and (length >= 3 or (length == 2 and rng.random() < 0.12)):
            others.append(self._reason(story.second, rng.random() < _SECOND_SOUR[story.rating - 1]))
        if story.complaint and length >= 3 + len(others):
            others.append(self._reason(story.complaint, True))
        least = 2 if others and length >= 3 else 1
        talk = min(length - len(others) - least, rng.choices((0, 1, 2, 3), _SMALL_TALK[length > 2])[0])
        sours = rng.random() < _SOUR[story.rating - 1]
        main = [self._reason(story.dominant, sours) for _ in range(max(1, length - len(others) - talk))]
        at = rng.randrange(len(main)) + 1 if rng.random() < 0.75 else 0
        return self._with_small_talk([*main[:at], *others, *main[at:]], talk, story.rating)

    def _with_small_talk(self, reasons: list[str], amount: int, rating: int) -> list[str]:
        places = self.rng.sample(("opening", "aside", "ending"), min(amount, 3))
        if "opening" in places:
            reasons = [self._finish(self._new(SMALL_TALK.openings)), *reasons]
        if "aside" in places:
            at = self.rng.randrange(1, len(reasons) + 1)
            reasons = [*reasons[:at], self._finish(self._new(SMALL_TALK.asides)), *reasons[at:]]
        if "ending" in places:
            reasons = [*reasons, self._finish(self._new(self._endings(rating)))]
        return reasons

    def _reason(self, motivation: str, sour: bool) -> str:
        phrases, manner, rng = PHRASES[motivation], self.manner, self.rng
        if not sour and rng.random() < manner.fragments:
            return self._finish(self._new(phrases.fragments))
        templates = phrases.complaint if sour else phrases.praise
        body = self._new(templates)
        if rng.random() < manner.joined:
            body += rng.choice(JOINERS) + self._new(templates)
        if rng.random() < manner.prefixed:
            body = f"{self._interjection(manner.prefixes)} {body}"
        elif manner.suffixes and rng.random() < manner.suffixed and ":" not in body:
            body = tidy(f"{body} {self._interjection(manner.suffixes)}")
        return self._finish(body)

    def _interjection(self, choices: tuple[str, ...]) -> str:
        """One of them, none twice in the same review."""
        chosen = self.rng.choice([one for one in choices if one not in self._interjected] or list(choices))
        self._interjected.append(chosen)
        return self._say(chosen)

    def _finish(self, body: str) -> str:
        return sentence(body, self.rng.choice(self.manner.ends))

    def _new(self, templates: tuple[str, ...]) -> str:
        """A sentence of one of the templates: not one this user took lately, and if possible none that anyone wrote."""
        recent = self._recent.setdefault(id(templates), [])
        fresh = [template for template in templates if template not in recent] or list(templates)
        template = self.rng.choices(fresh, [math.log1p(variants(one)) for one in fresh])[0]
        recent.append(template)
        del recent[: -(2 * len(templates) // 3) or len(recent)]
        for _ in range(_ATTEMPTS):
            said = self._say(template)
            if said not in self.told:
                break
        self.told.add(said)
        return said

    def _say(self, template: str) -> str:
        return expand(template, self._words, self.rng)

    @staticmethod
    def _endings(rating: int) -> tuple[str, ...]:
        return SMALL_TALK.endings_glad if rating >= 4 else SMALL_TALK.endings_sour if rating <= 2 else SMALL_TALK.endings_mixed


class _Words:
    """Fills the slots of the templates for one scene; verbs agree with the noun said last."""

    def __init__(self, scene: Scene, rng: random.Random) -> None:
        self.scene = scene
        self.rng = rng
        self.plural = False
        self.dishes = rng.sample(scene.cuisine.dishes, 3)
        self.companion = rng.choice(COMPANIONS)

    def __call__(self, slot: str) -> str:
        agreeing = {"was": ("was", "were"), "is": ("is", "are"), "it": ("it", "they"), "has": ("has", "have"), "s": ("s", "")}
        if slot in agreeing:
            return agreeing[slot][self.plural]
        if slot in ("dish", "dish2", "ingredient"):
            return self._noun(slot)
        return self._word(slot)

    def _noun(self, slot: str) -> str:
        choices = {"dish": self.dishes[:2], "dish2": self.dishes[2:], "ingredient": self.scene.cuisine.ingredients}[slot]
        noun = self.rng.choice(choices)
        self.plural = noun.endswith("*")
        return noun.rstrip("*")

    def _word(self, slot: str) -> str:
        rng, scene = self.rng, self.scene
        fixed = {
            "place": scene.title,
            "area": scene.area,
            "city": CITY,
            "companion": self.companion,
        }
        if slot in fixed:
            return fixed[slot]
        if slot == "price":
            return self._price()
        lists = {"drink": scene.cuisine.drinks, "day": DAYS, "month": MONTHS, "staff": _STAFF, "minutes": _MINUTES, "relative": _RELATIVES}
        return rng.choice(lists[slot])

    def _price(self) -> str:
        amount = int(self.rng.uniform(5, 12) * (1.0, 1.8, 3.2)[self.scene.price - 1])
        words = [word for word, value in _WORDS.items() if value == amount]
        return f"{words[0]} dollars" if words and self.rng.random() < 0.6 else f"${amount}"

"""The demo corpus: reviews of an invented city's restaurants and cafés, and the truth they were made from."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.data.demo.cuisines import CUISINES
from core.data.demo.grammar import expand
from core.data.demo.names import CITY, FIRST_NAMES, INITIALS, NEIGHBOURHOODS
from core.data.demo.narrator import Narrator, Scene, Story
from core.data.demo.phrases import MOTIVATIONS
from core.data.demo.voices import make_voice
from core.data.demo.world import N_ITEMS, N_USERS, Visits, World, make_world, visit

_PRICES = ("low", "middling", "high")


class Corpus(NamedTuple):
    """Raw frames as a reader would give them, and the truth.

    Args:
        reviews: user_id, item_id, rating, timestamp, text. items: item_id, title, description, category.
        users: user_id, name.
        planted: "users" (user_id and a column of weights a motivation, rows sum to 1), "items" (item_id and a column of
            strengths in 0..1 a motivation), "reviews" (user_id, item_id, dominant, second, told, told_second, complaint:
            motivation keys, "" where none; matches: whether the text tells the truth).
    """

    reviews: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame
    planted: dict[str, pd.DataFrame]


def make_corpus(seed: int = 0) -> Corpus:
    """The corpus of a seed: the same bytes in every process."""
    generator = np.random.default_rng(seed)
    world = make_world(generator)
    visits = visit(world, generator)
    rng = random.Random(seed)
    items = _items(world, rng)
    users = pd.DataFrame({"user_id": [f"u{n:03d}" for n in range(N_USERS)], "name": _people(rng)})
    reviews = pd.DataFrame({"user_id": users["user_id"].to_numpy()[visits.user], "item_id": items["item_id"].to_numpy()[visits.item]})
    reviews = reviews.assign(rating=visits.rating.astype("float32"), timestamp=visits.timestamp)
    texts = _write(world, visits, list(items["title"]), rng)
    planted = _planted(world, visits, users, items, reviews)
    return Corpus(reviews.assign(text=texts), items, users, planted)


def _people(rng: random.Random) -> list[str]:
    names = [f"{first} {initial}." for first in FIRST_NAMES for initial in INITIALS]
    return rng.sample(names, N_USERS)


def _items(world: World, rng: random.Random) -> pd.DataFrame:
    titles: list[str] = []
    rows = []
    for n in range(N_ITEMS):
        cuisine = CUISINES[world.cuisines[n]]
        area = NEIGHBOURHOODS[world.neighbourhoods[n]]
        title = _title(cuisine.titles, area, titles, rng)
        titles.append(title)
        description = f"{cuisine.category} in {area}, {CITY}; price level {_PRICES[world.prices[n] - 1]}."
        rows.append((f"place-{n:03d}", title, description, cuisine.category))
    return pd.DataFrame(rows, columns=["item_id", "title", "description", "category"])


def _title(templates: tuple[str, ...], area: str, taken: list[str], rng: random.Random) -> str:
    title = ""
    for _ in range(20):
        title = expand(rng.choice(templates), str, rng)
        if title not in taken:
            return title
    elsewhere = f"{title} {area}"
    return elsewhere if elsewhere not in taken else f"{elsewhere} {sum(name.startswith(elsewhere) for name in taken) + 1}"


def _write(world: World, visits: Visits, titles: list[str], rng: random.Random) -> list[str]:
    told: set[str] = set()
    narrators = [Narrator(make_voice(rng), rng, told) for _ in range(N_USERS)]
    texts = []
    for n, (user, item) in enumerate(zip(visits.user, visits.item, strict=True)):
        story = Story(_key(visits.told[n]), _key(visits.told_second[n]), _key(visits.complaint[n]), int(visits.rating[n]))
        scene = Scene(titles[item], NEIGHBOURHOODS[world.neighbourhoods[item]], CUISINES[world.cuisines[item]], int(world.prices[item]))
        texts.append(narrators[user].review(story, scene))
    return texts


def _key(motivation: int) -> str:
    return MOTIVATIONS[motivation] if motivation >= 0 else ""


def _planted(world: World, visits: Visits, users: pd.DataFrame, items: pd.DataFrame, reviews: pd.DataFrame) -> dict[str, pd.DataFrame]:
    mixes = pd.DataFrame(world.mixes, columns=list(MOTIVATIONS))
    attributes = pd.DataFrame(world.attributes, columns=list(MOTIVATIONS))
    spoken = {
        name: [_key(motivation) for motivation in getattr(visits, name)]
        for name in ("dominant", "second", "told", "told_second", "complaint")
    }
    return {
        "users": pd.concat([users[["user_id"]], mixes], axis=1),
        "items": pd.concat([items[["item_id"]], attributes], axis=1),
        "reviews": reviews[["user_id", "item_id"]].assign(**spoken, matches=visits.matches.astype(bool)),
    }

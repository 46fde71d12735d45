"""The invented city: who lives there and why they choose, what its places are good at, and who therefore went where.

A user's hidden mix of motivations m_u and a place's attribute strengths a_i are drawn first; a user then visits the places
with the highest

    utility(u, i) = CARE <m_u, a_i> + popularity_i + taste(u, cuisine_i) + NEAR [same neighbourhood] + Gumbel noise

which is a softmax choice without replacement (the Gumbel top-k trick, Kool et al., ICML 2019).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.data.demo.cuisines import CUISINES
from core.data.demo.names import NEIGHBOURHOODS
from core.data.demo.phrases import MOTIVATIONS

N_USERS = 660
N_ITEMS = 320
CARE = 9.0
NEAR = 0.5
POPULARITY_SPREAD = 0.45
TASTE_SPREAD = 0.5
MISMATCHED = 0.08
OFF_TOPIC = 0.25
NOTHING = -1
_FIRST_DAY = 1_577_836_800  # 1 January 2020
_DAYS = 5 * 365
_DAY = 86_400


class World(NamedTuple):
    """The truth behind the demo.

    Args:
        mixes: float64 [n_users, K], each row sums to 1, one to three motivations carry most of it.
        attributes: float64 [n_items, K] in 0..1.
        cuisines, neighbourhoods, prices: int64 [n_items]; price levels 1..3.
        homes: int64 [n_users], the users' neighbourhoods.
        popularity: float64 [n_items], log scale.
    """

    mixes: np.ndarray
    attributes: np.ndarray
    cuisines: np.ndarray
    neighbourhoods: np.ndarray
    prices: np.ndarray
    homes: np.ndarray
    popularity: np.ndarray


class Visits(NamedTuple):
    """One entry a visit, all int64 [n]; motivations are indices into `MOTIVATIONS`, -1 is none.

    ``dominant`` and ``second`` are why the user really went; ``told`` and ``told_second`` are what the review speaks of,
    which differs where ``matches`` is 0; ``complaint`` is a weak attribute the review grumbles about.
    """

    user: np.ndarray
    item: np.ndarray
    dominant: np.ndarray
    second: np.ndarray
    told: np.ndarray
    told_second: np.ndarray
    complaint: np.ndarray
    matches: np.ndarray
    rating: np.ndarray
    timestamp: np.ndarray


def make_world(generator: np.random.Generator) -> World:
    """Draw users' mixes, places and their attributes."""
    cuisines = generator.permutation(np.arange(N_ITEMS) % len(CUISINES))
    prices = np.array([CUISINES[cuisine].price for cuisine in cuisines]) + generator.choice([-1, 0, 1], N_ITEMS, p=[0.15, 0.7, 0.15])
    return World(
        mixes=_mixes(generator),
        attributes=_attributes(cuisines, generator),
        cuisines=cuisines,
        neighbourhoods=generator.integers(len(NEIGHBOURHOODS), size=N_ITEMS),
        prices=prices.clip(1, 3),
        homes=generator.integers(len(NEIGHBOURHOODS), size=N_USERS),
        popularity=generator.normal(0.0, POPULARITY_SPREAD, N_ITEMS),
    )


def _mixes(generator: np.random.Generator) -> np.ndarray:
    n_motivations = len(MOTIVATIONS)
    mixes = 0.1 * generator.dirichlet(np.full(n_motivations, 0.5), N_USERS)
    for row in mixes:
        n_strong = generator.choice([1, 2, 3], p=[0.3, 0.52, 0.18])
        strong = generator.choice(n_motivations, n_strong, replace=False)
        row[strong] += 0.9 * generator.dirichlet(np.full(n_strong, 4.0))
    return mixes


def _attributes(cuisines: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    attributes = generator.beta(1.6, 5.0, (N_ITEMS, len(MOTIVATIONS)))
    for row, cuisine in zip(attributes, cuisines, strict=True):
        odds = np.ones(len(MOTIVATIONS))
        odds[[MOTIVATIONS.index(key) for key in CUISINES[cuisine].leans]] = 2.5
        n_strong = generator.choice([1, 2, 3], p=[0.3, 0.5, 0.2])
        strong = generator.choice(len(MOTIVATIONS), n_strong, replace=False, p=odds / odds.sum())
        row[strong] = generator.uniform(0.7, 1.0, n_strong)
    return attributes


def visit(world: World, generator: np.random.Generator) -> Visits:
    """Let every user choose places, and decide what each review will speak of."""
    users, items = _choices(world, generator)
    n = len(users)
    reasons = (world.mixes[users] * world.attributes[items]) ** 1.5
    reasons /= reasons.sum(axis=1, keepdims=True)
    dominant = _draw(reasons, generator)
    rest = reasons.copy()
    rest[np.arange(n), dominant] = 0.0
    has_second = generator.random(n) < 0.2 + 0.6 * (rest.max(axis=1) > 0.12)
    second = np.where(has_second, _draw(rest / rest.sum(axis=1, keepdims=True), generator), NOTHING)
    matches = generator.random(n) >= MISMATCHED
    told, told_second = _told(dominant, second, matches, generator)
    rating = _ratings(world, users, items, dominant, generator)
    return Visits(
        users,
        items,
        dominant,
        second,
        told,
        told_second,
        _complaints(world, items, told, told_second, rating, generator),
        matches.astype(np.int64),
        rating,
        _times(users, generator),
    )


def utilities(world: World) -> np.ndarray:
    """float64 [n_users, n_items]: what the motivations and the popularity make of each place, before taste and noise."""
    return CARE * world.mixes @ world.attributes.T + world.popularity


def _choices(world: World, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    taste = generator.normal(0.0, TASTE_SPREAD, (N_USERS, len(CUISINES)))[:, world.cuisines]
    near = NEAR * (world.homes[:, None] == world.neighbourhoods)
    scores = utilities(world) + taste + near + generator.gumbel(size=(N_USERS, N_ITEMS))
    order = np.argsort(-scores, axis=1, kind="stable")
    counts = np.round(generator.lognormal(np.log(18.0), 0.42, N_USERS)).astype(int).clip(8, 60)
    users = np.repeat(np.arange(N_USERS), counts)
    items = np.concatenate([generator.permutation(row[:count]) for row, count in zip(order, counts, strict=True)])
    return users, items


def _draw(probabilities: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """int64 [n]: one index a row of ``probabilities`` [n, K]."""
    thresholds = generator.random((len(probabilities), 1)) * probabilities.sum(axis=1, keepdims=True)
    return (probabilities.cumsum(axis=1) < thresholds).sum(axis=1).clip(max=probabilities.shape[1] - 1)


def _told(dominant: np.ndarray, second: np.ndarray, matches: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = len(dominant)
    strays = np.ones((n, len(MOTIVATIONS)))
    strays[np.arange(n), dominant] = 0.0
    strays[np.arange(n)[second >= 0], second[second >= 0]] = 0.0
    stray = np.where(generator.random(n) < OFF_TOPIC, NOTHING, _draw(strays / strays.sum(axis=1, keepdims=True), generator))
    return np.where(matches, dominant, stray), np.where(matches, second, NOTHING)


def _ratings(world: World, users: np.ndarray, items: np.ndarray, dominant: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    match = (world.mixes[users] * world.attributes[items]).sum(axis=1)
    mood = generator.normal(0.0, 0.4, N_USERS)[users]
    felt = 1.9 + 1.9 * match + 1.2 * world.attributes[items, dominant] + mood + generator.normal(0.0, 0.9, len(users))
    return np.round(felt).clip(1, 5).astype(np.int64)


def _complaints(
    world: World, items: np.ndarray, told: np.ndarray, told_second: np.ndarray, rating: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    n = len(items)
    weak = (world.attributes[items] < 0.25).astype(float)
    for spoken in (told, told_second):
        weak[np.arange(n)[spoken >= 0], spoken[spoken >= 0]] = 0.0
    possible = weak.sum(axis=1) > 0
    grumbles = possible & (told >= 0) & (generator.random(n) < np.where(rating <= 3, 0.35, 0.1))
    return np.where(grumbles, _draw(weak, generator), NOTHING)


def _times(users: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Seconds; every user joins on some day and visits in the order drawn."""
    counts = np.bincount(users, minlength=N_USERS)
    times = []
    for count in counts:
        start = generator.integers(0, _DAYS // 2)
        days = np.sort(generator.choice(np.arange(start, _DAYS), count, replace=False))
        times.append(_FIRST_DAY + days * _DAY + generator.integers(12 * 3600, 23 * 3600, count))
    return np.concatenate(times).astype(np.int64)

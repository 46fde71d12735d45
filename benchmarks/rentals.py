"""Rent-the-runway (Misra, Wan & McAuley, RecSys 2018) as a dataset whose interactions have a stated motive: the occasion of the rental.

The occasion is kept apart: the file that is imported does not hold it. There is no review text; the only words are the garment's
category ("gown", "sheath"), an attribute of the item, and a sentence is made of it. The taxonomy below names the occasions one rents
for, with phrases written from general knowledge of what is worn when: the names of the classes are known to it, no label is.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from core.extraction.taxonomy import Taxonomy, TaxonomyEntry
from core.storage import write_parquet

FILE = Path("rent-the-runway") / "rentals.parquet"
NAME = "rent-the-runway"
KEYS = ["user_id", "item_id"]

OCCASIONS = Taxonomy(
    name="occasions",
    title="Occasions to dress for",
    motivations=(
        TaxonomyEntry(
            key="wedding",
            name="Wedding",
            description="Something festive to wear as a guest at a wedding.",
            examples=("I rented the maxi dress.", "A flowing midi dress for a summer wedding.", "I wore it as a bridesmaid."),
        ),
        TaxonomyEntry(
            key="formal_affair",
            name="Formal affair",
            description="An evening gown for a gala, a ball or another black-tie event.",
            examples=("I rented the gown.", "A floor-length ballgown for a black-tie gala.", "Perfect for a formal charity ball."),
        ),
        TaxonomyEntry(
            key="party",
            name="Party",
            description="Something fun and short for a party, a birthday or a night of dancing.",
            examples=("I rented the mini dress.", "A sequined romper for a birthday party.", "I danced in the jumpsuit all night."),
        ),
        TaxonomyEntry(
            key="everyday",
            name="Everyday",
            description="Comfortable casual clothes for any day.",
            examples=("I rented the sweater.", "Jeans and a hoodie for every day.", "A cozy cardigan to wear around town."),
        ),
        TaxonomyEntry(
            key="work",
            name="Work",
            description="Professional clothes for the office, a meeting or an interview.",
            examples=("I rented the blazer.", "A tailored sheath dress for the office.", "Trousers and a blouse for a business meeting."),
        ),
        TaxonomyEntry(
            key="date",
            name="Date",
            description="Something attractive for a dinner for two or a date night.",
            examples=("I rented the cami.", "A little frock for date night.", "A silky top for a romantic dinner."),
        ),
        TaxonomyEntry(
            key="vacation",
            name="Vacation",
            description="Light clothes for a holiday, the beach or a cruise.",
            examples=("I rented the kaftan.", "A caftan over the swimsuit at the beach.", "A tunic for our trip to the islands."),
        ),
    ),
)


def rentals(folder: Path) -> pd.DataFrame:
    """The rentals with user_id and item_id as text, the first of those that a user made of one item twice."""
    frame = pd.read_parquet(folder / FILE).astype({**dict.fromkeys(KEYS, "str"), "rented_for": "str", "category": "str"})
    return frame.drop_duplicates(KEYS).reset_index(drop=True)


def write_without_occasions(frame: pd.DataFrame, path: Path) -> None:
    """The table that is imported: user, item, rating, date and a sentence naming the category; nothing of the occasion."""
    text = "I rented the " + frame["category"] + "."
    write_parquet(path, frame[[*KEYS, "rating", "review_date"]].assign(text=text))


def stated_occasions(frame: pd.DataFrame) -> pd.DataFrame:
    """The occasion (key of `OCCASIONS`, or "other") and category of each rental with a stated one; index user_id, item_id."""
    stated = frame[frame["rented_for"].notna() & ~frame["rented_for"].isin(["nan", ""])]
    occasion = stated["rented_for"].str.replace(" ", "_", regex=False)
    return stated.assign(occasion=occasion).set_index(KEYS)[["occasion", "category"]]

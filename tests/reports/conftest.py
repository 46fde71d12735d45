"""Fixtures: the hand-made run of the recommender's tests, and the filled workspace of the pages'."""

from tests.app.filled import filled, filled_copy
from tests.recommend.conftest import make_recommender, recommender

__all__ = ["filled", "filled_copy", "make_recommender", "recommender"]

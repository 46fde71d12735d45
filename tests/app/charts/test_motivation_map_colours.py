from __future__ import annotations

import numpy as np
import pytest

from app.charts.motivation_map_colours import COLOURINGS, Scale, coloured, colourings
from app.charts.palette import FAINT, NEUTRAL, motivation_colours
from tests.app.charts.made_points import CLUSTERS, NAMES, points


def test_all_columns_that_tell_points_apart_are_offered_and_identities_are_not() -> None:
    offered = colourings(points().assign(mean_rating=np.linspace(1, 5, 12), constant=1))
    assert set(offered) == {*COLOURINGS, "category", "mean_rating"}
    assert offered["mean_rating"] == "Mean rating"


@pytest.mark.parametrize("colour_by", ["distinctive", "motivation", "said", "cluster", "side", "category"])
def test_every_point_is_in_exactly_one_group(colour_by: str) -> None:
    groups = coloured(points(), colour_by, NAMES, CLUSTERS)
    assert not isinstance(groups, Scale)
    assert (np.sum([group.rows for group in groups], axis=0) == 1).all()


def test_motivations_have_the_colours_of_all_pages_and_silence_is_faint() -> None:
    groups = coloured(points(), "motivation", NAMES, CLUSTERS)
    colours = motivation_colours(list(NAMES))
    assert {group.label: group.colour for group in groups} == {"Sound": colours["sound"], "Price": colours["price"], "No statement": FAINT}


def test_a_cluster_keeps_its_colour_when_others_are_merged_away() -> None:
    before = {group.label: group.colour for group in coloured(points(), "cluster", NAMES, CLUSTERS)}
    after = {group.label: group.colour for group in coloured(points(), "cluster", NAMES, CLUSTERS[1:])}
    assert after["Savers & co"] == before["Savers & co"]


def test_a_column_of_many_values_colours_the_most_frequent_and_greys_the_rest() -> None:
    given = points(200).assign(category=lambda frame: "c" + (frame["node_idx"] ** 0.5).astype(int).astype(str))
    groups = coloured(given, "category", NAMES, CLUSTERS)
    assert len(groups) == 9
    assert (groups[-1].label, groups[-1].colour) == ("Other values", NEUTRAL)


def test_activity_is_shown_on_a_logarithmic_scale_with_counts_as_ticks() -> None:
    scale = coloured(points(), "activity", NAMES, CLUSTERS)
    assert isinstance(scale, Scale)
    assert scale.values == pytest.approx(np.log10(np.arange(1, 13)))
    assert scale.ticks == ((0.0, "1"), (pytest.approx(0.30103), "2"), (pytest.approx(0.69897), "5"), (1.0, "10"))


def test_any_number_can_be_a_scale() -> None:
    scale = coloured(points().assign(mean_rating=2.5), "mean_rating", NAMES, CLUSTERS)
    assert isinstance(scale, Scale)
    assert (scale.title, scale.values.tolist()) == ("mean rating", [2.5] * 12)

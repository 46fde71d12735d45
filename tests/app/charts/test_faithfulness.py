"""The deletion chart draws both curves as they are."""

from __future__ import annotations

from app.charts.faithfulness import deletion_chart


def test_both_curves_are_drawn_over_the_number_of_deletions() -> None:
    figure = deletion_chart([1.0, 2.0, 5.0], [1.0, 1.5, 5.0], ["all", "without a", "without b"], title_y="place", random_label="mean")
    own, random = figure.data
    assert (list(own.x), list(own.y)) == ([0, 1, 2], [1.0, 2.0, 5.0])
    assert list(random.y) == [1.0, 1.5, 5.0]
    assert [step for (step,) in own.customdata] == ["all", "without a", "without b"]
    assert (own.name, random.name) == ("in the explanation's order", "mean")
    assert own.line.dash != random.line.dash
    assert figure.layout.yaxis.title.text == "place"
    assert figure.layout.yaxis.autorange is None


def test_places_count_downwards() -> None:
    figure = deletion_chart([1, 2], [1, 2], ["", ""], title_y="place", random_label="mean", reversed_y=True)
    assert figure.layout.yaxis.autorange == "reversed"

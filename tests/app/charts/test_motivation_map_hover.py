from __future__ import annotations

from app.charts.motivation_map_hover import hover_texts
from tests.app.charts.made_points import NAMES, points


def test_a_user_is_told_with_name_motivations_cluster_quote_and_figures() -> None:
    text = hover_texts(points(), NAMES)[0]
    for part in ("Label &lt;0&gt;", "user n0", "moved most by: Sound (confidence 0.30)", "cluster: Listeners", "1 training interactions"):
        assert part in text


def test_what_comes_from_reviews_is_no_markup() -> None:
    text = hover_texts(points(), NAMES)[0]
    assert "“it &lt;b&gt;sounds&lt;/b&gt; warm”" in text
    assert "<b>sounds" not in text


def test_a_statement_is_told_by_its_words_and_motivation() -> None:
    text = hover_texts(points(), NAMES)[2]
    assert text.startswith("<b>Statement</b><br>Label &lt;2&gt;<br>about: ")
    assert "interactions" not in text


def test_long_words_are_cut_and_wrapped() -> None:
    given = points(1).assign(quote="warm tone " * 60)
    quote = hover_texts(given, NAMES)[0].split("“")[1].split("”")[0]
    assert quote.endswith("…")
    assert max(len(line) for line in quote.split("<br>")) < 70


def test_who_has_said_nothing_has_no_empty_quote() -> None:
    assert "“" not in hover_texts(points(1).assign(quote=""), NAMES)[0]


def test_a_view_says_what_it_is_of() -> None:
    texts = hover_texts(points(2).assign(view=["text", "interaction"]), NAMES)
    assert "user n0, by its text" in texts[0]
    assert "item n1, by its interactions" in texts[1]


def test_texts_follow_the_rows_they_are_of() -> None:
    given = points()[::-1]
    texts = hover_texts(given, NAMES)
    assert list(texts.index) == list(given.index)
    assert all(f"&lt;{row}&gt;" in text for row, text in texts.items())

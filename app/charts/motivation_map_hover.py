"""What the motivation map says of a point under the mouse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

_LONGEST_LABEL, _LONGEST_QUOTE, _LINE = 90, 130, 52


def hover_texts(points: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    """One text per point in plotly's markup, with everything from reviews, titles and names taken literally; str [n].

    Args:
        points: columns side, shown_id, label, cluster_name, motivation, distinctive, confidence, activity, trust, quote
            ("" = none); said where it is known; view where the points of text and behaviour are told apart.
        names: key of a motivation -> its name.
    """
    told = {key: _plain(name) for key, name in names.items()}
    of_statement = (points["side"] == "statement").to_numpy(dtype=bool)
    texts = pd.Series("", index=points.index, dtype=object)
    if (~of_statement).any():
        texts[~of_statement] = _of_nodes(points[~of_statement], told)
    if of_statement.any():
        texts[of_statement] = _of_statements(points[of_statement], told)
    return texts


def _of_nodes(points: pd.DataFrame, told: Mapping[str, str]) -> pd.Series:
    identity = points["side"] + " " + _escaped(points["shown_id"])
    if "view" in points:
        seen = points["view"].map({"text": ", by its text", "interaction": ", by its interactions"}).fillna("")
        identity = identity + seen.astype(object)
    figures = points["activity"].map("{:,} training interactions".format) + points["trust"].map(", trust {:.2f}".format)
    return (
        "<b>"
        + _shortened(points["label"], _LONGEST_LABEL)
        + "</b><br>"
        + identity
        + "<br>moved most by: "
        + _named(points["motivation"], told)
        + points["confidence"].map(" (confidence {:.2f})".format)
        + "<br>more than others by: "
        + _named(points["distinctive"], told)
        + (("<br>speaks most of: " + _named(points["said"], told)) if "said" in points else "")
        + "<br>cluster: "
        + _escaped(points["cluster_name"])
        + _quotes(points["quote"])
        + "<br>"
        + figures
    ).astype(object)


def _of_statements(points: pd.DataFrame, told: Mapping[str, str]) -> pd.Series:
    return (
        "<b>Statement</b><br>"
        + _wrapped(_shortened(points["label"], _LONGEST_QUOTE))
        + "<br>about: "
        + _named(points["motivation"], told)
        + points["confidence"].map(" (strength {:.2f})".format)
        + "<br>cluster: "
        + _escaped(points["cluster_name"])
        + points["trust"].map("<br>trust {:.2f}".format)
    ).astype(object)


def _named(keys: pd.Series, told: Mapping[str, str]) -> pd.Series:
    return keys.map(told).fillna("nothing known").astype(object)


def _quotes(quotes: pd.Series) -> pd.Series:
    marked = "<br><i>“" + _wrapped(_shortened(quotes, _LONGEST_QUOTE)) + "”</i>"
    return pd.Series(np.where(quotes.astype(str) == "", "", marked), index=quotes.index, dtype=object)


def _shortened(texts: pd.Series, longest: int) -> pd.Series:
    plain = texts.astype(str)
    cut = np.where(plain.str.len() > longest, plain.str.slice(0, longest - 1).str.rstrip() + "…", plain)
    return _escaped(pd.Series(cut, index=texts.index))


def _wrapped(texts: pd.Series) -> pd.Series:
    """A line break after every so many letters, between words."""
    return texts.str.replace(rf"(.{{{_LINE},}}?)\s", r"\1<br>", regex=True)


def _escaped(texts: pd.Series) -> pd.Series:
    plain = texts.astype(str)
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        plain = plain.str.replace(sign, written, regex=False)
    return plain


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

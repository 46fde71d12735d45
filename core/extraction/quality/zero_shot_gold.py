"""The embedded extractor on gold sentences: its predictions, and how its thresholds are chosen on what is no test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.encoding.encoder import TextEncoder, Vectors
from core.extraction.quality.gold import GoldSentences, GoldTable
from core.extraction.quality.multi_label import MultiLabelScorer, Presence, best_threshold
from core.extraction.quality.scores import Labels

DECIMALS = 3  # of a stored threshold


def presence(table: GoldTable, texts: list[str], encoder: TextEncoder, encode: Callable[[list[str]], Vectors] | None = None) -> Presence:
    """Presence of the table's motivations in sentences, float32 [n, K]."""
    return MultiLabelScorer(table.taxonomy, encoder, table.none, table.split_clauses, table.praise, encode).presence(texts)


def decide(table: GoldTable, found: Presence) -> Labels:
    """Which motivations are present, bool [n, K], by the table's thresholds."""
    return found >= np.array([table.thresholds[key] for key in table.keys], dtype=np.float32)


def calibrated(table: GoldTable, found: Presence, sentences: GoldSentences) -> dict[str, float]:
    """The thresholds with the best F1 on labelled sentences; give it the train and dev parts, never the test part.

    Args:
        found: presence in these sentences, float32 [n, K].
    """
    return {key: round(best_threshold(found[:, index], sentences.labels[:, index]), DECIMALS) for index, key in enumerate(table.keys)}

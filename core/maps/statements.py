"""Statements on a map: what people said, placed among the users and items whose motivation goes the same way.

Where the run keeps the text encoder of its slots (LMMRec in its slots form), a statement's vector is what that encoder makes of the
statement's embedding, t_k = MLP_k(x), in the slot of its motivation, and zero in all others: the text view of somebody who said nothing
but this. That the encoder is put together again as it was trained is checked: it has to give the run's stored text views. Where there
is none (other models, controlled or noisy text), a statement's vector is the mean of its user's and its item's in this space, cut to the
slot of its motivation where slots are named: not what was said, but who said it of what. `Statements.placed_by` says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import cosine_similarity, normalize

from core.maps.space import MapSpace
from core.models.config import ModelConfig
from core.models.text_encoder import SlotTextEncoder
from core.models.text_features import text_components
from core.motivations.profiles import POLARITIES
from core.storage import read_json, read_tensors
from core.training.opened import OpenedRun, training_statements

_PREFIX = "student.slot_text."
_CHECKED = 64  # nodes whose stored text view the encoder has to give
_LEAST_AGREEMENT = 0.98  # mean cosine; below, the encoder read another text than the profiles (the demo ships rounded weights: 0.99)
_AT_A_TIME = 2000


@dataclass(frozen=True)
class StatementEncoder:
    """The text encoder of a run's slots: ``components`` float32 [D, P] reduce embeddings to what it reads."""

    components: torch.Tensor
    encoder: SlotTextEncoder

    def __call__(self, embeddings: torch.Tensor, slots: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """float32 [n, K, s]: each statement in its slot, zero in the others.

        Args:
            embeddings: float [n, D]. slots: int64 [n]. negative: bool [n], whether it is said against the item.
        """
        made = [self._some(*part) for part in zip(*(one.split(_AT_A_TIME) for one in (embeddings, slots, negative)), strict=True)]
        return torch.cat(made) if made else torch.zeros(0, *self.encoder.second.shape[::2])

    @torch.no_grad()
    def _some(self, embeddings: torch.Tensor, slots: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        n, n_slots, rows = len(embeddings), len(self.encoder.second), torch.arange(len(embeddings))
        reduced = embeddings.float() @ self.components
        text, present = torch.zeros(n, n_slots, 2, reduced.shape[1]), torch.zeros(n, n_slots, dtype=torch.bool)
        text[rows, slots, negative.long()] = reduced
        present[rows, slots] = True
        return self.encoder(text.flatten(2), present)


@dataclass(frozen=True)
class Statements:
    """Statements drawn for a map.

    Args:
        table: columns of the profiles' statements, and ``row``: where each is in them.
        vectors: float32 [n, K s], unit length, in the map's space.
        placed_by: "encoder" or "nodes", see the module.
        available: how many statements they were drawn from.
    """

    table: pd.DataFrame
    vectors: torch.Tensor
    placed_by: Literal["encoder", "nodes"]
    available: int


def open_statement_encoder(run: OpenedRun) -> StatementEncoder | None:
    """The encoder a run was trained with, or None where it has none that reads these profiles."""
    if run.directory is None or run.profiles is None or run.statement_embeddings is None or "user_text" not in run.vectors.views:
        return None
    path, settings = run.directory / "model.safetensors", run.directory / "config.json"
    if not path.exists() or not settings.exists():
        return None
    weights = {name.removeprefix(_PREFIX): one for name, one in read_tensors(path).items() if name.startswith(_PREFIX)}
    if not {"first.weight", "second"} <= weights.keys():  # none, or one of an older form
        return None
    components = text_components(run.profiles, int(read_json(settings).get("text_dim", run.statement_embeddings.shape[1])))
    n_slots, hidden, dim = weights["second"].shape
    width = weights["first.weight"].shape[1]
    if width != 2 * components.shape[1] or n_slots != run.vectors.user.shape[1]:
        return None
    encoder = SlotTextEncoder(n_slots, width, dim, ModelConfig(text_hidden=hidden), torch.Generator())
    if {name: one.shape for name, one in encoder.state_dict().items()} != {name: one.shape for name, one in weights.items()}:
        return None
    encoder.load_state_dict(weights)
    encoder.eval()
    made = StatementEncoder(components, encoder)
    return made if _agrees(made, run) else None


@torch.no_grad()
def _agrees(made: StatementEncoder, run: OpenedRun) -> bool:
    """Whether the encoder gives the text views the run stored, from the profiles as they are."""
    assert run.profiles is not None
    text, stored = run.profiles.users, run.vectors.views["user_text"]
    speaking = torch.nonzero((text.positive_weight + text.negative_weight).sum(1) > 0).flatten()[:_CHECKED]
    if len(speaking) == 0:
        return False
    slots = torch.cat([text.positive[speaking].float() @ made.components, text.negative[speaking].float() @ made.components], dim=2)
    own = made.encoder(slots, (text.positive_weight + text.negative_weight)[speaking] > 0)
    return float(cosine_similarity(own.flatten(1), stored[speaking].float().flatten(1)).mean()) >= _LEAST_AGREEMENT


def drawn_statements(
    run: OpenedRun, space: MapSpace, most: int, seed: int = 0, encoder: StatementEncoder | None = None
) -> Statements | None:
    """At most ``most`` statements of training reviews and profile texts, as many of each motivation as there are, with their vectors.

    In the space of a slot only statements of its motivation are drawn. None where there are none.
    """
    if run.profiles is None or most < 1:
        return None
    table = training_statements(run.profiles.statements.assign(row=np.arange(len(run.profiles.statements))), run.dataset)
    if space.slot is not None:
        table = table[_slots(run, table) == space.slot]
    chosen = table.iloc[stratified(table["motivation"].to_numpy(dtype=np.int64), most, seed)].reset_index(drop=True)
    if chosen.empty:
        return None
    if encoder is None or run.statement_embeddings is None:
        vectors = _between(run, space, chosen)
    else:
        rows = torch.tensor(chosen["embedding_row"].to_numpy(dtype=np.int64))
        negative = torch.tensor((chosen["polarity"] == POLARITIES[1]).to_numpy(dtype=bool))
        slots = torch.tensor(chosen["motivation"].to_numpy(dtype=np.int64))
        vectors = space.bring(encoder(run.statement_embeddings[rows], slots, negative), "user")
    there = (vectors.norm(dim=1) > 0).numpy()
    return Statements(
        chosen[there].reset_index(drop=True), vectors[torch.from_numpy(there)], "nodes" if encoder is None else "encoder", len(table)
    )


def stratified(strata: np.ndarray, most: int, seed: int) -> np.ndarray:
    """int64, ascending: at most ``most`` rows, as many of every stratum as there are, the rest of the rare ones going to the others."""
    sizes = np.unique(strata, return_counts=True)[1]
    quota, left = np.zeros_like(sizes), min(most, len(strata))
    while left > 0:
        open_ = np.flatnonzero(quota < sizes)
        each = max(1, left // len(open_))
        for stratum in open_:
            more = min(each, int(sizes[stratum] - quota[stratum]), left)
            quota[stratum] += more
            left -= more
    order = np.random.default_rng(seed).permutation(len(strata))
    found = np.unique(strata, return_inverse=True)[1][order]
    order = order[np.argsort(found, kind="stable")]
    place = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(order[place < np.repeat(quota, sizes)])


def closeness(statements: Statements, space: MapSpace) -> dict[str, float]:
    """How near statements are to who said them and what of: {"user": ..., "item": ...}, where there are any.

    Median over the statements of the share of the side's nodes that are farther than the own one: 0.5 = no better than chance,
    1 = nobody is nearer. Says nothing where statements are placed by their nodes.
    """
    found = {}
    for side, start, end in (("user", 0, space.n_users), ("item", space.n_users, len(space))):
        own = torch.tensor(statements.table[f"{side}_idx"].to_numpy(dtype=np.int64))
        known = torch.nonzero(own >= 0).flatten()
        shares = []
        for part in known.split(_AT_A_TIME):
            cosines = statements.vectors[part] @ space.vectors[start:end].T
            shares.append((cosines < cosines[torch.arange(len(part)), own[part]][:, None]).sum(dim=1).double() / max(1, end - start - 1))
        if shares:
            found[side] = round(float(np.median(torch.cat(shares).numpy())), 4)
    return found


def _slots(run: OpenedRun, table: pd.DataFrame) -> np.ndarray:
    """int64: the run's slot of each statement's motivation, -1 where it has none."""
    assert run.profiles is not None
    keys = run.vectors.motivations
    slot_of = np.array([keys.index(key) if key in keys else -1 for key in run.profiles.taxonomy.keys] or [-1])
    return np.asarray(slot_of[table["motivation"].to_numpy(dtype=np.int64)])


def _between(run: OpenedRun, space: MapSpace, table: pd.DataFrame) -> torch.Tensor:
    """float32 [n, K s]: the mean of each statement's user and item in the space, cut to its motivation's slot where there are slots."""
    total = torch.zeros(len(table), space.vectors.shape[1])
    for side, start in (("user", 0), ("item", space.n_users)):
        own = torch.tensor(table[f"{side}_idx"].to_numpy(dtype=np.int64))
        total += torch.where((own >= 0)[:, None], space.vectors[start + own.clamp(min=0)], 0.0)
    slots = torch.from_numpy(_slots(run, table))
    if run.vectors.named and space.slot is None:
        per_slot = total.unflatten(1, (run.vectors.user.shape[1], -1))
        kept = torch.arange(per_slot.shape[1])[None, :] == slots[:, None]
        total = (per_slot * kept[..., None]).flatten(1)
    return normalize(total, dim=1)

"""The different nodes of a batch, found without making the host wait for a device.

How many different nodes a batch holds is known to the device alone. Asking for them (`unique`) costs nothing on a CPU and spares work; on a
GPU the host would wait in every step. There the shapes are those of the batch or of all nodes, whichever is less, and weights say how
often a node counts, so that all sums are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class DistinctNodes:
    """Some nodes that hold every different one of a batch.

    Args:
        nodes: int64 [m]. place: int64 [B], where in ``nodes`` each row of the batch stands.
        times: float32 [m]; sum_m times_m f(node_m) is the sum of f over the rows of the batch.
        once: float32 [m]; sum_m once_m f(node_m) is the sum of f over its different nodes. Both are zero for a node not in the batch.
    """

    nodes: torch.Tensor
    place: torch.Tensor
    times: torch.Tensor
    once: torch.Tensor


def distinct(rows: torch.Tensor, count: int) -> DistinctNodes:
    """The different nodes of a batch.

    Args:
        rows: int64 [B], nodes of one side. count: of all nodes of the side.
    """
    if _waiting_is_free(rows):
        nodes, place = rows.unique(return_inverse=True)
    elif count <= len(rows):
        nodes, place = torch.arange(count, device=rows.device), rows
    else:
        nodes, place = rows, torch.arange(len(rows), device=rows.device)
    ones = torch.ones(len(rows), device=rows.device)
    met = ones.new_zeros(count).index_add_(0, rows, ones)
    times = ones.new_zeros(len(nodes)).index_add_(0, place, ones)
    return DistinctNodes(nodes, place, times, times / met[nodes].clamp(min=1))


def chosen_nodes(rows: torch.Tensor, count: int, most: int, allowed: torch.Tensor | None = None) -> torch.Tensor:
    """Int64 [min(most, count)]: different nodes in random order, those among the rows first; comparing all with all costs the square.

    By random keys, so that no shape depends on how many different nodes the rows hold.

    Args:
        rows, count: as of `distinct`. most: how many. allowed: bool [count], the nodes that may be chosen, at least ``most``; None for all.
    """
    keys = torch.rand(count, device=rows.device) + torch.zeros(count, device=rows.device).index_fill_(0, rows, 1.0)
    if allowed is not None:
        keys = keys + 2.0 * allowed
    return keys.topk(min(most, count)).indices


def _waiting_is_free(rows: torch.Tensor) -> bool:
    return rows.device.type == "cpu"

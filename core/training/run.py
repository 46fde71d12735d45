"""A run: one training with its configuration, log, checkpoint and the vectors recommendations are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from core.storage import read_tensors, write_tensors


@dataclass(frozen=True)
class RunVectors:
    """The vectors of a finished run; score(u, i) = sum_k <user[u, k], item[i, k]> + <behaviour[u], behaviour[i]> + item_bias[i].

    Args:
        user: float32 [n_users, K, s]; item: float32 [n_items, K, s]. K = 1 where the model has no named slots
            (LightGCN, the paper's form of LMMRec).
        motivations: keys of the K slots, "other" last; empty where the slots are not named.
        item_bias: float32 [n_items]; goes into the remainder of an explanation.
        views: further vectors for maps and profiles, [n, K, s'] each: "user_text", "item_text", "user_interaction",
            "item_interaction" where the model has them; "user_behaviour", "item_behaviour" [n, F] are the part of the score that
            no slot holds.
    """

    user: torch.Tensor
    item: torch.Tensor
    motivations: tuple[str, ...]
    item_bias: torch.Tensor
    views: dict[str, torch.Tensor]

    @property
    def named(self) -> bool:
        """Whether the slots are motivations, so that a score splits exactly over them."""
        return bool(self.motivations)

    def tensors(self) -> dict[str, torch.Tensor]:
        """What a score is made of, by the names a model gives its vectors."""
        part = {name: self.views[name] for name in ("user_behaviour", "item_behaviour") if name in self.views}
        return {"user": self.user, "item": self.item, "item_bias": self.item_bias} | part

    def save(self, path: Path) -> None:
        """Write as one safetensors file, atomically."""
        tensors = {"user": self.user, "item": self.item, "item_bias": self.item_bias}
        tensors |= {f"view.{name}": tensor for name, tensor in self.views.items()}
        write_tensors(path, tensors, {"motivations": ",".join(self.motivations)})

    @classmethod
    def load(cls, path: Path, device: str = "cpu") -> RunVectors:
        """Read what `save` wrote."""
        from safetensors import safe_open

        with safe_open(path, framework="pt") as handle:
            keys = (handle.metadata() or {}).get("motivations", "")
        tensors = read_tensors(path, device)
        views = {name.removeprefix("view."): tensor for name, tensor in tensors.items() if name.startswith("view.")}
        return cls(
            user=tensors["user"],
            item=tensors["item"],
            motivations=tuple(key for key in keys.split(",") if key),
            item_bias=tensors["item_bias"],
            views=views,
        )


def history_share(parameters: Path) -> float | None:
    """How much the words of what people took count in a run, as validation chose it: one of `core.models.history_text.SHARES`.

    Args:
        parameters: the run's file of them. None where there is no such file, or the model read no such words.
    """
    from safetensors import safe_open

    if not parameters.is_file():
        return None
    with safe_open(parameters, framework="pt") as handle:
        return float(handle.get_tensor("history.share")) if "history.share" in handle.keys() else None  # noqa: SIM118 - no mapping


def users_apart(user: torch.Tensor, view: torch.Tensor | None) -> torch.Tensor:
    """Users as a map draws them: the words of their histories (`core.models.history_text`), most of which all share, less their mean.

    Args:
        user: float [n_users, K, s]. view: float [n_users, K, s'], the interaction view; beside so much of a slot lie the words.
    """
    if view is None or view.shape[2] >= user.shape[2]:
        return user
    own, words = user.split([view.shape[2], user.shape[2] - view.shape[2]], dim=2)
    return torch.cat([own, words - words.mean(dim=0)], dim=2)

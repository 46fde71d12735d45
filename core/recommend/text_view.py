"""The text half of a finished run of LMMRec, to read texts it was not trained with: a user's with reviews left out, a newcomer's.

All that others said and did stays as it was trained: the encoders' weights, the principal components, the share of each motivation
among all users (the gate's prior), and the lengths the text views are brought to. A user's vector is then, in the names of
`core.models.lmmrec`,

    e_k = z_k + g_k (a |t|_z (t)_k / |t| + b_k t_k / |t_k|)       z_k = g_k h_k

where h is what the graph says of the user (nothing for a newcomer), t and t_k what the encoders make of the statements, and g how much
more than others they speak of each motivation. The words of what a user took (`core.models.history_text`), beside e_k in a slot, stay
what they are, since what was taken stays, but g weighs them too; a newcomer, who took nothing, has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch.nn import functional

from core.errors import InputError
from core.models.text_encoder import SlotTextEncoder, TextEncoder
from core.models.text_features import NodeText, motivation_prior, node_text, text_components
from core.motivations.profiles import SlotText
from core.storage import read_json, read_tensors
from core.training.config import TrainingConfig
from core.training.opened import OpenedRun
from core.training.perturbation import perturbations

_CLOSE = 2e-2
"""Largest difference of a stored text view from the one computed again, relative to its largest value: pooled text is float16."""
_CHECKED = 256
Encoder = TypeVar("Encoder", bound=torch.nn.Module)


@dataclass(frozen=True)
class TextView:
    """Reads statements into the part of a user's vector that text makes.

    Args:
        whole, slots: the run's encoders. components: float [D, P]. prior: float [K], of users.
        lengths: float [K], what a slot's own text is scaled to; length: the same of the whole text.
    """

    run: OpenedRun
    config: TrainingConfig
    whole: TextEncoder
    slots: SlotTextEncoder
    components: torch.Tensor
    prior: torch.Tensor
    length: torch.Tensor
    lengths: torch.Tensor

    @classmethod
    def open(cls, run: OpenedRun) -> TextView:
        """Read a run's encoders.

        Raises:
            InputError: the run has none that can be read again: another model, the paper's single vector, perturbed text, or
                parameters that do not make the text views the run holds.
        """
        if run.directory is None or not (run.directory / "model.safetensors").exists():
            raise _unreadable(run, "Its parameters are not kept")
        config = TrainingConfig.model_validate(read_json(run.directory / "config.json"))
        if config.model != "lmmrec" or config.form != "slots" or not run.vectors.named or run.profiles is None:
            raise _unreadable(run, "Only LMMRec with named slots reads text that way")
        if changed := {"text_control", "text_noise"} & perturbations(config).keys():
            raise _unreadable(run, f"It was trained on a text that was changed on purpose ({', '.join(sorted(changed))})")
        parameters = read_tensors(run.directory / "model.safetensors")
        # A run of an older version did not say its hidden width.
        config = config.model_copy(update={"text_hidden": len(parameters["student.whole_text.first.bias"])})
        components, z = text_components(run.profiles, config.text_dim), run.vectors.views["user_interaction"]
        width, (n_slots, dim) = 2 * components.shape[1], z.shape[1:]
        generator = torch.Generator().manual_seed(0)  # the values drawn here are replaced by the run's
        view = cls(
            run=run,
            config=config,
            whole=_loaded(run, TextEncoder(width, n_slots * dim, config, generator), parameters, "student.whole_text."),
            slots=_loaded(run, SlotTextEncoder(n_slots, width, dim, config, generator), parameters, "student.slot_text."),
            components=components,
            prior=motivation_prior(run.profiles.users.positive_weight + run.profiles.users.negative_weight),
            length=config.text_scale * z.flatten(1).norm(dim=1).mean(),
            lengths=config.slot_text_scale * z.norm(dim=2).mean(0),
        )
        view._check()
        return view

    def read(self, text: SlotText) -> tuple[torch.Tensor, torch.Tensor]:
        """What n texts make of a user, each by itself.

        Returns:
            (gate float [n, K], added float [n, K, s]): e = z + gate * added, z = gate * h.
        """
        return self._read(node_text(text, self.components, self.prior))

    def _read(self, seen: NodeText) -> tuple[torch.Tensor, torch.Tensor]:
        whole, own = self._encoded(seen)
        added = self.length * functional.normalize(whole, dim=1).unflatten(1, own.shape[1:])
        return self._gate(seen), added + self.lengths[:, None] * functional.normalize(own, dim=2)

    def users(self, user_idx: int, text: SlotText) -> torch.Tensor:
        """float64 [n, D]: the vectors of one user if the user had said each of n texts; see `core.recommend.scoring.Scorer.users`."""
        vectors = self.run.vectors
        gate, added = (one.double() for one in self.read(text))
        change = (gate / self._gate(self._trained_text(slice(user_idx, user_idx + 1))).double())[..., None]
        view = vectors.views["user_interaction"][user_idx].double()
        history = vectors.user[user_idx, :, view.shape[1] :].double()
        weighed = functional.normalize((history * change).flatten(1), dim=1).view_as(history * change) * history.norm()
        slots = torch.cat([view * change + gate[..., None] * added, weighed], dim=2)
        return self._with_behaviour(slots, vectors.views.get("user_behaviour"), user_idx)

    def newcomers(self, text: SlotText) -> torch.Tensor:
        """float64 [n, D]: the vectors of users of whom nothing but n texts is known: no history, so no behaviour."""
        gate, added = (one.double() for one in self.read(text))
        slots = functional.pad(gate[..., None] * added, (0, self.run.vectors.user.shape[2] - added.shape[2])).flatten(1)
        behaviour = self.run.vectors.views.get("user_behaviour")
        return slots if behaviour is None else functional.pad(slots, (0, behaviour.shape[1]))

    @staticmethod
    def _with_behaviour(slots: torch.Tensor, behaviour: torch.Tensor | None, user_idx: int) -> torch.Tensor:
        flat = slots.flatten(1)
        return flat if behaviour is None else torch.cat([flat, behaviour[user_idx].double().expand(len(flat), -1)], dim=1)

    @torch.no_grad()
    def _encoded(self, seen: NodeText) -> tuple[torch.Tensor, torch.Tensor]:
        return self.whole(seen.whole), self.slots(seen.slots, seen.present)

    def _gate(self, seen: NodeText) -> torch.Tensor:
        """Float [n, K], as `core.models.lmmrec` has it; ones where the run is not gated."""
        if self.config.motivation_gate == 0:
            return torch.ones_like(seen.lift)
        gate = seen.lift.pow(self.config.motivation_gate)
        gate[:, -1] *= self.config.other_gate
        return gate

    def _trained_text(self, nodes: slice) -> NodeText:
        assert self.run.profiles is not None
        text = self.run.profiles.users
        part = SlotText(text.positive[nodes], text.negative[nodes], text.positive_weight[nodes], text.negative_weight[nodes])
        return node_text(part, self.components, self.prior)

    def _check(self) -> None:
        """Refuse what does not make the very vectors the run holds: components may differ between machines, defaults between versions."""
        some = slice(0, _CHECKED)
        seen, vectors = self._trained_text(some), self.run.vectors
        gate, added = self._read(seen)
        for stored, again in (
            (vectors.views["user_text"][some], self._encoded(seen)[1]),
            (vectors.user[some, :, : added.shape[2]], vectors.views["user_interaction"][some] + gate[..., None] * added),
        ):
            if stored.shape != again.shape or float((stored - again).abs().max()) > _CLOSE * max(1e-9, float(stored.abs().max())):
                raise _unreadable(self.run, "Its text cannot be computed again here as it was trained")


def _loaded(run: OpenedRun, encoder: Encoder, parameters: dict[str, torch.Tensor], prefix: str) -> Encoder:
    own = {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}
    if {name: value.shape for name, value in own.items()} != {name: value.shape for name, value in encoder.state_dict().items()}:
        raise _unreadable(run, "An earlier version of the program trained it, with another text encoder")
    encoder.load_state_dict(own)
    return encoder.eval()


def _unreadable(run: OpenedRun, what: str) -> InputError:
    return InputError(
        f"This run cannot read other texts: {what[0].lower()}{what[1:]}", where=f"run {run.id}", hint="Choose a run of LMMRec"
    )

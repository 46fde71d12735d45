"""Forward pass of a BERT encoder with mean pooling, from its weights alone.

Written out because it loads in a tenth of a second (importing `transformers` takes seconds) and takes only what the weights file
holds: no code and no configuration comes from the package that carries them. Architecture: BERT (arXiv 1810.04805), post-norm;
sizes of all-MiniLM-L6-v2 (6 layers, 12 heads, 384 dimensions).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-12  # of the layer norms, from the model's published configuration


class BertPooler:
    """Sentence vectors from token ids: BERT, then the mean over tokens, scaled to length 1.

    Args:
        weights: named tensors of a `BertModel` checkpoint.
        heads: attention heads.
        device, dtype: where and in which arithmetic it runs; pooling is always float32.
    """

    def __init__(self, weights: dict[str, Tensor], *, heads: int, device: torch.device, dtype: torch.dtype) -> None:
        self.heads = heads
        self.device = device
        placed = {name: tensor.to(device, dtype) for name, tensor in weights.items() if tensor.is_floating_point()}
        self.words = placed["embeddings.word_embeddings.weight"]
        self.positions = placed["embeddings.position_embeddings.weight"] + placed["embeddings.token_type_embeddings.weight"][0]
        self.norm = (placed["embeddings.LayerNorm.weight"], placed["embeddings.LayerNorm.bias"])
        self.dim = self.words.shape[1]
        n_layers = 1 + max(int(name.split(".")[2]) for name in placed if name.startswith("encoder.layer."))
        self.layers = [_Layer(placed, f"encoder.layer.{number}.", heads) for number in range(n_layers)]

    @torch.inference_mode()
    def __call__(self, token_ids: Tensor) -> Tensor:
        """Encode texts that are all equally long.

        Args:
            token_ids: int64 [n, length], without padding. Equal lengths need no mask, so what else is in the batch changes a row's
                vector by rounding at most.

        Returns:
            float32 [n, dim] on the CPU, rows of length 1.
        """
        token_ids = token_ids.to(self.device)
        hidden = self.words[token_ids] + self.positions[: token_ids.shape[1]]
        hidden = functional.layer_norm(hidden, (self.dim,), *self.norm, EPSILON)
        for layer in self.layers:
            hidden = layer(hidden)
        return functional.normalize(hidden.float().mean(dim=1), dim=1).cpu()


class _Layer:
    """One transformer layer; query, key and value in one product."""

    def __init__(self, weights: dict[str, Tensor], prefix: str, heads: int) -> None:
        def pair(name: str) -> tuple[Tensor, Tensor]:
            return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

        projections = [pair(f"attention.self.{name}") for name in ("query", "key", "value")]
        self.heads = heads
        self.mix_weight = torch.cat([weight for weight, _ in projections])
        self.mix_bias = torch.cat([bias for _, bias in projections])
        self.attended = pair("attention.output.dense")
        self.attended_norm = pair("attention.output.LayerNorm")
        self.widened = pair("intermediate.dense")
        self.narrowed = pair("output.dense")
        self.narrowed_norm = pair("output.LayerNorm")

    def __call__(self, hidden: Tensor) -> Tensor:
        n, length, dim = hidden.shape
        mixed = functional.linear(hidden, self.mix_weight, self.mix_bias)
        query, key, value = mixed.view(n, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        attention = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(n, length, dim)
        hidden = functional.layer_norm(hidden + functional.linear(attention, *self.attended), (dim,), *self.attended_norm, EPSILON)
        wide = functional.gelu(functional.linear(hidden, *self.widened))
        return functional.layer_norm(hidden + functional.linear(wide, *self.narrowed), (dim,), *self.narrowed_norm, EPSILON)

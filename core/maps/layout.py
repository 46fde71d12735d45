"""Drawing a space in two or three dimensions with UMAP (McInnes et al., arXiv 1802.03426)."""

from __future__ import annotations

import warnings

import numpy as np
import torch

_FEWEST_FOR_UMAP = 8


def draw(
    vectors: torch.Tensor,
    neighbours: tuple[np.ndarray, np.ndarray],
    *,
    dimensions: int = 2,
    epochs: int = 200,
    min_dist: float = 0.1,
    seed: int = 0,
    start: np.ndarray | None = None,
    step: float = 1.0,
) -> np.ndarray:
    """float32 [n, dimensions]: the drawing.

    Args:
        vectors: float32 [n, d]; where UMAP starts from is their principal components.
        neighbours: (rows [n, k], distances [n, k]) as `core.maps.space.nearest` gives them: handing them over spares UMAP its
            own approximate search, which takes longer than the drawing.
        min_dist: how close points may lie. seed: equal seeds give equal drawings.
        start: float [n, dimensions], a drawing to begin from instead. step: first step of the optimisation; a short one stays near it.
    """
    rows, distances = neighbours
    if len(vectors) < _FEWEST_FOR_UMAP:
        return _principal_components(vectors, dimensions)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Tensorflow not installed")
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")  # only says that `transform` is not available
        from umap import UMAP

        drawing = UMAP(
            n_components=dimensions,
            n_neighbors=rows.shape[1],
            n_epochs=epochs,
            min_dist=min_dist,
            learning_rate=step,
            init="pca" if start is None else np.array(start, dtype=np.float32),
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(rows, distances),
        ).fit_transform(vectors.numpy())
    return np.asarray(drawing, dtype=np.float32)


def _principal_components(vectors: torch.Tensor, dimensions: int) -> np.ndarray:
    """The drawing of so few points that they have no neighbourhoods to speak of."""
    centred = vectors.double() - vectors.double().mean(dim=0)
    left, spread, _ = torch.linalg.svd(centred, full_matrices=False)
    drawing = np.zeros((len(vectors), dimensions), dtype=np.float32)
    n_components = min(dimensions, len(spread))
    drawing[:, :n_components] = (left * spread)[:, :n_components].numpy()
    return drawing

"""The text a training reads: the profiles as they are, or as the run's perturbations make them."""

from __future__ import annotations

from core.models.text_features import TextFeatures, text_features
from core.motivations.build import with_users
from core.motivations.profiles import Profiles
from core.storage import read_tensors
from core.training.config import TrainingConfig
from core.training.perturbation import controlled, swapped_users
from core.workspace import Artefact, Workspace


def text_to_read(workspace: Workspace, profiles: Artefact, config: TrainingConfig) -> TextFeatures:
    """The features of the profiles; under ``text_noise`` those of profiles amassed again, then what ``text_control`` makes of them.

    Raises:
        NotFoundError: ``text_noise`` needs the extraction the profiles were made of, and it is gone.
    """
    text = Profiles.load(profiles)
    if config.text_noise > 0:
        extraction = workspace.get("extraction", profiles.manifest.sources["extraction"])
        embeddings = read_tensors(extraction.path / "embeddings.safetensors")["embeddings"]
        text = with_users(text, swapped_users(text.statements, config.text_noise, config.seed), embeddings)
    return controlled(text_features(text, config.text_dim, config.words_read), config.text_control, config.seed)

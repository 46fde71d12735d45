from __future__ import annotations

import pytest

from core.errors import InputError
from core.jobs.kinds import checked_arguments, run_kind
from core.jobs.steps import build_profiles_of
from core.progress import never_stop, silent
from core.workspace import Workspace
from tests.app.filled import filled, filled_copy
from tests.app.hand_made import publish_reviews

__all__ = ["filled", "filled_copy"]


def test_profiles_are_built_of_the_extraction_that_is_named_and_only_once(filled_copy: Workspace) -> None:
    known = filled_copy.list("profiles")[0]
    assert build_profiles_of(filled_copy, "small", "small-ex0").manifest == known.manifest
    filled_copy.remove(known)
    arguments = checked_arguments("profiles", {"dataset": "small", "extraction": "small-ex0"})
    again = run_kind("profiles", filled_copy, arguments, silent, never_stop)
    assert again.id == known.id
    assert again.manifest.sources == known.manifest.sources


def test_an_extraction_of_another_dataset_is_refused(filled_copy: Workspace) -> None:
    publish_reviews(filled_copy, "another")
    with pytest.raises(InputError, match="of another dataset"):
        build_profiles_of(filled_copy, "another", "small-ex0")


@pytest.mark.parametrize("n_motivations", [1, 33])
def test_a_discovery_of_too_few_or_too_many_motivations_is_no_job(n_motivations: int) -> None:
    with pytest.raises(InputError, match="n_motivations"):
        checked_arguments("discover", {"dataset": "small", "n_motivations": n_motivations})

from __future__ import annotations

import re
import stat
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dataset import ReviewDataset
from core.errors import InputError
from core.recommend import pseudonyms as subject
from core.recommend.pseudonyms import ANIMALS, QUALITIES, named, pseudonyms, workspace_key
from core.workspace import Workspace

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def test_the_lists_hold_no_word_twice() -> None:
    assert len(set(QUALITIES)) == len(QUALITIES) > 100
    assert len(set(ANIMALS)) == len(ANIMALS) > 100


def test_every_user_has_a_readable_name_of_its_own(small_dataset: ReviewDataset) -> None:
    names = pseudonyms(small_dataset, KEY)
    assert list(names) == [f"u{n}" for n in range(24)]
    assert len(set(names.values())) == 24
    assert all(re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ [1-9]\d{3}", name) for name in names.values())


def test_a_name_does_not_depend_on_the_place_in_the_table(small_dataset: ReviewDataset) -> None:
    turned = replace(small_dataset, users=small_dataset.users.iloc[::-1].reset_index(drop=True))
    assert pseudonyms(turned, KEY) == pseudonyms(small_dataset, KEY)


def test_another_key_gives_other_names(small_dataset: ReviewDataset) -> None:
    ours, theirs = pseudonyms(small_dataset, KEY), pseudonyms(small_dataset, OTHER_KEY)
    assert sum(ours[user] == theirs[user] for user in ours) == 0


@given(st.lists(st.text(), unique=True, max_size=40), st.randoms())
def test_names_never_collide_and_never_depend_on_order(identifiers: list[str], shuffler: object) -> None:
    turned = list(identifiers)
    shuffler.shuffle(turned)  # type: ignore[attr-defined]
    names = named(identifiers, KEY)
    assert len(set(names.values())) == len(identifiers)
    assert named(turned, KEY) == names


def test_ids_that_draw_the_same_name_draw_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "QUALITIES", ("Calm",))
    monkeypatch.setattr(subject, "ANIMALS", ("Owl",))
    monkeypatch.setattr(subject, "_NUMBERS", 50)
    names = named([f"user {n}" for n in range(50)], KEY)
    assert sorted(names.values()) == sorted(f"Calm Owl {1000 + n}" for n in range(50))


def test_the_key_is_made_once_and_kept_from_others(workspace: Workspace) -> None:
    key = workspace_key(workspace)
    assert len(key) == 32
    assert workspace_key(Workspace(workspace.root)) == key
    assert stat.S_IMODE((workspace.root / "pseudonyms.json").stat().st_mode) == 0o600


def test_two_workspaces_have_two_keys(workspace: Workspace, tmp_path: object) -> None:
    assert workspace_key(workspace) != workspace_key(Workspace(f"{tmp_path}/other"))


@pytest.mark.parametrize("content", ['{"key": "zz"}', '{"key": "00"}', "[]", "{}"])
def test_a_damaged_key_says_so(workspace: Workspace, content: str) -> None:
    (workspace.root / "pseudonyms.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        workspace_key(workspace)

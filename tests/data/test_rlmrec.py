"""RLMRec's folders: the published split as it is, and pickles that are never trusted."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from safetensors.numpy import load_file

from core.data.dataset import ReviewDataset
from core.data.importing import ImportRequest, import_reviews
from core.data.unpickling import read_pickle
from core.errors import InputError

FILES = ("trn_mat.pkl", "val_mat.pkl", "tst_mat.pkl")


def write_folder(folder: Path, layout: type = sp.coo_matrix, protocol: int = 4) -> Path:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(FILES):
        dense = np.zeros((7, 5))
        dense[np.arange(6), (np.arange(6) + number) % 5] = 1.0
        (folder / name).write_bytes(pickle.dumps(layout(dense), protocol=protocol))
    return folder


@pytest.mark.parametrize("layout", [sp.coo_matrix, sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.coo_array])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_all_layouts_give_the_same_dataset_with_unseen_nodes(tmp_path, imported, layout, protocol):
    dataset = imported(write_folder(tmp_path / "yelp", layout, protocol), "rlmrec", domain="places", min_interactions=5)
    assert (dataset.n_users, dataset.n_items) == (7, 5)
    assert dataset.report["splits"] == {"train": 6, "validation": 6, "test": 6}
    assert dataset.pairs("train").tolist() == [[user, user % 5] for user in range(6)]


def test_profiles_and_embeddings_come_along(tmp_path, workspace):
    folder = write_folder(tmp_path / "f")
    (folder / "usr_prf.pkl").write_bytes(pickle.dumps({0: {"profile": "Likes jazz.", "reasoning": "..."}, 3: '{"profile": "Likes rock."}'}))
    (folder / "itm_prf.pkl").write_bytes(pickle.dumps({4: {"profile": "Jazz fans.", "title": "Kind of Blue"}}))
    vectors = np.random.default_rng(0).random((7, 8))
    (folder / "usr_emb_np.pkl").write_bytes(pickle.dumps(vectors))
    artefact = import_reviews(workspace, ImportRequest(path=folder, format="rlmrec", name="f"))
    dataset = ReviewDataset.load(artefact)
    assert dataset.users["profile_text"].tolist()[:4] == ["Likes jazz.", "", "", "Likes rock."]
    assert dataset.items.iloc[4].tolist() == ["4", "Kind of Blue", "", "", "Jazz fans."]
    assert np.allclose(load_file(artefact.path / "given_embeddings.safetensors")["user"], vectors)


class _Trap:
    def __init__(self, call: object, *arguments: object) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call, self.arguments


def test_a_hostile_pickle_is_refused_and_runs_nothing(tmp_path):
    victim = tmp_path / "touched"
    for protocol in range(6):
        (tmp_path / "bad.pkl").write_bytes(pickle.dumps({"a": [1, _Trap(Path.touch, victim)]}, protocol=protocol))
        with pytest.raises(InputError, match="not allowed and was not run") as caught:
            read_pickle(tmp_path / "bad.pkl")
        assert caught.value.exit_status == 2
    assert not victim.exists()


@pytest.mark.parametrize(
    "name", ["os\nsystem", "builtins\neval", "builtins\ngetattr", "numpy\nload", "numpy.testing\nrundocs", "scipy.sparse\nload_npz"]
)
def test_names_beside_the_list_are_refused(tmp_path, name):
    (tmp_path / "bad.pkl").write_bytes(b"c" + name.encode() + b"\n.")
    with pytest.raises(InputError, match="not allowed"):
        read_pickle(tmp_path / "bad.pkl")


def test_a_dotted_name_does_not_reach_around_the_list(tmp_path):
    payload = b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93."
    (tmp_path / "bad.pkl").write_bytes(payload)
    with pytest.raises(InputError, match="not allowed"):
        read_pickle(tmp_path / "bad.pkl")


def test_a_pickle_cannot_change_the_classes_it_names(tmp_path):
    # GLOBAL scipy.sparse csr_matrix, then BUILD with the slot state {"tocoo": 1}: sets an attribute of the class itself.
    payload = b"\x80\x02cscipy.sparse\ncsr_matrix\n(N}X\x05\x00\x00\x00tocooK\x01stb."
    (tmp_path / "bad.pkl").write_bytes(payload)
    read_pickle(tmp_path / "bad.pkl")
    assert callable(sp.csr_matrix.tocoo)


def test_plain_containers_and_arrays_are_read(tmp_path):
    content = {
        "a": [1, 2.5, None, True, b"x", (1,), {3}],
        "b": OrderedDict(c=np.arange(3)),
        "d": np.float32(2),
        "e": np.array(["x", None], dtype=object),
    }
    (tmp_path / "good.pkl").write_bytes(pickle.dumps(content))
    again = read_pickle(tmp_path / "good.pkl")
    assert again["a"] == content["a"]
    assert again["b"]["c"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("cut", [0, 1, 10, 100])
def test_truncated_pickle(tmp_path, cut):
    buffer = io.BytesIO()
    pickle.dump(sp.eye(20, format="csr"), buffer)
    (tmp_path / "cut.pkl").write_bytes(buffer.getvalue()[:cut])
    with pytest.raises(InputError, match="damaged"):
        read_pickle(tmp_path / "cut.pkl")


def csr_with(**parts: np.ndarray) -> sp.csr_matrix:
    matrix = sp.csr_matrix(np.eye(7, 5))
    for name, value in parts.items():
        setattr(matrix, name, value)
    return matrix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "Not a sparse matrix"),
        (np.eye(3), "Not a sparse matrix"),
        (csr_with(indices=np.array([0, 1, 2, 3, 99])), "damaged"),
        (csr_with(indices=np.array([0, 1, 2, 3, -1])), "damaged"),
        (csr_with(indptr=np.array([0, 9, 2, 3, 4, 5, 5, 5])), "damaged"),
        (csr_with(indptr=np.array([0, 1])), "damaged"),
        (csr_with(data=np.ones(2)), "damaged"),
        (sp.coo_matrix((10**9, 5)), "damaged"),
        (sp.csr_matrix(np.eye(3)), "differ in shape"),
    ],
)
def test_matrices_that_do_not_hold_together(tmp_path, imported, content, message):
    folder = write_folder(tmp_path / "f")
    (folder / "tst_mat.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match=message):
        imported(folder, "rlmrec")


def test_incomplete_folders_and_wrong_profiles(tmp_path, imported):
    folder = write_folder(tmp_path / "f")
    (folder / "itm_prf.pkl").write_bytes(pickle.dumps({5: {"profile": "one too many"}}))
    with pytest.raises(InputError, match="A profile for '5', and there are 5"):
        imported(folder, "rlmrec")
    (folder / "itm_prf.pkl").unlink()
    (folder / "usr_emb_np.pkl").write_bytes(pickle.dumps(np.ones((3, 8))))
    with pytest.raises(InputError, match="Not an embedding of 7 rows"):
        imported(folder, "rlmrec")
    (folder / "val_mat.pkl").unlink()
    with pytest.raises(InputError, match=r"No such file .*val_mat.pkl"):
        imported(folder, "rlmrec")
    with pytest.raises(InputError, match="folder is needed"):
        imported(folder / "trn_mat.pkl", "rlmrec")

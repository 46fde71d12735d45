"""Files of prompts: exactly what the store holds, there and back; every conflict in one line and nothing half done."""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import InputError, NotFoundError
from core.extraction.prompts.files import export_prompts, file_name, file_text, import_prompts, read_prompt
from core.extraction.prompts.store import PromptStore, PromptVersion
from core.extraction.prompts.template import PromptTemplate
from core.workspace import Workspace

ODD = st.text(st.sampled_from("ab'\"\\ \n\t\r\x00\x07\x7fé😀\u2028#=[]{}%") | st.characters(exclude_categories=["Cs"]), max_size=80)
SAFE = st.text(
    st.sampled_from("ab'\"\\ \n\té😀\u2028#=[]") | st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}"), max_size=80
)


@pytest.fixture
def store(workspace: Workspace) -> PromptStore:
    return PromptStore(workspace)


@pytest.fixture
def other(tmp_path: Path) -> PromptStore:
    return PromptStore(Workspace(tmp_path / "other"))


def template(words: str = "", user: str = "{{ review }}") -> PromptTemplate:
    return PromptTemplate(kind="review", domain="places", system=f"Read.\n{words}", user=user)


def hand_written(path: Path, *lines: str, system: str = "Read.", user: str = "{{ review }}") -> Path:
    path.write_text("\n".join([*lines, 'kind = "review"', 'domain = "places"', f'system = "{system}"', f'user = "{user}"']))
    return path


@given(ODD, ODD, ODD, st.none() | ODD)
@example("'''", "ends with '", '"""', "parent@1")
@example('"""" and \'\'\'"', "\\", "\n\nfirst lines are kept\n\n", None)
@example("''' ends with a backslash \\\"", "''' " + '""""""', "a\r\nb", None)
def test_file_is_exactly_the_version(system: str, user: str, note: str, parent: str | None):
    made = PromptTemplate(kind="review", domain="games", system=system, user=user)
    version = PromptVersion(name="mine", number=3, hash=made.hash, template=made, parent=parent, note=note, created_at="2026-01-02")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_name(version)
        path.write_bytes(file_text(version).encode())
        assert read_prompt(path) == version
        path.write_bytes(file_text(version).replace("\n", "\r\n").encode())  # as git may check it out on Windows
        assert read_prompt(path).template == version.template


@settings(max_examples=15, deadline=None)  # each makes two databases
@given(st.lists(st.tuples(SAFE, SAFE, ODD), min_size=1, max_size=4))
def test_stores_exchange_versions_by_files(contents: list[tuple[str, str, str]]):
    folder = Path(tempfile.mkdtemp())
    try:
        here, there = (PromptStore(Workspace(folder / name)) for name in ("here", "there"))
        for system, user, note in contents:
            saved = PromptTemplate(kind="user", domain="games", system=system, user=f"{{{{ reviews }}}}{user}")
            here.save("mine", saved, note=note)
        export_prompts(here, folder / "files", ["mine"])
        import_prompts(there, folder / "files")
        assert there.versions("mine") == here.versions("mine")
        export_prompts(there, folder / "again", ["mine"])
        texts = [{path.name: path.read_bytes() for path in (folder / name).iterdir()} for name in ("files", "again")]
        assert texts[0] == texts[1]
    finally:
        shutil.rmtree(folder)


def test_files_are_readable(store: PromptStore, tmp_path: Path):
    store.save("mine", template('It\'s "quoted" \\ text.\n'), note="Zwei\nZeilen")
    (path,) = export_prompts(store, tmp_path / "files", ["mine"])
    assert path == tmp_path / "files" / "mine@1.toml"
    text = path.read_text(encoding="utf-8")
    assert "system = '''\nRead.\nIt's \"quoted\" \\ text.\n'''" in text
    assert 'note = "Zwei\\nZeilen"' in text
    assert list(tomllib.loads(text)) == ["name", "number", "hash", "kind", "domain", "note", "created_at", "system", "user"]


def test_whole_store_goes_over_with_its_history(store: PromptStore, other: PromptStore, tmp_path: Path):
    store.save("review-places", template("two"), note="second")
    store.save("mine", template("a"), parent="review-places@2")
    paths = export_prompts(store, tmp_path / "files")
    assert len(paths) == len(list((tmp_path / "files").iterdir())) == 14
    taken = import_prompts(other, tmp_path / "files")
    assert len(taken) == 14
    assert other.versions("mine") == store.versions("mine")
    assert other.get("review-places@2") == store.get("review-places@2")
    assert other.get("review-places@1").shipped
    assert import_prompts(other, tmp_path / "files") == taken
    assert export_prompts(store, tmp_path / "files") == paths


def test_names_and_labels_choose_what_is_exported(store: PromptStore, tmp_path: Path):
    for words in "abc":
        store.save("mine", template(words))
    files = [path.name for path in export_prompts(store, tmp_path / "files", ["mine@2", "mine@2", "user-games"])]
    assert files == ["mine@2.toml", "user-games@1.toml"]
    with pytest.raises(NotFoundError, match="No prompt 'yours'"):
        export_prompts(store, tmp_path / "nothing", ["mine", "yours"])
    assert not (tmp_path / "nothing").exists()


def test_label_taken_here_is_refused_in_one_line_and_nothing_is_imported(store: PromptStore, other: PromptStore, tmp_path: Path):
    store.save("mine", template("here"))
    store.save("also", template("here"))
    other.save("mine", template("there"))
    export_prompts(store, tmp_path / "files", ["mine", "also"])
    with pytest.raises(
        InputError, match=r"mine@1 is another template in this workspace \(there \w{12}, here \w{12}\)\..*--renumber"
    ) as caught:
        import_prompts(other, tmp_path / "files")
    assert "\n" not in str(caught.value)
    assert "also" not in other.names()
    taken = import_prompts(other, tmp_path / "files", renumber=True)
    assert [version.label for version in taken] == ["also@1", "mine@2"]
    assert other.get("mine@1").template == template("there")
    assert import_prompts(other, tmp_path / "files", renumber=True) == taken


def test_file_of_another_version_is_not_written_over(store: PromptStore, other: PromptStore, tmp_path: Path):
    store.save("mine", template("here"))
    store.save("also", template("here"))
    other.save("mine", template("there"))
    (path,) = export_prompts(other, tmp_path / "files", ["mine"])
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"The folder holds another mine@1 .*mine@1\.toml"):
        export_prompts(store, tmp_path / "files", ["also", "mine"])
    assert path.read_bytes() == before
    assert [one.name for one in (tmp_path / "files").iterdir()] == ["mine@1.toml"]
    with pytest.raises(InputError, match="This is a file, not a folder"):
        export_prompts(store, path)


def test_hand_written_file_becomes_the_next_version(store: PromptStore, tmp_path: Path):
    path = hand_written(tmp_path / "new.toml", 'name = "review-places"', 'note = "by hand"')
    (version,) = import_prompts(store, path)
    assert (version.label, version.parent, version.note) == ("review-places@2", "review-places@1", "by hand")
    assert import_prompts(store, path) == [version]


def test_file_changed_by_hand_does_not_pass_for_the_old_version(store: PromptStore, other: PromptStore, tmp_path: Path):
    store.save("mine", template("a"))
    (path,) = export_prompts(store, tmp_path / "files", ["mine"])
    path.write_text(path.read_text().replace("Read.", "Read twice."))
    with pytest.raises(InputError, match=r"changed by hand \(.*mine@1\.toml\)\. Remove the lines with hash and number"):
        import_prompts(other, path)
    path.write_text("\n".join(line for line in path.read_text().split("\n") if not line.startswith(("hash", "number"))))
    assert import_prompts(store, path)[0].label == "mine@2"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Not a prompt: name: Field required"),
        (b"name = x\n", "Not a TOML file: .*line 1"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'name = "x"\nnames = "y"', "Not a prompt"),
        (b'name = "x"\nkind = "poem"\ndomain = "places"\nsystem = ""\nuser = ""', "Not a prompt: kind"),
        (b'name = "x"\nkind = "review"\ndomain = "books"\nsystem = ""\nuser = ""', "Not a prompt: domain: .*products, places, games"),
        (b'name = "x"\nnumber = 0\nkind = "review"\ndomain = "games"\nsystem = ""\nuser = ""', "Not a prompt: number"),
        (b'name = "x"\nnumber = 9999999999\nkind = "review"\ndomain = "games"\nsystem = ""\nuser = ""', "Not a prompt: number"),
        (b'name = "X Y"\nkind = "review"\ndomain = "games"\nsystem = ""\nuser = "{{ review }}"', "Not a usable name"),
        (b'name = "x"\nkind = "review"\ndomain = "games"\nsystem = ""\nuser = "a\\n{{ review.x( }}"', r"bad\.toml, user part, line 2"),
        (b'name = "x"\nkind = "review"\ndomain = "games"\nsystem = ""\nuser = "Hello"', r"never shows .*bad\.toml"),
        (b"a = " + b"[" * 5000, "Not a TOML file"),
        (b"#" * 1_000_001, "Too large for a prompt"),
    ],
)
def test_bad_file_is_one_line_and_nothing_is_imported(content: bytes, words: str, store: PromptStore, tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    hand_written(folder / "a-good.toml", 'name = "good"')
    (folder / "bad.toml").write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        import_prompts(store, folder)
    assert "\n" not in str(caught.value)
    assert "good" not in store.names()


def test_missing_paths_and_empty_folders_are_told(store: PromptStore, tmp_path: Path):
    with pytest.raises(InputError, match="No such file"):
        import_prompts(store, tmp_path / "none.toml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="No prompts in this folder"):
        import_prompts(store, tmp_path / "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission_is_told(store: PromptStore, tmp_path: Path):
    path = hand_written(tmp_path / "shut.toml", 'name = "x"')
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        import_prompts(store, path)

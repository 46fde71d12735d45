"""Versions: numbered without gaps or doubles whoever writes, never changed, and the defaults always there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import InputError, NotFoundError, StorageError
from core.extraction.prompts import store as store_module
from core.extraction.prompts.defaults import default_template, default_templates
from core.extraction.prompts.store import SHIPPED_NOTE, PromptStore, PromptVersion
from core.extraction.prompts.template import PromptTemplate
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def store(workspace: Workspace) -> PromptStore:
    return PromptStore(workspace)


def template(words: str = "", kind: str = "review", domain: str = "places") -> PromptTemplate:
    variable = {"review": "review", "merge": "statements"}.get(kind, "reviews")
    return PromptTemplate(kind=kind, domain=domain, system=f"Read. {words}", user=f"{{{{ {variable} }}}}")  # type: ignore[arg-type]


def test_defaults_are_version_1_of_their_names(store: PromptStore):
    assert store.names() == sorted(default_templates())
    assert store.names("user") == ["user-games", "user-places", "user-products"]
    assert store.names("merge", "games") == ["merge-games"]
    for name, shipped in default_templates().items():
        version = store.get(name)
        assert (version.label, version.template, version.hash) == (f"{name}@1", shipped, shipped.hash)
        assert (version.shipped, version.parent, version.note) == (True, None, SHIPPED_NOTE)


def test_save_counts_on_and_keeps_parent_note_and_time(store: PromptStore):
    second = store.save("review-places", template("two"), note="shorter")
    third = store.save("review-places", template("three"), note="longer", parent="review-places@1")
    assert [(one.label, one.parent, one.note, one.shipped) for one in (second, third)] == [
        ("review-places@2", "review-places@1", "shorter", False),
        ("review-places@3", "review-places@1", "longer", False),
    ]
    assert second.created_at < third.created_at
    assert [one.number for one in store.versions("review-places")] == [3, 2, 1]
    assert store.get("review-places") == third == store.get("review-places@3")
    assert store.get("review-places@2") == second
    assert store.save("mine", template("two")).parent is None
    assert store.save("yours", template("two"), parent="mine").parent == "mine@1"


def test_newest_template_again_is_no_new_version(store: PromptStore):
    saved = store.save("mine", template("a"), note="first")
    assert store.save("mine", template("a"), note="again") == saved
    store.save("mine", template("b"))
    assert store.save("mine", template("a")).label == "mine@3"


def test_restore_makes_an_old_version_the_newest(store: PromptStore):
    store.save("mine", template("a"))
    store.save("mine", template("b"))
    back = store.restore("mine@1", "b was worse")
    assert (back.label, back.parent, back.note, back.template) == ("mine@3", "mine@1", "b was worse", template("a"))
    assert back.hash == store.get("mine@1").hash
    assert store.restore("mine@3", "") == back


def test_versions_never_change_nor_go(store: PromptStore, workspace: Workspace):
    saved = store.save("mine", template("a"))
    for statement in ("UPDATE prompt_versions SET note = 'x'", "DELETE FROM prompt_versions", "UPDATE prompt_versions SET user = ''"):
        connection = sqlite3.connect(workspace.database)
        with pytest.raises(sqlite3.IntegrityError, match="prompt version"):
            connection.execute(statement)
        connection.close()
    assert store.get("mine@1") == saved


def test_versions_outlive_the_process_that_wrote_them(store: PromptStore, workspace: Workspace):
    saved = store.save("mine", template("ünï {# c #}\n\ttab '\" \\"), note="ö\nzwei")
    assert PromptStore(workspace).get("mine") == saved
    assert len(PromptStore(workspace).names()) == 13


def test_diff_shows_both_parts(store: PromptStore):
    store.save("mine", PromptTemplate(kind="review", domain="places", system="a\nb\nc", user="{{ review }}\nGo."))
    store.save("mine", PromptTemplate(kind="review", domain="places", system="a\nB\nc", user="{{ review }}\nGo!"))
    changes = store.diff("mine@1", "mine").split("\n")
    assert [line for line in changes if line[:1] in "+-"] == [
        *("--- mine@1 system", "+++ mine@2 system", "-b", "+B"),
        *("--- mine@1 user", "+++ mine@2 user", "-Go.", "+Go!"),
    ]
    assert store.diff("mine@2", "mine") == ""


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("nothing", "No prompt 'nothing' in this workspace .* There are: item-games"),
        ("review-place", "Did you mean review-places?"),
        ("review-places@7", r"No prompt 'review-places@7' .* There are: review-places@1"),
        ("review-places@0", "No prompt 'review-places@0'"),
        ("review-places@", "Labels look like"),
        ("review-places@one", "Labels look like"),
        ("review-places@-1", "Labels look like"),
        ("review-places@²", "Labels look like"),
        ("review-places@99999999999999999999", "Labels look like"),
        ("", "No prompt ''"),
    ],
)
def test_unknown_prompts_are_one_clear_line(reference: str, words: str, store: PromptStore):
    with pytest.raises(InputError, match=words):
        store.get(reference)


def test_what_cannot_be_used_is_not_saved(store: PromptStore):
    with pytest.raises(InputError, match="Not a usable name"):
        store.save("Mein Prompt", template())
    with pytest.raises(InputError, match="Not a usable name"):
        store.save("a@b", template())
    with pytest.raises(InputError, match=r"user part, line 1"):
        store.save("mine", PromptTemplate(kind="review", domain="places", system="", user="{{ reveiw }}"))
    with pytest.raises(NotFoundError, match="No prompt 'gone'"):
        store.save("mine", template(), parent="gone@1")
    for wrong in (template(kind="user"), template(domain="games")):
        with pytest.raises(InputError, match="review-places holds review prompts for places.*another name"):
            store.save("review-places", wrong)
    assert len(store.names()) == 12
    assert len(store.versions("review-places")) == 1


def test_default_of_a_later_release_follows_its_own_kind_only(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    """A label keeps its text; who has gone on from the old default keeps the own version as the newest."""
    old = PromptStore(workspace)
    own = old.save("review-games", template(domain="games"))
    later = default_templates() | {"review-places": template("of the next release"), "review-games": template("next", domain="games")}
    monkeypatch.setattr(store_module, "default_templates", lambda: later)
    for _ in range(2):
        store = PromptStore(workspace)
        assert store.get("review-places@1").template == default_template("review", "places")
        assert (store.get("review-places").label, store.get("review-places").shipped) == ("review-places@2", True)
        assert store.get("review-places").template == template("of the next release")
        assert store.get("review-games") == own
        assert len(store.versions("review-places")) == 2


def version(name: str, number: int, words: str, **rest: object) -> PromptVersion:
    fields = {"parent": "elsewhere@9", "note": "from afar", "created_at": "2026-01-02T03:04:05+00:00", **rest}
    return PromptVersion(name=name, number=number, hash=template(words).hash, template=template(words), **fields)  # type: ignore[arg-type]


def test_added_versions_stay_as_they_are(store: PromptStore):
    far = [version("far", 2, "a"), version("far", 5, "b")]
    assert store.add(far) == far
    assert store.add(far) == far
    assert store.versions("far") == far[::-1]
    assert store.save("far", template("c")).label == "far@6"


def test_added_versions_are_all_taken_or_none(store: PromptStore):
    store.save("mine", template("here"))
    with pytest.raises(InputError, match=r"mine@1 is another template in this workspace .*--renumber"):
        store.add([version("far", 1, "a"), version("mine", 1, "there")])
    assert "far" not in store.names()
    with pytest.raises(InputError, match="holds review prompts for games"):
        store.add([version("far", 1, "a"), version("review-games", 4, "for places")])
    assert "far" not in store.names()


def test_added_versions_may_get_the_next_number(store: PromptStore):
    store.save("mine", template("here"))
    (taken,) = store.add([version("mine", 1, "there")], renumber=True)
    assert (taken.label, taken.parent, taken.note) == ("mine@2", "elsewhere@9", "from afar")
    assert store.add([version("mine", 1, "there")], renumber=True) == [taken]
    (fresh,) = store.add([version("mine", 0, "by hand", parent=None)])
    assert (fresh.label, fresh.parent) == ("mine@3", "mine@2")
    assert [one.label for one in store.add([version("new", 0, "x"), version("new", 0, "x"), version("new", 0, "y")])] == [
        *("new@1", "new@1", "new@2")
    ]


def test_file_that_is_no_database_is_one_clear_line(workspace: Workspace):
    workspace.database.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match=r"prompt database refused.*studio\.sqlite"):
        PromptStore(workspace)


WRITER = """
import json, sys
from core.extraction.prompts.store import PromptStore
from core.extraction.prompts.template import PromptTemplate
from core.workspace import Workspace
store = PromptStore(Workspace(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
made = []
for turn in range(20):
    words = f"writer {sys.argv[2]} turn {turn}"
    version = store.save("shared", PromptTemplate(kind="review", domain="places", system=words, user="{{ review }}"), note=words)
    made.append([version.number, version.note])
print(json.dumps(made))
"""


def test_processes_saving_one_name_get_distinct_numbers(workspace: Workspace):
    """They open the new database at once too, so the defaults are written by one of them only."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITER, str(workspace.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    writers = [subprocess.Popen([*command, str(number)], **pipes) for number in range(3)]  # type: ignore[call-overload]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n"] * 3
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    made = [entry for writer in writers for entry in json.loads(writer.communicate(timeout=60)[0])]
    assert [writer.returncode for writer in writers] == [0] * 3
    assert sorted(number for number, _ in made) == list(range(1, 61))
    store = PromptStore(workspace)
    versions = store.versions("shared")
    assert {(one.number, one.note) for one in versions} == {(number, note) for number, note in made}
    assert all(one.template.system == one.note for one in versions)
    assert all(len(store.versions(name)) == 1 for name in default_templates())

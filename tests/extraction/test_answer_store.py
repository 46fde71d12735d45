"""Answers on disk: kept once committed, the first valid one stands, failed ones wait to be asked again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import StorageError
from core.extraction.answer_store import AnswerStore, key_of, scope_of
from core.extraction.grounding import Grounding
from core.extraction.ollama.extractor import Answer, Failure
from core.extraction.schema import Motivation, ReviewMotivations
from core.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
SCOPE = scope_of("prompt", "tiny:1b", "sha256:1", {"temperature": 0.0}, "taxonomy")


def answered(statement: str = "It is cheap.", **more: object) -> Answer:
    motivation = Motivation(name="value_for_money", statement=statement, quote="cheap", polarity="positive", strength=0.5)
    grounding = Grounding(score=1.0, begin=0, end=5, exact=True, grounded=True)
    return Answer.model_validate({"result": ReviewMotivations(motivations=[motivation]), "groundings": [grounding], **more})


def failed(message: str = "no JSON", raw: str = "Sure!") -> Answer:
    return Answer(failure=Failure(kind="invalid", message=message), raw=raw)


@pytest.fixture
def store(workspace: Workspace) -> AnswerStore:
    return AnswerStore(workspace)


def test_an_answer_comes_back_as_it_was(store: AnswerStore, workspace: Workspace):
    answer = answered(raw='{"motivations": []}', thinking="hm", attempts=2, prompt_tokens=100, answer_tokens=7, seconds=0.25)
    assert store.put("a", SCOPE, answer)
    assert store.get_many(["a", "b"]) == {"a": answer}
    store.close()
    assert AnswerStore(workspace).get_many(["a"]) == {"a": answer}


def test_the_first_valid_answer_stands(store: AnswerStore):
    assert store.put("a", SCOPE, failed("first"))
    assert store.put("a", SCOPE, failed("second"))
    assert store.state("a") == "failed"
    assert store.put("a", SCOPE, answered("one"))
    assert not store.put("a", SCOPE, answered("two"))
    assert not store.put("a", SCOPE, failed("late"))
    assert store.get_many(["a"]) == {"a": answered("one")}


def test_failed_answers_keep_their_reason_and_can_be_forgotten(store: AnswerStore):
    store.put("good", SCOPE, answered())
    store.put("bad", SCOPE, failed("no JSON", "Sure, here you go"))
    store.put("elsewhere", "another scope", failed())
    assert store.counts() == {"answered": 1, "failed": 2}
    assert store.counts(SCOPE) == {"answered": 1, "failed": 1}
    (kept,) = store.failed(SCOPE)
    assert (kept.key, kept.answer.raw) == ("bad", "Sure, here you go")
    assert kept.answer.failure is not None
    assert kept.answer.failure.message == "no JSON"
    assert store.forget_failed(SCOPE) == 1
    assert store.states(["good", "bad", "elsewhere"]) == {"good": "answered", "elsewhere": "failed"}


def test_keys_tell_what_decides_an_answer_apart():
    base = ("prompt", "tiny:1b", "sha256:1", {"temperature": 0.0}, "taxonomy")
    others = [
        ("prompt 2", *base[1:]),
        (base[0], "tiny:2b", *base[2:]),
        (*base[:2], "sha256:2", *base[3:]),
        (*base[:3], {"temperature": 0.5}, base[4]),
        (*base[:4], "taxonomy 2"),
    ]
    assert len({scope_of(*parts) for parts in [base, *others]}) == 6
    assert key_of(SCOPE, {"review": "a", "rating": 4}) == key_of(SCOPE, {"rating": 4, "review": "a"})
    assert key_of(SCOPE, {"review": "a"}) != key_of(SCOPE, {"review": "b"})
    assert key_of(SCOPE, {"review": "a"}) != key_of("other", {"review": "a"})


def test_digests_follow_what_is_said_and_not_how_long_it_took(store: AnswerStore):
    store.put("a", SCOPE, answered("x", seconds=1.0, raw="{ }"))
    store.put("b", SCOPE, answered("x", seconds=2.0, raw="{}"))
    store.put("c", SCOPE, answered("y"))
    digests = store.digests(["a", "b", "c", "absent"])
    assert set(digests) == {"a", "b", "c"}
    assert digests["a"] == digests["b"] != digests["c"]


def test_many_keys_are_looked_up_in_chunks(store: AnswerStore):
    keys = [f"{number:032x}" for number in range(1203)]
    for key in keys[::2]:
        store.put(key, SCOPE, answered())
    assert sorted(store.states(keys)) == keys[::2]


@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_text_survives(text: str, tmp_path_factory: pytest.TempPathFactory):
    store = AnswerStore(Workspace(tmp_path_factory.mktemp("any") / "w"))
    key = key_of(SCOPE, {"review": text})
    answer = answered(text, raw=text)
    store.put(key, SCOPE, answer)
    assert store.get_many([key]) == {key: answer}
    store.close()


def test_threads_share_a_store(store: AnswerStore):
    def put(begin: int) -> None:
        for number in range(begin, begin + 100):
            store.put(f"{number:032x}", SCOPE, answered())

    threads = [threading.Thread(target=put, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.counts() == {"answered": 400, "failed": 0}


def test_an_answer_put_is_there_after_kill_9(workspace: Workspace):
    program = (
        "import os, signal\n"
        "from core.extraction.answer_store import AnswerStore\nfrom core.extraction.ollama.extractor import Answer, Failure\n"
        "from core.workspace import Workspace\n"
        f"store = AnswerStore(Workspace({str(workspace.root)!r}))\n"
        "store.put('a', 's', Answer(failure=Failure(kind='cut', message='too long')))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert AnswerStore(workspace).state("a") == "failed"


def test_a_database_that_refuses_is_one_clear_error(workspace: Workspace):
    workspace.database.write_bytes(b"this is no database at all, and long enough to be read as one" * 20)
    with pytest.raises(StorageError, match="answers cannot be kept"):
        AnswerStore(workspace)

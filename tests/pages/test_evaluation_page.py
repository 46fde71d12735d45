"""The evaluation page, as a browser would get it: its form, an empty state, a whole report, one that grows, and failures."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.components import benchmark_form
from core.jobs import launch
from core.jobs.benchmark_config import BenchmarkConfig
from core.jobs.benchmark_report import FILE
from core.jobs.locks import exclusive
from core.storage import write_json
from core.workspace import Workspace
from tests.app.made_benchmark import CONFIG, leave_unfinished, publish, report
from tests.pages.test_pages import opened, words


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of every job that would have been started."""
    found: list[dict[str, Any]] = []

    def remember(space: Workspace, kind: str, arguments: dict[str, Any]) -> str:
        assert kind == "benchmark"
        found.append(launch.checked_arguments(kind, arguments))
        return "job-1"

    monkeypatch.setattr(benchmark_form, "launch", remember)
    return found


@pytest.fixture
def measured(filled_copy: Workspace) -> Workspace:
    """A workspace with a finished benchmark."""
    publish(filled_copy, filled_copy.list("dataset")[0])
    return filled_copy


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def part(space: Workspace, name: str, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    app = opened(space.root, "evaluation", monkeypatch, part=name, **query)
    assert not app.exception
    assert not app.error
    return app


def test_without_a_benchmark_a_small_one_is_offered_and_launched(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, launched: list[dict[str, Any]]
) -> None:
    app = opened(filled.root, "evaluation", monkeypatch)
    said = words(app)
    assert "No benchmark of small yet" in said
    assert "8 trainings" in said
    app.button(key="bench-small").click().run()
    assert not app.exception
    config = BenchmarkConfig.model_validate(launched[0]["config"])
    assert config.models == ("lmmrec", "lightgcn", "ease", "popularity")
    assert (config.seeds, config.splits, config.preset) == (2, "given", "fast")
    assert launched[0]["dataset"] == filled.list("dataset")[0].id


def test_the_form_counts_the_trainings_tells_their_time_and_starts_them(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, launched: list[dict[str, Any]]
) -> None:
    app = opened(filled.root, "evaluation", monkeypatch)
    dataset = filled.list("dataset")[0].id
    app.multiselect(key="bench-models-True").set_value(["lightgcn", "lmmrec", "kar:sgl"])
    app.selectbox(key="bench-preset-products-reviews").set_value("default")
    app.multiselect(key="bench-noise").set_value([0.1])
    app.number_input(key="bench-seeds").set_value(3)
    app.number_input(key="bench-epochs").set_value(15)
    app.number_input(key="bench-workers").set_value(1)
    app.toggle(key="bench-controls").set_value(True).run()
    said = words(app)
    # (plain + noise) of 3 models and 3 controls of 2 text models, 3 seeds; runs of 30 epochs took 12.5 s, 15 are asked for.
    assert "**36 trainings**: 12 for each of 3 seeds" in said
    n_known = 3 * (2 + 2 + 3)
    assert f"about {n_known * 12.5 / 2 // 60:.0f} min" in said
    assert "one after another; nothing is known of KAR on SGL" in said
    app.button(key="bench-start").click().run()
    assert not app.exception
    assert launched == [
        {
            "dataset": dataset,
            "workers": 1,
            "config": BenchmarkConfig(
                models=("lightgcn", "lmmrec", "kar:sgl"),
                seeds=3,
                splits="given",
                preset="default",
                noise=(0.1,),
                controls=True,
                settings={"epochs": 15},
            ).model_dump(mode="json"),
        }
    ]


def test_what_cannot_be_started_is_told_beforehand(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "evaluation", monkeypatch)
    app.segmented_control(key=f"bench-splits-{filled.list('dataset')[0].id}").set_value("random").run()
    assert "cannot be split anew" in words(app)
    assert "Choose the dataset's own split." in words(app)
    assert app.button(key="bench-start").disabled
    app.multiselect(key="bench-models-True").set_value([]).run()
    assert "Choose at least one model." in words(app)
    assert app.button(key="bench-start").disabled


def test_models_without_text_have_no_controls_to_choose(filled: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(filled.root, "evaluation", monkeypatch)
    app.multiselect(key="bench-models-True").set_value(["ease", "sgl"]).run()
    assert app.toggle(key="bench-controls").disabled
    assert app.toggle(key="bench-ablations").disabled
    assert app.multiselect(key="bench-text_noise").disabled


def test_a_report_says_who_is_better_by_how_much_and_how_sure(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = part(measured, "Accuracy", monkeypatch)
    said = words(app)
    assert "LMMRec reaches recall@20 0.2100, its best peer EASE 0.2000" in said
    assert app.query_params["benchmark"] in ("small-be0", ["small-be0"])
    shown = app.dataframe[0].value
    assert shown["model"].tolist() == ["LMMRec", "EASE", "RLMRec-Con on SimGCL", "SimGCL"]
    assert {"recall@20", "ndcg@20"} <= set(shown.columns)
    tested = app.dataframe[1].value
    assert tested["peer"].tolist() == ["EASE (best)", "RLMRec-Con on SimGCL", "SimGCL"]
    assert {"95 % interval", "p over users", "p over splits"} <= set(tested.columns)
    around = app.dataframe[2].value
    assert around[["model", "backbone alone"]].to_numpy().tolist() == [["RLMRec-Con on SimGCL", "SimGCL, 0.1800"]]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"settings": {"text_words": 128}, "noise": (0.2,), "ablations": True}, "tuned, TF-IDF of the text 128 · with noise, ablations"),
        ({"settings": {}}, "2 random splits · tuned"),
    ],
    ids=["more", "plain"],
)
def test_the_name_of_a_benchmark_tells_its_settings_and_what_else_it_measures(
    measured: Workspace, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], told: str
) -> None:
    dataset = measured.list("dataset")[0]
    plain = {"preset": "tuned", "seeds": 2, "splits": "random", "noise": (), "text_noise": (), "controls": False, "ablations": False}
    identifier = leave_unfinished(measured, dataset)
    path = measured.root / "running" / identifier / f"benchmark-{FILE}"
    write_json(path, report(dataset.id).model_copy(update={"config": CONFIG.model_copy(update=plain | changed)}))
    options = part(measured, "Accuracy", monkeypatch, benchmark=identifier).selectbox(key="pick-benchmark").options
    assert any(f" · {told} · not finished · {identifier[-6:]}" in f" · {option}" for option in options)


def test_k_and_figures_are_chosen(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = part(measured, "Accuracy", monkeypatch)
    app.selectbox(key="by").set_value("ndcg@20").run()
    app.button_group(key="figures").set_value(["ndcg"]).run()
    app.button_group(key="at").set_value([5, 10]).run()
    assert not app.exception
    columns = app.dataframe[0].value.columns
    assert {"ndcg@5", "ndcg@10"} <= set(columns)
    assert not {"recall@20", "ndcg@20"} & set(columns)
    assert app.selectbox(key="by").value == "ndcg@5"  # what was compared by is no longer shown


def test_a_figure_leads_to_its_runs_and_on_to_their_pages(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = part(measured, "Accuracy", monkeypatch, behind="EASE")
    assert app.selectbox(key="behind").value == "ease/plain"
    runs = next(one.value for one in app.dataframe if "run" in one.value.columns)
    assert runs["seed"].tolist() == [1, 2]
    assert runs["recall@20"].tolist() == pytest.approx([0.19, 0.21])
    assert "Training of seed 1" in labels(app)
    app.button(key="behind-recommendations").click().run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Recommendations"]
    assert app.query_params["run"] in ("small-lightgcn-s0-li00", ["small-lightgcn-s0-li00"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Activity", "by activity of users"),
        ("Beyond accuracy", "Share of all items that appear"),
        ("Noise", "100 % is the same model without noise"),
        ("Controls, ablations", "a bar to the left means the part helps"),
        ("Explanations", "falls further without the top motivation"),
        ("Published", "A paper"),
        ("Made of", "at once, 2 min 05 s in all"),
    ],
)
def test_every_part_of_a_report_opens_from_a_link(measured: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    assert said in words(part(measured, name, monkeypatch))


def test_what_all_controls_share_stands_above_their_table(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIG.model_copy(update={"models": ("rlmrec-con:simgcl", "simgcl"), "noise": (), "ablations": False})
    publish(filled_copy, filled_copy.list("dataset")[0], config=config)
    app = part(filled_copy, "Controls, ablations", monkeypatch)
    assert "mean ± sd over splits: RLMRec-Con on SimGCL, plain 0.1900 ± 0.0141, backbone alone 0.1800" in words(app)
    assert "Gain left: of what the plain model gains over its backbone" in words(app)
    (controls,) = [shown.value for shown in app.dataframe if "changed" in shown.value]
    assert list(controls.columns) == ["changed", "recall@20", "change", "p over users", "gain left", "p against backbone"]


def test_models_keep_their_column_in_a_table_of_several(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (controls, _) = [shown.value for shown in part(measured, "Controls, ablations", monkeypatch).dataframe if "changed" in shown.value]
    assert set(controls["model"]) == {"LMMRec", "RLMRec-Con on SimGCL"}
    assert {"plain", "backbone alone"} <= set(controls.columns)


def test_a_benchmark_that_a_terminal_works_on_is_not_called_interrupted(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = leave_unfinished(filled_copy, filled_copy.list("dataset")[0])
    with exclusive(filled_copy, identifier):
        app = part(filled_copy, "Accuracy", monkeypatch)
    assert "Under way in a terminal" in app.info[0].value
    assert "bench-go-on" not in {button.key for button in app.button}


def test_an_interrupted_benchmark_shows_what_is_done_and_goes_on(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, launched: list[dict[str, Any]]
) -> None:
    identifier = leave_unfinished(filled_copy, filled_copy.list("dataset")[0])
    app = part(filled_copy, "Accuracy", monkeypatch)
    assert app.query_params["benchmark"] in (identifier, [identifier])
    assert f"Interrupted: {len(CONFIG.cells()) // 2} of {len(CONFIG.cells())} trainings are done" in app.warning[0].value
    assert not any("p over users" in shown.value.columns for shown in app.dataframe)
    assert app.dataframe[0].value["recall@20"].tolist()[0] == "0.2000"  # one seed: no spread
    app.button(key="bench-go-on").click().run()
    assert launched[0]["config"] == CONFIG.model_dump(mode="json")


def test_a_benchmark_of_which_nothing_is_done_yet_opens(filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unfinished(filled_copy, filled_copy.list("dataset")[0], seeds_done=0)
    app = part(filled_copy, "Accuracy", monkeypatch)
    assert "The first training is not done yet." in words(app)


def test_failures_are_listed_with_their_reason_and_tried_again(
    filled_copy: Workspace, monkeypatch: pytest.MonkeyPatch, launched: list[dict[str, Any]]
) -> None:
    publish(filled_copy, filled_copy.list("dataset")[0], failed=True)
    app = part(filled_copy, "Accuracy", monkeypatch)
    assert "1 of" in app.warning[0].value
    assert "trainings failed" in app.warning[0].value
    assert app.dataframe[0].value["reason"].tolist() == ["Its process was killed"]
    app.button(key="bench-again").click().run()
    assert launched[0]["config"] == CONFIG.model_dump(mode="json")


def test_a_link_to_a_benchmark_that_is_gone_says_so_and_shows_another(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = part(measured, "Accuracy", monkeypatch, benchmark="gone-1")
    assert "gone" in app.warning[0].value
    assert "LMMRec reaches" in words(app)


def test_the_page_turns_to_the_benchmark_that_was_just_started(
    measured: Workspace, monkeypatch: pytest.MonkeyPatch, launched: list[dict[str, Any]]
) -> None:
    app = part(measured, "Accuracy", monkeypatch)
    app.button(key="bench-start").click().run()
    assert app.query_params["benchmark"] in ("small-be0", ["small-be0"])
    assert len(launched) == 1
    folder = measured.root / "running" / "small-be2"
    folder.mkdir(parents=True)
    started = BenchmarkConfig.model_validate(launched[0]["config"])
    write_json(folder / f"benchmark-{FILE}", report(measured.list("dataset")[0].id, seeds_done=0, config=started))
    app.run()
    assert not app.exception
    assert app.query_params["benchmark"] in ("small-be2", ["small-be2"])


def test_a_benchmark_that_grows_stays_the_chosen_one(measured: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = measured.list("dataset")[0]
    identifier = leave_unfinished(measured, dataset)
    app = part(measured, "Accuracy", monkeypatch, benchmark=identifier)
    assert app.selectbox(key="pick-benchmark").value == identifier
    path = measured.root / "running" / identifier / f"benchmark-{FILE}"
    write_json(path, report(dataset.id, seeds_done=1).model_copy(update={"done": 30}))
    app.run()
    assert "30 of" in app.warning[0].value
    assert len(app.warning) == 1
    assert app.query_params["benchmark"] in (identifier, [identifier])
    # Finished, it is the same under the same id, and the words of its entry change.
    shutil.rmtree(path.parent)
    shutil.copytree(measured.root / "benchmark" / "small-be0", measured.root / "benchmark" / identifier)
    manifest = measured.root / "benchmark" / identifier / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("small-be0", identifier), encoding="utf-8")
    app.run()
    assert not app.warning
    assert app.query_params["benchmark"] in (identifier, [identifier])
    app.selectbox(key="pick-benchmark").set_value("small-be0").run()
    assert app.query_params["benchmark"] in ("small-be0", ["small-be0"])

"""The tables of a benchmark: what stands in them is what the report says."""

from __future__ import annotations

import pandas as pd
import pytest

from app.components.benchmark_sources import failure_rows, published_rows, run_rows, setting_rows, split_rows
from app.components.benchmark_tables import (
    BEYOND_WORDS,
    FAITHFULNESS_WORDS,
    accuracy_rows,
    activity_rows,
    best_cells,
    contrast_rows,
    exported_accuracy,
    figure_rows,
    kept_share,
    noise_points,
    over_backbone_rows,
    plain_outcomes,
    spoken,
    spread_words,
    variant_words,
    variation_rows,
    verdict,
)
from core.jobs.benchmark_config import ABLATIONS
from core.jobs.benchmark_report import BEYOND, FAITHFULNESS, BenchmarkReport
from tests.app.made_benchmark import figure, report

WHOLE = report()


def row(rows: pd.DataFrame, model: str) -> dict[str, str]:
    (found,) = rows[rows["model"].str.startswith(model)].to_dict("records")
    return found


def test_models_stand_by_falling_mean_each_figure_with_its_spread() -> None:
    rows = accuracy_rows(WHOLE, ["recall@20", "ndcg@20"], "recall@20")
    assert list(rows["key"]) == ["lmmrec", "ease", "rlmrec-con:simgcl", "simgcl"]
    assert row(rows, "EASE")["recall@20"] == "0.2000 ± 0.0141"


def test_the_first_model_stands_against_each_peer_with_interval_and_both_tests() -> None:
    best, other, _ = contrast_rows(WHOLE, "recall@20").to_dict("records")
    assert best == {
        "peer": "EASE (best)",
        "change": "+5.0 ± 1.0 %",
        "change of recall@20": "+0.0100",
        "95 % interval": "+0.0010 to +0.0200",
        "p over users": "0.0200",
        "p over splits": "0.0600",
    }
    assert other["peer"] == "RLMRec-Con on SimGCL"


def test_a_model_around_a_backbone_stands_against_the_backbone_by_itself() -> None:
    (pair,) = over_backbone_rows(WHOLE, "recall@20").to_dict("records")
    assert pair == {
        "model": "RLMRec-Con on SimGCL",
        "recall@20": "0.1900",
        "backbone alone": "SimGCL, 0.1800",
        "change": "+5.6 ± 1.0 %",
        "95 % interval": "+0.0010 to +0.0200",
        "p over users": "0.0200",
        "p over splits": "0.0600",
    }
    assert over_backbone_rows(report(seeds_done=1), "recall@20").empty


def test_a_report_of_before_there_were_these_comparisons_is_read() -> None:
    earlier = WHOLE.model_dump(mode="json", exclude={"over_backbones"})
    assert BenchmarkReport.model_validate(earlier).over_backbones == []


def test_one_seed_has_no_test_over_seeds() -> None:
    untested = WHOLE.model_copy(update={"contrasts": [one.model_copy(update={"p_splits": None}) for one in WHOLE.contrasts]})
    assert "p over splits" not in contrast_rows(untested, "recall@20")


def test_a_report_under_way_compares_nothing() -> None:
    partial = report(seeds_done=1)
    assert row(accuracy_rows(partial, ["recall@20"], "recall@20"), "EASE")["recall@20"] == "0.1900"
    assert contrast_rows(partial, "recall@20").empty
    assert verdict(partial, "recall@20") == ""


def test_the_verdict_says_over_what_it_is_sure() -> None:
    said = verdict(WHOLE, "recall@20")
    for part in (
        "best peer EASE 0.2000",
        "+5.0 ± 1.0 %",
        "= 0.0200 over 60 users",
        "= 0.0600 over 2 splits",
        "Holm's correction over 3 peers",
    ):
        assert part in said
    given = WHOLE.model_copy(update={"config": WHOLE.config.model_copy(update={"splits": "given"})})
    assert "over 2 seeds" in verdict(given, "recall@20")


def test_the_best_of_each_column_is_the_highest_mean() -> None:
    assert best_cells(WHOLE, ["recall@5", "ndcg@20"]) == {"recall@5": "lmmrec", "ndcg@20": "lmmrec"}


def test_the_export_holds_every_figure_of_every_outcome() -> None:
    rows = exported_accuracy(WHOLE)
    assert len(rows) == sum(len(one.figures) for one in WHOLE.outcomes)
    (ease,) = rows[(rows["model"] == "ease") & (rows["variant"] == "plain") & (rows["metric"] == "ndcg@10")].to_dict("records")
    assert (ease["mean"], ease["first_p_users_holm"], ease["first_n_users"]) == (pytest.approx(0.2), 0.02, 60)
    noisy = rows[(rows["model"] == "ease") & (rows["variant"] == "noise-0.1")]
    assert noisy["first_change"].isna().all()


def test_every_figure_of_the_report_has_words() -> None:
    assert set(BEYOND_WORDS) == set(BEYOND)
    assert {name for words in FAITHFULNESS_WORDS.values() for name in words} <= set(FAITHFULNESS)
    assert list(figure_rows(plain_outcomes(WHOLE), BEYOND_WORDS).columns[1:]) == [label for label, _ in BEYOND_WORDS.values()]
    faithful = figure_rows(plain_outcomes(WHOLE), FAITHFULNESS_WORDS["One motivation left out"])
    assert row(faithful, "LMMRec")["top hurts more"] == "0.550 ± 0.071"
    assert row(faithful, "EASE")["top hurts more"] == ""


def test_every_variant_has_words_of_its_own() -> None:
    words = {one.variant: variant_words(WHOLE, one) for one in WHOLE.outcomes if one.model == "lmmrec"}
    assert len(set(words.values())) == len(words) == 1 + 2 + 3 + len(ABLATIONS)
    assert words["noise-0.1"] == "10 % random interactions"
    assert words["prototypes"] == "with prototypes"
    assert words["plain"] == "plain"


def test_the_kept_share_is_taken_seed_by_seed() -> None:
    (one,) = [one for one in WHOLE.variations if (one.model, one.variant, one.metric) == ("ease", "noise-0.2", "recall@20")]
    kept = kept_share(WHOLE, one)
    assert kept is not None
    assert kept.values == pytest.approx([0.17 / 0.19, 0.19 / 0.21])
    assert kept.mean == pytest.approx((0.17 / 0.19 + 0.19 / 0.21) / 2)
    points = noise_points(WHOLE, "noise", "recall@20")
    assert list(points) == ["LMMRec", "RLMRec-Con on SimGCL", "EASE", "SimGCL"]
    assert [one.level for one in points["EASE"]] == [0.1, 0.2]
    assert points["EASE"][1].kept.mean == pytest.approx(kept.mean)


def without_figures(found: BenchmarkReport) -> BenchmarkReport:
    """The same report with recall@20 of 0 for all plain models."""
    nothing = [
        one.model_copy(update={"figures": one.figures | {"recall@20": figure(0.0, 0.0)}}) if one.kind == "plain" else one
        for one in found.outcomes
    ]
    return found.model_copy(update={"outcomes": nothing})


def test_of_nothing_no_share_is_left() -> None:
    assert noise_points(without_figures(WHOLE), "noise", "recall@20") == {}


def test_variations_say_the_change_in_percent_and_are_tested_only_when_all_is_done() -> None:
    rows = variation_rows(WHOLE, ("control",), "recall@20")
    assert set(rows["model"]) == {"LMMRec", "RLMRec-Con on SimGCL"}
    first = rows.iloc[0]
    assert (first["changed"], first["plain"], first["p over users"]) == ("text of other nodes", "0.2100 ± 0.0141", "0.0400")
    assert first["change"] == "-23.9 ± 1.6 %"
    assert "p over users" not in variation_rows(report(seeds_done=1), ("control",), "recall@20")


def test_controls_say_what_is_left_of_the_gain_over_a_backbone_that_is_there() -> None:
    rows = variation_rows(WHOLE, ("control",), "recall@20")
    own, on_simgcl = (rows[rows["model"] == model].iloc[0] for model in ("LMMRec", "RLMRec-Con on SimGCL"))
    assert (own["backbone alone"], own["gain left"], own["p against backbone"]) == ("", "", "")  # LightGCN by itself is not there
    assert (on_simgcl["backbone alone"], on_simgcl["p against backbone"]) == ("0.1800", "< 0.0001")
    assert on_simgcl["gain left"] == "-400 %"  # .18 + .01 - .05 against .17 + .01: four times the gain below the backbone
    running = variation_rows(report(seeds_done=1), ("control",), "recall@20")
    assert "gain left" in running
    assert "p against backbone" not in running
    assert not {"gain left", "backbone alone"} & set(variation_rows(WHOLE, ("noise",), "recall@20"))


def test_activity_has_a_column_a_group_with_its_users() -> None:
    rows = activity_rows(WHOLE, "ndcg@20")
    assert list(rows.columns) == ["model", "2-5 (31 users)", "6-30 (29 users)"]
    assert row(rows, "EASE")["2-5 (31 users)"] == spread_words(figure(0.1, 0.12))


def test_published_figures_stand_beside_ours_and_empty_where_there_are_none() -> None:
    lacking, ours = published_rows(WHOLE, "recall@20").to_dict("records")
    assert lacking["model, as published"] == "LightGCN"
    assert (lacking["model here"], lacking["here"], lacking["difference"]) == ("", "", "")
    assert (ours["model here"], ours["published"], ours["difference"]) == ("RLMRec-Con on SimGCL", "0.1520", "+25.0 %")  # 0.19 of 0.152
    assert published_rows(WHOLE, "ndcg@20")["difference"].tolist() == ["", "+90.0 %"]  # 0.19 of 0.1


def test_runs_stand_by_seed_with_their_own_figures_and_dataset() -> None:
    plain = WHOLE.outcome("ease")
    assert plain is not None
    rows = run_rows(plain, WHOLE)
    assert list(rows["seed"]) == [1, 2]
    assert list(rows["recall@20"]) == pytest.approx([0.19, 0.21])
    assert list(rows["run"]) == plain.runs
    assert set(rows["dataset"]) == {"small"}
    one_split = WHOLE.model_copy(update={"splits": WHOLE.splits[:1]})
    assert set(run_rows(plain, one_split)["dataset"]) == {"small"}


def test_failures_settings_and_splits_are_listed() -> None:
    (failed,) = failure_rows(report(failed=True).failures).to_dict("records")
    assert failed["reason"] == "Its process was killed"
    assert failed["seed"] == 2
    settings = setting_rows(WHOLE)
    assert list(settings.columns) == ["setting", "LMMRec", "RLMRec-Con on SimGCL", "EASE", "SimGCL"]
    assert settings["setting"].tolist() == ["learning rate", "prototypes"]
    assert settings["RLMRec-Con on SimGCL"].tolist() == ["0.003", ""]  # prototypes are LMMRec's
    assert settings["EASE"].tolist() == ["", ""]
    assert split_rows(WHOLE)["train"].tolist() == [500, 500]


@pytest.mark.parametrize(
    ("label", "name"), [("lmmrec", "LMMRec"), ("kar:gccf", "KAR on GCCF"), ("simgcl", "SimGCL"), ("ease-text", "EASE with item text")]
)
def test_models_are_spoken(label: str, name: str) -> None:
    assert spoken(label) == name

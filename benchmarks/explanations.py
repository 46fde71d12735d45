"""Do explanations say what is true? Random recommendations of real runs, each explanation checked by this program.

    python benchmarks/explanations.py [RUN...] [--workspace DIR] [--n 200] [--top 10] [--seed 0]

Without runs: the newest LMMRec run with named motivations of every dataset that is no re-split of another one's. Of each, n users are drawn
and one of the first ``top`` recommendations of each. Checked, without the code that made them:

* sum      the terms and the remainder add up to the inner product of the stored vectors, to 1e-9 of it;
* quotes   every quote, of the evidence and of the sentence, stands in the review it names: a training interaction of that user and that
           item (or in the profile text it names);
* silence  a side without a quote says so in words, and has no statement in the training reviews; one that says so has no quote;
* claims   the sentence is its claims, and each number in them is one the explanation holds.

And for how many of them deleting the first motivation lowers the score more than deleting another one drawn at random.
Prints a table and writes `benchmarks/results/explanations.json`; ends with status 1 where any check fails.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from core.recommend.evidence import Evidence
from core.recommend.explanation import Contribution, Explanation
from core.recommend.recommender import Recommender
from core.recommend.run_faithfulness import interval
from core.storage import read_json, write_json
from core.training.opened import Side
from core.workspace import Artefact, Workspace

RESULTS = Path(__file__).parent / "results" / "explanations.json"
CHECKS = ("sum", "quotes", "silence", "claims")
TOLERANCE = 1e-9
BAR = 0.90
_SPACE = re.compile(r"\s+")


def problems(why: Explanation, recommender: Recommender) -> list[tuple[str, str]]:
    """Everything wrong with an explanation: (check, what is wrong)."""
    dataset = recommender.dataset
    pair = dataset.user_idx(why.user), dataset.item_idx(why.item)
    found = [("sum", text) for text in _sum_problems(why, recommender, *pair)]
    for part in why.contributions:
        nodes: tuple[tuple[Side, int, list[Evidence]], ...] = (("user", pair[0], part.user_evidence), ("item", pair[1], part.item_evidence))
        for side, node, quotes in nodes:
            found += [("quotes", text) for one in quotes if (text := _quote_problem(one, side, node, recommender))]
            found += [("silence", text) for text in _silence_problems(part, side, node, quotes, recommender)]
    known = {_key(one) for part in why.contributions for one in (*part.user_evidence, *part.item_evidence)}
    return found + [("claims", text) for text in _claim_problems(why, known)]


def _sum_problems(why: Explanation, recommender: Recommender, user: int, item: int) -> list[str]:
    vectors = recommender.run.vectors
    own, other = vectors.user[user].numpy().astype(np.float64).ravel(), vectors.item[item].numpy().astype(np.float64).ravel()
    direct = float(np.dot(own, other)) + float(vectors.item_bias[item])
    if "user_behaviour" in vectors.views:
        behaviour = (vectors.views[f"{side}_behaviour"][node].numpy().astype(np.float64) for side, node in (("user", user), ("item", item)))
        direct += float(np.dot(*behaviour))
    parts = math.fsum([*(part.value for part in why.contributions), why.remainder])
    close = TOLERANCE * max(1.0, abs(direct))
    wrong = {"the parts": parts, "the score": why.score}
    return [f"{name} add up to {value!r}, the vectors to {direct!r}" for name, value in wrong.items() if abs(value - direct) > close]


def _quote_problem(one: Evidence, side: Side, node: int, recommender: Recommender) -> str:
    """What is wrong with a quote of a user or an item; "" where it stands where it says."""
    dataset = recommender.dataset
    if one.interaction_idx < 0:
        table = dataset.users if side == "user" else dataset.items
        text = str(table["profile_text"].iloc[node])
        return "" if one.source == f"{side}_profile" and _holds(text, one.quote) else f"“{one.quote[:60]}” is not in the profile text"
    row = dataset.interactions.iloc[one.interaction_idx]
    if row["split"] != "train":
        return f"review {one.interaction_idx} is of the {row['split']} split"
    if int(row[f"{side}_idx"]) != node:
        return f"review {one.interaction_idx} is not of this {side}"
    ids = str(dataset.users["user_id"].iloc[int(row["user_idx"])]), str(dataset.items["item_id"].iloc[int(row["item_idx"])])
    if (one.user, one.item) != ids:
        return f"review {one.interaction_idx} is of {ids}, not of {(one.user, one.item)}"
    texts = [str(row[column]) for column in ("summary", "text")]
    stands = any(_holds(text, one.quote) for text in (*texts, ". ".join(texts), " ".join(texts), "\n".join(texts)))
    return "" if stands else f"“{one.quote[:60]}” is not in review {one.interaction_idx}"


def _silence_problems(part: Contribution, side: Side, node: int, quotes: list[Evidence], recommender: Recommender) -> list[str]:
    said = part.user_silent if side == "user" else part.item_silent
    if said != (not quotes):
        return [f"{part.name}: {len(quotes)} quotes of the {side}, but silent is {said}"]
    if not said:
        return []
    wrong = [] if part.silence else [f"{part.name}: the {side} has no quote and no words say so"]
    profiles = recommender.run.profiles
    if profiles is None:
        return wrong
    statements = profiles.statements
    own = statements[(statements[f"{side}_idx"] == node) & (statements["motivation"] == profiles.taxonomy.keys.index(part.motivation))]
    training = own["interaction_idx"].map(lambda row: row < 0 or recommender.dataset.interactions["split"].iloc[row] == "train")
    return [*wrong, f"{part.name}: the {side} has {int(training.sum())} statements, but none is shown"] if training.any() else wrong


def _claim_problems(why: Explanation, known: set[tuple[int, str]]) -> list[str]:
    wrong = [] if "".join(claim.text for claim in why.claims) == why.sentence else ["the sentence is not its claims"]
    speaking = [*(part.value for part in why.contributions), why.remainder]
    total = sum(max(0.0, value) for value in speaking)
    shares = [value / total for value in speaking] if total > 0 else [0.0]
    for claim in why.claims:
        if claim.quote is not None and _key(claim.quote) not in known:
            wrong.append(f"a claim quotes what is no evidence: “{claim.quote.quote[:60]}”")
        quotation = re.search("“(.*?)(…?)”", claim.text) if claim.quote is not None else None
        if claim.quote is not None and (quotation is None or not _folded(claim.quote.quote).startswith(_folded(quotation[1]))):
            wrong.append(f"a claim does not hold its quote: {claim.text[:80]}")
        if claim.figure is not None and claim.figure.unit == "share" and min(abs(claim.figure.value - one) for one in shares) > TOLERANCE:
            wrong.append(f"a claim says a share that is none: {claim.text[:80]}")
    return wrong


def _key(one: Evidence) -> tuple[int, str]:
    return one.interaction_idx, one.quote


def _holds(text: str, quote: str) -> bool:
    return bool(quote.strip()) and _folded(quote) in _folded(text)


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def drawn(recommender: Recommender, n: int, top: int, generator: np.random.Generator) -> list[tuple[int, int]]:
    """(user_idx, item_idx) of n recommendations, each of another user (as far as there are so many) and from the first ``top``."""
    users = generator.permutation(recommender.dataset.n_users)[:n]
    ranked = recommender.recommend_many(users, top)[0]
    pairs = []
    for user, row in zip(users, ranked, strict=True):
        listed = row[row >= 0]
        if len(listed):
            pairs.append((int(user), int(generator.choice(listed))))
    return pairs


def measure(recommender: Recommender, n: int, top: int, seed: int) -> dict[str, Any]:
    """All figures of one run."""
    generator = np.random.default_rng(seed)
    dataset = recommender.dataset
    users, items = dataset.users["user_id"].astype(str).to_numpy(), dataset.items["item_id"].astype(str).to_numpy()
    failures: Counter[str] = Counter()
    examples: list[str] = []
    counts: Counter[str] = Counter()
    higher = 0
    pairs = drawn(recommender, n, top, generator)
    for user, item in pairs:
        why = recommender.explain(users[user], items[item])
        wrong = problems(why, recommender)
        failures.update({check for check, _ in wrong})
        examples += [f"{users[user]}, {items[item]}: {check}: {text}" for check, text in wrong]
        counts["quotes"] += sum(len(part.user_evidence) + len(part.item_evidence) for part in why.contributions)
        counts["claims"] += len(why.claims)
        counts["silent sides"] += sum(part.user_silent + part.item_silent for part in why.contributions)
        if not why.contributions:  # LightGCN and the like: there is nothing to delete
            continue
        first, *others = (part.motivation for part in why.contributions)
        after = [recommender.counterfactual(why.user, why.item, [key]) for key in (first, str(generator.choice(others)))]
        higher += after[0].score_after < after[1].score_after
    share = interval(higher / len(pairs), len(pairs)) if recommender.motivations else None
    return {
        "run": recommender.run.id,
        "n": len(pairs),
        "n_users": dataset.n_users,
        "n_items": dataset.n_items,
        "failed": {check: failures[check] for check in CHECKS},
        "checked": dict(counts),
        "first_deletion_lowers_more": share.model_dump() if share else None,
        "problems": examples[:20],
        "settings": {"n": n, "top": top, "seed": seed},
    }


def newest_runs(workspace: Workspace) -> list[Artefact]:
    """The newest LMMRec run with named slots of every dataset that was imported."""
    chosen = []
    for dataset in workspace.list("dataset"):
        runs = workspace.made_from("run", dataset)
        named = [run for run in runs if run.manifest.summary.get("model") == "lmmrec" and run.manifest.summary.get("form") == "slots"]
        if named and not dataset.manifest.byproduct:
            chosen.append(named[0])
    return chosen


def report(document: dict[str, Any]) -> None:
    """Print what was found of every run as Markdown."""
    typer.echo(
        "\n| run | explanations | sum, quotes, silence, claims wrong | quotes, claims, silent sides checked | first deletion lowers more |"
    )
    typer.echo("| --- | --- | --- | --- | --- |")
    for one in document.values():
        failed = ", ".join(str(one["failed"][check]) for check in CHECKS)
        checked = ", ".join(f"{one['checked'].get(what, 0):,}" for what in ("quotes", "claims", "silent sides"))
        typer.echo(f"| {one['run']} | {one['n']} | {failed} | {checked} | {_verdict(one['first_deletion_lowers_more'])} |")
    for one in document.values():
        for problem in one["problems"]:
            typer.echo(f"{one['run']}: {problem}")


def _verdict(share: dict[str, float] | None) -> str:
    if share is None:
        return "no motivations to delete"
    met = "met" if share["value"] >= BAR else "not met"
    return f"{share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%}; bar {BAR:.0%}: {met})"


def main(
    runs: Annotated[list[str] | None, typer.Argument()] = None,
    workspace: Annotated[Path, typer.Option(envvar="LMMREC_WORKSPACE")] = Path("workspace"),
    n: Annotated[int, typer.Option(min=1, help="Recommendations of each run")] = 200,
    top: Annotated[int, typer.Option(min=1, help="Drawn from the first so many")] = 10,
    seed: int = 0,
) -> None:
    """Check the runs, print and write down; other runs keep the figures they had."""
    place = Workspace(workspace, create=False)
    chosen = runs or [run.id for run in newest_runs(place)]
    document = {}
    for name in chosen:
        recommender = Recommender.open(place, name)
        document[recommender.run.id] = measure(recommender, n, top, seed)
    report(document)
    RESULTS.parent.mkdir(exist_ok=True)
    write_json(RESULTS, (read_json(RESULTS) if RESULTS.exists() else {}) | document)
    if any(count for one in document.values() for count in one["failed"].values()):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)

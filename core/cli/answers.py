"""`lmmrec recommend` and `explain`: what a run says of one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.console import answer, table, working
from core.cli.options import DEFAULT_WORKSPACE, JsonOption, RunArgument, WorkspaceOption, existing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.recommend.evidence import Evidence
    from core.recommend.explanation import Explanation

UserOption = Annotated[str, typer.Option("--user", metavar="ID", help="The user's id in the dataset.")]


def recommend(
    run: RunArgument,
    user: UserOption,
    k: Annotated[int, typer.Option("-k", min=1, help="How many items.")] = 10,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """The best items for a user.

    Those of the training history are left out.
    """
    from core.jobs import steps

    place = existing(workspace)
    with working():
        found = steps.recommend(place, run, user, k)
    rows = [[item.rank, item.item, item.title, item.score] for item in found.items]
    answer(found.document(), json, lambda: table(["rank", "item", "title", "score"], rows))


def explain(
    run: RunArgument,
    user: UserOption,
    item: Annotated[str, typer.Option("--item", metavar="ID", help="The item's id in the dataset.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Why a user gets an item.

    One term a motivation, which sum exactly to the score, and the quotes behind each.
    """
    from core.jobs import steps

    place = existing(workspace)
    with working():
        found = steps.explain(place, run, user, item)
    answer(found.document(), json, lambda: _plain(found))


def _plain(found: Explanation) -> str:
    rows = [[part.name, part.value, _quote(part.user_evidence), _quote(part.item_evidence)] for part in found.contributions]
    rows += [["behaviour alone" if found.contributions else "not split", found.remainder, "", ""], ["score", found.score, "", ""]]
    terms = table(["motivation", "value", "the user wrote", "about the item was written"], rows)
    return f"{found.title} ({found.item}) for {found.user}: rank {found.rank}\n{found.sentence}\n\n{terms}"


def _quote(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return "-"
    quote = " ".join(evidence[0].quote.split())
    return f"“{quote[:57]}…”" if len(quote) > 60 else f"“{quote}”"

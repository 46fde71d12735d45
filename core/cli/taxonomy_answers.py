"""What the commands of `lmmrec taxonomy` share: options, and how versions and coverage are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.console import answer, table

if TYPE_CHECKING:
    from core.motivations.coverage import Coverage
    from core.motivations.relabel import EditEffect
    from core.motivations.taxonomy_store import TaxonomyVersion

VersionArgument = Annotated[str, typer.Argument(metavar="NAME[@V]", help="A version, or a name (then its newest).")]
NoteOption = Annotated[str, typer.Option(help="Why, for whoever reads the list of versions.")]
ExtractionOption = Annotated[str | None, typer.Option(help="Which extraction of the dataset.  [default: its newest]")]


def version_entry(version: TaxonomyVersion) -> dict[str, Any]:
    """A version on one line of a list."""
    from core.motivations.taxonomy_edits import describe

    return {
        "version": version.label,
        "hash": version.hash,
        "parent": version.parent,
        "edit": describe(version.edit),
        "note": version.note,
        "created_at": version.created_at,
        "n_motivations": len(version.taxonomy),
    }


def answer_version(version: TaxonomyVersion, json: bool, following: str = "", effect: EditEffect | None = None) -> None:
    """Write a version with its motivations, what the edit that made it changes, and what to do next."""
    document = version_entry(version) | {"taxonomy": version.taxonomy.model_dump(mode="json")}
    if effect is not None:
        document |= {"before": coverage_document(effect.before), "after": coverage_document(effect.after)}
    answer(document, json, lambda: _plain(version, following, effect))


def _plain(version: TaxonomyVersion, following: str, effect: EditEffect | None) -> str:
    entry = version_entry(version)
    made = ", ".join(part for part in (entry["edit"], f"from {version.parent}" if version.parent else "", version.note) if part)
    rows = [[one.key, one.name, one.description, len(one.examples)] for one in version.taxonomy.motivations]
    parts = [f"{version.label}: {made}" if made else version.label, table(["key", "name", "description", "examples"], rows)]
    if effect is not None:
        parts.append(coverage_table(effect.before, effect.after))
    return "\n\n".join([*parts, *([following] if following else [])])


def coverage_document(found: Coverage) -> dict[str, Any]:
    """Coverage as JSON: statements by motivation with their shares, the share of "other", reviews with a motivation."""
    return {
        "n_statements": found.n_statements,
        "motivations": found.counts,
        "shares": found.shares,
        "share_other": found.share_other,
        "n_reviews": found.n_reviews,
        "reviews_covered": found.covered,
    }


def coverage_table(before: Coverage, after: Coverage) -> str:
    """Shares of the statements before and after, motivation by motivation, and the reviews that have one."""
    keys = [*(key for key in before.counts if key != "other"), *(key for key in after.counts if key not in before.counts), "other"]
    rows = [[key, _share(before.shares.get(key)), _share(after.shares.get(key)), after.counts.get(key, 0)] for key in keys]
    rows.append(["reviews with a motivation", _share(before.covered), _share(after.covered), after.n_covered])
    return table(["share of the statements", "before", "after", "statements"], rows)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"

"""Gold sets: sentences with labels people gave, each set's categories mapped to at most ten motivations by a table in `assets/gold`.

The tables hold no sentence of a set: those are read from a folder of the user's (``--real-data``, LMMREC_REAL_DATA).
"""

from __future__ import annotations

import os
import re
import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InputError, NotFoundError
from core.extraction.taxonomy import Taxonomy, TaxonomyEntry

GoldName = Literal["acos-restaurant", "acos-laptop", "mams", "justification"]
GoldSplit = Literal["train", "dev", "test"]
GOLD_NAMES: tuple[GoldName, ...] = get_args(GoldName)
ASSETS = Path(__file__).resolve().parents[3] / "assets" / "gold"
ENVIRONMENT = "LMMREC_REAL_DATA"
MAX_MOTIVATIONS = 10
_Labelled = tuple[str, str, list[str]]  # where it stands, the sentence, its categories


class GoldMotivation(TaxonomyEntry):
    """A motivation and the categories of the set that count as it: patterns with ``*``; the first that fits decides."""

    categories: tuple[str, ...] = Field(min_length=1)


class Nothing(BaseModel):
    """What sentences with none of the motivations are like, where a set has such sentences."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    examples: tuple[str, ...] = Field(min_length=1)

    @property
    def entry(self) -> TaxonomyEntry:
        """As an entry a sentence can be compared with."""
        return TaxonomyEntry(key="nothing", name=self.name, description=self.description, examples=self.examples)


class GoldTable(BaseModel):
    """A gold set: where its parts are, how they are read, and what its categories mean.

    Args:
        domain: which default prompt fits.
        task: "categories" (which motivations does a sentence speak of) or "reason" (does it state one at all).
        files: the parts, below the ``gold`` folder.
        ignored: categories that stand for no motivation.
        none: what sentences without any are like.
        split_clauses: False where the texts of the set are clauses already.
        praise: what opinion words add to the motivations' scores against "nothing", where only praise counts as a reason.
        thresholds: per motivation, the lowest presence that counts (see `core.extraction.quality.multi_label`), for all-MiniLM-L6-v2;
            chosen on the train and dev parts by ``python benchmarks/quality.py --calibrate``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: GoldName
    title: str
    domain: Literal["places", "products"]
    task: Literal["categories", "reason"]
    reader: Literal["acos", "mams", "justification"]
    source: str
    files: dict[GoldSplit, str]
    motivations: tuple[GoldMotivation, ...] = Field(min_length=1, max_length=MAX_MOTIVATIONS)
    ignored: tuple[str, ...] = ()
    none: Nothing | None = None
    split_clauses: bool = True
    praise: float = 0.0
    thresholds: dict[str, float]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if sorted(self.thresholds) != sorted(self.keys):
            raise ValueError("there is one threshold for each motivation")
        return self

    @classmethod
    def open(cls, name: str) -> GoldTable:
        """The table of a gold set.

        Raises:
            NotFoundError: there is no such set. InputError: its file is damaged.
        """
        if name not in GOLD_NAMES:
            raise NotFoundError(f"No gold set '{name}'", hint=f"There are: {', '.join(GOLD_NAMES)}")
        path = ASSETS / f"{name}.toml"
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise InputError(f"Not a table of a gold set: {str(error).splitlines()[0]}", where=str(path)) from error

    @property
    def keys(self) -> list[str]:
        """Keys of the motivations in order."""
        return [motivation.key for motivation in self.motivations]

    @property
    def taxonomy(self) -> Taxonomy:
        """The motivations as the taxonomy an extraction may use."""
        entries = [TaxonomyEntry(**motivation.model_dump(exclude={"categories"})) for motivation in self.motivations]
        return Taxonomy(name=f"gold-{self.name}", title=self.title, motivations=tuple(entries))

    def index(self, category: str) -> int | None:
        """The motivation a category counts as; None where it stands for none.

        Raises:
            KeyError: the table does not know it.
        """
        for index, motivation in enumerate(self.motivations):
            if any(fnmatchcase(category, pattern) for pattern in motivation.categories):
                return index
        if any(fnmatchcase(category, pattern) for pattern in self.ignored):
            return None
        raise KeyError(category)


@dataclass(frozen=True)
class GoldSentences:
    """Sentences of one part of a gold set.

    Args:
        keys: the K motivations.
        texts: n sentences.
        labels: bool [n, K], which motivations each speaks of.
    """

    keys: list[str]
    texts: list[str]
    labels: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.texts)

    def sample(self, n: int, seed: int = 0) -> GoldSentences:
        """``n`` sentences drawn without replacement (all where there are no more), in their order."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(self))[:n])
        return GoldSentences(self.keys, [self.texts[row] for row in rows], self.labels[rows])

    def __add__(self, other: GoldSentences) -> GoldSentences:
        return GoldSentences(self.keys, self.texts + other.texts, np.concatenate([self.labels, other.labels]))


def real_data_folder(given: Path | None) -> Path:
    """The folder that holds ``gold/``: the one given, else LMMREC_REAL_DATA.

    Raises:
        InputError: neither is given, or there is no ``gold`` in it.
    """
    named = given or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    if named is None:
        raise InputError("Where the gold sets are is not known", hint=f"Give --real-data DIR or set {ENVIRONMENT}: DIR/gold/acos, ...")
    if not (named / "gold").is_dir():
        raise InputError("There is no folder 'gold' here", where=str(named), hint=f"Give --real-data DIR or set {ENVIRONMENT}")
    return named


def read_gold(table: GoldTable, folder: Path, split: GoldSplit) -> GoldSentences:
    """Read one part of a gold set.

    Args:
        folder: the one that holds ``gold/``.

    Raises:
        InputError: a file is missing, damaged or has a category the table does not know.
    """
    path = folder / "gold" / table.files[split]
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"The {split} part of {table.name} is missing", where=str(path), hint=f"Get it from {table.source}") from error
    except UnicodeDecodeError as error:
        raise InputError("The file is not UTF-8 text", where=str(path)) from error
    texts, rows = [], []
    for where, text, categories in _READERS[table.reader](content, path):
        labels = np.zeros(len(table.motivations), dtype=np.bool_)
        for category in categories:
            try:
                index = table.index(category)
            except KeyError as error:
                raise InputError(f"Unknown category '{category}'", where=where, hint=f"Map it in {table.name}.toml") from error
            if index is not None:
                labels[index] = True
        texts.append(text)
        rows.append(labels)
    if not texts:
        raise InputError("The file holds no sentences", where=str(path))
    return GoldSentences(table.keys, texts, np.stack(rows))


def _read_acos(content: str, path: Path) -> Iterator[_Labelled]:
    """One sentence a line, then its quadruples after tabs: aspect span, CATEGORY#ATTRIBUTE, sentiment, opinion span."""
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        text, *quadruples = line.rstrip().split("\t")
        parts = [quadruple.split() for quadruple in quadruples]
        if not parts or any(len(part) != 4 for part in parts):
            raise InputError("Not a sentence with its quadruples", where=where)
        yield where, readable(text), [part[1] for part in parts]


def _read_mams(content: str, path: Path) -> Iterator[_Labelled]:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise InputError(f"Damaged XML: {error}", where=str(path)) from error
    for number, sentence in enumerate(root.iter("sentence"), 1):
        where = f"{path}, sentence {number}"
        categories = [found.get("category", "") for found in sentence.iter("aspectCategory")]
        text = (sentence.findtext("text") or "").strip()
        if not text or not categories:
            raise InputError("A sentence without text or categories", where=where)
        yield where, text, categories


def _read_justification(content: str, path: Path) -> Iterator[_Labelled]:
    """A segment, a tab, True or False. False stands for no category."""
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        text, _, label = line.rstrip().rpartition("\t")
        if not text or label not in ("True", "False"):
            raise InputError("Not a segment with True or False", where=where)
        yield where, readable(text), ["True"] if label == "True" else []


_READERS = {"acos": _read_acos, "mams": _read_mams, "justification": _read_justification}

_JOINED = (
    (re.compile(r"(\w) n ?' ?t\b"), r"\1n't"),
    (re.compile(r"(\w) ' ?(s|re|ve|ll|d|m|t)\b"), r"\1'\2"),
    (re.compile(r"` `|``|' '|''"), '"'),
    (re.compile(r"([$#]) (\d)"), r"\1\2"),
    (re.compile(r"(\d) ([.,]) (\d)"), r"\1\2\3"),
    (re.compile(r"(\w) - (\w)"), r"\1-\2"),
    (re.compile(r" ([.,!?;:)\]])"), r"\1"),
    (re.compile(r"([(\[]) "), r"\1"),
)


def readable(tokens: str) -> str:
    """A sentence published as tokens between spaces, written as people write ("it is n't bad ." -> "it isn't bad.")."""
    for pattern, joined in _JOINED:
        tokens = pattern.sub(joined, tokens)
    return tokens.strip()

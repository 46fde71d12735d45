"""A small trial for tests: two variants on some reviews of the small dataset."""

from __future__ import annotations

from core.extraction.grounding import Grounding
from core.extraction.ollama.chat import ChatOptions
from core.extraction.ollama.outcome import Answer, Failure
from core.extraction.prompts.defaults import default_template
from core.extraction.schema import Motivation, ReviewMotivations
from core.extraction.taxonomy import Taxonomy
from core.extraction.trials import Trial, Variant

MODEL = "tiny:1b"
TAXONOMY = Taxonomy.default("products")
TEMPLATE = default_template("review", "products")


def made_up_trial(dataset: str = "small-0", reviews: tuple[int, ...] = (0, 1), seed: int = 0) -> Trial:
    """A draft and a saved version, both put to the scripted model."""
    options = ChatOptions(seed=seed)
    saved = Variant(template=TEMPLATE, label="review-products@1", model=MODEL, options=options)
    draft = Variant(template=TEMPLATE.model_copy(update={"user": TEMPLATE.user + "\nBe short."}), model=MODEL, options=options)
    return Trial(dataset=dataset, reviews=reviews, variants=(saved, draft), taxonomy=TAXONOMY)


def said(*names: str, polarity: str = "positive", grounded: bool = True, seconds: float = 1.0) -> Answer:
    """An answer that names these motivations."""
    found = [Motivation(name=name, statement=name, quote=name, polarity=polarity, strength=0.5) for name in names]  # type: ignore[arg-type]
    grounding = Grounding(score=1.0, begin=0, end=2, exact=True, grounded=True) if grounded else Grounding(score=0.1)
    return Answer(result=ReviewMotivations(motivations=found), groundings=tuple(grounding for _ in names), seconds=seconds)


def lost(kind: str = "invalid", seconds: float = 1.0) -> Answer:
    """An answer that failed."""
    return Answer(failure=Failure.model_validate({"kind": kind, "message": "no object"}), raw="sorry", seconds=seconds)

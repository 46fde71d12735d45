"""What a model has to answer, as a JSON schema, and what it answered, as `ReviewMotivations` or an `AnswerError`.

The schema is both sent as ``format`` and written into the prompt, for Ollama does not add it (METHOD 2). It holds no ``$ref``,
``anyOf``, ``const`` or ``pattern``, which servers read differently or not at all; so every answer is validated here again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NoReturn

from pydantic import ValidationError

from core.errors import StudioError
from core.extraction.ollama.chat import Message
from core.extraction.ollama.thinking import split_thinking
from core.extraction.prompts.template import PromptKind
from core.extraction.schema import ReviewMotivations
from core.extraction.taxonomy import Taxonomy

AnswerErrorKind = Literal["empty", "json", "schema"]

_QUOTED = {
    "review": "Words copied letter by letter from the review",
    "user": "Words copied letter by letter from one of the reviews",
    "item": "Words copied letter by letter from one of the reviews",
    "merge": "The quote of one of the merged statements, letter by letter",
}
_SUBJECT = {
    "review": "the author",
    "user": "this person",
    "item": "the people who chose this",
    "merge": "this user, or of those who chose this",
}
_MAX_OBJECTS = 100  # places an object may begin at that are tried
_MAX_MISTAKES = 3  # told to the model at once
_MAX_SHOWN = 120  # characters of a wrong value
SHOWN_ANSWER = 4000  # characters of a wrong answer that the model is shown again


class AnswerError(StudioError):
    """A model's reply that is no answer.

    ``kind``: "empty", "json" (not one JSON object), "schema" (an object of another shape); ``what`` says what failed in words for
    the model as well as for people.
    """

    def __init__(self, kind: AnswerErrorKind, message: str) -> None:
        self.kind = kind
        super().__init__(encodable(message), where="answer of the model", hint="Say in the prompt what is expected, or take another model")


def encodable(text: str) -> str:
    """``text`` with "?" for each half of a character (a lone surrogate), which can be neither sent nor stored; as long as before."""
    return text.encode("utf-8", "replace").decode("utf-8")


def answer_schema(kind: PromptKind, taxonomy: Taxonomy) -> dict[str, Any]:
    """The JSON schema of an answer; reasoning comes first, so that the model reasons before it decides.

    Args:
        kind: what the prompt is about; only descriptions differ.
        taxonomy: a motivation's name is one of its keys or "other".
    """
    subject = _SUBJECT[kind]
    motivation = {
        "name": {"type": "string", "enum": taxonomy.keys, "description": "Key of the motivation"},
        "statement": {"type": "string", "description": f"One short sentence: what moved {subject}"},
        "quote": {"type": "string", "description": _QUOTED[kind]},
        "polarity": {"type": "string", "enum": ["positive", "negative"], "description": "Whether it speaks for or against"},
        "strength": {"type": "number", "minimum": 0, "maximum": 1, "description": "How much it mattered, 0 to 1"},
    }
    return _object(
        {
            "reasoning": {"type": "string", "description": "Step by step, a few sentences"},
            "motivations": {"type": "array", "items": _object(motivation)},
            "need": {"type": "string", "description": f"The one need of {subject} behind it all; empty without a reason"},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as a prompt shows it: JSON on one line, in as few tokens as it takes."""
    return json.dumps(schema, ensure_ascii=False)


def parse_answer(raw: str, taxonomy: Taxonomy) -> ReviewMotivations:
    """The answer in a model's reply.

    A code fence, text around the object and thinking before it are passed over; a motivation may go by its name on pages
    ("Food quality") instead of its key. Nothing else is mended: what is wrong is said, and the model asked again.

    Raises:
        AnswerError: there is no object, there are several answers, or it is of another shape.
    """
    _, text = split_thinking(raw)
    if not text:
        raise AnswerError("empty", "The reply holds no answer")
    try:
        return _named(ReviewMotivations.model_validate(cleaned(_one_object(text))), taxonomy)
    except ValidationError as error:
        raise AnswerError("schema", _mistakes(error)) from error
    except RecursionError as error:
        raise AnswerError("json", "The JSON object is nested too deeply") from error


def retry_messages(
    messages: Sequence[Message], raw: str, error: AnswerError, taxonomy: Taxonomy, shown: int = SHOWN_ANSWER
) -> list[Message]:
    """The conversation that asks a model again: the prompt, its answer, and what was wrong with it.

    Args:
        messages: the prompt itself, so that a conversation does not grow with the number of retries.
        raw: the reply that failed; thinking is left out.
        shown: most characters of it to show; of a longer one, its beginning and its end.
    """
    _, reply = split_thinking(raw)
    if len(reply) > shown:
        reply = f"{reply[: shown // 2]}\n[...]\n{reply[len(reply) - shown // 2 :]}"
    correction = (
        f"This answer cannot be used. {error.what}.\n"
        "Answer again: one JSON object and nothing else, with the keys reasoning, motivations and need; each motivation has name, "
        f"statement, quote, polarity (positive or negative) and strength (0 to 1); name is one of {', '.join(taxonomy.keys)}."
    )
    return [*messages, Message(role="assistant", content=reply or "(nothing)"), Message(role="user", content=correction)]


def _one_object(text: str) -> dict[str, Any]:
    """The one object of a text that is meant as an answer."""
    answers: list[dict[str, Any]] = []
    for found in _objects(text):
        if "motivations" in found and found not in answers:
            answers.append(found)
    if len(answers) == 1:
        return answers[0]
    if answers:
        raise AnswerError("json", f"The reply holds {len(answers)} JSON objects; one is expected")
    if "{" not in text:
        raise AnswerError("json", "The reply holds no JSON object")
    if broken := _broken(text):
        raise AnswerError("json", broken)
    raise AnswerError("schema", "motivations: is missing; give an empty list where there are none")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost JSON objects of a text, in order. What stands within a broken answer is no answer of its own."""
    at = text.find("{")
    for _ in range(_MAX_OBJECTS):
        if at < 0:
            return
        try:
            found, end = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if error.msg.startswith("Unterminated string") or '"motivations"' in text[at : error.pos]:
                return
            end = max(at + 1, error.pos)
        except (ValueError, RecursionError):
            return
        else:
            yield found
        at = text.find("{", end)


def _broken(text: str) -> str | None:
    """Why the first thing that looks like an object is none; None where it is one."""
    try:
        _DECODER.raw_decode(text, text.index("{"))
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20].replace("\n", " ")
        return f"The JSON object is broken: {error.msg[:1].lower()}{error.msg[1:]} near {near!r}"
    except (ValueError, RecursionError) as error:
        return f"The JSON object cannot be read: {str(error)[:_MAX_SHOWN]}"
    return None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _mistakes(error: ValidationError) -> str:
    mistakes = []
    for mistake in error.errors(include_url=False, include_context=False)[:_MAX_MISTAKES]:
        given = "" if mistake["type"] in ("missing", "extra_forbidden") else f" (given: {_shown(mistake['input'])})"
        mistakes.append(f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg'][:1].lower()}{mistake['msg'][1:]}{given}")
    more = error.error_count() - len(mistakes)
    return "; ".join(mistakes) + (f"; and {more} more" if more > 0 else "")


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def cleaned(value: Any) -> Any:
    """A JSON value with every text in it `encodable`: JSON's escapes can spell half a character."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {encodable(key): cleaned(entry) for key, entry in value.items()}
    return value


def _named(answer: ReviewMotivations, taxonomy: Taxonomy) -> ReviewMotivations:
    """The answer with every motivation under its key."""
    keys = {_plain(name): key for key, name in zip(taxonomy.keys, taxonomy.names, strict=True)} | {
        _plain(key): key for key in taxonomy.keys
    }
    motivations = []
    for position, motivation in enumerate(answer.motivations):
        key = keys.get(_plain(motivation.name))
        if key is None:
            known = ", ".join(taxonomy.keys)
            raise AnswerError("schema", f"motivations.{position}.name: {_shown(motivation.name)} is none of {known}")
        if not motivation.statement.strip():
            raise AnswerError("schema", f"motivations.{position}.statement: is empty")
        motivations.append(motivation if key == motivation.name else motivation.model_copy(update={"name": key}))
    return answer.model_copy(update={"motivations": motivations})


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_")

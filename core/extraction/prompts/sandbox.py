"""Jinja2 with the doors shut: what a prompt template may hold, and the line of every mistake in it.

Templates travel as files between people, so they are treated as foreign code: Jinja's sandbox, strict about undefined variables, and
of its language only what a prompt needs. No calls, assignments, macros or includes, loops at most two deep, no filter that multiplies
its input, and a limit on the time: so a template can neither run on for ever nor fill the memory, whatever it says.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.errors import InputError
from core.extraction.prompts.material import Material

MAX_TEMPLATE_CHARACTERS = 20_000
MAX_RENDERED_CHARACTERS = 500_000
MAX_JOINED_CHARACTERS = 100_000
MAX_LOOP_DEPTH = 2
MAX_EXPRESSION_DEPTH = 40
MAX_CPU_S = 2.0

_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Name, nodes.Const, nodes.CondExpr),
    *(nodes.Tuple, nodes.List, nodes.Dict, nodes.Pair, nodes.Keyword, nodes.Filter, nodes.Test),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or),
    *(nodes.Neg, nodes.Pos, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Concat),
)
_WORDS = {nodes.Call: "a call", nodes.Assign: "set", nodes.AssignBlock: "set", nodes.Pow: "a power", nodes.FilterBlock: "a filter block"}
_FILTERS = (
    *("abs", "capitalize", "count", "default", "first", "float", "groupby", "int", "items", "join", "last", "length", "list", "lower"),
    *("map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string", "sum", "title", "trim"),
    *("unique", "upper"),
)
_CLOCK = "_clock"
_CLASSES = re.compile(r"'(?:dict|([\w.]*Material)) object'")  # as Jinja names the values of a template
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MISTAKES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


class _PromptEnvironment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Both operators make huge texts of small ones ('"a" * 10**9', '"%999999999d" % 1')."""
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise SecurityError(f"'{operator}' is for numbers only")
        return super().call_binop(context, operator, left, right)


class _Clock:
    """Put into every loop of a template, where it counts this thread's seconds of work; waiting does not count."""

    def __init__(self) -> None:
        self._end = time.thread_time() + MAX_CPU_S

    def __bool__(self) -> bool:
        if time.thread_time() > self._end:
            raise SecurityError(f"the template takes longer than {MAX_CPU_S:g} s to render")
        return True

    def __str__(self) -> str:
        bool(self)
        return ""


def _join(values: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    """Texts with a separator between them; bounded, because joins of joins would multiply."""
    parts = [str(value) if attribute is None else str(_ENVIRONMENT.getitem(value, attribute)) for value in values]
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_JOINED_CHARACTERS:
        raise SecurityError(f"joined texts are limited to {MAX_JOINED_CHARACTERS:,} characters")
    return separator.join(parts)


def _round(value: float, digits: int = 0) -> float:
    return round(value, digits) if digits else round(value)


def _truncate(value: Material | str, length: int = 255) -> Material | str:
    """The beginning of a text; of a fenced one the fence stays whole."""
    if isinstance(value, Material) or len(value) <= length:
        return value[:length]
    return f"{value[: length - 1].rstrip()}…"


def _environment() -> _PromptEnvironment:
    environment = _PromptEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS} | {"join": _join, "round": _round, "truncate": _truncate}
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=256)
def compiled(source: str, part: str, known: frozenset[str]) -> tuple[Template, frozenset[str]]:
    """A template ready to render, and the variables it uses.

    Args:
        source: the template's text.
        part: what it is called in errors ("system part").
        known: the variables there are.

    Raises:
        InputError: it is too long, wrong, or holds what a prompt may not; the message names the line.
    """
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        what = f"The template has {len(source):,} characters, {MAX_TEMPLATE_CHARACTERS:,} are the limit"
        raise InputError(what, where=part, hint="Reviews come in by variables, not as text of the template")
    _check_characters(source, part)
    try:
        tree = _ENVIRONMENT.parse(source)
        _check_language(tree, part)
        used = meta.find_undeclared_variables(tree)
        _check_names(tree, used, part, known)
        _wind(tree)
        return _ENVIRONMENT.from_string(tree), frozenset(used)
    except TemplateSyntaxError as error:
        raise InputError(f"Template error: {(error.message or '').rstrip('.')}", where=f"{part}, line {error.lineno}") from error
    except (RecursionError, MemoryError, SyntaxError, *_MISTAKES) as error:
        raise InputError(f"Template error: {_first_line(error)}", where=part, hint="Make it simpler") from error


def _check_characters(source: str, part: str) -> None:
    odd = _CONTROL.search(source)
    if odd is not None:
        where = f"{part}, line {source.count(chr(10), 0, odd.start()) + 1}"
        raise InputError(f"The template holds the control character U+{ord(odd[0]):04X}", where=where, hint="New lines and tabs are fine")


def _check_language(tree: nodes.Template, part: str) -> None:
    hint = "A prompt may use {{ variables }}, for, if, filters and comments"
    todo: list[tuple[nodes.Node, int, int]] = [(tree, 0, 0)]
    while todo:
        node, depth, loops = todo.pop()
        where = f"{part}, line {node.lineno}"
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
            word = "a recursive loop" if isinstance(node, nodes.For) else _WORDS.get(type(node), type(node).__name__.lower())
            raise InputError(f"A prompt may not hold {word}", where=where, hint=hint)
        reached = node.attr if isinstance(node, nodes.Getattr) else node.value if isinstance(node, nodes.Const) else None
        if isinstance(reached, str) and (reached.startswith("_") or "__" in reached):
            raise InputError(f"A prompt may not reach for '{reached[:40]}'", where=where, hint=hint)
        loops += isinstance(node, nodes.For)
        if loops > MAX_LOOP_DEPTH:
            raise InputError(f"Loops may be {MAX_LOOP_DEPTH} deep, this one is deeper", where=where)
        if depth > MAX_EXPRESSION_DEPTH:
            raise InputError("The template is nested too deeply", where=where, hint="Make it simpler")
        todo += [(child, depth + 1, loops) for child in node.iter_child_nodes()]


def _wind(tree: nodes.Template) -> None:
    """Let every loop look at the clock, in its body and in its condition."""
    for loop in list(tree.find_all(nodes.For)):
        loop.body.insert(0, nodes.Output([nodes.Name(_CLOCK, "load", lineno=loop.lineno)], lineno=loop.lineno))
        if loop.test is not None:
            loop.test = nodes.And(nodes.Name(_CLOCK, "load", lineno=loop.lineno), loop.test, lineno=loop.lineno)


def _check_names(tree: nodes.Template, used: set[str], part: str, known: frozenset[str]) -> None:
    names = [(name.lineno, name.name) for name in tree.find_all(nodes.Name)]
    unknown = [(line, name) for line, name in names if name in used - known or name == "self"]  # "self" is the template to Jinja
    if not unknown:
        return
    line, name = min(unknown)
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(sorted(known))}"
    raise InputError(f"There is no variable '{name}'", where=f"{part}, line {line}", hint=hint)


def render(template: Template, part: str, values: Mapping[str, Any]) -> str:
    """The text a compiled template makes of ``values``, without white space around it.

    Raises:
        InputError: the template asks for what is not there, or makes too long a text; the message names the line.
    """
    pieces: list[str] = []
    length = 0
    try:
        clock = _Clock()
        for piece in template.generate({**values, _CLOCK: clock}):
            pieces.append(piece)
            length += len(piece)
            bool(clock)
            if length > MAX_RENDERED_CHARACTERS:
                what = f"The prompt is longer than {MAX_RENDERED_CHARACTERS:,} characters"
                raise InputError(what, where=part, hint="Give it fewer reviews")
    except _MISTAKES as error:
        line = _line(error.__traceback__)
        raise InputError(f"Template error: {_first_line(error)}", where=f"{part}, line {line}" if line else part) from error
    return "".join(pieces).strip()


def _first_line(error: BaseException) -> str:
    words = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    return _CLASSES.sub(lambda found: "a fenced text" if found[1] else "an entry", words)


def _line(traceback: TracebackType | None) -> int | None:
    """The last line of the template in a traceback, which Jinja translates to the template's own lines."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line

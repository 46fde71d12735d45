"""The prompts that ship: whole, of one family, and with all a small model has to be told."""

from __future__ import annotations

import json
import re

import pytest

from core.errors import InputError, NotFoundError
from core.extraction.prompts.defaults import default_name, default_template, default_templates
from core.extraction.prompts.domains import ASSETS, domain_words, domains
from core.extraction.prompts.template import KINDS, PromptTemplate
from core.extraction.taxonomy import Taxonomy

SCHEMA = json.dumps({"type": "object", "marker": "schema-of-the-answer"})
LONG = "The soup was great and the staff were kind. " * 9 + "Fine."
REVIEWS = [{"text": LONG, "rating": 4, "title": "A title"}, {"text": "Never again, it was loud.", "rating": None, "title": ""}]
STATEMENTS = [
    {"motivation": "service", "polarity": "negative", "strength": 0.7, "statement": "Dislikes waiting.", "quote": "we waitted an hour"},
    {"motivation": "other", "polarity": "positive", "strength": 0.2, "statement": "Likes blue.", "quote": ""},
]
SAMPLES = {
    "review": {"review": LONG, "rating": 4, "item_title": "Soup & Co"},
    "user": {"reviews": REVIEWS},
    "item": {"reviews": REVIEWS, "item_title": "Soup & Co"},
    "merge": {"statements": STATEMENTS, "subject": "item", "item_title": "Soup & Co"},
}
DEFAULTS = default_templates()


def messages(name: str) -> tuple[str, str]:
    template = DEFAULTS[name]
    system, user = template.render(SAMPLES[template.kind] | {"taxonomy": Taxonomy.default(template.domain), "schema": SCHEMA})
    return system.content, user.content


def test_there_is_one_for_each_kind_and_domain():
    assert set(DEFAULTS) == {
        f"{kind}-{domain}" for kind in ("review", "user", "item", "merge") for domain in ("products", "places", "games")
    }
    assert len({template.hash for template in DEFAULTS.values()}) == 12
    assert default_name("merge", "games") == "merge-games"
    assert domains() == ("products", "places", "games")


@pytest.mark.parametrize("name", DEFAULTS)
def test_is_whole_and_correct(name: str):
    template = DEFAULTS[name]
    template.check()
    assert template.remarks == ()
    assert "[[" not in template.system + template.user
    assert "]]" not in template.system + template.user
    for text in messages(name):
        assert "\n\n\n" not in text
        assert not re.search("[ \t]\n|{{|{%|None|Undefined", text)


@pytest.mark.parametrize("name", DEFAULTS)
def test_says_all_a_small_model_has_to_be_told(name: str):
    system, user = messages(name)
    template = DEFAULTS[name]
    for entry in Taxonomy.default(template.domain).motivations:
        assert f"- {entry.key}: {entry.name}. {entry.description}\n" in system
    for field in ("reasoning", "motivations", "name", "statement", "quote", "polarity", "strength", "need", "positive", "negative"):
        assert f'"{field}"' in system
    for words in ("step by step", "Positive interests", "Negative interests", '"other"', "never an instruction", "<material-CODE>", SCHEMA):
        assert words in system
    assert user.endswith("Answer with the JSON object only.")
    assert "<material-" in user
    assert "<material-" not in system.replace("<material-CODE>", "")


@pytest.mark.parametrize("name", DEFAULTS)
def test_system_part_is_the_same_for_every_review(name: str):
    """A server reuses what it has computed for a beginning that stays: this is most of each prompt."""
    template = DEFAULTS[name]
    assert template.variables & {"review", "reviews", "statements", "rating"}
    system_alone = PromptTemplate(kind=template.kind, domain=template.domain, system="", user=template.system)
    assert system_alone.variables <= {"taxonomy", "schema", "subject"}


@pytest.mark.parametrize("name", DEFAULTS)
def test_speaks_of_its_own_domain_only(name: str):
    """Whole words of other domains would betray a copy that was not adapted."""
    template = DEFAULTS[name]
    own = domain_words(template.domain)
    assert own["noun"] in template.system
    text = re.sub(r"{[{%].*?[%}]}", "", template.system + template.user).replace("never join two places", "").replace("takes place", "")
    for other in set(domains()) - {template.domain}:
        words = domain_words(other)
        strange = {words[word] for word in ("noun", "nouns", "person", "people", "acted")} - set(own.values())
        assert not re.search(rf"\b({'|'.join(strange)})\b", text)


def test_optional_lines_go_with_their_values():
    template = DEFAULTS["review-places"]
    common = {"taxonomy": [], "schema": "{}"}
    bare = template.render({"review": "Nice.", **common})[1].content
    assert re.match(r"The review:\n<material-\w{6}>\nNice\.\n</material-\w{6}>\n\nWhy did", bare)
    full = template.render({"review": "Nice.", "rating": 5.0, "item_title": "Bo's", **common})[1].content
    assert re.match(r"The place: <material-(\w{6})>Bo's</material-\1>\nThe writer's rating: 5 of 5\nThe review:\n", full)


def test_reviews_of_a_user_and_an_item_are_numbered():
    for name, words in (("user-games", "of"), ("item-games", "headed")):
        user = messages(name)[1]
        assert re.search(rf"Review 1 of 2, {words} <material-\w{{6}}>A title</material-\w{{6}}>, rated 4 of 5:\n<material-", user)
        assert "\nReview 2 of 2:\n<material-" in user


def test_merge_speaks_of_whom_it_is_about():
    system, user = messages("merge-places")
    assert "about one place" in system
    assert "The place: <material-" in user
    assert "The 2 statements, one JSON object a line:" in user
    assert '"quote": "we waitted an hour"' in user
    values = SAMPLES["merge"] | {"subject": "user", "item_title": "", "taxonomy": [], "schema": "{}"}
    system, user = (message.content for message in DEFAULTS["merge-places"].render(values))
    assert "about one guest" in system
    assert "The place:" not in user


@pytest.mark.parametrize("name", DEFAULTS)
def test_leaves_room_in_the_usual_context(name: str):
    """About four characters a token: with the shipped taxonomies the system part takes well under 2,000 of 8,192 tokens."""
    assert len(messages(name)[0]) < 6_000


def test_unknown_kinds_and_domains_are_refused():
    with pytest.raises(NotFoundError, match="No such kind of prompt: poem"):
        default_template("poem", "places")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="No such domain: books"):
        default_template("review", "books")


def test_files_hold_a_template_each_and_what_they_share():
    assert sorted(path.stem for path in ASSETS.iterdir()) == sorted([*KINDS, "domains", "parts"])

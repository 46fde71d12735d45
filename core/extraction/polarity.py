"""Polarity and emphasis of a sentence from its words: a small lexicon with negation, no model."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

_POSITIVE = """amazing attentive awesome beautiful best better charming cheap clean clear comfortable comfy cool convenient cozy creative
crisp delicious delightful durable easily easy elegant enjoy enjoyable enjoyed enjoys excellent exceptional fabulous fair fantastic
fast favorite favourite fine flawless flawlessly flavorful fresh friendly fun generous glad good gorgeous great happy healthy helpful
helps honest impressed impressive improved incredible inexpensive intuitive kind like likes love loved lovely loves lucky memorable neat
nice nicely outstanding perfect perfectly phenomenal pleasant pleased pleasantly polite powerful pretty priceless prompt quality quick
quickly quiet recommend recommended recommends reasonable refreshing reliable rewarding rich right safe satisfied satisfying simple
smooth smoothly solid spectacular spotless stunning stylish sturdy superb supportive tasty terrific thank thanks thrilled top treat
unbeatable useful versatile warm welcoming well wonderful works worth wow yummy affordable accurate bargain addictive appreciate authentic
beautifully brilliant fits gem heaven handy joy masterpiece reasonably responsive soft tender""".split()
_NEGATIVE = """annoyed annoying awful awkward bad badly bland boring broke broken bug bugs buggy burnt buzz cheaply cheated clunky cold complain
complaint confusing cracked cramped crap crappy crash crashed crashes damaged dead defective difficult dirty disappoint disappointed
disappointing disappointment disgusting dry dull dump expensive fail failed fails failure fake flaw flawed flimsy frustrated frustrating
garbage greasy gross hard hate hated hates horrible horribly ignored impossible inconsistent inferior issue issues joke junk lack lacked lacking
lacks late lousy mediocre mess mistake nasty negative noisy noise odd overcooked overpriced pain painful poor poorly pricey problem problems
refund regret return returned ridiculous rip-off rude sad salty scam scratched shame sick sloppy slow smelly soggy stale stopped struggle stuck
stupid sucked sucks tasteless tedious terrible tiny tough trash ugly unacceptable uncomfortable undercooked unfortunately unfriendly unhappy
unhelpful unpleasant unreliable unusable upset useless waste wasted weak weird worse worst wrong wobbly""".split()
_WEIGHTS = dict.fromkeys(_POSITIVE, 1.0) | dict.fromkeys(_NEGATIVE, -1.0)
_WEIGHTS |= dict.fromkeys(
    ["well", "right", "quality", "pretty", "like", "top", "works", "kind", "fine", "hard", "dry", "cold", "noise", "return"], 0.5
)
_WEIGHTS |= {"hard": -0.5, "dry": -0.5, "cold": -0.5, "noise": -0.5, "return": -0.5, "pretty": 0.2, "kind": 0.2, "like": 0.4}
_WEIGHTS |= dict.fromkeys(
    ["love", "loved", "loves", "perfect", "excellent", "amazing", "awesome", "best", "outstanding", "fantastic", "delicious"], 1.5
)
_WEIGHTS |= dict.fromkeys(["terrible", "horrible", "worst", "awful", "hate", "disgusting", "garbage", "useless", "junk", "waste"], -1.5)
_NEGATIONS = frozenset(
    "not no never none nothing nobody neither nor without hardly barely cannot isnt wasnt dont doesnt didnt cant couldnt wont wouldnt arent".split()
)
_INTENSE = frozenset(
    "very really extremely so absolutely totally incredibly super highly truly completely definitely insanely too ever way".split()
)
_TOKEN = re.compile(r"[a-z]+(?:['’][a-z]+)?|[.,;:!?]", re.IGNORECASE)
_SMILES = re.compile(r"[:;=]-?[)D\]]|[😀😃😄😁😊😍🥰😋🤩👍❤♥🎉💯🙌]")
_FROWNS = re.compile(r"[:;=]-?[(\[]|[😞😠😡😢😭👎🤮😤💔]")
_NEGATION_REACH = 3  # words
RATING_WEIGHT = 0.5  # of a rating one step from the middle, against 1 for a plain opinion word


def opinion(sentence: str) -> float:
    """Sum of the opinion words of a sentence: positive, negative or 0 where it has none.

    A negation turns the words within three words after it and halves them ("not great" is milder than "bad"); "too" before
    an adjective without a weight of its own counts as a complaint ("too long").
    """
    total = 0.0
    negated = 0
    previous = ""
    for token in _TOKEN.findall(sentence.lower().replace("’", "'")):
        if not token[0].isalpha():
            negated = 0
            continue
        if token in _NEGATIONS or token.endswith("n't"):
            negated = _NEGATION_REACH + 1
        weight = _WEIGHTS.get(token, 0.0)
        if previous == "too" and weight >= 0 and token not in {"much", "bad"}:
            weight = -0.5
        if weight and negated and token not in {"problem", "problems", "issue", "issues", "complaint"}:
            weight *= -0.5 if token not in _NEGATIONS else 1.0
        elif weight and negated:
            weight = 0.5  # "no problems", "without issues"
        total += weight
        negated = max(0, negated - 1)
        previous = token
    return total + 1.0 * len(_SMILES.findall(sentence)) - 1.0 * len(_FROWNS.findall(sentence))


def is_positive(words: npt.NDArray[np.floating], ratings: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Whether statements speak for their subject.

    Args:
        words: [n], the `opinion` of each.
        ratings: [n], 1..5 of the whole review, NaN where none; they decide where the words are silent or weak.
    """
    return words + np.nan_to_num(RATING_WEIGHT * (ratings - 3.0)) >= 0.0


def emphasis(sentence: str) -> float:
    """How much weight the author puts on a sentence, 0..1: intensifiers, exclamation marks, capitals, opinion words."""
    tokens = _TOKEN.findall(sentence)
    intense = sum(token.lower() in _INTENSE for token in tokens)
    shouted = sum(len(token) > 2 and token.isupper() for token in tokens)
    return min(
        1.0, 0.25 * min(intense, 2) + 0.2 * min(sentence.count("!"), 2) + 0.15 * min(shouted, 2) + 0.2 * min(abs(opinion(sentence)), 2.0)
    )

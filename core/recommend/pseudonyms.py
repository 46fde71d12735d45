"""Pseudonyms: a stable made-up name for every user, so that a page or a report can be shown to others.

A name is drawn by HMAC-SHA256 of the user's id with a random key of the workspace: the same id has the same name on every page, in every
dataset and in every report of that workspace, and nobody without the key can tell whose it is, not even who knows all the ids. It never
depends on a user's place in the table.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

from core.data.dataset import ReviewDataset
from core.database import alone
from core.errors import InputError
from core.storage import read_json, write_json
from core.workspace import Workspace

_KEY_BYTES = 32
_NUMBERS = 9000
_FIRST_NUMBER = 1000

_QUALITIES = """
Amber Ashen Autumn Azure Balmy Beryl Birch Breezy Bright Bronze Calm Candid Cedar Cheery Chestnut Citrus Clear Clever Cloudy Cobalt Copper
Coral Cosy Cotton Crimson Crystal Curious Daring Dawn Deft Dewy Distant Dusky Eager Early Earnest Easy Ebony Ember Fabled Fair Fern
Festive Floral Fluent Frosty Gallant Garnet Gentle Gilded Ginger Glad Golden Granite Hardy Hazel Honest Indigo Ivory Jade Jolly Jovial
Keen Kind Lavender Leafy Lemon Light Lilac Linen Lively Lucid Lunar Maple Marble Mellow Merry Mild Misty Mossy Noble Nimble Northern Ochre
Olive Opal Orchid Patient Pearl Placid Polar Proud Quiet Radiant Rapid Ready Rosy Ruby Russet Rustic Saffron Sage Sandy Scarlet Serene
Shady Silken Silver Sincere Snowy Solar Southern Spruce Starry Steady Sunny Tawny Teal Tidal Topaz Tranquil Velvet Vernal Violet Vivid
Walnut Warm Willow Windy Winter Witty Woven Zesty
"""
QUALITIES = tuple(_QUALITIES.split())
_ANIMALS = """
Albatross Alpaca Antelope Avocet Badger Barbet Beaver Bison Bittern Bluejay Bobcat Bunting Bustard Buzzard Camel Caracal Caribou Cheetah
Chough Cicada Civet Condor Coot Cormorant Corncrake Cougar Crane Cricket Crossbill Curlew Deer Dipper Dolphin Dormouse Dove Dragonfly
Dunlin Dunnock Eagle Egret Eider Elk Falcon Ferret Finch Firecrest Flamingo Fox Gannet Gazelle Gecko Gibbon Godwit Goldcrest Goldeneye
Goose Goshawk Grebe Greenfinch Grouse Guillemot Hare Harrier Hawk Hedgehog Heron Hobby Hoopoe Hornbill Ibex Ibis Impala Jackdaw Jaguar Jay
Kestrel Kingfisher Kinglet Kite Kittiwake Koala Kudu Lapwing Lark Lemur Leopard Linnet Lizard Llama Lynx Magpie Mallard Manatee Marmot
Marten Martin Merlin Moorhen Moose Narwhal Nightjar Nuthatch Ocelot Okapi Oriole Osprey Otter Ouzel Owl Panther Partridge Pelican Penguin
Petrel Pheasant Pintail Pipit Plover Pochard Puffin Quail Rabbit Raven Redstart Robin Roller Sandpiper Seal Shearwater Shelduck Siskin
Skua Skylark Snipe Sparrow Starling Stilt Stoat Stonechat Stork Swallow Swan Swift Tanager Teal Tern Thrush Tortoise Toucan Turnstone
Turtle Vole Wagtail Warbler Waxwing Weaver Wheatear Wigeon Wombat Woodcock Wren Zebra
"""
ANIMALS = tuple(_ANIMALS.split())


def workspace_key(workspace: Workspace) -> bytes:
    """The workspace's secret key for pseudonyms, made at random when it is first asked for.

    Raises:
        InputError: the file it is kept in is damaged. StorageError: it cannot be written.
    """
    path = workspace.root / "pseudonyms.json"
    with alone(workspace):
        if not path.exists():
            write_json(path, {"key": secrets.token_hex(_KEY_BYTES)})
            path.chmod(0o600)
    document = read_json(path)
    try:
        key = bytes.fromhex(document["key"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(str(path)) from error
    if len(key) < _KEY_BYTES:
        raise _damaged(str(path))
    return key


def pseudonyms(dataset: ReviewDataset, key: bytes) -> dict[str, str]:
    """user_id -> made-up name such as "Amber Heron 4821", for all users of a dataset, no two alike.

    Args:
        key: see `workspace_key`.
    """
    return named(dataset.users["user_id"].astype(str), key)


def named(identifiers: Iterable[str], key: bytes) -> dict[str, str]:
    """Made-up names of some ids. Of ids that draw the same name the one with the smallest digest keeps it, the others draw again, so
    the order of the ids never matters.
    """
    ids = list(dict.fromkeys(identifiers))
    digests = {identifier: hmac.digest(key, identifier.encode(), "sha256") for identifier in ids}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for identifier in sorted(ids, key=digests.__getitem__):
        digest = digests[identifier]
        while (name := _drawn(digest)) in taken:
            digest = hmac.digest(key, digest, "sha256")
        taken.add(name)
        names[identifier] = name
    return {identifier: names[identifier] for identifier in ids}


def _drawn(digest: bytes) -> str:
    """The name a digest stands for; 24 bytes hold so much more than there are names that all are equally likely."""
    rest, number = divmod(int.from_bytes(digest[:24], "big"), _NUMBERS)
    rest, quality = divmod(rest, len(QUALITIES))
    return f"{QUALITIES[quality]} {ANIMALS[rest % len(ANIMALS)]} {_FIRST_NUMBER + number}"


def _damaged(where: str) -> InputError:
    return InputError("The key of the pseudonyms is damaged", where=where, hint="Remove the file: a new key is made, with other names")

"""Names of the invented city, its neighbourhoods and its people."""

from __future__ import annotations

CITY = "Alderhaven"

NEIGHBOURHOODS = (
    "Old Harbour",
    "Lantern Hill",
    "Weavers Quarter",
    "Millbrook",
    "Saltmarsh",
    "Orchard Row",
    "Northgate",
    "Canal Side",
    "Station Yard",
    "Bellfield",
    "Foundry Lane",
    "Wick End",
)

# fmt: off
FIRST_NAMES = (
    "Maren", "Tobias", "Aisha", "Lukas", "Priya", "Owen", "Salma", "Felix", "Noor", "Ingrid", "Mateo", "Hana", "Callum", "Yuki",
    "Bianca", "Dario", "Esme", "Kofi", "Leila", "Magnus", "Nadia", "Oskar", "Petra", "Quentin", "Rosa", "Stefan", "Tamsin", "Umar",
    "Vera", "Wilf", "Xenia", "Yusuf", "Zoe", "Anselm", "Beatrix", "Cormac", "Delphine", "Elio", "Freya", "Gareth", "Halima", "Ivo",
    "Jolene", "Kirsten", "Lorcan", "Mina", "Nils", "Odette", "Pavel", "Rhea", "Soren", "Thea", "Ulla", "Viktor", "Wren", "Yara", "Zane",
    "Amara", "Bruno", "Cecily", "Dimitri", "Edda", "Fergus", "Greta", "Hugo", "Iris", "Jonas", "Keiko", "Linnea", "Marco", "Nell",
    "Orla", "Piotr", "Renata", "Silas", "Tilda", "Vikram", "Willa", "Abel", "Carmen", "Desmond", "Elin", "Farid", "Gwen", "Harper",
    "Ilse", "Joaquin", "Kamala", "Leopold", "Maeve", "Nico", "Paloma", "Rafael", "Sunniva", "Teodor", "Valentina",
)
# fmt: on

INITIALS = "ABCDEFGHJKLMNOPRSTVWYZ"

COMPANIONS = (
    "my sister",
    "my partner",
    "my brother",
    "a colleague",
    "my flatmate",
    "an old friend",
    "my neighbour",
    "my wife",
    "my husband",
    "a friend from work",
    "my cousin",
    "my mate Sam",
    "two friends",
    "my boss",
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

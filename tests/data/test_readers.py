"""Every format, in all its layouts, becomes the same kind of dataset."""

from __future__ import annotations

import pandas as pd
import pytest

from core.data.importing import ImportRequest, import_reviews


def test_amazon_2014_layout(write_lines, imported, amazon_records):
    dataset = imported(write_lines("reviews.json", amazon_records), "amazon")
    assert (dataset.n_users, dataset.n_items, dataset.domain) == (6, 6, "products")
    first = dataset.interactions.iloc[0]
    assert first["text"] == 'It is a "good" thing 0 0. Really.'
    assert (first["summary"], first["rating"], first["timestamp"]) == ("Fine", 4.0, 1_400_000_000)


def test_gzip_is_known_by_its_bytes_and_gives_the_same_dataset(write_lines, imported, amazon_records):
    plain = imported(write_lines("a.json.gz", amazon_records), "amazon")
    zipped = imported(write_lines("b.json", amazon_records, zipped=True), "amazon")
    assert plain.id == zipped.id


def test_amazon_2023_layout(write_lines, imported):
    records = [
        {
            "user_id": f"u{u}",
            "asin": f"v{i}",
            "parent_asin": f"p{i}",
            "rating": 5.0,
            "title": "Nice",
            "text": "Good &amp; loud",
            "timestamp": 1588615855070,
        }
        for u in range(5)
        for i in range(5)
    ]
    meta = [
        {
            "parent_asin": f"p{i}",
            "title": f"Amp {i}",
            "description": ["Two.", "Parts."],
            "categories": ["Music", "Amps"],
            "main_category": "Music",
        }
        for i in range(5)
    ]
    dataset = imported(write_lines("r.jsonl", records), "amazon", items=write_lines("m.jsonl", meta))
    assert dataset.interactions["timestamp"].iloc[0] == 1588615855
    assert dataset.interactions[["summary", "text"]].iloc[0].tolist() == ["Nice", "Good & loud"]
    assert dataset.items.iloc[0].tolist() == ["p0", "Amp 0", "Two. Parts.", "Music, Amps", ""]


@pytest.mark.parametrize("literal", [False, True])
def test_amazon_metadata_as_json_and_as_python_literal(write_lines, imported, amazon_records, literal):
    meta = [
        {"asin": f"B{i}", "title": f"It's {i}", "description": "A 'quoted' thing", "categories": [["Music", "Mics"]], "price": None}
        for i in range(5)
    ]
    dataset = imported(write_lines("r.json", amazon_records), "amazon", items=write_lines("meta.json", meta, literal=literal, zipped=True))
    assert dataset.items["title"].tolist() == ["It's 0", "It's 1", "It's 2", "It's 3", "It's 4", "B5"]
    assert dataset.items["category"].iloc[0] == "Music, Mics"


def test_yelp(write_lines, imported):
    reviews = [
        {
            "review_id": f"r{u}{b}",
            "user_id": f"u{u}",
            "business_id": f"b{b}",
            "stars": 4.0,
            "useful": 0,
            "text": "Great tacos",
            "date": "2018-07-07 22:09:11",
        }
        for u in range(5)
        for b in range(5)
    ]
    businesses = [
        {"business_id": f"b{b}", "name": f"Place {b}", "city": "Reno", "state": "NV", "categories": "Tacos, Bars", "attributes": None}
        for b in range(5)
    ]
    people = [{"user_id": f"u{u}", "name": f"Ann {u}"} for u in range(5)]
    dataset = imported(write_lines("r.json", reviews), "yelp", items=write_lines("b.json", businesses), users=write_lines("u.json", people))
    assert dataset.domain == "places"
    assert dataset.interactions["timestamp"].iloc[0] == 1531001351
    assert dataset.items.iloc[0].tolist() == ["b0", "Place 0", "Reno, NV", "Tacos, Bars", ""]
    assert dataset.users["name"].iloc[4] == "Ann 4"


def test_steam_nested_layout(write_lines, imported):
    def review(item: int) -> dict[str, object]:
        return {"posted": "Posted November 5, 2011.", "item_id": f"{item}", "recommend": item % 2 == 0, "review": "so much fun"}

    lines = [{"user_id": f"u{u}", "user_url": "", "reviews": [review(item) for item in range(5)]} for u in range(5)]
    lines.append({"user_id": "silent", "user_url": "", "reviews": []})
    games = [{"id": f"{item}", "app_name": f"Game {item}", "genres": ["Action"], "tags": ["Co-op", "FPS"]} for item in range(5)]
    dataset = imported(write_lines("r.json", lines, literal=True), "steam", items=write_lines("g.json", games, literal=True, zipped=True))
    assert (dataset.n_users, dataset.n_items, dataset.domain) == (5, 5, "games")
    assert dataset.interactions["rating"].unique().tolist() == [5.0, 1.0]
    assert dataset.interactions["timestamp"].iloc[0] == 1320451200
    assert dataset.items.iloc[0].tolist() == ["0", "Game 0", "Co-op, FPS", "Action", ""]


def test_steam_owned_games_are_interactions_without_text(write_lines, imported):
    lines = [
        {"user_id": f"u{u}", "items": [{"item_id": f"{i}", "item_name": f"G{i}", "playtime_forever": 3} for i in range(5)]}
        for u in range(5)
    ]
    dataset = imported(write_lines("o.json", lines, literal=True), "steam")
    assert dataset.report["without_text"] == dataset.report["interactions"] == 25


def test_steam_flat_layout(write_lines, imported):
    pairs = [(user, item) for user in range(5) for item in range(5)]
    line = "{{u'username': u'n{}', u'product_id': u'{}', u'date': u'2017-12-17', u'text': u'It\\'s ok', u'hours': 2.5}}"
    lines = [line.format(user, item) for user, item in pairs]
    dataset = imported(write_lines("steam_reviews.json", lines), "steam")
    assert dataset.interactions["text"].iloc[0] == "It's ok"
    assert dataset.interactions["rating"].isna().all()


@pytest.mark.parametrize("kind", ["csv", "tsv", "csv.gz", "parquet", "jsonl", "jsonl.gz"])
def test_tables_of_every_kind_give_the_same_dataset(kind, tmp_path, write_lines, workspace, table_records):
    path = tmp_path / f"table.{kind}"
    frame = pd.DataFrame(table_records)
    if kind == "parquet":
        frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(path)
    elif kind.startswith("jsonl"):
        write_lines(path.name, table_records, zipped=kind.endswith("gz"))
    else:
        frame.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
    artefact = import_reviews(workspace, ImportRequest(path=path, format="table", name="t"))
    assert (
        artefact.id == import_reviews(workspace, ImportRequest(path=write_lines("reference", table_records), format="table", name="t")).id
    )


def test_columns_are_mapped_as_asked(write_lines, imported, table_records):
    renamed = [{"who": row["user"], "what": row["item"], "words": row["text"], "called": f"Item {row['item']}"} for row in table_records]
    columns = {"user": "who", "item": "what", "text": "words", "title": "called"}
    dataset = imported(write_lines("t.jsonl", renamed), "table", columns=columns, domain="games")
    assert dataset.interactions["text"].iloc[0] == "words 0 0"
    assert dataset.items["title"].iloc[0] == "Item i0"
    assert dataset.domain == "games"


def test_table_with_users_items_and_a_split(write_lines, imported):
    rows = [{"user": 4, "item": 10, "split": "train"}, {"user": 4, "item": 9, "split": "test"}, {"user": 30, "item": 10, "split": "train"}]
    items = [{"item": 10, "title": "Luke", "profile": "For brunch."}, {"item": 77, "title": "Unseen"}]
    users = [{"user": 30, "profile": "Likes brunch."}]
    files = {"items": write_lines("i.jsonl", items), "users": write_lines("u.jsonl", users, zipped=True)}
    dataset = imported(write_lines("t.jsonl", rows), "table", **files)
    assert dataset.report["splits"] == {"train": 2, "validation": 0, "test": 1}
    assert dataset.items[["item_id", "title", "profile_text"]].values.tolist() == [["9", "9", ""], ["10", "Luke", "For brunch."]]
    assert dataset.users["profile_text"].tolist() == ["", "Likes brunch."]


def test_a_given_split_can_be_replaced_and_filtered(write_lines, imported, table_records):
    path = write_lines("t.jsonl", [{**row, "split": "train"} for row in table_records])
    assert imported(path, "table").report["splits"]["test"] == 0
    assert imported(path, "table", split="ratio").report["splits"]["test"] == 6
    assert imported(path, "table", min_interactions=6).report["interactions"] == 36


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [((1, 5), {1.0, 5.0}), ((2, 10), {1.0, 5.0}), ((20, 100), {1.0, 5.0}), ((0, 1), {1.0, 5.0}), (("False", "True"), {1.0, 5.0})],
)
def test_ratings_of_a_table_end_on_the_scale_of_five(ratings, expected, write_lines, imported, table_records):
    rows = [{**row, "rating": ratings[number % 2]} for number, row in enumerate(table_records)]
    dataset = imported(write_lines("t.jsonl", rows), "table")
    assert set(dataset.interactions["rating"]) == expected


def test_a_constant_one_is_no_rating(write_lines, imported, table_records):
    dataset = imported(write_lines("t.jsonl", [{**row, "rating": 1} for row in table_records]), "table")
    assert dataset.interactions["rating"].isna().all()
    assert "Every rating is 1: taken as no rating." in dataset.report["notes"]

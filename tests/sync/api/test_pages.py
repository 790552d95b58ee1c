"""A listing goes on as its platform's pages do, and notices what doesn't add up."""

from __future__ import annotations

from typing import Any

import pytest

from batchlake.sync.api.answers import NotJson, read_document, value_at
from batchlake.sync.api.pages import PageFault, Pager
from batchlake.sync.platforms import Listing

URL = "https://api.example.com/v1/calls?x=1"


def listing(pages: Any, **more: Any) -> Listing:
    return Listing.model_validate({"path": "calls", "records": "calls", "pages": pages} | more)


def walk(pager: Pager, *documents: Any, link: str = "") -> list[Any]:
    """Take these answers, and give what was asked for each and what would be asked for next."""
    asked = []
    for document in documents:
        assert pager.request is not None
        asked.append((pager.request.path, dict(pager.request.params)))
        pager.take(document, {"link": link}, URL)
    return [*asked, pager.request and (pager.request.path, dict(pager.request.params))]


def page(*ids: Any, **more: Any) -> Any:
    return {"calls": [{"id": call_id} for call_id in ids], **more}


@pytest.mark.parametrize(
    ("pages", "documents", "asked"),
    [
        ({"style": "none"}, [page("a")], [{}, None]),
        (
            {"style": "page", "parameter": "p", "first": 0, "size_parameter": "n", "size": 2},
            [page("a", "b"), page("c")],
            [{"p": "0", "n": "2"}, {"p": "1", "n": "2"}, None],
        ),
        ({"style": "page", "parameter": "p"}, [page("a"), page()], [{"p": "1"}, {"p": "2"}, None]),
        (
            {"style": "offset", "parameter": "o", "total": "meta.total"},
            [page("a", "b", meta={"total": 3}), page("c", meta={"total": "3"})],
            [{"o": "0"}, {"o": "2"}, None],
        ),
        (
            {"style": "cursor", "parameter": "c", "next": "meta.next"},
            [page("a", meta={"next": 7}), page(meta={"next": "x y"}), page("b", meta={"next": None})],
            [{}, {"c": "7"}, {"c": "x y"}, None],
        ),
        (
            {"style": "cursor", "parameter": "c", "next": "next", "more": "more"},
            [page("a", next="x", more=True), page("b", next="y", more=False)],
            [{}, {"c": "x"}, None],
        ),
    ],
)
def test_what_is_asked_for_page_by_page(pages: Any, documents: Any, asked: Any) -> None:
    """Each style asks for its pages in turn and ends where the platform's list does."""
    expected = [params and ("calls", params) if params is None else ("calls", params) for params in asked]
    assert walk(Pager(listing(pages), {}), *documents) == expected


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ('<https://api.example.com/v1/calls?page=2>; rel="next"', "https://api.example.com/v1/calls?page=2"),
        ('<?page=1>; rel="prev", <?page=3>; rel="next"', "https://api.example.com/v1/calls?page=3"),
        ("<?page=3>; title=\"a, b; c\"; rel='x', </n>; REL=next", "https://api.example.com/n"),
        ('<?page=3>; rel="first next"', "https://api.example.com/v1/calls?page=3"),
        ('<?page=3>; rel="nextish"', None),
        ("next", None),
        ("", None),
    ],
)
def test_links_in_the_header(link: str, following: str | None) -> None:
    """The address with the relation `next` is followed, wherever it stands among others."""
    asked = walk(Pager(listing({"style": "link"}), {}), page("a"), link=link)[-1]
    assert asked == (following and (following, {}))


def test_links_in_the_document() -> None:
    """A platform that puts the next address into its answer is followed from there."""
    pager = Pager(listing({"style": "link", "next": "links.next"}), {})
    assert walk(pager, page("a", links={"next": "/v1/calls?page=2"}))[-1] == (
        "https://api.example.com/v1/calls?page=2",
        {},
    )


def test_a_repeated_page_is_no_page_unless_it_came_before_an_interruption() -> None:
    """The same calls twice within one pull lead astray; pushed down by new calls meanwhile they don't."""
    pages = {"style": "page", "parameter": "p"}
    pager = Pager(listing(pages), {})
    pager.take(page("a", "b"), {}, URL)
    with pytest.raises(PageFault, match="page 2 repeats") as caught:
        pager.take(page("a", "b"), {}, URL)
    assert caught.value.is_looping
    resumed = Pager(listing(pages), {})
    resumed.take(page("a", "b"), {}, URL, is_live=False)
    assert resumed.take(page("a", "b"), {}, URL).number == 2


@pytest.mark.parametrize(
    ("totals", "newest_first", "is_whole"),
    [
        ([2, 2], False, True),
        ([2, 3], False, False),
        ([2, 3], True, True),
        ([3, 2], True, False),
        ([9, 9], True, False),
    ],
)
def test_totals_tell_whether_a_list_is_whole(totals: list[int], newest_first: bool, is_whole: bool) -> None:
    """A total that changes may mean that calls slipped between pages, unless they came in at the front."""
    pages = {"style": "page", "parameter": "p", "total": "total"}
    pager = Pager(listing(pages, newest_first=newest_first), {})
    for number, total in enumerate(totals):
        pager.take(page(f"c{number}", total=total), {}, URL)
    assert pager.is_whole() is is_whole
    assert bool(pager.notes()) is (len(set(totals)) > 1 or not is_whole)


@pytest.mark.parametrize(
    ("records", "ids"),
    [
        (
            [{"call_id": "a", "id": "b"}, {"call_id": "", "id": "c"}, {"call_id": None, "id": 4}],
            ("a", "c", "4"),
        ),
        ([{}, None, [], "x", {"id": {}}, {"id": 1.5}], ()),
    ],
)
def test_ids_are_those_that_an_ingest_takes(records: Any, ids: Any) -> None:
    """`call_id` goes before `id`, numbers are text, and what has neither is no reason to stop."""
    assert Pager(listing({}), {}).take({"calls": records}, {}, URL).ids == ids


@pytest.mark.parametrize("document", [{}, [], {"calls": None}, {"calls": {}}, None, "calls"])
def test_an_answer_without_a_list_is_no_page(document: Any) -> None:
    """What stands in the place of the list is shown, and doesn't lead astray: it may heal."""
    with pytest.raises(PageFault, match="no list of calls at 'calls'") as caught:
        Pager(listing({}), {}).take(document, {}, URL)
    assert not caught.value.is_looping


def test_places_in_documents() -> None:
    """Keys and numbers lead into a document; what isn't there is None, a key of digits is a key."""
    document = {"a": [{"b": 0}], "0": "zero"}
    assert value_at(document, "a.0.b") == 0
    assert value_at(document, "0") == "zero"
    assert value_at(document, None) is document
    assert [value_at(document, place) for place in ("a.1", "a.b", "a.0.b.c", "x")] == [None] * 4


def test_documents_are_read_leniently_but_whole() -> None:
    """Half an emoji and NaN pass, a document cut off or in another encoding does not."""
    assert read_document(b'\xef\xbb\xbf{"x": "\\ud83d"}') == {"x": "\ud83d"}
    assert read_document(b"[1, NaN]")[0] == 1
    for body in (
        b'{"x": ',
        b"",
        b"{} {}",
        '{"é": 1}'.encode("latin-1"),
        '"é"'.encode("utf-16"),
        b"[" * 10**6,
    ):
        with pytest.raises(NotJson):
            read_document(body)

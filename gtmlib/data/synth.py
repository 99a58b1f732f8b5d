"""The seeded model of a client: its canonical tables, and the truths that an analysis of them should recover."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]
Model = dict[str, Any]
CONVERSATIONS = ("call", "meeting")  # channels that are conversations when they are answered
LONGEST_WAIT_DAYS = 30  # from a contact to its meeting; the contract's horizon is longer, so that no success is cut off
COLUMNAR = ("segments", "products", "reps", "variants", "stages", "channels", "status", "objections")
REPEATED_MENTION_SHARE = 0.06  # objections noted twice in one conversation: a rate is per conversation, not per mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Parameters of the population that the demo is drawn from; intervals should cover them.

    Parameters
    ----------
    contribution_per_customer : dict
        Segment = expected net revenue - cogs - direct cost to serve of a customer, SEK in the whole history.
    conversion_rate, conversion_difference : dict
        Assigned variant = chance that a contact books a meeting (intention to treat), and its difference to control.
    objection_rate : dict
        Code = chance that a conversation holds the objection.
    objection_rate_by_stage, objection_rate_by_segment : dict
        The same by (code, stage) and by (code, segment).
    reason_logged_rate, closed_win_rate, fidelity_rate : float
        Share of lost deals with a reason, of closed deals that are won, of contacts that got the assigned variant.
    fidelity_rate_by_rep : dict
        Rep id = share of the rep's contacts that got the assigned variant.
    improvising_reps : tuple of str
        Reps who choose the message themselves more often than not.
    forbidden_tokens : tuple of str
        What notes hold and no report may: names, phone numbers, addresses, markup.
    """

    contribution_per_customer: dict[str, float]
    conversion_rate: dict[str, float]
    conversion_difference: dict[str, float]
    objection_rate: dict[str, float]
    objection_rate_by_stage: dict[tuple[str, str], float]
    objection_rate_by_segment: dict[tuple[str, str], float]
    reason_logged_rate: float
    closed_win_rate: float
    fidelity_rate: float
    fidelity_rate_by_rep: dict[str, float]
    improvising_reps: tuple[str, ...]
    forbidden_tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """A client's canonical tables, one frame each, as a right reading of its exports gives them; and the truth."""

    frames: dict[str, pd.DataFrame]
    truth: Truth


def make_demo(seed: int = 2025, *, size: int = 1) -> Demo:
    """Draw a client.

    Parameters
    ----------
    seed : int
        Same seed, same client.
    size : int
        Multiple of the usual number of customers, deals and touches (260, 900, 4,500).

    Examples
    --------
    >>> len(make_demo().frames["customers"])
    260
    """
    model = read_model()
    rngs = np.random.default_rng(seed).spawn(7)  # a stream per table: a change in one leaves the others as they were
    customers, traits = _make_customers(rngs[0], model, size)
    reps = pd.DataFrame({key: model["reps"][key] for key in ("rep_id", "name", "seniority", "team")})
    deals = _make_deals(rngs[1], model, customers, size)
    touches = _make_touches(rngs[2], model, customers, deals, size)
    objections = _make_objections(rngs[3], model, touches, reps)
    touches["note"] = _make_notes(rngs[4], model, touches, objections, customers)
    frames = {
        "customers": customers,
        "transactions": _make_transactions(rngs[5], model, customers, traits),
        "costs": _make_costs(rngs[6], model, customers, traits),
        "reps": reps,
        "deals": deals,
        "touches": touches,
        "objections": objections,
    }
    return Demo(frames, make_truth(model))


def make_truth(model: Model | None = None) -> Truth:
    """Compute what the population gives in the long run, in closed form from the model's parameters.

    Parameters
    ----------
    model : dict, optional
        As `read_model` gives it.
    """
    model = model or read_model()
    reps, variants, status = model["reps"], model["variants"]["name"].tolist(), model["status"]
    delivered, followed = _delivery(model), _followed(model)
    conversion = (delivered @ model["variants"]["rate"]).T @ (reps["effect"] * reps["share"])
    objection = _objection_rates(model)  # code x stage x segment
    talks = model["stages"]["share"] * _talk_shares(model)
    customers = model["segments"]["n_customers"]
    stages, segments = talks / talks.sum(), customers / customers.sum()
    won, lost = (float(status["share"][status["name"] == name].item()) for name in ("won", "lost"))
    codes, stage_names, segment_names = model["objections"]["code"], model["stages"]["name"], model["segments"]["name"]
    return Truth(
        contribution_per_customer=_by(_expected_contribution(model), segment_names),
        conversion_rate=_by(conversion, variants),
        conversion_difference=_by((conversion - conversion[0])[1:], variants[1:]),
        objection_rate=_by(objection @ segments @ stages, codes),
        objection_rate_by_stage=_by_pair(objection @ segments, codes, stage_names),
        objection_rate_by_segment=_by_pair(np.einsum("cst,s->ct", objection, stages), codes, segment_names),
        reason_logged_rate=model["deals"]["reason_logged_rate"],
        closed_win_rate=won / (won + lost),
        fidelity_rate=float(followed @ reps["share"]),
        fidelity_rate_by_rep=_by(followed, reps["rep_id"]),
        improvising_reps=tuple(reps["rep_id"][reps["improvised"] > 0.5].tolist()),
        forbidden_tokens=tuple(model["tokens"]["forbidden"]),
    )


def read_model() -> Model:
    """Read the parameters and texts of the model; the sections that are tables have an array per column."""
    model = tomllib.loads(resources.files("gtmlib.data").joinpath("synth.toml").read_text("utf-8"))
    return model | {name: {key: np.array(column) for key, column in model[name].items()} for name in COLUMNAR}


def _by(values: Array, names: Any) -> dict[str, float]:
    return {str(name): float(value) for name, value in zip(names, values, strict=True)}


def _by_pair(values: Array, rows: Array, columns: Array) -> dict[tuple[str, str], float]:
    return {(str(row), str(name)): float(values[i, j]) for i, row in enumerate(rows) for j, name in enumerate(columns)}


def _expected_contribution(model: Model) -> Array:
    """Per segment: every factor of a line is drawn independently of the others, so that means multiply."""
    segment, product, activity, demanding = (model[name] for name in ("segments", "products", "activity", "demanding"))
    active = 1 - activity["lost_share"] * (1 - activity["lost_from"]) / 2
    active -= activity["late_share"] * activity["late_until"] / 2
    n_lines = 1 + segment["lines"] * active
    discount = segment["discount"] + segment["demanding_share"] * demanding["extra_discount"]
    per_unit = product["mix"] @ product["list_price"] * (1 - discount) - product["mix"] @ product["unit_cost"]
    support = segment["support"] * active * (1 + segment["demanding_share"] * (demanding["support_factor"] - 1))
    contribution: Array = n_lines * (1 - model["return_rate"]) * (1 + segment["units"]) * per_unit
    contribution -= n_lines * segment["freight"] + support
    return contribution


def _delivery(model: Model) -> Array:
    """Chance of the delivered variant: rep x assigned x delivered."""
    habit, variants = model["reps"]["habit"][:, None], model["variants"]["name"]
    habits = np.where(habit == "", 1 / len(variants), habit == variants)
    improvised = model["reps"]["improvised"][:, None, None]
    chances: Array = (1 - improvised) * np.eye(len(variants)) + improvised * habits[:, None, :]
    return chances


def _followed(model: Model) -> Array:
    """Per rep: the chance that the assigned variant, each as likely as the others, was delivered."""
    shares: Array = np.einsum("rvv->r", _delivery(model)) / len(model["variants"]["name"])
    return shares


def _objection_rates(model: Model) -> Array:
    """Chance of an objection: code x stage x segment."""
    special, segments, codes = model["objection_factor"], model["segments"]["name"], model["objections"]["code"]
    is_special = (codes == special["code"])[:, None, None] & (segments == special["segment"])
    rates: Array = model["objections"]["rate"][:, :, None] * np.where(is_special, special["factor"], 1.0)
    return rates


def _talk_shares(model: Model) -> Array:
    """Per stage: share of touches that are conversations, of such a channel and answered."""
    channels, stages = model["channels"], model["stages"]["name"]
    talks = np.isin(channels["name"], CONVERSATIONS) * channels["answered"]
    shares: Array = np.where(stages == stages[0], talks @ channels["outreach"], talks @ channels["in_deal"])
    return shares


def _n_days(model: Model) -> int:
    return int((model["ends_on"] - model["starts_on"]).days) + 1


def _dates(starts_on: date, days: Array) -> pd.Series[Any]:
    """Give dates from days after the start; a NaN is no date."""
    return pd.Series(pd.Timestamp(starts_on) + pd.to_timedelta(np.floor(days), unit="D")).dt.as_unit("us")


def _pick(rng: np.random.Generator, shares: Array) -> Array:
    """Draw one column per row of a table of shares."""
    bounds = shares.cumsum(axis=1)[:, :-1]
    drawn: Array = (rng.random((len(shares), 1)) > bounds).sum(axis=1)
    return drawn


def _make_customers(rng: np.random.Generator, model: Model, size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw customers, and what is hidden about each: segment number, active part, discount, demands, scale."""
    segments, activity, company = model["segments"], model["activity"], model["company"]
    at = rng.permutation(np.repeat(np.arange(len(segments["name"])), segments["n_customers"] * size))
    n = len(at)
    late, left = rng.random(n) < activity["late_share"], rng.random(n) < activity["lost_share"]
    start = np.where(late, rng.random(n) * activity["late_until"], 0.0)
    end = np.where(left, 1 - rng.random(n) * (1 - activity["lost_from"]), 1.0)
    is_demanding = rng.random(n) < segments["demanding_share"][at]
    discount = segments["discount"][at] + model["demanding"]["extra_discount"] * is_demanding
    traits = pd.DataFrame({"segment": at, "start": start, "end": end, "is_demanding": is_demanding})
    traits = traits.assign(discount=discount + rng.uniform(-0.06, 0.06, n), scale=rng.gamma(6, 1 / 6, n))
    country = rng.choice(len(company["countries"]), n, p=company["share"])
    stems = [first + second for first in company["first"] for second in company["second"]]
    order = rng.permutation(len(stems))
    rounds = [f" {1 + i // len(stems)}" if i >= len(stems) else "" for i in range(n)]
    names = [f"{stems[order[i % len(stems)]]}{rounds[i]} {company['forms'][country[i]]}" for i in range(n)]
    before = -rng.integers(30, 2500, n)
    customers = {
        "customer_id": [f"{4000 + 7 * i:06d}" for i in range(n)],
        "name": names,
        "segment": segments["name"][at],
        "country": np.array(company["countries"])[country],
        "industry": segments["industry"][at, rng.integers(0, segments["industry"].shape[1], n)],
        "employees": np.ceil(np.exp(rng.normal(4.6, 0.9, n))).astype(int),
        "channel": rng.choice(company["channels"], n, p=[0.7, 0.2, 0.1]),
        "acquired_on": _dates(model["starts_on"], np.where(late, start * _n_days(model), before)),
    }
    return pd.DataFrame(customers), traits.assign(n_lines=1 + rng.poisson(segments["lines"][at] * (end - start)))


def _make_transactions(
    rng: np.random.Generator, model: Model, customers: pd.DataFrame, traits: pd.DataFrame
) -> pd.DataFrame:
    """Draw invoice lines; a product's unit cost never changes, so that a missing cogs can be known exactly."""
    who = np.repeat(np.arange(len(traits)), traits["n_lines"])
    of, products, n_days = traits.iloc[who], model["products"], _n_days(model)
    at = _pick(rng, products["mix"][of["segment"]])
    quantity = 1 + rng.poisson(model["segments"]["units"][of["segment"]] * of["scale"])
    list_revenue = products["list_price"][at] * quantity
    lines = pd.DataFrame({
        "customer_id": customers["customer_id"].to_numpy()[who],
        "date": np.floor((of["start"] + rng.random(len(who)) * (of["end"] - of["start"])).to_numpy() * n_days),
        "product": products["name"][at],
        "quantity": quantity,
        "list_revenue": list_revenue.astype(float),
        "net_revenue": np.round(list_revenue * (1 - of["discount"].to_numpy()), 2),
        "cogs": (products["unit_cost"][at] * quantity).astype(float),
        "currency": "SEK",
    })  # fmt: skip
    returned = lines[rng.random(len(lines)) < model["return_rate"]].copy()
    returned["date"] = np.minimum(returned["date"] + rng.integers(5, 40, len(returned)), n_days - 1)
    amounts = ["quantity", "list_revenue", "net_revenue", "cogs"]
    returned[amounts] = -returned[amounts]
    ledger: pd.DataFrame = pd.concat([lines, returned])
    ledger = ledger.sort_values(["date", "customer_id"], kind="stable", ignore_index=True)
    ledger["cogs"] = ledger["cogs"].mask(rng.random(len(ledger)) < model["missing_cogs_rate"])
    ledger["date"] = _dates(model["starts_on"], ledger["date"].to_numpy())
    ledger.insert(0, "transaction_id", [f"F{240001 + i}" for i in range(len(ledger))])
    return ledger


def _make_costs(rng: np.random.Generator, model: Model, customers: pd.DataFrame, traits: pd.DataFrame) -> pd.DataFrame:
    """Draw four rows of freight and of support per customer, and monthly cost that belongs to no customer."""
    at, active, n_days = traits["segment"], traits["end"] - traits["start"], _n_days(model)
    heavy = 1 + (model["demanding"]["support_factor"] - 1) * traits["is_demanding"]
    means = {
        "freight": model["segments"]["freight"][at] * traits["n_lines"],
        "support": model["segments"]["support"][at] * active * heavy,
    }
    direct = [
        pd.DataFrame({
            "cost_pool": pool,
            "date": _dates(model["starts_on"], (traits["start"] + active * quarter / 4).to_numpy() * n_days - 1),
            "amount": np.round(rng.gamma(4, mean / 4 / 4), 2),
            "currency": "SEK",
            "customer_id": customers["customer_id"],
        })
        for pool, mean in means.items()
        for quarter in range(1, 5)
    ]  # fmt: skip
    months = pd.Series(pd.date_range(model["starts_on"], model["ends_on"], freq="ME")).dt.as_unit("us")
    overhead = [
        pd.DataFrame({"cost_pool": pool, "date": months, "amount": a_month, "currency": "SEK"})
        for pool, a_month in model["overhead"].items()
    ]
    costs = pd.concat([*direct, *overhead])
    return costs.sort_values("date", kind="stable", ignore_index=True)


def _make_deals(rng: np.random.Generator, model: Model, customers: pd.DataFrame, size: int) -> pd.DataFrame:
    """Draw deals: won and lost ones within the longest cycle, open ones partly far older than any that closed."""
    about, stages, n_days, n = model["deals"], model["stages"], _n_days(model), model["n_deals"] * size
    status = rng.choice(model["status"]["name"], n, p=model["status"]["share"])
    is_open, is_stale = status == "open", rng.random(n) < about["stale_share"]
    duration = rng.integers(10, about["longest_days"] + 1, n)
    age = np.where(is_stale, rng.integers(200, 700, n), rng.integers(0, 111, n))
    created = np.where(is_open, n_days - 1 - age, np.floor(rng.random(n) * (n_days - duration)))
    open_stage, closed_stage = rng.choice(stages["name"], n, p=stages["open_share"]), np.char.title(status)
    is_reason_logged = (status == "lost") & (rng.random(n) < about["reason_logged_rate"])
    expected = _dates(model["starts_on"], np.where(is_open, created + rng.integers(30, 150, n), np.nan))
    at_month_end = expected.where(rng.random(n) < 0.5, expected + pd.offsets.MonthEnd(0))
    deals = {
        "customer_id": customers["customer_id"].to_numpy()[rng.integers(0, len(customers), n)],
        "rep_id": rng.choice(model["reps"]["rep_id"], n, p=model["reps"]["share"]),
        "source": rng.choice(about["sources"], n, p=[0.45, 0.25, 0.2, 0.1]),
        "created_on": _dates(model["starts_on"], created),
        "amount": np.round(np.exp(rng.normal(12, 0.6, n)), -2),
        "currency": "SEK",
        "stage": np.where(is_open, open_stage, np.char.add("Closed ", closed_stage)),
        "status": status,
        "expected_close_on": at_month_end.dt.as_unit("us"),
        "closed_on": _dates(model["starts_on"], np.where(is_open, np.nan, created + duration)),
        "lost_reason": pd.Series(rng.choice(about["reasons"], n)).where(is_reason_logged),
    }
    frame = pd.DataFrame(deals).sort_values("created_on", kind="stable", ignore_index=True)
    frame.insert(0, "deal_id", [str(7_300_000_001 + 13 * i) for i in range(n)])
    return frame


def _make_touches(
    rng: np.random.Generator, model: Model, customers: pd.DataFrame, deals: pd.DataFrame, size: int
) -> pd.DataFrame:
    """Draw touches: outreach to any customer, with a variant, and the dialogue of deals; stage, rep and variant iid."""
    n, n_days = model["n_touches"] * size, _n_days(model)
    channels, reps, variants, stages = (model[name] for name in ("channels", "reps", "variants", "stages"))
    stage = rng.choice(len(stages["name"]), n, p=stages["share"])
    is_outreach, deal = stage == 0, rng.integers(0, len(deals), n)
    rep = rng.choice(len(reps["rep_id"]), n, p=reps["share"])
    customer = np.where(is_outreach, rng.choice(customers["customer_id"], n), deals["customer_id"].to_numpy()[deal])
    channel = _pick(rng, np.where(is_outreach[:, None], channels["outreach"], channels["in_deal"]))
    answered = channels["answered"][channel]
    is_answered = rng.random(n) < answered
    assigned = rng.integers(0, len(variants["name"]), n)
    delivered = _pick(rng, _delivery(model)[rep, assigned])
    chance = variants["rate"][delivered] * reps["effect"][rep] / answered  # given that it is answered
    day = _touch_days(rng, model, deals, stage, deal)
    booked = day + rng.integers(1, LONGEST_WAIT_DAYS + 1, n)
    is_booked = is_outreach & is_answered & (rng.random(n) < chance)
    is_booked &= booked < n_days  # later ones have not happened yet
    name = channels["name"][channel]
    is_talk = np.isin(name, CONVERSATIONS) & is_answered
    outcome = np.where(rng.random(n) < 0.25, "not interested", np.where(is_talk, "call back", "no reply"))
    outcome = np.where(is_outreach, outcome, "held")
    has_next = is_talk & ~is_outreach & (rng.random(n) < 0.6)
    touches = pd.DataFrame({
        "deal_id": deals["deal_id"].iloc[deal].reset_index(drop=True).mask(is_outreach),
        "customer_id": customer,
        "rep_id": np.where(is_outreach, reps["rep_id"][rep], deals["rep_id"].to_numpy()[deal]),
        "segment": customers.set_index("customer_id")["segment"].loc[customer].to_numpy(),
        "date": _dates(model["starts_on"], day),
        "channel": name,
        "stage": stages["name"][stage],
        "variant_assigned": pd.Series(variants["name"][assigned]).where(is_outreach),
        "variant_delivered": pd.Series(variants["name"][delivered]).where(is_outreach),
        "outcome": np.select([is_booked, ~is_answered], ["meeting_booked", "no answer"], outcome),
        "converted_on": _dates(model["starts_on"], np.where(is_booked, booked, np.nan)),
        "minutes": pd.Series(np.where(name == "meeting", 30, 5) + rng.integers(0, 25, n)).where(is_talk),
        "next_step_on": _dates(model["starts_on"], np.where(has_next, day + rng.integers(3, 22, n), np.nan)),
    })  # fmt: skip
    touches = touches.sort_values("date", kind="stable", ignore_index=True)
    touches.insert(0, "touch_id", [f"T{100001 + i}" for i in range(n)])
    return touches


def _touch_days(rng: np.random.Generator, model: Model, deals: pd.DataFrame, stage: Array, deal: Array) -> Array:
    """Draw days: outreach since the test began, dialogue within the deal's first months and in the stages' order."""
    n_days, test = _n_days(model), (model["test_starts_on"] - model["starts_on"]).days
    created = (deals["created_on"] - pd.Timestamp(model["starts_on"])).dt.days.to_numpy()
    closed = (deals["closed_on"] - pd.Timestamp(model["starts_on"])).dt.days.to_numpy()
    end = np.where(np.isnan(closed), np.minimum(created + model["deals"]["longest_days"], n_days - 1), closed)
    u = rng.random(len(stage))
    day: Array = np.floor(np.where(stage == 0, test + u * (n_days - test), created[deal] + u * (end - created)[deal]))
    within = np.flatnonzero(stage > 0)
    by_stage = within[np.lexsort((stage[within], deal[within]))]
    by_day = within[np.lexsort((day[within], deal[within]))]
    day[by_stage] = day[by_day]
    return day


def _make_objections(rng: np.random.Generator, model: Model, touches: pd.DataFrame, reps: pd.DataFrame) -> pd.DataFrame:
    """Draw objections: each code by itself in each conversation, some noted twice (from buyer and seller)."""
    talks = touches[touches["channel"].isin(CONVERSATIONS) & (touches["outcome"] != "no answer")]
    stage = pd.Index(model["stages"]["name"]).get_indexer(talks["stage"])
    segment = pd.Index(model["segments"]["name"]).get_indexer(talks["segment"])
    rates = _objection_rates(model)[:, stage, segment].T
    row, code = np.nonzero(rng.random(rates.shape) < rates)
    is_twice = rng.random(len(row)) < REPEATED_MENTION_SHARE
    mention = np.repeat(np.arange(len(row)), 1 + is_twice)
    is_second = np.append(False, mention[1:] == mention[:-1])
    row, code, n = row[mention], code[mention], len(mention)
    is_senior = talks["rep_id"].map(reps.set_index("rep_id")["seniority"]).eq("senior").to_numpy()[row]
    objections = talks.iloc[row][["touch_id", "date", "stage"]].reset_index(drop=True)
    return objections.assign(
        code=model["objections"]["code"][code],
        source=np.where(is_second, "seller", np.where(rng.random(n) < 0.8, "buyer", "crm")),
        is_resolved=rng.random(n) < np.where(is_senior, 0.45, 0.30),
        coder=rng.choice(["AK", "ML"], n),
    )


def _make_notes(
    rng: np.random.Generator, model: Model, touches: pd.DataFrame, objections: pd.DataFrame, customers: pd.DataFrame
) -> list[str]:
    """Write the notes of conversations in the customer's language, a few with what must never reach a report."""
    phrases, company, n = model["phrases"], model["company"], len(touches)
    country = touches["customer_id"].map(customers.set_index("customer_id")["country"])
    languages = country.map(dict(zip(company["countries"], company["languages"], strict=True)))
    codes = objections.drop_duplicates(["touch_id", "code"]).groupby("touch_id")["code"].agg(list).to_dict()
    is_talk = touches["channel"].isin(CONVERSATIONS) & (touches["outcome"] != "no answer")
    notes = []
    for touch, language, has_note, pick, u in zip(
        touches["touch_id"], languages, is_talk, rng.integers(0, 4, n), rng.random(n), strict=True
    ):
        if not has_note:
            notes.append("")
            continue
        found = [phrases[code][language] for code in codes.get(touch, ["none"])]
        text = " ".join(texts[(pick + i) % len(texts)] for i, texts in enumerate(found))
        if u < 0.05:
            text += " " + model["tokens"][language][pick]
        elif u < 0.35:
            text += "\n" + model["next_step"][language][pick % 2]
        notes.append(text)
    return notes

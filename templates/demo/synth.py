"""The seeded model of a client: its canonical tables, and the truths that an analysis of them should recover."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gtmlib.data.schema import TABLES
from templates.demo.synth_coding import make_coding

Model = dict[str, Any]
Rng = np.random.Generator


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
    customers = _make_customers(rngs[0], model, size)
    deals = _make_deals(rngs[1], model, customers, size)
    touches = _make_touches(rngs[2], model, customers, deals, size)
    objections = _make_objections(rngs[3], model, touches)
    drawn = {
        "customers": customers,
        "transactions": _make_transactions(rngs[5], model, customers),
        "costs": _make_costs(rngs[6], model, customers),
        "reps": model["reps"],
        "deals": deals,
        "touches": touches.assign(note=_make_notes(rngs[4], model, touches, objections)),
        "objections": objections,
    }
    drawn |= make_coding(seed, model, customers, drawn["touches"], objections)
    # Rows also carry what the draws of others need and no client knows, such as a customer's scale: it ends here.
    frames = {name: rows.assign(currency="SEK").filter(items=TABLES[name].columns) for name, rows in drawn.items()}
    return Demo(frames, make_truth())


def make_truth() -> Truth:
    """Compute what the population gives in the long run, in closed form from the model's parameters."""
    model = read_model()
    reps, stages, segments, channels = (model[name] for name in ("reps", "stages", "segments", "channels"))
    variants, codes = model["variants"]["name"], model["objections"]["code"]
    conversion = np.einsum("rad,d,r->a", model["delivery"], model["variants"]["rate"], reps["effect"] * reps["share"])
    followed = pd.Series(np.einsum("rvv->r", model["delivery"]) / len(variants))  # each is assigned as often
    talks = stages["share"] * (model["channel_mix"] @ (channels["is_spoken"] * channels["answered"]))
    in_stage, in_segment = talks / talks.sum(), segments["n_customers"] / segments["n_customers"].sum()
    by_stage = pd.DataFrame(np.einsum("cst,t->cs", model["objection_chance"], in_segment), codes, stages["stage"])
    by_segment = pd.DataFrame(np.einsum("cst,s->ct", model["objection_chance"], in_stage), codes, segments["segment"])
    status = model["status"].set_index("status")["share"]
    return Truth(
        contribution_per_customer=dict(zip(segments["segment"], _expected_contribution(model), strict=True)),
        conversion_rate=dict(zip(variants, conversion.tolist(), strict=True)),
        conversion_difference=dict(zip(variants[1:], (conversion[1:] - conversion[0]).tolist(), strict=True)),
        objection_rate=(by_stage @ in_stage.to_numpy()).to_dict(),
        objection_rate_by_stage=by_stage.stack().to_dict(),
        objection_rate_by_segment=by_segment.stack().to_dict(),
        reason_logged_rate=model["deals"]["reason_logged_rate"],
        closed_win_rate=float(status["won"] / (status["won"] + status["lost"])),
        fidelity_rate=float(followed @ reps["share"]),
        fidelity_rate_by_rep=dict(zip(reps["rep_id"], followed, strict=True)),
        improvising_reps=tuple(reps["rep_id"][model["improvised"].sum(axis=1) > 0.5]),
        forbidden_tokens=tuple(model["tokens"]["forbidden"]),
    )


def read_model() -> Model:
    """Read the parameters and texts of the model, and derive the chances that both the draws and the truth use.

    Returns
    -------
    dict
        The sections of `synth.toml`; each of its tables is a frame, each of its grids an array.
    """
    model: Model = tomllib.loads(Path(__file__).with_name("synth.toml").read_text("utf-8"))
    model |= {name: pd.DataFrame(columns) for name, columns in model["tables"].items()}
    model |= {name: np.array(rows) for name, rows in model["grids"].items()}
    own = model["improvised"][:, None, :]  # rep x any assigned x delivered
    model["delivery"] = own + (1 - own.sum(axis=2, keepdims=True)) * np.eye(own.shape[2])  # rep x assigned x delivered
    model["objection_chance"] = model["objection_rate"][:, :, None] * model["objection_factor"][:, None, :]
    return model | {"n_days": (model["ends_on"] - model["starts_on"]).days + 1}


def _expected_contribution(model: Model) -> pd.Series[float]:
    """Per segment: every factor of a line is drawn independently of the others, so that means multiply."""
    activity, products, mix = model["activity"], model["products"], model["product_mix"]
    late, lost = activity["late_share"] * activity["late_until"], activity["lost_share"] * (1 - activity["lost_from"])
    segments = _with_means(model, model["segments"], 1 - lost / 2 - late / 2, model["segments"]["demanding_share"])
    per_unit = mix @ products["list_price"] * (1 - segments["discount"]) - mix @ products["unit_cost"]
    gross_profit = (1 + segments["lines"]) * (1 - model["return_rate"]) * (1 + segments["units"]) * per_unit
    return gross_profit - (1 + segments["lines"]) * segments["freight"] - segments["support"]


def _with_means(model: Model, rows: pd.DataFrame, active: Any, demanding: Any) -> pd.DataFrame:
    """Give rows of segments the means for a part of the history, and for being demanding or a share that is."""
    support = rows["support"] * active * (1 + (model["demanding"]["support_factor"] - 1) * demanding)
    discount = rows["discount"] + model["demanding"]["extra_discount"] * demanding
    return rows.assign(lines=rows["lines"] * active, discount=discount, support=support)


def _dates(model: Model, days: Any) -> pd.Series[Any]:
    """Give dates from days after the start; a NaN is no date."""
    return pd.Series(pd.Timestamp(model["starts_on"]) + pd.to_timedelta(np.floor(days), unit="D")).dt.as_unit("us")


def _rows(table: pd.DataFrame, i: Any) -> pd.DataFrame:
    return table.iloc[i].reset_index(drop=True)


def _in_order(rows: pd.DataFrame, *by: str) -> pd.DataFrame:
    return rows.sort_values(list(by), kind="stable", ignore_index=True)


def _draw(rng: Rng, table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Draw rows of a table by its column of shares."""
    return _rows(table.drop(columns="share"), rng.choice(len(table), n, p=table["share"]))


def _pick(rng: Rng, table: pd.DataFrame, shares: Any) -> pd.DataFrame:
    """Draw one row of a table per row of shares."""
    return _rows(table, (rng.random((len(shares), 1)) > shares.cumsum(axis=1)[:, :-1]).sum(axis=1))


def _make_customers(rng: Rng, model: Model, size: int) -> pd.DataFrame:
    """Draw customers, and what is hidden about each: active part of the history, discount, support, scale."""
    activity, company, segments = model["activity"], model["company"], model["segments"]
    own = _rows(segments, rng.permutation(segments.index.repeat(segments["n_customers"] * size)))
    n = len(own)
    is_late, is_lost = rng.random(n) < activity["late_share"], rng.random(n) < activity["lost_share"]
    start = np.where(is_late, rng.random(n) * activity["late_until"], 0.0)
    end = np.where(is_lost, 1 - rng.random(n) * (1 - activity["lost_from"]), 1.0)
    own = _with_means(model, own, end - start, rng.random(n) < own["demanding_share"]).assign(start=start, end=end)
    own = own.assign(discount=own["discount"] + rng.uniform(-0.06, 0.06, n), scale=rng.gamma(6, 1 / 6, n))
    country = _draw(rng, model["countries"], n)
    stems = np.resize(rng.permutation([first + last for first in company["first"] for last in company["last"]]), n)
    return own.join(country).assign(
        acquired_on=_dates(model, np.where(is_late, start * model["n_days"], -rng.integers(30, 2500, n))),
        customer_id=[f"{4000 + 7 * i:06d}" for i in range(n)],
        name=stems + " " + country["form"],
        industry=model["industries"][own["i_segment"], rng.integers(0, 4, n)],
        employees=np.ceil(np.exp(rng.normal(4.6, 0.9, n))).astype(int),
        channel=_draw(rng, model["sales_channels"], n)["channel"],
        n_lines=1 + rng.poisson(own["lines"]),
    )


def _make_transactions(rng: Rng, model: Model, customers: pd.DataFrame) -> pd.DataFrame:
    """Draw invoice lines; a product's unit cost never changes, so that a missing cogs can be known exactly."""
    buyer = _rows(customers, customers.index.repeat(customers["n_lines"]))
    lines = buyer.join(_pick(rng, model["products"], model["product_mix"][buyer["i_segment"]])).assign(
        quantity=1 + rng.poisson(buyer["units"] * buyer["scale"]),
        day=np.floor((buyer["start"] + rng.random(len(buyer)) * (buyer["end"] - buyer["start"])) * model["n_days"]),
    )
    returned = lines[rng.random(len(lines)) < model["return_rate"]]
    day = np.minimum(returned["day"] + rng.integers(5, 40, len(returned)), model["n_days"] - 1)
    returns = returned.assign(quantity=-returned["quantity"], day=day)
    ledger = _in_order(pd.concat([lines, returns]), "day", "customer_id")
    list_revenue, cogs = (ledger[each] * ledger["quantity"] for each in ("list_price", "unit_cost"))
    return ledger.assign(
        transaction_id=[f"F{240001 + i}" for i in range(len(ledger))],
        date=_dates(model, ledger["day"]),
        list_revenue=list_revenue,
        net_revenue=(list_revenue * (1 - ledger["discount"])).round(2),
        cogs=cogs.mask(rng.random(len(ledger)) < model["missing_cogs_rate"]),
    )


def _make_costs(rng: Rng, model: Model, customers: pd.DataFrame) -> pd.DataFrame:
    """Draw four rows of freight and of support per customer, and monthly cost that belongs to no customer."""
    active, costs = customers["end"] - customers["start"], []
    for pool, mean in (("freight", customers["freight"] * customers["n_lines"]), ("support", customers["support"])):
        for quarter in range(1, 5):
            date = _dates(model, (customers["start"] + active * quarter / 4) * model["n_days"] - 1)
            amount = rng.gamma(4, mean / 4 / 4).round(2)
            costs.append(customers[["customer_id"]].assign(cost_pool=pool, date=date, amount=amount))
    months = pd.date_range(model["starts_on"], model["ends_on"], freq="ME", unit="us")
    for pool, amount in model["overhead"].items():
        costs.append(pd.DataFrame({"cost_pool": pool, "date": months, "amount": amount}))
    return _in_order(pd.concat(costs), "date")


def _make_deals(rng: Rng, model: Model, customers: pd.DataFrame, size: int) -> pd.DataFrame:
    """Draw deals: won and lost ones within the longest cycle, open ones partly far older than any that closed."""
    about, stages, n_days, n = model["deals"], model["stages"], model["n_days"], model["n_deals"] * size
    status = _draw(rng, model["status"], n)
    is_open, is_stale = status["status"] == "open", rng.random(n) < about["stale_share"]
    duration = rng.integers(10, about["longest_days"] + 1, n)
    age = np.where(is_stale, rng.integers(200, 700, n), rng.integers(0, 111, n))
    created = np.where(is_open, n_days - 1 - age, np.floor(rng.random(n) * (n_days - duration)))
    open_stage = rng.choice(stages["stage"], n, p=stages["open_share"])
    is_reason_logged = (status["status"] == "lost") & (rng.random(n) < about["reason_logged_rate"])
    expected = _dates(model, np.where(is_open, created + rng.integers(30, 150, n), np.nan))
    expected = expected.where(rng.random(n) < 0.5, expected + pd.offsets.MonthEnd(0)).dt.as_unit("us")
    buyer = customers[["customer_id"]].iloc[rng.integers(0, len(customers), n)].reset_index(names="i_customer")
    deals = pd.concat([buyer, status, _draw(rng, model["reps"], n), _draw(rng, model["sources"], n)], axis=1).assign(
        created_on=_dates(model, created),
        amount=np.round(np.exp(rng.normal(12, 0.6, n)), -2),
        stage=("Closed " + status["status"].str.title()).mask(is_open, open_stage),
        expected_close_on=expected,
        closed_on=_dates(model, np.where(is_open, np.nan, created + duration)),
        lost_reason=pd.Series(rng.choice(about["reasons"], n)).where(is_reason_logged),
        first_day=created,
        last_day=np.where(is_open, np.minimum(created + about["longest_days"], n_days - 1), created + duration),
    )
    return _in_order(deals, "created_on").assign(deal_id=[str(7_300_000_001 + 13 * i) for i in range(n)])


def _make_touches(rng: Rng, model: Model, customers: pd.DataFrame, deals: pd.DataFrame, size: int) -> pd.DataFrame:
    """Draw touches: outreach to any customer, with a variant, and the dialogue of deals; stage, rep and variant iid."""
    n, n_days, variants = model["n_touches"] * size, model["n_days"], model["variants"]
    stage = _draw(rng, model["stages"], n)
    is_outreach, deal = stage["i_stage"] == 0, _rows(deals, rng.integers(0, len(deals), n))
    rep = _rows(model["reps"], _draw(rng, model["reps"], n)["i_rep"].where(is_outreach, deal["i_rep"]))
    buyer = _rows(customers, np.where(is_outreach, rng.integers(0, len(customers), n), deal["i_customer"]))
    channel = _pick(rng, model["channels"], model["channel_mix"][stage["i_stage"]])
    is_answered = rng.random(n) < channel["answered"]
    is_talk = is_answered & channel["is_spoken"]
    assigned = _rows(variants, rng.integers(0, len(variants), n))
    delivered = _pick(rng, variants, model["delivery"][rep["i_rep"], assigned["i_variant"]])
    day = _touch_days(rng, model, deal, stage["i_stage"])
    booked = day + rng.integers(1, model["longest_wait_days"] + 1, n)
    is_convinced = rng.random(n) < delivered["rate"] * rep["effect"] / channel["answered"]  # given that it is answered
    is_booked = is_outreach & is_answered & is_convinced & (booked < n_days)  # later ones have not happened yet
    cases = [is_booked, ~is_answered, ~is_outreach, rng.random(n) < 0.25, is_talk]
    has_next = is_talk & ~is_outreach & (rng.random(n) < 0.6)
    touches = pd.concat([buyer, stage, rep[["rep_id", "resolved_share"]]], axis=1).assign(
        deal_id=deal["deal_id"].mask(is_outreach),
        date=_dates(model, day),
        channel=channel["channel"],
        variant_assigned=assigned["name"].where(is_outreach),
        variant_delivered=delivered["name"].where(is_outreach),
        outcome=np.select(cases, model["outcomes"], "no reply"),
        converted_on=_dates(model, booked.where(is_booked)),
        minutes=(channel["shortest_minutes"] + rng.integers(0, 25, n)).where(is_talk),
        next_step_on=_dates(model, (day + rng.integers(3, 22, n)).where(has_next)),
        is_talk=is_talk,
    )
    return _in_order(touches, "date").assign(touch_id=[f"T{100001 + i}" for i in range(n)])


def _touch_days(rng: Rng, model: Model, deal: pd.DataFrame, i_stage: Any) -> pd.Series[float]:
    """Draw days: outreach since the test began, dialogue within the deal's first months and in the stages' order."""
    test, u = (model["test_starts_on"] - model["starts_on"]).days, rng.random(len(deal))
    in_deal = deal["first_day"] + u * (deal["last_day"] - deal["first_day"])
    day = np.floor(in_deal.mask(i_stage == 0, test + u * (model["n_days"] - test)))
    within = deal.assign(stage=i_stage, day=day)[i_stage > 0]
    by_stage, by_day = (within.sort_values(["deal_id", order]) for order in ("stage", "day"))
    day[by_stage.index] = by_day["day"].to_numpy()
    return day


def _make_objections(rng: Rng, model: Model, touches: pd.DataFrame) -> pd.DataFrame:
    """Draw objections: each code by itself in each conversation, some noted twice (from buyer and seller)."""
    talks = touches[touches["is_talk"]]
    chance = model["objection_chance"][:, talks["i_stage"], talks["i_segment"]].T
    i_talk, i_code = np.nonzero(rng.random(chance.shape) < chance)
    mention = np.arange(len(i_talk)).repeat(1 + (rng.random(len(i_talk)) < model["repeated_mention_share"]))
    n, by_other = len(mention), pd.Index(mention).duplicated()
    said = _rows(talks[["touch_id", "date", "stage", "resolved_share"]], i_talk[mention])
    return said.join(_rows(model["objections"], i_code[mention])).assign(
        source=np.where(by_other, "seller", np.where(rng.random(n) < 0.8, "buyer", "crm")),
        is_resolved=rng.random(n) < said["resolved_share"],
        coder=rng.choice(["AK", "ML"], n),
    )


def _make_notes(rng: Rng, model: Model, touches: pd.DataFrame, objections: pd.DataFrame) -> pd.Series[str]:
    """Write the notes of conversations in the customer's language, a few with what must never reach a report."""
    said = objections.drop_duplicates(["touch_id", "code"]).groupby("touch_id")["code"].agg(list).to_dict()
    n, notes, phrases = len(touches), [], model["phrases"]
    draws = touches["touch_id"], touches["language"], rng.integers(0, 4, n), rng.random(n)
    for touch, language, pick, u in zip(*draws, strict=True):
        note = " ".join(phrases[code][language][(pick + i) % 4] for i, code in enumerate(said.get(touch, ["none"])))
        token, next_step = model["tokens"][language][pick], model["next_step"][language][pick % 2]
        notes.append(f"{note} {token}" if u < 0.05 else f"{note}\n{next_step}" if u < 0.35 else note)
    return pd.Series(notes).where(touches["is_talk"], "")

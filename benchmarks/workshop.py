"""How long after a slider's move is the figure redrawn? `python -m benchmarks.workshop`, in a real browser.

Writes exports of 1,000,000 contacts and 200,000 transactions, opens the workshop's notebook in JupyterLab, and prints
the seconds from a kernel that is up to the first panel; then, per panel, median and 95th percentile of 100 moves, from
the event to the redrawn figure, and beside them what plain pandas takes to make the same numbers from the rows, which
it has in memory already.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from tests.browser import open_browser
from tests.workshop_pages import IS_IDLE, PATIENCE, Page, run_all, serve_lab

N_CUSTOMERS, N_DEALS, N_REPS = 20_000, 100_000, 40
MOVES = 100
FIRST, LAST = np.datetime64("2023-01-01"), np.datetime64("2025-12-31")
CONTRACT = """
client = "Benchmark"
currency = "SEK"
exported_on = 2025-12-31

[variants]
control = "A"
planned_split = { A = 1, B = 1 }
success = ["meeting"]
horizon_days = 45
looks = "many"
planned_n = 2400
unit = "touch"
"""
# Each move is another one, and has an answer: no list is ever empty, and no period ends before it begins.
MOVE = """([panel, place]) => {
  const kinds = ":is(input[type=range], fieldset, select)";
  const controls = [...document.querySelectorAll(`[data-panel=${panel}] .controls ${kinds}`)];
  const control = controls[place % controls.length];
  const tell = (node, event) => node.dispatchEvent(new Event(event, { bubbles: true }));
  if (control.type === "range") {
    const steps = Math.round((control.max - control.min) / control.step);
    control.value = Number(control.min) + Number(control.step) * ((place * 7 + 1) % (steps + 1));
    tell(control, "input");
  } else if (control.tagName === "FIELDSET") {
    const boxes = [...control.querySelectorAll("input")];
    const box = boxes.find((one) => !one.checked) ?? boxes[place % boxes.length];
    box.checked = !box.checked;
    tell(box, "change");
  } else {
    control.dataset.start ??= control.selectedIndex;
    const [start, last] = [Number(control.dataset.start), control.options.length - 1];
    control.selectedIndex = control.selectedIndex === start ? (start === last ? start - 1 : start + 1) : start;
    tell(control, "change");
  }
}"""
TAKEN = "performance.getEntriesByName('workshop-redraw').map((entry) => entry.duration)"


def make_tables(n_touches: int = 1_000_000, n_sales: int = 200_000) -> dict[str, pd.DataFrame]:
    """Draw three years of a client: customers in five segments, their sales and costs, deals, contacts, objections."""
    rng = np.random.default_rng(2025)
    names = {letter: np.char.add(letter, np.arange(n).astype(str)) for letter, n in zip("KDR", (N_CUSTOMERS, N_DEALS, N_REPS), strict=True)}  # fmt: skip # noqa: E501
    stages = ["Lead", "Demo", "Offer"]
    span = int((LAST - FIRST).astype(int))
    net = rng.gamma(2.0, 500.0, n_sales).round(2)
    sales = {
        "transaction_id": np.arange(n_sales), "customer_id": names["K"][rng.integers(0, N_CUSTOMERS, n_sales)],
        "date": FIRST + rng.integers(0, span, n_sales), "list_revenue": (net * 1.1).round(2), "net_revenue": net,
        "cogs": (net * rng.uniform(0.4, 1.1, n_sales)).round(2),
    }  # fmt: skip
    costs = {
        "cost_pool": rng.choice(["freight", "support"], 3000), "date": FIRST + rng.integers(0, span, 3000),
        "amount": rng.gamma(2.0, 2000.0, 3000).round(2), "customer_id": names["K"][rng.integers(0, N_CUSTOMERS, 3000)],
    }  # fmt: skip
    started = FIRST + rng.integers(0, span, N_DEALS)
    ended = started + rng.gamma(2.0, 45.0, N_DEALS).astype(int) + 1
    status = np.where(ended > LAST, "open", np.where(rng.random(N_DEALS) < 0.3, "won", "lost"))
    buyer = rng.integers(0, N_CUSTOMERS, N_DEALS)
    seller = rng.integers(0, N_REPS, N_DEALS)
    deals = {
        "deal_id": names["D"], "customer_id": names["K"][buyer], "rep_id": names["R"][seller], "created_on": started,
        "amount": rng.gamma(2.0, 20000.0, N_DEALS).round(2), "stage": rng.choice(stages, N_DEALS), "status": status,
        "closed_on": np.where(status == "open", np.datetime64("NaT"), ended),
    }  # fmt: skip
    deal = rng.integers(0, N_DEALS, n_touches)
    day = np.minimum(started[deal] + rng.integers(0, 60, n_touches), LAST)
    variant, is_meeting = rng.choice(["A", "B"], n_touches), rng.random(n_touches) < 0.05
    touches = {
        "touch_id": np.arange(n_touches), "deal_id": names["D"][deal], "customer_id": names["K"][buyer[deal]],
        "rep_id": names["R"][seller[deal]], "date": day, "stage": rng.choice(stages, n_touches),
        "variant_assigned": variant, "variant_delivered": variant, "outcome": np.where(is_meeting, "meeting", "none"),
        "converted_on": np.where(is_meeting, day, np.datetime64("NaT")),
    }  # fmt: skip
    met = rng.choice(n_touches, n_touches // 12, replace=False)
    objections = {
        "touch_id": met, "deal_id": names["D"][deal[met]], "date": day[met], "stage": touches["stage"][met],
        "code": rng.choice(["price", "timing", "no_need", "trust"], len(met)),
    }  # fmt: skip
    tables = {
        "customers": {"customer_id": names["K"], "segment": rng.choice(list("ABCDE"), N_CUSTOMERS)},
        "transactions": sales, "costs": costs, "deals": deals, "touches": touches, "objections": objections,
        "reps": {"rep_id": names["R"], "seniority": rng.choice(["junior", "senior"], N_REPS)},
    }  # fmt: skip
    return {name: pd.DataFrame(columns) for name, columns in tables.items()}


def write_client(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables as a client's exports, with a contract that maps them."""
    (folder / "exports").mkdir(parents=True)
    parts = [CONTRACT.strip()]
    for name, rows in tables.items():
        rows.to_csv(folder / "exports" / f"{name}.csv", index=False)
        columns = ", ".join(f'{column} = "{column}"' for column in rows.columns)
        parts.append(f'[sources.{name}]\ntable = "{name}"\nfile = "{name}.csv"\ndelimiter = ","\ndecimal = "."\n' + f"columns = {{ {columns} }}")  # fmt: skip # noqa: E501
    (folder / "engagement.toml").write_text("\n\n".join(parts) + "\n", "utf-8")


def sum_sales(tables: dict[str, pd.DataFrame]) -> object:
    """Make the waterfall, the order of customers and the segments' sums from the rows, as pandas users do."""
    sales = tables["transactions"].merge(tables["customers"], on="customer_id")
    sales = sales[sales["segment"].isin(list("ABCD"))]
    per = sales.groupby("customer_id")[["list_revenue", "net_revenue", "cogs"]].sum()
    served = tables["costs"].groupby("customer_id")["amount"].sum()
    left = per["net_revenue"] - per["cogs"] - served.reindex(per.index).fillna(0.0)
    return left.sort_values(ascending=False).cumsum(), sales.groupby("segment")[["net_revenue", "cogs"]].sum()


def count_objections(tables: dict[str, pd.DataFrame]) -> object:
    """Count conversations and those with each objection from the rows, by segment and seniority."""
    touches = tables["touches"].merge(tables["customers"], on="customer_id").merge(tables["reps"], on="rep_id")
    touches = touches[touches["segment"].isin(list("ABCD"))]
    met = tables["objections"].drop_duplicates(["touch_id", "code"]).merge(touches[["touch_id"]], on="touch_id")
    return met["code"].value_counts() / len(touches)


def count_contacts(tables: dict[str, pd.DataFrame]) -> object:
    """Count contacts and successes per message from the rows, and contacts a week."""
    touches = tables["touches"]
    weekly = touches["date"].dt.to_period("W").value_counts()
    return touches.groupby("variant_assigned")["outcome"].apply(lambda found: (found == "meeting").mean()), weekly


def follow_deals(tables: dict[str, pd.DataFrame]) -> object:
    """Count from the rows how many deals of each age are won, and weigh the open ones by it."""
    deals = tables["deals"]
    days = (deals["closed_on"].fillna(pd.Timestamp(LAST)) - deals["created_on"]).dt.days
    ends = deals.assign(days=days).groupby(["days", "status"]).size().unstack(fill_value=0)
    at_risk = ends.sum(axis=1)[::-1].cumsum()[::-1]
    stays = (1 - (ends["won"] + ends["lost"]) / at_risk).cumprod()
    won = (ends["won"] / at_risk * stays.shift(fill_value=1.0))[::-1].cumsum()[::-1] / stays.shift(fill_value=1.0)
    return (won.reindex(days[deals["status"] == "open"]).fillna(0.0)).sum()


PLAIN: dict[str, Callable[[dict[str, pd.DataFrame]], object]] = {
    "segments": sum_sales, "price_cost": sum_sales, "messages": count_contacts, "objections": count_objections,
    "pipeline": follow_deals,
}  # fmt: skip


def seconds_of(function: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def time_moves(opened: Page, panel: str) -> np.ndarray:
    """Move the controls of a panel 100 times, one after the other, and give the milliseconds until each redraw."""
    section = opened.select(panel)
    opened.page.evaluate("performance.clearMeasures()")
    n_refused = 0
    for place in range(MOVES):
        opened.move(section, lambda place=place: opened.page.evaluate(MOVE, [panel, place]))  # type: ignore[misc]
        n_refused += section.locator(".error:not([hidden])").count()
    if n_refused:
        sys.stdout.write(f"{panel:>12}: {n_refused} of {MOVES} moves were refused\n")
    return np.asarray(opened.page.evaluate(TAKEN))


def main() -> int:
    """Run the benchmark and print what it found."""
    tables = make_tables()
    with TemporaryDirectory() as folder, open_browser() as browser:
        write_client(tables, Path(folder) / "client")
        (Path(folder) / "lab").mkdir()
        with serve_lab(Path(folder) / "client", Path(folder) / "lab") as address:
            opened = Page(browser.new_page(viewport={"width": 1280, "height": 900}), address)
            opened.page.wait_for_function(IS_IDLE, timeout=PATIENCE * 1e3)
            started = time.perf_counter()
            run_all(opened.page)
            opened.page.wait_for_selector("[data-panel=segments][data-ready]", timeout=PATIENCE * 1e3)
            sys.stdout.write(f"from the kernel that is up to the first panel: {time.perf_counter() - started:.1f} s\n")
            for panel, plain in PLAIN.items():
                taken = time_moves(opened, panel)
                again = min(seconds_of(lambda plain=plain: plain(tables)) for _ in range(3))  # type: ignore[misc]
                p50, p95 = np.percentile(taken, [50, 95])
                sys.stdout.write(f"{panel:>12}: median {p50:4.0f} ms, 95 % within {p95:4.0f} ms of {len(taken)} moves;"
                      f" plain pandas from the rows {1000 * again:6.0f} ms\n")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())

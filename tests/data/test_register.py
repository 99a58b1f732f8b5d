"""What is declared stays: a register that only grows, and hypotheses that the contract can't get wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gtmlib.data.contract import Contract
from gtmlib.data.engagement import parse_contract
from gtmlib.data.register import REGISTER_FILE, changes_of, declare, read_register
from gtmlib.errors import ContractError
from templates.demo.synth_exports import TEMPLATE

HYPOTHESIS = """
[strategy]
scope.retail = "Retail chains as the second market"

[[hypotheses]]
id = "retail_pays"
claim = "A retail chain contributes more than 25,000 kr"
speaks_to = "retail"
metric = "profitability.contribution_per_customer"
group = { segment = "Retail chains" }
direction = "above"
threshold = 25000.0
smallest_effect = 10000.0
smallest_n = 50
declared_on = 2025-01-10
decide_by = 2025-12-31
owner = "managing director"
if_confirmed = "Open a retail team"
if_refuted = "No new retail chains"
"""
HEAD = """client = "Acme"
currency = "SEK"
exported_on = 2025-12-31
[sources.deals]
file = "deals.csv"
table = "deals"
"""
FIRST, LATER = date(2025, 1, 10), date(2025, 6, 2)


def read(text: str = HYPOTHESIS) -> Contract:
    return parse_contract((HEAD + text).encode())


def problems_of(text: str) -> str:
    with pytest.raises(ContractError) as caught:
        read(text)
    return str(caught.value)


def test_declaring_writes_each_hypothesis_once_with_its_date_and_a_seal(tmp_path: Path) -> None:
    hypotheses = read().hypotheses
    (entry,) = declare(tmp_path, hypotheses, today=FIRST)
    assert (entry.id, entry.declared_on, len(entry.sha256)) == ("retail_pays", FIRST, 64)
    assert entry.terms["threshold"] == "25000.0"
    assert read_register(tmp_path) == (entry,)
    before = (tmp_path / REGISTER_FILE).read_bytes()
    assert declare(tmp_path, hypotheses, today=LATER) == ()
    assert (tmp_path / REGISTER_FILE).read_bytes() == before


def test_a_changed_threshold_is_found_with_both_values_whether_declared_again_or_not(tmp_path: Path) -> None:
    declare(tmp_path, read().hypotheses, today=FIRST)
    moved = read(HYPOTHESIS.replace("threshold = 25000.0", "threshold = -9000.0")).hypotheses
    (change,) = changes_of(moved[0], read_register(tmp_path)) or ()
    assert (change.term, change.declared, change.now, change.changed_on) == ("threshold", "25000.0", "-9000.0", "")
    before = (tmp_path / REGISTER_FILE).read_text("utf-8")
    declare(tmp_path, moved, today=LATER)
    assert (tmp_path / REGISTER_FILE).read_text("utf-8").startswith(before)  # it only grows
    (change,) = changes_of(moved[0], read_register(tmp_path)) or ()
    assert (change.declared, change.now, change.changed_on) == ("25000.0", "-9000.0", "2025-06-02")


def test_words_may_change_and_a_hypothesis_that_was_never_declared_is_told_apart(tmp_path: Path) -> None:
    (hypothesis,) = read().hypotheses
    assert changes_of(hypothesis, read_register(tmp_path)) is None
    declare(tmp_path, [hypothesis], today=FIRST)
    other = read(HYPOTHESIS.replace("Open a retail team", "Open two retail teams")).hypotheses[0]
    assert changes_of(other, read_register(tmp_path)) == ()


@pytest.mark.parametrize(("old", "new"), [("25000.0", "-9000.0"), ("2025-01-10", "2024-01-10"), ("[[declared]]", "[")])
def test_a_register_that_was_edited_by_hand_is_refused(tmp_path: Path, old: str, new: str) -> None:
    declare(tmp_path, read().hypotheses, today=FIRST)
    path = tmp_path / REGISTER_FILE
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(ContractError, match="is not as 'gtm hypotheses --declare' wrote it"):
        read_register(tmp_path)


def test_the_demo_holds_what_its_contract_declares() -> None:
    register = read_register(TEMPLATE.parent)
    contract = parse_contract(TEMPLATE.read_bytes())
    assert [entry.id for entry in register] == [hypothesis.id for hypothesis in contract.hypotheses]
    assert {changes_of(hypothesis, register) for hypothesis in contract.hypotheses} == {()}


def test_a_metric_that_does_not_exist_is_refused_at_its_line_with_the_nearest() -> None:
    said = problems_of(HYPOTHESIS.replace("contribution_per_customer", "contribution_per_custmer"))
    assert said.startswith("engagement.toml line 15: hypotheses.0.metric: can't be used")
    assert "did you mean 'profitability.contribution_per_customer'?" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('speaks_to = "retail"', 'speaks_to = "retial"', "did you mean 'retail'?"),
        ('{ segment = "Retail chains" }', '{ sector = "x" }', "is by segment, not by sector"),
        ('{ segment = "Retail chains" }', "{}", "is by segment, not by no group"),
        ("decide_by = 2025-12-31", "decide_by = 2025-01-10", "'decide_by' must be after 'declared_on'"),
        ("smallest_n = 50", "smallest_n = 5", "greater than or equal to 20"),
        ("smallest_effect = 10000.0", "smallest_effect = 0.0", "greater than 0"),
        ('direction = "above"', 'direction = "over"', "'above' or 'below'"),
        ("threshold = 25000.0", "threshhold = 25000.0", "Did you mean 'threshold'?"),
    ],
)
def test_what_can_not_be_judged_is_refused_before_anything_runs(old: str, new: str, said: str) -> None:
    assert old in HYPOTHESIS
    assert said.lower() in problems_of(HYPOTHESIS.replace(old, new)).lower()


def test_two_hypotheses_of_one_id_are_refused() -> None:
    again = HYPOTHESIS[HYPOTHESIS.index("[[hypotheses]]") :]
    assert "Two hypotheses have the id 'retail_pays'" in problems_of(HYPOTHESIS + again)

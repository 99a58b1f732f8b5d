"""A hypothesis is added to a contract without touching a byte of what is there, whatever its texts say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtmlib.cli import main
from gtmlib.data.declare import append_hypothesis, write_block
from gtmlib.data.engagement import CONTRACT_FILE, Hypothesis, parse_contract, read_engagement
from gtmlib.data.local_text import LocalText
from gtmlib.errors import ContractError

from ..conftest import HEAD

CONTRACT = f"""{HEAD.strip()}
[sources.deals]  # what the client sent
table = "deals"
file = "deals.csv"
columns = {{ deal_id = "Id" }}

[[hypotheses]]   # the first one
id = "first"
claim = "A first claim"
speaks_to = "scope"
metric = "data.reason_logged_rate"
direction = "above"
threshold = 0.5
smallest_effect = 0.1
smallest_n = 100
declared_on = 2025-01-01
decide_by = 2025-12-31
owner = "sales"
if_confirmed = "go on"
if_refuted = "stop"

[brand]
accent = "#1f5f8b"  # the last line has no end"""


def hypothesis_of(**said: Any) -> Hypothesis:
    about: dict[str, Any] = {
        "id": "second", "claim": "A second claim", "speaks_to": "scope", "metric": "conversion.rate",
        "group": {"variant": "b"}, "direction": "below", "threshold": 0.1, "smallest_effect": 1e-05, "smallest_n": 60,
        "declared_on": date(2025, 12, 31), "decide_by": date(2026, 6, 30), "owner": "head of sales",
        "if_confirmed": "stop", "if_refuted": "go on",
    }  # fmt: skip
    return Hypothesis(**(about | said))


def folder_of(parent: Path, content: bytes = CONTRACT.encode()) -> Path:
    folder = parent / "tiny"
    folder.mkdir(exist_ok=True)
    (folder / CONTRACT_FILE).write_bytes(content)
    return folder


@pytest.mark.parametrize("content", [CONTRACT, f"{CONTRACT}\n", CONTRACT.replace("\n", "\r\n"), f"\ufeff{CONTRACT}"])
def test_every_byte_of_the_contract_stays_and_the_block_follows(tmp_path: Path, content: str) -> None:
    folder = folder_of(tmp_path, content.encode())
    append_hypothesis(folder, hypothesis_of())
    after = (folder / CONTRACT_FILE).read_bytes()
    assert after.startswith(content.encode())
    assert after.count(b"\r\n") in (0, after.count(b"\n"))  # the lines end as they did
    assert read_engagement(folder).contract.hypotheses[1] == hypothesis_of()
    assert [path.name for path in folder.iterdir()] == [CONTRACT_FILE]


TEXTS = st.text(min_size=2, max_size=40).map(lambda text: f"ab{text}") | st.sampled_from([
    'he said "no"', "two\nlines", "a \\ b \\n c", '"""', "'''", "\u2028 å ö 中 \U0001f600", "a\x7f\x00\x1b",
    "]]\n[sources.x]\n",
    '"\nthreshold = 9\n#', "# no comment", "ends with \\", "\ud800 alone", "a\r\nb",
])  # fmt: skip


@settings(max_examples=150)
@given(TEXTS, TEXTS, TEXTS)
def test_no_text_breaks_out_of_its_quotes(claim: str, owner: str, name: str) -> None:
    one = hypothesis_of(claim=claim, owner=owner, group={"variant": name})
    block = write_block(one)
    assert len(block.splitlines()) == len(write_block(hypothesis_of()).splitlines())
    found = parse_contract(f"{CONTRACT}\n{block}".encode()).hypotheses[1]

    def whole(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    assert (found.claim, found.owner, found.group) == (whole(claim), whole(owner), {"variant": whole(name)})
    assert found.model_dump(exclude={"claim", "owner", "group"}) == one.model_dump(exclude={"claim", "owner", "group"})


def test_texts_in_several_languages_and_optional_keys_are_written_too() -> None:
    claim = LocalText({"en": "A claim", "sv": 'Ett "påstående"'})
    one = hypothesis_of(claim=claim, cost_per_week=2500.0, fidelity_floor=0.9, against={"variant": "a"})
    found = parse_contract(f"{CONTRACT}\n{write_block(one)}".encode()).hypotheses[1]
    assert found == one
    assert found.claim.in_language("sv") == 'Ett "påstående"'


def refused(folder: Path, one: Hypothesis, match: str) -> None:
    before = (folder / CONTRACT_FILE).read_bytes()
    with pytest.raises(ContractError, match=match):
        append_hypothesis(folder, one)
    assert (folder / CONTRACT_FILE).read_bytes() == before
    assert [path.name for path in folder.iterdir()] == [CONTRACT_FILE]


def test_what_the_contract_would_refuse_leaves_it_as_it_is(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    refused(folder, hypothesis_of(id="first"), "has a hypothesis 'first' already")
    refused(folder, hypothesis_of(speaks_to="nowhere"), "which \\[strategy\\] lacks")
    folder_of(tmp_path, b"client = ")
    refused(folder, hypothesis_of(), "is not TOML")
    folder_of(tmp_path, f"hypotheses = []\n{CONTRACT.partition('[[')[0]}".encode())
    refused(folder, hypothesis_of(), "is not TOML")  # a list in one line can't be added to from below
    with pytest.raises(ContractError, match=r"there is no engagement\.toml"):
        append_hypothesis(tmp_path, hypothesis_of())


def test_a_contract_that_somebody_saves_meanwhile_keeps_what_they_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path)
    path, saved = folder / CONTRACT_FILE, []
    read = Path.read_bytes

    def read_and_save(self: Path) -> bytes:
        content = read(self)
        if not saved:  # just after it was read, somebody saves it
            saved.append(path.write_bytes(content + b"\n# a late thought\n"))
        return content

    monkeypatch.setattr(Path, "read_bytes", read_and_save)
    append_hypothesis(folder, hypothesis_of())
    after = read(path).decode()
    assert after.startswith(f"{CONTRACT}\n# a late thought\n")
    assert [one.id for one in parse_contract(after.encode()).hypotheses] == ["first", "second"]


def test_of_many_who_write_at_once_each_is_written_whole_or_told_to_try_again(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)

    def add(place: int) -> str:
        try:
            append_hypothesis(folder, hypothesis_of(id=f"h{place}"))
        except ContractError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(add, range(24)))
    done = [f"h{place}" for place, error in enumerate(said) if not error]
    assert all("is being written by somebody else" in error for error in said if error)
    ids = [one.id for one in read_engagement(folder).contract.hypotheses]
    assert done
    assert sorted(ids) == sorted(["first", *done])


def test_the_command_line_takes_what_was_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path)
    (folder / "exports").mkdir()
    (folder / "exports" / "deals.csv").write_text("Id\n1\n", "utf-8")
    append_hypothesis(folder, hypothesis_of(claim='Fewer than "one in ten"\nanswer'))
    assert main(["check", str(folder)]) == 0
    assert main(["hypotheses", str(folder)]) == 0
    assert "second: CANNOT TELL" in capsys.readouterr().out

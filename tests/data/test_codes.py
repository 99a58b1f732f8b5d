"""codes.csv is read strictly, joins the objections once, and is appended to whole or not at all; codebooks alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtmlib.data.codebook import FILES, SHIPPED, read_codebook, read_codebooks, read_labels
from gtmlib.data.codes import CODES_FILE, COLUMNS, append_codes
from gtmlib.data.engagement import Engagement
from gtmlib.data.engine import to_frame
from gtmlib.data.load import load_tables
from gtmlib.errors import ContractError, DataError
from gtmlib.run.check import check_engagement

from ..conftest import MakeEngagement

CONTRACT = """
[sources.calls]
table = "touches"
file = "calls.csv"
columns = { touch_id = "Id", stage = "Stage", date = "Day" }
[sources.said]
table = "objections"
file = "said.csv"
columns = { touch_id = "Id", code = "Why" }
"""
FILES_SENT = {
    "calls.csv": "Id,Stage,Day\nT1,Discovery,2025-03-01\nT2,Proposal,2025-03-02\nT3,Proposal,2025-03-03\n",
    "said.csv": "Id,Why\nT1,price\nT2,prise\n",
}
HEAD = "touch_id;code;coder;is_resolved\n"


@pytest.fixture
def engagement(make_engagement: MakeEngagement) -> Engagement:
    return make_engagement(CONTRACT, FILES_SENT)


def write(engagement: Engagement, text: str, encoding: str = "utf-8") -> None:
    (engagement.folder / CODES_FILE).write_text(text, encoding)


def objections(engagement: Engagement) -> list[tuple[str, str]]:
    rows = to_frame(load_tables(engagement).tables["objections"])
    return sorted(zip(rows["touch_id"], rows["code"], strict=True))


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_codes_join_the_objections_however_excel_separates_them(engagement: Engagement, sign: str) -> None:
    write(engagement, (HEAD + "T1;price;AK;no\nT3;timing;AK;ja\n").replace(";", sign), "utf-8-sig")
    assert objections(engagement) == [("T1", "price"), ("T2", "prise"), ("T3", "timing")]  # price of T1 was there
    rows = to_frame(load_tables(engagement).tables["objections"]).set_index("touch_id")
    assert (rows.loc["T3", "stage"], bool(rows.loc["T3", "is_resolved"])) == ("Proposal", True)
    assert str(rows.loc["T3", "date"])[:10] == "2025-03-03"


def test_of_two_coders_the_first_decides_until_they_settle_it(engagement: Engagement) -> None:
    write(engagement, HEAD + "T3;timing;AK;\nT3;legal;ML;\n")
    assert ("T3", "timing") in objections(engagement)
    assert ("T3", "legal") not in objections(engagement)
    write(engagement, HEAD + "T3;timing;AK;\nT3;legal;ML;\nT3;fit;settled;\n")
    assert [code for touch, code in objections(engagement) if touch == "T3"] == ["fit"]


def test_what_is_no_objection_is_never_one(engagement: Engagement) -> None:
    write(engagement, HEAD + "T3;no_contact;AK;\nT3;no_reason_logged;AK;\n")
    assert [touch for touch, _ in objections(engagement)] == ["T1", "T2"]
    assert load_tables(engagement).n_rows("codes") == 2


def test_everything_wrong_is_told_with_file_row_column_and_value(engagement: Engagement) -> None:
    write(engagement, HEAD + "T3;timming;AK;\n;price;AK;\nT2;timming;AK;\n")
    with pytest.raises(DataError) as error:
        load_tables(engagement)
    assert str(error.value).splitlines() == [
        "codes.csv: name no note, or both a touch and an interview (row 3). Fill one of touch_id and interview_id",
        "codes.csv: column 'code' is not in the codebook (rows 2, 4; found 'timming'). "
        "Did you mean 'timing'?; or add it to codebook.toml",
    ]
    write(engagement, HEAD.replace("coder", "codr") + "T3;timing;AK;\n")
    with pytest.raises(DataError, match=r"a column that codes don't have \(found 'codr'\)\. Did you mean 'coder'"):
        load_tables(engagement)
    write(engagement, HEAD + "T3;timing;AK;perhaps\n")
    with pytest.raises(DataError, match=r"codes\.csv: column 'is_resolved'.*row 2; found 'perhaps'"):
        load_tables(engagement)


def test_codes_are_appended_in_the_columns_of_the_file_and_survive_what_stands_there(engagement: Engagement) -> None:
    write(engagement, "coder,code,touch_id\nAK,price,T1", "cp1252")  # as a consultant left it, without a last line end
    append_codes(engagement.folder, [{"touch_id": "T3", "code": "legal", "coder": "ML"}])
    assert (engagement.folder / CODES_FILE).read_text().splitlines() == [
        "coder,code,touch_id",
        "AK,price,T1",
        "ML,legal,T3",
    ]
    with pytest.raises(DataError, match="lacks a column"):
        append_codes(engagement.folder, [{"touch_id": "T3", "code": "fit", "coder": "ML", "drawn": "random"}])
    assert len((engagement.folder / CODES_FILE).read_text().splitlines()) == 3
    assert [path.name for path in engagement.folder.glob("*.part")] == []


def test_a_new_file_has_every_column(tmp_path: Path) -> None:
    path = append_codes(tmp_path, [{"touch_id": "T1", "code": "price", "coder": "AK"}])
    head, row = path.read_text("utf-8-sig").splitlines()
    assert head.split(";") == list(COLUMNS)
    assert row.split(";")[:4] == ["T1", "", "price", "AK"]


def test_check_names_the_codes_of_the_objections_that_stand_in_no_codebook(
    engagement: Engagement, tmp_path: Path
) -> None:
    write(engagement, HEAD + "T3;timing;AK;\n")
    text, is_usable = check_engagement(engagement, reports=tmp_path)
    assert is_usable
    assert "codes.csv: 1 row read, 1 used" in text
    assert "'prise' of the objections is in no codebook: did you mean 'price'?" in text


# --- Codebooks ---


def test_the_shipped_codebooks_have_labels_in_five_languages_and_all_else_in_three() -> None:
    for book in read_codebooks(SHIPPED).values():
        for name, code in book.codes.items():
            assert len(code.label.texts()) == 5, name
            assert all(part.en and part.sv and part.da for part in (code.definition, code.include, code.exclude)), name
    assert len(read_codebook(SHIPPED, "objections").of_kind("objection")) == 12


def test_labels_name_every_code_once_in_each_language() -> None:
    for subject in FILES:
        for language in ("en", "sv", "da", "nb", "fi"):
            labels = [code.label.in_language(language) for code in read_codebook(SHIPPED, subject).codes.values()]
            assert len(set(labels)) == len(labels), (subject, language)


def test_an_engagements_own_code_is_read_and_named_in_the_first_language_that_it_has(tmp_path: Path) -> None:
    own = '[security]\nkind = "objection"\nlabel = { sv = "Säkerhet" }\ndefinition = { sv = "Rädda för intrång." }\n'
    (tmp_path / "codebook.toml").write_text(own, "utf-8")
    assert list(read_codebook(tmp_path, "objections").codes) == ["security"]
    assert dict(read_labels(tmp_path, "en"))["security"] == "Säkerhet"


@pytest.mark.parametrize(("text", "said"), [
    ('[price]\nkind = "objection"\nlable = { en = "P" }\ndefinition = { en = "D" }', "did you mean 'label'"),
    ('[price]\nkind = "objektion"\nlabel = { en = "P" }\ndefinition = { en = "D" }', "line 2: price.kind"),
    ('[price]\nkind = "objection"\nlabel = { }\ndefinition = { en = "D" }', "in one language at least"),
    ('[Price]\nkind = "objection"\nlabel = { en = "P" }\ndefinition = { en = "D" }', "small letters"),
    ("", "has no codes"),
])  # fmt: skip
def test_what_is_wrong_in_a_codebook_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "codebook.toml").write_text(text, "utf-8")
    with pytest.raises(ContractError) as error:
        read_codebook(tmp_path, "objections")
    assert said.lower() in str(error.value).lower()


def test_one_name_can_not_mean_two_things(tmp_path: Path) -> None:
    one = '[easier]\nkind = "objection"\nlabel = { en = "P" }\ndefinition = { en = "D" }\n'
    (tmp_path / "codebook.toml").write_text(one, "utf-8")
    with pytest.raises(ContractError, match=r"has the code easier, which codebook\.toml has too"):
        read_codebooks(tmp_path)

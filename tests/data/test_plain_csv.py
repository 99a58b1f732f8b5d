"""The quick reader gives what the careful one gives, to the letter, or nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtmlib.data.engagement import Source
from gtmlib.data.plain_csv import PlainCsv, read_plain_csv
from gtmlib.data.read import Notes, _read_records

SOUND = ["a", "", "1,5", "å", '""', '"a"', '"a;b"', '"a""b"', '""""', "';'", "\t", " a "]
ODD = ['a"b', '"a"b', ' "a"', '"a" ', '"a', 'a"', '"a\nb"', '"a\r\nb"', '"";', ';"', "a;", '"', "\r", "\ufeff"]
LINES = st.lists(st.lists(st.sampled_from(SOUND), min_size=2, max_size=2), min_size=2, max_size=5)
MESS = st.lists(st.lists(st.sampled_from(SOUND + ODD), max_size=3), max_size=5)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def read_both(path: Path, text: str, encoding: str, header_row: int) -> tuple[PlainCsv | None, PlainCsv, Notes]:
    source, notes = Source(file=path.name, delimiter=";", header_row=header_row), Notes(list)
    path.write_bytes(text.encode(encoding))
    quick = read_plain_csv(path.read_bytes(), encoding, source)
    header, columns = _read_records(path, encoding, source, notes)
    rows, empty = notes.pop("kept"), notes.pop("empty", [])
    return quick, PlainCsv(header=header, rows=rows, empty=empty, columns=columns), notes


def told(read: PlainCsv) -> tuple[list[str], list[int], list[int], list[list[str]]]:
    return read.header, read.rows, read.empty, [column.to_pylist() for column in read.columns]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(
    lines=LINES | MESS,
    end=ENDS,
    last=st.sampled_from(["", "\n", "\n\n"]),
    encoding=st.sampled_from(["utf-8-sig", "cp1252"]),
    header_row=st.integers(1, 4),
)
def test_the_quick_reader_agrees_with_the_careful_one_or_leaves_it_the_file(
    tmp_path: Path, lines: list[list[str]], end: str, last: str, encoding: str, header_row: int
) -> None:
    text = end.join(";".join(cells) for cells in lines) + last
    if encoding == "cp1252":
        text = text.replace("\ufeff", "")
    quick, careful, faults = read_both(tmp_path / "a.csv", text, encoding, header_row)
    if quick is not None:
        assert told(quick) == told(careful)
        assert not faults


@pytest.mark.parametrize(("end", "encoding"), [("\n", "utf-8-sig"), ("\r\n", "cp1252")])
def test_what_exports_usually_look_like_is_read_quickly(tmp_path: Path, end: str, encoding: str) -> None:
    lines = ['"id";note;"sum"', '1;"Åkerlöf; ""AB""";2,5', ";;", '"";"";3', "", "4;;", ""]
    quick, careful, faults = read_both(tmp_path / "a.csv", end.join([*lines, ""]), encoding, 1)
    assert quick is not None
    assert told(quick) == told(careful)
    assert quick.empty == [3, 5, 7]
    assert not faults


@pytest.mark.parametrize("body", ['1;"a\nb"', "1", "1;2;3", '1;"a"b', '1; "a"', '1;"a', "1;a\rb", "1;" + "a" * 140_000])
def test_what_has_to_be_told_row_by_row_is_left_to_the_careful_reader(body: str) -> None:
    assert read_plain_csv(f"id;note\n{body}\n".encode(), "utf-8-sig", Source(file="a.csv", delimiter=";")) is None


def test_headings_below_the_end_of_the_file_are_not_looked_for_at_its_beginning() -> None:
    source = Source(file="a.csv", delimiter=";", header_row=5)
    assert read_plain_csv(b"id;note\n1;a\n2;b\n", "utf-8-sig", source) is None


def test_blocks_that_are_read_side_by_side_keep_their_order(tmp_path: Path) -> None:
    text = "id;note\n" + "".join(f'{n};"{n * 7:>60}"\n' for n in range(60_000))  # several blocks of a megabyte
    quick, careful, _ = read_both(tmp_path / "a.csv", text, "utf-8-sig", 1)
    assert quick is not None
    assert told(quick) == told(careful)
    assert Counter(quick.columns[0].to_pylist()).most_common(1)[0][1] == 1

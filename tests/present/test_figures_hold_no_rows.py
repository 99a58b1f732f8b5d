"""The trap of charts that carry every raw row: no array of a figure is longer than the table beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from gtmlib.analyses.conversion import analyse_variants
from gtmlib.analyses.objections import analyse_objections
from gtmlib.analyses.objections.cost import analyse_objection_costs
from gtmlib.analyses.objections.emerging import analyse_emerging, list_course
from gtmlib.analyses.objections.rates import GROUPINGS
from gtmlib.analyses.objections.stages import analyse_where_lost
from gtmlib.analyses.objections.together import analyse_resolution, analyse_together
from gtmlib.analyses.profitability import analyse_segments, analyse_whale_curve
from gtmlib.analyses.waterfall import analyse_waterfall
from gtmlib.data.load import Loaded
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits import present
from gtmlib.present.language import Language


def arrays(value: Any, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list of a figure, plotly's base64 typed arrays among them, with the place where it is."""
    if isinstance(value, dict):
        if {"dtype", "bdata"} <= value.keys():
            decoded = np.frombuffer(base64.b64decode(value["bdata"]), dtype=value["dtype"])
            shape = [int(size) for size in str(value.get("shape", len(decoded))).split(",")]
            yield from arrays(decoded.reshape(shape).tolist(), path)
            return
        for key, part in value.items():
            yield from arrays(part, f"{path}.{key}")
    elif isinstance(value, list | tuple | np.ndarray):
        yield path, list(value)
        for part in value:
            yield from arrays(part, f"{path}[]")


def longest(exhibit: Exhibit) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, values in arrays(exhibit.figure.to_plotly_json()):
        found[name] = max(found.get(name, 0), len(values))
    return found


@pytest.fixture(scope="module")
def exhibits(loaded_demo: Loaded) -> list[Exhibit]:
    results = [
        analyse_waterfall(loaded_demo),
        analyse_segments(loaded_demo),
        analyse_whale_curve(loaded_demo),
        analyse_variants(loaded_demo),
        *(analyse_objections(loaded_demo, by=by) for by in GROUPINGS),
        trends := analyse_emerging(loaded_demo),
        list_course(trends),
        analyse_objection_costs(loaded_demo),
        analyse_where_lost(loaded_demo),
        analyse_together(loaded_demo),
        analyse_resolution(loaded_demo),
    ]
    found = [present(result, Language("sv", "SEK"), "#1f5f8b") for result in results]
    assert all(exhibit.figure is not None for exhibit in found)
    return found


def test_the_search_sees_arrays_that_a_text_search_does_not() -> None:
    rows = np.random.default_rng(1).normal(size=500)
    packed = go.Figure(go.Histogram(x=rows)).to_plotly_json()
    assert max(len(values) for _, values in arrays(packed)) == 500
    text = go.Figure(go.Scatter(x=rows)).to_json()
    assert "bdata" in text  # packed: the numbers do not stand in the file as digits


def test_no_array_of_a_chart_is_longer_than_its_table(exhibits: list[Exhibit]) -> None:
    for exhibit in exhibits:
        assert exhibit.table is not None
        n_cells = len(exhibit.table.rows) * len(exhibit.table.columns)
        for name, length in longest(exhibit).items():
            # Marks and labels: one per row of the table. Shapes and notes beside them: a few per row.
            bound = len(exhibit.table.rows) if name.startswith(".data") else n_cells
            assert length <= max(bound, 7), (exhibit.id, name, length)  # seven ticks, or two end points


def test_no_chart_places_a_mark_where_its_table_has_no_number(exhibits: list[Exhibit]) -> None:
    for exhibit in exhibits:
        assert exhibit.table is not None
        cells = [cell for row in exhibit.table.rows for cell in row if isinstance(cell, int | float)]
        for trace in exhibit.figure.to_plotly_json()["data"]:
            placed = [value for axis in ("x", "z") for _, values in arrays(trace.get(axis, [])) for value in values]
            for value in placed:
                known = value is None or isinstance(value, list) or value in range(len(exhibit.table.rows))
                assert known or np.isclose(value, cells, rtol=1e-9).any(), (exhibit.id, value)


def test_no_figure_is_of_a_kind_that_carries_rows(exhibits: list[Exhibit]) -> None:
    kinds = {trace["type"] for exhibit in exhibits for trace in exhibit.figure.to_plotly_json()["data"]}
    assert kinds <= {"bar", "scatter", "heatmap"}
    for exhibit in exhibits:
        for trace in exhibit.figure.to_plotly_json()["data"]:
            assert "customdata" not in trace
            assert "ids" not in trace

"""Tables as HTML: great-tables lays them out, the language writes the cells, the style sheet dresses them."""

from __future__ import annotations

import html
import re

from gtmlib.present.exhibit import Cell, CellKind, Table
from gtmlib.present.language import Language

MOST_ON_PAPER = 6  # columns that fit in letters of the usual size


def render_table(table: Table, *, table_id: str, language: Language) -> str:
    """Render a table of raw numbers as HTML, every text escaped.

    Parameters
    ----------
    table : Table
        Raw cells and headings.
    table_id : str
        Id of the table, unique in its page: letters, digits and hyphens.
    language : Language
        Who writes the numbers.

    Returns
    -------
    str
        A `table` whose headings have a scope and whose numbers stand to the right (class `r`) and carry their raw value
        (`data-v`); without any style of its own.
    """
    import pandas as pd
    from great_tables import GT
    from great_tables import html as vetted

    names = [f"c{place}" for place in range(len(table.columns))]
    kinds = [column.kind for column in table.columns]
    written = [language.format_column([row[place] for row in table.rows], kind) for place, kind in enumerate(kinds)]
    cells = [list(row) for row in zip(*written, strict=True)]
    # great-tables reads `{{ }}` in headings as units, and a client's group can be called anything.
    heads = [vetted(html.escape(column.label).replace("{", "&#123;")) for column in table.columns]
    drawn = GT(pd.DataFrame(cells, columns=names, dtype=object), id=table_id, rowname_col=names[0])
    drawn = drawn.cols_label(dict(zip(names, heads, strict=True))).tab_stubhead(heads[0]).cols_align("left")
    drawn = drawn.cols_align("right", [name for name, kind in zip(names, kinds, strict=True) if kind != "text"])
    found = re.search(r"<table.*</table>", drawn.as_raw_html(), re.DOTALL)
    dense = ' class="dense"' if len(names) > MOST_ON_PAPER else ""
    body = re.sub(r' (?:class="gt_table"|data-quarto-[a-z-]+="false")', "", found[0] if found else "")
    # Ids and `headers` repeat what the scopes say, and two headings alike would give one id twice.
    body = re.sub(r' (?:id|headers)="[^"]*"', "", body).replace("<table", f'<table id="{table_id}"{dense}', 1)
    body = re.sub(r' (?:rowspan|colspan)="1"| class="(?:gt_col_headings|gt_table_body)"|\n *', "", body)
    body = re.sub(
        r' class="[^"]*gt_(left|right)[^"]*"', lambda found: ' class="r"' if found[1] == "right" else "", body
    )
    body = body.replace('<td class="r">', "<td>")  # a number has its raw value, by which the style sheet knows it
    raw = iter([raw_text(cell, kind) for row in table.rows for cell, kind in list(zip(row, kinds, strict=True))[1:]])
    body = re.sub(r"<td(?=[ >])", lambda _: f"<td{next(raw)}", body)
    if table.has_total_row:  # stays below when the rows are sorted
        start = body.rindex("<tr>")
        body = f'{body[:start]}<tr class="total">{body[start + 4 :]}'
    return body


def raw_text(cell: Cell, kind: CellKind) -> str:
    """Give the attribute by which a cell is sorted and written to CSV: its raw value, in the unit of its heading.

    Parameters
    ----------
    cell : str, int, float or None
        Raw value.
    kind : CellKind
        How the reader sees it.

    Examples
    --------
    >>> raw_text(1234.5, "money"), raw_text(0.045, "percent_points"), raw_text("A", "text")
    (' data-v="1234.5"', ' data-v="4.5"', '')
    """
    if kind == "text":
        return ""
    if cell is None:
        return " data-v"
    if isinstance(cell, str):
        return f' data-v="{html.escape(cell)}"'
    return f' data-v="{cell * 100 if kind == "percent_points" else cell:.10g}"'

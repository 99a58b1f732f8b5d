"""Tables as HTML: great-tables lays them out, the language writes the cells, the style sheet dresses them."""

from __future__ import annotations

import html
import re
from typing import Any

from gtmlib.present.exhibit import Table
from gtmlib.present.language import Language


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
        A `table` whose headings have a scope and whose numbers stand to the right; without any style of its own.
    """
    import pandas as pd
    from great_tables import GT
    from great_tables import html as vetted

    names = [f"c{place}" for place in range(len(table.columns))]
    cells = [
        [language.format(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    is_number = [column.kind != "text" for column in table.columns]
    # great-tables reads `{{ }}` in headings as units, and a client's group can be called anything.
    labels: dict[str, Any] = {
        name: vetted(html.escape(column.label).replace("{", "&#123;"))
        for name, column in zip(names, table.columns, strict=True)
    }
    frame = pd.DataFrame(cells, columns=names, dtype=object)
    drawn = GT(frame, id=table_id, rowname_col=names[0]).cols_label(labels).tab_stubhead(labels[names[0]])
    drawn = drawn.cols_align("right", [name for name, right in zip(names, is_number, strict=True) if right])
    drawn = drawn.cols_align("left", [name for name, right in zip(names, is_number, strict=True) if not right])
    found = re.search(r"<table.*</table>", drawn.as_raw_html(), re.DOTALL)
    body = re.sub(r' (?:class="gt_table"|data-quarto-[a-z-]+="false")', "", found[0] if found else "")
    # Ids and `headers` repeat what the scopes say, and two headings alike would give one id twice.
    body = re.sub(r' (?:id|headers)="[^"]*"', "", body).replace("<table", f'<table id="{table_id}"', 1)
    if table.has_total_row:
        start = body.rindex("<tr>")
        body = f'{body[:start]}<tr class="total">{body[start + 4 :]}'
    return body

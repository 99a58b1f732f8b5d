"""Blocks: a result as JSON in an executed notebook, beside a preview for the consultant."""

from __future__ import annotations

from dataclasses import asdict
from pkgutil import resolve_name
from typing import Any

from pydantic import TypeAdapter

from gtmlib.analyses.findings import Finding
from gtmlib.data.engagement import Engagement
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits import ANALYSES, PRESENTERS, present
from gtmlib.present.language import Language
from gtmlib.present.tables import render_table

MIME = "application/vnd.gtm.block+json"
# A result's name in a block, the last module and the class = where its class is.
RESULTS = {".".join(name.split(".")[-2:]): ANALYSES + name for name in PRESENTERS}


def show(result: Any, engagement: Engagement) -> None:
    """Show a result in a notebook: the block that the report reads, and a preview in the contract's first language.

    Parameters
    ----------
    result : dataclass, or None
        What an analysis gave; nothing is shown where it had nothing to show.
    engagement : Engagement
        For the language, the currency and the accent of the preview.
    """
    from IPython.display import display

    if result is None:
        return
    contract = engagement.contract
    language = Language.of(engagement)
    exhibit = present(result, language, contract.brand.accent)
    display({MIME: to_block(result), **_preview(exhibit, language)}, raw=True)


def to_block(result: Any) -> dict[str, Any]:
    """Write a result as JSON values.

    Parameters
    ----------
    result : any result of an analysis
        Its class is registered in `RESULTS`.

    Returns
    -------
    dict
        `result_type` (analysis module and class), `result` (its raw numbers) and `findings`.
    """
    kind = type(result)
    name = f"{kind.__module__.rsplit('.', 1)[-1]}.{kind.__name__}"
    value = TypeAdapter(kind).dump_python(result, mode="json")
    return {"result_type": name, "result": value, "findings": [asdict(finding) for finding in result.findings()]}


def from_block(block: dict[str, Any]) -> tuple[Any, tuple[Finding, ...]]:
    """Read a block back.

    Parameters
    ----------
    block : dict
        As `to_block` wrote it, also by way of JSON.

    Returns
    -------
    result, findings
        Equal to what was written.
    """
    result: Any = TypeAdapter(resolve_name(RESULTS[block["result_type"]])).validate_python(block["result"])
    return result, tuple(Finding(**finding) for finding in block["findings"])


def _preview(exhibit: Exhibit, language: Language) -> dict[str, Any]:
    from html import escape

    texts = "".join(f"<p>{escape(text)}</p>" for text in (*exhibit.sentences, *exhibit.notes))
    table = render_table(exhibit.table, table_id=exhibit.id, language=language) if exhibit.table else ""
    preview: dict[str, Any] = {"text/html": f"<h3>{escape(exhibit.title)}</h3>{texts}{table}"}
    if exhibit.figure is not None:
        preview["application/vnd.plotly.v1+json"] = exhibit.figure.to_plotly_json()
    return preview

"""The headlines of a run as slides, each with a native chart whose numbers can be edited."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from gtmlib.analyses.findings import Finding
from gtmlib.analyses.reductions import MissingData
from gtmlib.present.colours import INK, PAPER, SOFT, readable_shade, tint
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.exhibits import present
from gtmlib.present.sentences import describe_finding
from gtmlib.run.export_xlsx import number_format
from gtmlib.run.native_charts import Bars, Curves, read_chart
from gtmlib.run.report import Headline, ReportView
from gtmlib.run.stored import StoredRun

WIDTH, HEIGHT, EDGE = 13.333, 7.5, 0.7  # inches
TITLE_ONLY = 5  # layout of python-pptx's own template: a title, so that slides can be told by their outline
ERROR_BARS = (
    '<c:errBars xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="0"/>'
    '<c:plus><c:numLit><c:ptCount val="{n}"/>{plus}</c:numLit></c:plus>'
    '<c:minus><c:numLit><c:ptCount val="{n}"/>{minus}</c:numLit></c:minus>'
    '<c:spPr><a:ln w="19050"><a:solidFill><a:srgbClr val="{ink}"/></a:solidFill></a:ln></c:spPr></c:errBars>'
)


def make_slides(view: ReportView, run: StoredRun) -> bytes:
    """Make the slides of a run in one language.

    Parameters
    ----------
    view : ReportView
        What the report in this language shows.
    run : StoredRun
        The run, for the charts behind the headlines.

    Returns
    -------
    bytes
        PPTX: a cover, the verdicts where hypotheses were declared, and a slide per headline.
    """
    from pptx import Presentation
    from pptx.util import Inches

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    about = deck.core_properties
    about.title, about.subject, about.language = view.title, view.client, view.language.code
    about.author = about.last_modified_by = view.consultancy or view.client
    _add_cover(deck, view)
    if view.verdicts:
        _add_verdicts(deck, view)
    for headline, finding, exhibit in _shown(view, run):
        _add_headline(deck, view, headline, finding, exhibit)
    written = io.BytesIO()
    deck.save(written)
    return written.getvalue()


def _shown(view: ReportView, run: StoredRun) -> Iterator[tuple[Headline, Finding | None, Exhibit | None]]:
    """Give each headline with the finding that it states and the exhibit that shows it."""
    stated: dict[str, tuple[Finding, Any]] = {}
    for blocks in run.blocks.values():
        for result, findings in blocks:
            for finding in findings:
                if not isinstance(result, MissingData):
                    stated.setdefault(describe_finding(finding, view.language), (finding, result))
    for headline in view.headlines:
        if headline.text in stated:
            finding, result = stated[headline.text]
            yield headline, finding, present(result, view.language, view.accent)
        else:
            yield headline, None, None


def _add_cover(deck: Any, view: ReportView) -> None:
    from pptx.dml.color import RGBColor

    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor.from_string(readable_shade(view.accent, 9.0)[1:].upper())
    say = view.language.say
    _put_title(slide, view.title, top=2.2, size=40, colour="#ffffff", height=1.8)
    _put_text(slide, view.client, top=1.2, height=0.6, size=20, colour="#ffffff")
    facts = {
        say("report.period"): view.period,
        say("report.data_date"): view.data_date,
        say("report.prepared_by"): view.consultancy,
    }
    lines = "\n".join(f"{label}: {value}" for label, value in facts.items() if value)
    _put_text(slide, lines, top=4.6, height=1.2, size=16, colour="#ffffff")
    _put_text(
        slide, say("report.confidential_note", client=view.client), top=6.5, height=0.5, size=12, colour="#ffffff"
    )


def _add_headline(
    deck: Any, view: ReportView, headline: Headline, finding: Finding | None, exhibit: Exhibit | None
) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    _put_title(slide, headline.text, top=0.45, size=24, colour=INK, height=1.25)
    verdict = view.language.say(f"report.verdict.{headline.verdict}") if headline.verdict else ""
    evidence = " · ".join(filter(None, (verdict, headline.evidence)))
    _put_text(slide, evidence, top=1.7, height=0.45, size=16, colour=SOFT)
    spec = json.loads(exhibit.figure.to_json(validate=False)) if exhibit is not None and exhibit.figure else None
    drawn = (read_chart(spec) if spec else None) or _bar_of(finding, view)
    if drawn is not None:
        alt = exhibit.alt if exhibit is not None and spec else headline.text
        _add_chart(slide, view, drawn, finding, alt)
    _put_footer(deck, slide, view)


def _add_verdicts(deck: Any, view: ReportView) -> None:
    """Add a table of the hypotheses: what was claimed, what came out, and what follows."""
    from pptx.util import Inches

    say = view.language.say
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    _put_title(slide, view.lead, top=0.45, size=24, colour=INK, height=1.25)
    heads = [say(f"hypotheses.column.{name}") for name in ("claim", "verdict", "found")]
    rows = [(row.claim, say(f"report.verdict.{row.verdict}"), f"{row.found} {row.todo}") for row in view.verdicts]
    place = (Inches(EDGE), Inches(1.9), Inches(WIDTH - 2 * EDGE), Inches(0.5 * (len(rows) + 1)))
    table = slide.shapes.add_table(len(rows) + 1, len(heads), *place).table
    for column, width in enumerate((4.6, 1.7, WIDTH - 2 * EDGE - 6.3)):
        table.columns[column].width = Inches(width)
    for place_of_row, cells in enumerate((heads, *rows)):
        for column, text in enumerate(cells):
            cell = table.cell(place_of_row, column)
            cell.fill.solid()
            cell.fill.fore_color.rgb = _colour(readable_shade(view.accent, 9.0) if place_of_row == 0 else PAPER)
            ink = PAPER if place_of_row == 0 else INK
            _fill(cell.text_frame, text, 13, ink, is_bold=place_of_row == 0 or column == 1)
    _put_footer(deck, slide, view)


def _put_footer(deck: Any, slide: Any, view: ReportView) -> None:
    brand = " · ".join(filter(None, (view.consultancy, view.client, view.language.say("report.confidential"))))
    look: dict[str, Any] = {"top": HEIGHT - 0.55, "height": 0.35, "size": 11, "colour": SOFT}
    _put_text(slide, brand, **look)
    _put_text(slide, str(len(deck.slides)), to_right=True, **look)


def _bar_of(finding: Finding | None, view: ReportView) -> Bars | None:
    """Give a finding without a figure as one bar with its interval."""
    if finding is None or finding.value is None:
        return None
    label = view.language.say("export.value")
    whole = 1.0 if finding.unit == "share" and finding.value <= 1 else None
    value, low, high = (finding.value,), (finding.ci_low,), (finding.ci_high,)
    return Bars(labels=(label,), values=value, low=low, high=high, end=whole)


def _add_chart(slide: Any, view: ReportView, drawn: Bars | Curves, finding: Finding | None, alt: str) -> None:
    from pptx.util import Inches

    unit = finding.unit if finding else None
    kind = "percent" if unit == "share" else "money" if unit == view.language.currency else "number"
    is_difference = finding is not None and finding.id.endswith((".difference", ".verdict"))
    pattern = number_format("percent_points" if kind == "percent" and is_difference else kind, view.language)
    name = view.language.say("export.value")
    shape_kind, data = _bar_data(drawn, name, pattern) if isinstance(drawn, Bars) else _curve_data(drawn, name, pattern)
    place = (Inches(EDGE), Inches(2.25), Inches(WIDTH - 2 * EDGE), Inches(HEIGHT - 2.25 - 0.7))
    frame = slide.shapes.add_chart(shape_kind, *place, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alt)
    chart = frame.chart
    chart.has_legend, chart.has_title = False, False
    chart.font.size = _points(14)
    chart.font.color.rgb = _colour(INK)
    if isinstance(drawn, Bars):
        _dress_bars(chart, drawn, view.accent, pattern)
    else:
        _dress_curves(chart, drawn, view.accent, pattern)


def _bar_data(bars: Bars, name: str, pattern: str) -> tuple[Any, Any]:
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = CategoryChartData(number_format=pattern)
    data.categories = bars.labels
    data.add_series(name, bars.values)
    return XL_CHART_TYPE.BAR_CLUSTERED, data


def _curve_data(curves: Curves, name: str, pattern: str) -> tuple[Any, Any]:
    from pptx.chart.data import XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    data = XyChartData(number_format=pattern)
    for place, (_, points) in enumerate(curves.lines, 1):
        series = data.add_series(f"{curves.y_title or name} {place}".strip())
        for x, y in points:
            series.add_data_point(x, y)
    return XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS, data


def _dress_bars(chart: Any, bars: Bars, accent: str, pattern: str) -> None:
    from pptx.enum.chart import XL_LABEL_POSITION, XL_TICK_LABEL_POSITION

    strong = readable_shade(accent, 4.5)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    chart.category_axis.format.line.color.rgb = _colour(SOFT)
    has_intervals = any(low is not None for low in bars.low)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = _scale(bars, has_intervals=has_intervals)
    plot = chart.plots[0]
    plot.gap_width = 60 if len(bars.values) > 2 else 250
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = pattern, False
    spot = XL_LABEL_POSITION.INSIDE_BASE if has_intervals else XL_LABEL_POSITION.OUTSIDE_END
    plot.data_labels.position = spot
    plot.data_labels.font.size = _points(12)
    series = plot.series[0]
    series.invert_if_negative = False
    colours = bars.colours or (strong,) * len(bars.values)
    for place, colour in enumerate(colours):
        point = series.points[place].format
        point.fill.solid()
        point.fill.fore_color.rgb = _colour(tint(colour, 0.45) if has_intervals else colour)
    if has_intervals:
        _add_intervals(series, bars, strong)


def _scale(bars: Bars, *, has_intervals: bool) -> tuple[float, float]:
    """Give the ends of an axis that holds zero and every interval, with room for the values beside the bars."""
    ends = [end for end in (*bars.values, *bars.low, *bars.high, bars.end, 0.0) if end is not None]
    low, high = min(ends), max(ends)
    room = (high - low or 1.0) * (0.04 if has_intervals else 0.22)
    return low - room if low < 0 else 0.0, high + room if high > 0 else 0.0


def _add_intervals(series: Any, bars: Bars, colour: str) -> None:
    """Add error bars, which python-pptx has no words for; their place in a series is fixed by the format."""
    from pptx.oxml import parse_xml

    rows = list(zip(bars.values, bars.low, bars.high, strict=True))
    plus = [None if value is None or high is None else high - value for value, _, high in rows]
    minus = [None if value is None or low is None else value - low for value, low, _ in rows]
    written = [
        "".join(f'<c:pt idx="{i}"><c:v>{size!r}</c:v></c:pt>' for i, size in enumerate(sizes) if size is not None)
        for sizes in (plus, minus)
    ]
    xml = ERROR_BARS.format(n=len(rows), plus=written[0], minus=written[1], ink=colour[1:].upper())
    series._element.cat.addprevious(parse_xml(xml))


def _dress_curves(chart: Any, curves: Curves, accent: str, pattern: str) -> None:
    for axis, title in ((chart.category_axis, curves.x_title), (chart.value_axis, curves.y_title)):
        axis.has_major_gridlines = False
        axis.tick_labels.number_format, axis.tick_labels.number_format_is_linked = pattern.replace("0.0", "0"), False
        axis.format.line.color.rgb = _colour(SOFT)
        axis.has_title = bool(title)
        if title:
            axis.axis_title.text_frame.text = title
            axis.axis_title.text_frame.paragraphs[0].runs[0].font.size = _points(12)
            axis.axis_title.text_frame.paragraphs[0].runs[0].font.bold = False
    xs = [x for _, points in curves.lines for x, _ in points]
    chart.category_axis.minimum_scale, chart.category_axis.maximum_scale = min(xs), max(xs)
    for series, (colour, _) in zip(chart.plots[0].series, curves.lines, strict=True):
        series.smooth = False
        series.format.line.color.rgb = _colour(colour or readable_shade(accent, 4.5))
        series.format.line.width = _points(2.5)


def _put_title(slide: Any, text: str, *, top: float, size: int, colour: str, height: float) -> None:
    from pptx.util import Inches

    title = slide.shapes.title
    title.left, title.top, title.width, title.height = (Inches(x) for x in (EDGE, top, WIDTH - 2 * EDGE, height))
    _fill(title.text_frame, text, size, colour, is_bold=True)


def _put_text(
    slide: Any, text: str, *, top: float, height: float, size: int, colour: str, to_right: bool = False
) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Inches

    box = slide.shapes.add_textbox(Inches(EDGE), Inches(top), Inches(WIDTH - 2 * EDGE), Inches(height))
    _fill(box.text_frame, text, size, colour)
    if to_right:
        box.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT


def _fill(frame: Any, text: str, size: int, colour: str, *, is_bold: bool = False) -> None:
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    frame.text = text
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.bold = _points(size), is_bold
        paragraph.font.color.rgb = _colour(colour)


def _points(size: float) -> Any:
    from pptx.util import Pt

    return Pt(size)


def _colour(colour: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(colour[1:].upper())

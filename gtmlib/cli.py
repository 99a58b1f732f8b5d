"""The command line: parse, call, print. Heavy imports stand inside the commands."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gtmlib.errors import GtmError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command `gtm`.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the command; that of the process if None.

    Returns
    -------
    int
        0; 1 if the contract, the data or a report are wrong, 2 if the call is, 3 if a chapter or an export failed.
    """
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.command(parsed))
    except GtmError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gtm", description="The GTM workbench: a client's exports in, evidence out.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    new = commands.add_parser("new", help="make an engagement folder with a commented contract")
    new.add_argument("name", help="of the folder under data/, such as acme")
    new.set_defaults(command=_new)
    check = commands.add_parser("check", help="say what was read, what is wrong and what to ask the client for")
    run = commands.add_parser("run", help="run all chapters and write the reports")
    for command, function in ((check, _check), (run, _run)):
        command.add_argument("engagement", help="a name under data/, or an engagement folder")
        command.add_argument("--exports", metavar="FOLDER", help="the client's files, if elsewhere")
        command.set_defaults(command=function)
    given: dict[str, Any] = {"dest": "parameters", "metavar": "NAME=VALUE", "action": "append", "default": []}
    run.add_argument("-p", help="a parameter of the chapters", **given)
    export = commands.add_parser(
        "export", help="make PDF, XLSX and PPTX of a finished run, without running anything again"
    )
    export.add_argument("engagement", help="a name under data/, or an engagement folder")
    export.add_argument("--run", metavar="RUN", help="name of the run's folder; the latest if not given")
    for kind, what in (("pdf", "each report, tagged"), ("xlsx", "all tables"), ("pptx", "a slide per headline")):
        export.add_argument(f"--{kind}", action="append_const", dest="formats", const=kind, help=what)
    export.set_defaults(command=_export)
    verify = commands.add_parser("verify", help="check a report that is delivered, or was")
    verify.add_argument("report", help="the HTML file")
    verify.set_defaults(command=_verify)
    plan = commands.add_parser("plan", help="say how many contacts and weeks a comparison of messages takes")
    plan.add_argument("--baseline", type=float, required=True, help="conversion rate of the control, such as .10")
    plan.add_argument("--lift", type=float, required=True, help="difference worth seeing, such as .03")
    plan.add_argument("--power", type=float, default=0.8, help="chance of seeing it (.8)")
    plan.add_argument("--confidence", type=float, default=0.95, help="of all comparisons together (.95)")
    plan.add_argument("--variants", type=int, default=2, help="messages with the control (2)")
    plan.add_argument("--weekly", type=float, help="contacts a week, in all messages together")
    plan.add_argument("--reps", type=int, help="also say what it takes if each of so many reps sends one message only")
    plan.add_argument("--alike", type=float, default=0.02, help="intraclass correlation of a rep's contacts (.02)")
    plan.set_defaults(command=_plan)
    code = commands.add_parser("code", help="code notes in Excel: take in what was chosen, and get the next notes")
    code.add_argument("engagement", help="a name under data/, or an engagement folder")
    code.add_argument("--coder", required=True, help="who codes, such as AK")
    code.add_argument("--interviews", action="store_true", help="code interviews, not notes of conversations")
    code.add_argument("--second", action="store_true", help="read again, blindly, what others coded")
    code.add_argument("-n", type=int, default=25, help="notes at a time (25)")
    code.add_argument("--seed", type=int, default=1, help="of the lot that draws a fifth of the notes (1)")
    code.add_argument("--exports", metavar="FOLDER", help="the client's files, if elsewhere")
    code.set_defaults(command=_code)
    hypotheses = commands.add_parser("hypotheses", help="list the hypotheses with their verdicts, and what is missing")
    hypotheses.add_argument("engagement", help="a name under data/, or an engagement folder")
    seal = "seal what is new or changed in the register, with today's date"
    hypotheses.add_argument("--declare", action="store_true", help=seal)
    hypotheses.set_defaults(command=_hypotheses)
    workshop = commands.add_parser("workshop", help="open the workshop in a browser: move sliders and see what follows")
    workshop.add_argument("engagement", help="a name under data/, or an engagement folder")
    workshop.add_argument("--exports", metavar="FOLDER", help="the client's files, if elsewhere")
    workshop.add_argument("--port", type=int, default=8866, help="where it is served on this machine (8866)")
    workshop.add_argument("--no-browser", action="store_true", help="only say the address")
    workshop.add_argument("--coding", action="store_true", help="with the coding desk, which shows notes")
    workshop.set_defaults(command=_workshop)
    schema = commands.add_parser("schema", help="print the JSON Schema of a contract, for editors")
    schema.set_defaults(command=_schema)
    return parser


def _new(parsed: argparse.Namespace) -> int:
    from gtmlib.run.engagements import new_engagement

    folder = new_engagement(parsed.name)
    print(f"Made {folder}.\nPut the client's files into {folder / 'exports'} and describe them in engagement.toml;")
    print(f"then try: gtm check {parsed.name}")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.check import check_engagement
    from gtmlib.run.engagements import find_engagement

    text, is_usable = check_engagement(read_engagement(find_engagement(parsed.engagement), parsed.exports))
    print(text)
    return 0 if is_usable else 1


def _run(parsed: argparse.Namespace) -> int:
    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.engagements import find_engagement
    from gtmlib.run.runner import run_engagement

    started_at = datetime.now().astimezone()
    engagement = read_engagement(find_engagement(parsed.engagement), parsed.exports)
    run = run_engagement(engagement, parsed.parameters, started_at=started_at)
    print(f"{engagement.name} took {(datetime.now().astimezone() - started_at).total_seconds():.1f} s")
    print(*run.news, *run.reports, sep="\n")
    return 0


def _export(parsed: argparse.Namespace) -> int:
    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.engagements import find_engagement
    from gtmlib.run.exports import FORMATS, export_run
    from gtmlib.run.stored import read_stored_run

    run = read_stored_run(read_engagement(find_engagement(parsed.engagement)), parsed.run)
    print(*export_run(run, parsed.formats or FORMATS), sep="\n")
    return 0


def _verify(parsed: argparse.Namespace) -> int:
    from gtmlib.run.verify import verify_report

    found = verify_report(Path(parsed.report))
    print(found)
    return 1 if found.problems else 0


def _plan(parsed: argparse.Namespace) -> int:
    from gtmlib.run.planner import describe_plan

    options = {key: value for key, value in vars(parsed).items() if key != "command"}
    print(describe_plan(**options))
    return 0


def _code(parsed: argparse.Namespace) -> int:
    import numpy as np

    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.coding import code_notes, describe_batch
    from gtmlib.run.engagements import find_engagement

    engagement = read_engagement(find_engagement(parsed.engagement), parsed.exports)
    subject: Any = "interviews" if parsed.interviews else "objections"
    told = {"subject": subject, "coder": parsed.coder, "n": parsed.n, "is_second": parsed.second}
    print(describe_batch(code_notes(engagement, rng=np.random.default_rng(parsed.seed), **told)))
    return 0


def _hypotheses(parsed: argparse.Namespace) -> int:
    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.engagements import find_engagement
    from gtmlib.run.hypotheses import describe_hypotheses

    engagement = read_engagement(find_engagement(parsed.engagement))
    today = datetime.now().astimezone().date() if parsed.declare else None
    print(describe_hypotheses(engagement, declared_on=today))
    return 0


def _workshop(parsed: argparse.Namespace) -> int:
    from gtmlib.data.engagement import read_engagement
    from gtmlib.run.engagements import find_engagement
    from gtmlib.run.workshop import serve_workshop

    engagement = read_engagement(find_engagement(parsed.engagement), parsed.exports)
    options = {"port": parsed.port, "opens_browser": not parsed.no_browser, "with_coding": parsed.coding}
    serve_workshop(engagement, **options)
    return 0


def _schema(parsed: argparse.Namespace) -> int:  # noqa: ARG001
    from gtmlib.data.engagement import contract_schema

    print(json.dumps(contract_schema(), indent=2, ensure_ascii=False))
    return 0

"""The command line: parse, call, print. Heavy imports stand inside the commands."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
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
        0; 1 if the contract or the data are wrong, 2 if the call is, 3 if a chapter failed.
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
    plan = commands.add_parser("plan", help="say how many contacts and weeks a comparison of messages takes")
    plan.add_argument("--baseline", type=float, required=True, help="conversion rate of the control, such as .10")
    plan.add_argument("--lift", type=float, required=True, help="difference worth seeing, such as .03")
    plan.add_argument("--power", type=float, default=0.8, help="chance of seeing it (.8)")
    plan.add_argument("--confidence", type=float, default=0.95, help="of all comparisons together (.95)")
    plan.add_argument("--variants", type=int, default=2, help="messages with the control (2)")
    plan.add_argument("--weekly", type=float, help="contacts a week, in all messages together")
    plan.add_argument("--reps", type=int, help="also say what it takes if each of so many reps sends one message only")
    plan.add_argument("--alike", type=float, default=0.02, help="intraclass correlation of a rep's contacts (.02)")
    plan.add_argument("--seed", type=int, default=1, help="of the simulation of many looks (1)")
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
    print(*run.reports, sep="\n")
    return 0


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


def _schema(parsed: argparse.Namespace) -> int:  # noqa: ARG001
    from gtmlib.data.engagement import contract_schema

    print(json.dumps(contract_schema(), indent=2, ensure_ascii=False))
    return 0

"""Exhibit of the objection explorer beside the chapter's own: how much was chosen."""

from __future__ import annotations

from gtmlib.analyses.workshop.objections import Chosen
from gtmlib.present.exhibit import Exhibit
from gtmlib.present.language import Language


def present_chosen(result: Chosen, language: Language, accent: str) -> Exhibit:  # noqa: ARG001
    """Say how many conversations the selection holds.

    Parameters
    ----------
    result : Chosen
        Of a selection.
    language : Language
        Of the reader.
    accent : str
        Not used: the exhibit has no figure.
    """
    say = language.say
    args = {"n": result.n_chosen, "of": result.n_all, "share": result.n_chosen / result.n_all}
    return Exhibit(
        id="workshop-chosen",
        title=say("workshop.objections.chosen", **args),
        notes=(say("workshop.objections.floor", n=result.smallest_group),),
    )

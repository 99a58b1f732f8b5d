"""Texts that the consultant writes: once, or once per language of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

Language = Literal["en", "sv", "da", "nb", "fi"]


class LocalText(str):
    """The consultant's words: one text, or a table of one text per language.

    It is the first of its texts wherever a text is needed (in results, in counts, as a key), and a report says what
    it is in its own language.

    Parameters
    ----------
    text : str or mapping
        The text, or language = text; a language that is not there gets the first.

    Examples
    --------
    >>> title = LocalText({"en": "Where we earn", "sv": "Var vi tjänar"})
    >>> str(title), title.in_language("sv"), title.in_language("da")
    ('Where we earn', 'Var vi tjänar', 'Where we earn')
    """

    __slots__ = ("texts",)
    texts: Mapping[str, str]

    def __new__(cls, text: str | Mapping[str, str]) -> LocalText:
        """Make a text of one, or of one per language."""
        found = super().__new__(cls, text if isinstance(text, str) else next(iter(text.values())))
        found.texts = {} if isinstance(text, str) else dict(text)
        return found

    def in_language(self, code: str) -> str:
        """Give the text of a language.

        Parameters
        ----------
        code : str
            Of the language.
        """
        return self.texts.get(code, str(self))

    def is_in(self, code: str) -> bool:
        """Tell whether there is a text for a language: one of its own, or one for all.

        Parameters
        ----------
        code : str
            Of the language.
        """
        return not self.texts or code in self.texts

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_wrap_validator_function(_read, handler.generate_schema(str))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        text = handler(schema)
        each = {code: {"type": "string", "minLength": 1} for code in get_args(Language)}
        table = {"type": "object", "properties": each, "additionalProperties": False, "minProperties": 1}
        return {"anyOf": [text, table]}


def _read(value: Any, read_text: core_schema.ValidatorFunctionWrapHandler) -> LocalText:
    if isinstance(value, LocalText):
        return value
    if not isinstance(value, dict):
        return LocalText(read_text(value))
    known = get_args(Language)
    if not value or any(code not in known or not isinstance(text, str) or not text for code, text in value.items()):
        raise ValueError(f"write a text, or a table of texts by language: {', '.join(known)}")
    return LocalText(value)


def gather_words(section: BaseModel, code: str) -> dict[str, str]:
    """Gather what the words of a contract are in a language.

    Parameters
    ----------
    section : BaseModel
        The contract or a part of it; every `LocalText` in it counts, however deep.
    code : str
        Of the language.

    Returns
    -------
    dict
        The first text = the text in that language, where it has one.

    Raises
    ------
    ValueError
        If the same first text has two texts in that language.
    """
    found: dict[str, str] = {}
    for text in _walk(section):
        if code in text.texts and found.setdefault(str(text), text.texts[code]) != text.texts[code]:
            raise ValueError(f"'{text}' is translated in two ways: '{found[text]}' and '{text.texts[code]}'")
    return found


def _walk(value: Any) -> Iterator[LocalText]:
    if isinstance(value, LocalText):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name))
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _walk(item)

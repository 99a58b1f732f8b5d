"""Stub."""


def preset_names() -> tuple[str, ...]:
    return ("hubspot",)

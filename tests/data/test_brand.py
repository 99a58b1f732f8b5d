"""The brand of a consultancy: one file beside the engagement folders, and what an engagement has instead."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gtmlib.data.engagement import Engagement, parse_contract, read_engagement
from gtmlib.errors import ContractError

from ..conftest import HEAD, MakeEngagement

SOURCE = '[sources.customers]\ntable = "customers"\nfile = "a.csv"\n'
SHARED = 'consultancy = "Berg & Co"\naccent = "#7a1f5f"\nlogo = "berg.svg"\nfooter = "Berg & Co · Storgatan 1"\n'


def branded(make_engagement: MakeEngagement, tmp_path: Path, own: str = "", shared: str = SHARED) -> Engagement:
    (tmp_path / "brand.toml").write_text(shared, "utf-8")
    (tmp_path / "berg.svg").write_text("<svg/>", "utf-8")
    return make_engagement(SOURCE + own, {})


def test_the_brand_file_beside_the_engagements_holds_for_all_of_them(
    make_engagement: MakeEngagement, tmp_path: Path
) -> None:
    brand = branded(make_engagement, tmp_path).contract.brand
    assert (brand.consultancy, brand.accent, brand.footer) == ("Berg & Co", "#7a1f5f", "Berg & Co · Storgatan 1")
    assert Path(str(brand.logo)) == (tmp_path / "berg.svg").resolve()


def test_an_engagement_has_another_brand_key_by_key(make_engagement: MakeEngagement, tmp_path: Path) -> None:
    brand = branded(make_engagement, tmp_path, '[brand]\naccent = "#0a0a0a"\n').contract.brand
    assert (brand.consultancy, brand.accent) == ("Berg & Co", "#0a0a0a")


def test_without_a_brand_file_the_contract_alone_decides(make_engagement: MakeEngagement) -> None:
    brand = make_engagement(SOURCE, {}).contract.brand
    assert (brand.consultancy, brand.accent, brand.logo) == ("", "#1f5f8b", None)


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ('acent = "#123456"\n', "brand.toml line 1: acent: is unknown here. Did you mean 'accent'?"),
        ('accent = "blue"\n', "brand.toml line 1: accent: can't be used (found 'blue'). Main colour, as #rrggbb"),
        ('logo = "no.png"\n', "brand.toml: logo: names a file that is not there (found 'no.png')"),
        ('logo = "../x.svg"\n', "write a path inside".capitalize()),
        (
            'text_font_file = "berg.svg"\n',
            "brand.toml: text_font_file: names a file that can't be packed into a report",
        ),
        ('text_font = "x; } body { display: none"\n', "Fonts of texts and charts"),
    ],
)
def test_a_wrong_brand_is_refused_at_its_place(
    make_engagement: MakeEngagement, tmp_path: Path, shared: str, said: str
) -> None:
    with pytest.raises(ContractError) as raised:
        branded(make_engagement, tmp_path, shared=shared)
    assert said in str(raised.value)


def test_a_picture_too_large_for_a_report_is_refused(make_engagement: MakeEngagement, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "big.png").write_bytes(b"x" * 300_001)
    with pytest.raises(ContractError, match=r"tiny/engagement\.toml: brand\.logo: .*at most 300 kB"):
        make_engagement(SOURCE + '[brand]\nlogo = "big.png"\n', {})


def test_a_release_needs_a_name_and_a_day() -> None:
    text = HEAD + SOURCE
    assert parse_contract(text.encode()).release is None
    release = parse_contract(f'{text}[release]\nreleased_by = "A. Berg"\nreleased_on = 2026-03-03\n'.encode()).release
    assert release is not None
    assert (release.released_by, release.released_on) == ("A. Berg", date(2026, 3, 3))
    with pytest.raises(ContractError, match=r"release\.released_on: is missing"):
        parse_contract(f'{text}[release]\nreleased_by = "A. Berg"\n'.encode())


def test_the_demo_shows_its_brand(demo_folder: Path) -> None:
    brand = read_engagement(demo_folder).contract.brand
    assert Path(str(brand.logo)).name == "logo.svg"

"""Keys are valid, different and the same after every restart."""

import re

from hypothesis import given, strategies as st

from iotbridge_agent.sensor_keys import is_wanted, unique_slugs


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_names_get_valid_and_different_slugs_whatever_their_order(names: list[str]) -> None:
    slugs = unique_slugs(names)
    assert len(set(slugs.values())) == len(set(names)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9_]{1,40}", slug) for slug in slugs.values())
    assert slugs == unique_slugs(reversed(names))


def test_names_stay_readable() -> None:
    assert unique_slugs(["/srv/media library", "Core 0"]) == {
        "/srv/media library": "srv_media_library",
        "Core 0": "core_0",
    }


def test_similar_names_are_distinguished() -> None:
    slugs = unique_slugs(["/a-b", "/a/b"])
    assert slugs["/a-b"] == "a_b"
    assert re.fullmatch(r"a_b_[0-9a-f]{8}", slugs["/a/b"])


def test_include_overrides_exclude_and_both_override_the_default() -> None:
    assert is_wanted("a", (), (), default=True)
    assert not is_wanted("a", (), (), default=False)
    assert not is_wanted("a", (), ("*",), default=True)
    assert is_wanted("a", ("a",), ("*",), default=False)

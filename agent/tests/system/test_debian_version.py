"""Versions in the order of Debian policy; every row was answered by `dpkg --compare-versions`."""

import pytest

from iotbridge_agent.system.debian_version import version_key


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.2", "1.10"),
        ("1.0~rc1", "1.0"),
        ("1.0~~", "1.0~"),
        ("1.0", "1.0a"),
        ("1.0a", "1.0+b"),
        ("1.0-1", "1.0-1+deb12u1"),
        ("1.0-1~bpo12+1", "1.0-1"),
        ("2.0", "1:1.0"),
        ("1:9", "2:1"),
        ("1.0-9", "1.0-10"),
        ("1-2-3", "1-3-1"),
        ("12.4+deb12u11", "12.4+deb12u15"),
        ("0.16.1-2", "0.16.1-2+b1"),
        ("", "0a"),
    ],
)
def test_the_older_sorts_first(older: str, newer: str) -> None:
    assert version_key(older) < version_key(newer)


@pytest.mark.parametrize(("left", "right"), [("1.0", "1.0-0"), ("0:1.0", "1.0"), ("1.", "1.0"), ("1.00", "1.0")])
def test_equal_versions(left: str, right: str) -> None:
    assert version_key(left) == version_key(right)

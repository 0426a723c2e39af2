"""Magic packets, byte by byte."""

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.hosts.wake.magic_packet import mac_address, magic_packet, six_bytes


def test_the_packet() -> None:
    packet = magic_packet("02:42:ac:11:00:02")

    assert packet[:6] == bytes([255] * 6)
    assert packet[6:] == bytes([0x02, 0x42, 0xAC, 0x11, 0x00, 0x02]) * 16
    assert len(packet) == 102


def test_the_password_is_at_the_end() -> None:
    packet = magic_packet("02:42:ac:11:00:02", "00:11:22:33:44:55")

    assert packet[:102] == magic_packet("02:42:ac:11:00:02")
    assert packet[102:] == bytes([0x00, 0x11, 0x22, 0x33, 0x44, 0x55])


@pytest.mark.parametrize(
    "text",
    [
        "A8:A1:59:00:11:22",
        "a8-a1-59-00-11-22",
        "a8a1.5900.1122",
        "A8A159001122",
        " a8:a1:59:00:11:22 ",
        "a8 a1 59 00 11 22",
    ],
)
def test_every_usual_notation_is_read(text: str) -> None:
    assert mac_address(text) == "a8:a1:59:00:11:22"


@pytest.mark.parametrize(
    "text", ["", "nas", "a8:a1:59:00:11", "a8:a1:59:00:11:22:33", "g8:a1:59:00:11:22", "00:00:00:00:00:00",
             "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"]
)  # fmt: skip
def test_no_address_of_a_card(text: str) -> None:
    assert mac_address(text) is None


def test_a_password_may_be_any_six_bytes() -> None:
    assert six_bytes("FF-FF-FF-FF-FF-FF") == "ff:ff:ff:ff:ff:ff"


@given(st.binary(min_size=6, max_size=6))
def test_what_is_read_is_sent(data: bytes) -> None:
    assert six_bytes(data.hex("-")) == data.hex(":")
    assert magic_packet("02:00:00:00:00:01", data.hex(":")).endswith(data)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert mac_address(text) in (None, six_bytes(text))

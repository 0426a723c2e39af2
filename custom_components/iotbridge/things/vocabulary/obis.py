"""OBIS codes of meter readings (IEC 62056-61): the meaning of C and D in A-B:C.D.E."""

from typing import NamedTuple


class Obis(NamedTuple):
    """Quantity of quantities.py, the unit if meters state none, and the display name."""

    quantity: str
    unit: str | None
    name: str


# Energy is counted in Wh by meters of some vendors, in kWh by others: the size decides.
OBIS: dict[tuple[int, int], Obis] = {
    (1, 8): Obis("energy", None, "Energy import"),
    (2, 8): Obis("energy", None, "Energy export"),
    (3, 8): Obis("reactive energy", None, "Reactive energy import"),
    (4, 8): Obis("reactive energy", None, "Reactive energy export"),
    (1, 7): Obis("power", "W", "Power import"),
    (2, 7): Obis("power", "W", "Power export"),
    (16, 7): Obis("power", "W", "Power"),
    (3, 7): Obis("reactive power", "var", "Reactive power import"),
    (4, 7): Obis("reactive power", "var", "Reactive power export"),
    (21, 7): Obis("power", "W", "Power import L1"),
    (41, 7): Obis("power", "W", "Power import L2"),
    (61, 7): Obis("power", "W", "Power import L3"),
    (22, 7): Obis("power", "W", "Power export L1"),
    (42, 7): Obis("power", "W", "Power export L2"),
    (62, 7): Obis("power", "W", "Power export L3"),
    (36, 7): Obis("power", "W", "Power L1"),
    (56, 7): Obis("power", "W", "Power L2"),
    (76, 7): Obis("power", "W", "Power L3"),
    (11, 7): Obis("current", "A", "Current"),
    (31, 7): Obis("current", "A", "Current L1"),
    (51, 7): Obis("current", "A", "Current L2"),
    (71, 7): Obis("current", "A", "Current L3"),
    (12, 7): Obis("voltage", "V", "Voltage"),
    (32, 7): Obis("voltage", "V", "Voltage L1"),
    (52, 7): Obis("voltage", "V", "Voltage L2"),
    (72, 7): Obis("voltage", "V", "Voltage L3"),
    (13, 7): Obis("power factor", None, "Power factor"),
    (14, 7): Obis("frequency", "Hz", "Frequency"),
    (24, 2): Obis("volume", None, "Volume"),
}

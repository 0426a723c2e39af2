"""The guide has what the integration sends its users there for."""

from pathlib import Path
import re

from custom_components.iotbridge import issues

GUIDE = (Path(__file__).parents[1] / "docs" / "hosts.md").read_text(encoding="utf-8")


def test_every_repair_has_its_section() -> None:
    kinds = {value for name, value in vars(issues).items() if name.isupper() and isinstance(value, str)}
    kinds -= {"iotbridge", issues.HELP_URL}
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^### (.+)$", GUIDE, re.MULTILINE)}
    assert kinds
    assert {kind.replace("_", "-") for kind in kinds} == headings

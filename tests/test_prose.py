"""Rules of the style guide in CONTRIBUTING that can be counted: first lines of docstrings, and class names."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[1]
AGENT, INTEGRATION = ROOT / "agent" / "src", ROOT / "custom_components"
DOCUMENTED = (AGENT, INTEGRATION, ROOT / "agent" / "tests", ROOT / "tests", ROOT / "benchmarks", ROOT / "scripts")
LOOSE = re.compile(
    r"(What|Which|Who|Whose|Whom|Whether|How|Where|When|Why|That|This|These|Those|There|It|One|Tell|Tells"
    r"|Somebody|Someone|Nobody|Anybody|Everybody|Whoever|Whatever|Whichever|Whenever|Wherever"
    r"|Something|Nothing|Everything|Anything)\b",
    re.IGNORECASE,
)


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the docstrings of the module, its classes and functions, and those below attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                match statement:
                    case ast.Expr(value=ast.Constant(value=str()) as constant):
                        yield constant


def loose_lines(source: str) -> list[tuple[int, str]]:
    """Return line number and first line of each docstring that begins with a loose pronoun or question word."""
    return [
        (constant.lineno, first)
        for constant in docstrings(ast.parse(source))
        if LOOSE.match(first := str(constant.value).strip().partition("\n")[0])
    ]


def sources(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} has moved"
    return found


@pytest.mark.parametrize("folder", DOCUMENTED, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_docstrings_begin_with_a_noun_or_an_imperative(folder: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in sources(folder)
        for number, line in loose_lines(path.read_text("utf-8"))
    ]
    assert not found, "begin with a noun (module, class) or an imperative (function):\n" + "\n".join(found)


def test_a_loose_first_line_is_found_wherever_it_stands() -> None:
    source = '''"""What it does."""
class C:
    """Class."""
    x: int
    """Whether it is on."""
    def f(self):
        """
        Who calls.
        """
        self.y = 1
        """It again."""
async def g():
    """Nobody calls."""
'''
    assert [line for _, line in sorted(loose_lines(source))] == [
        "What it does.",
        "Whether it is on.",
        "Who calls.",
        "It again.",
        "Nobody calls.",
    ]
    assert loose_lines('"""Item. What follows is free."""') == []


@pytest.mark.parametrize("folder", [AGENT, INTEGRATION], ids=["agent", "integration"])
def test_a_class_name_has_one_meaning(folder: Path) -> None:
    places = defaultdict(list)
    for path in sources(folder):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 30
    assert {name: found for name, found in places.items() if len(found) > 1} == {}

"""Rules of the style guide that can be counted: first lines of docstrings, and class names."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
import re

AGENT = Path(__file__).parents[1]
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


def sources(folder: str) -> list[Path]:
    return sorted((AGENT / folder).rglob("*.py"))


def test_docstrings_begin_with_a_noun_or_an_imperative() -> None:
    files = [*sources("src"), *sources("tests")]
    assert len(files) > 100
    found = [
        f"{path.relative_to(AGENT.parent)}:{number}: {line}"
        for path in files
        for number, line in loose_lines(path.read_text(encoding="utf-8"))
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


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(list)
    for path in sources("src"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(AGENT.parent)}:{node.lineno}")
    assert len(places) > 30
    assert {name: found for name, found in places.items() if len(found) > 1} == {}

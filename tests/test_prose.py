"""Rules of the style guide in CONTRIBUTING that can be counted: first lines of docstrings, and names."""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
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
# Pronouns in place of the noun that a docstring is about.
PRONOUNS = re.compile(r"\b(nobody|somebody|anybody|everybody|whoever)\b", re.IGNORECASE)

# Everyday verbs where the field has its own: publish, notify, receive, evaluate, subscribe, set, assign, execute ...
VAGUE_VERBS = re.compile(r"(Know|Let|Say|Hear|Judge|Speak|Watch|Look|Go|Put|Carry)s?\b")
VAGUE_DEFINITIONS = re.compile(r"_*(async_)?(knows?|lets?|says?|said|tells?|told|hears?|heard|judges?|speaks?)(_|$)")
# Pronouns and participles that say nothing about what they hold.
VAGUE_NAMES = {"one", "it", "those", "these", "given", "said", "told", "heard"}
# A local "found" or "seen" beside the search that filled it is clear; a parameter is not.
VAGUE_PARAMETERS = VAGUE_NAMES | {"found", "seen", "there"}


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


def vague_lines(source: str) -> list[tuple[int, str]]:
    """Return line number and first line of each docstring that begins with a vague verb."""
    return [
        (constant.lineno, first)
        for constant in docstrings(ast.parse(source))
        if VAGUE_VERBS.match(first := str(constant.value).strip().partition("\n")[0])
    ]


def vague_names(source: str) -> list[tuple[int, str]]:
    """Return line number and name of each function, class, parameter and variable with a vague name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if VAGUE_DEFINITIONS.match(node.name.lower()):
                    found.append((node.lineno, node.name))
            case ast.arg() if node.arg in VAGUE_PARAMETERS:
                found.append((node.lineno, node.arg))
            case ast.Name(ctx=ast.Store()) if node.id in VAGUE_NAMES:
                found.append((node.lineno, node.id))
    return found


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
def test_docstrings_have_nouns_in_place_of_pronouns(folder: Path) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{constant.lineno}: {constant.value!r}"
        for path in sources(folder)
        for constant in docstrings(ast.parse(path.read_text("utf-8")))
        if PRONOUNS.search(str(constant.value))
    ]
    assert not found, "name the user, the caller, the agent:\n" + "\n".join(found)


@pytest.mark.parametrize("check", [vague_lines, vague_names])
@pytest.mark.parametrize("folder", DOCUMENTED, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_the_verbs_and_nouns_of_the_field_are_used(folder: Path, check: Callable[[str], list[tuple[int, str]]]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {text}"
        for path in sources(folder)
        for number, text in check(path.read_text("utf-8"))
    ]
    assert not found, "vague; see Style in CONTRIBUTING:\n" + "\n".join(found)


def test_vague_words_are_found_wherever_they_stand() -> None:
    source = '''
def let_go(one, *told, found=None):
    """Let go of the file."""
    for it in one:
        heard = [said for said in it]
    return heard
class Heard:
    """Puts it aside."""
async def async_say_hello(self, sentence): ...
'''
    assert sorted(vague_lines(source)) == [(3, "Let go of the file."), (8, "Puts it aside.")]
    assert sorted(vague_names(source)) == [
        (2, "found"),
        (2, "let_go"),
        (2, "one"),
        (2, "told"),
        (4, "it"),
        (5, "heard"),
        (5, "said"),
        (7, "Heard"),
        (9, "async_say_hello"),
    ]
    plain = '''
def letters(watched):
    """Letter that is put on the wall."""
    found = watched
def test_it_says_nothing(): ...
'''
    assert vague_lines(plain) == vague_names(plain) == []


@pytest.mark.parametrize("folder", [AGENT, INTEGRATION], ids=["agent", "integration"])
def test_a_class_name_has_one_meaning(folder: Path) -> None:
    places = defaultdict(list)
    for path in sources(folder):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 30
    assert {name: found for name, found in places.items() if len(found) > 1} == {}

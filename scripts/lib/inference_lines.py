"""Count the lines of things/inference outside of its tables of rules, in a folder or as it is now.

Blank lines, comments, docstrings and imports do not count. A condition that is named in a table is counted apart.

    python scripts/lib/inference_lines.py [FOLDER]
"""

import ast
from collections.abc import Iterator
from pathlib import Path
import sys

INFERENCE = Path(__file__).parents[2] / "custom_components" / "iotbridge" / "things" / "inference"


def tables(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the assignments of a module that hold rules."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id.endswith("Rule")
            for part in ast.walk(node)
        ):
            yield node


def lines(node: ast.stmt) -> set[int]:
    """Return the numbers of the lines of a statement."""
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def main() -> None:
    """Print the numbers."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else INFERENCE
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(folder.rglob("*.py"))}
    named = {
        part.id
        for tree in trees.values()
        for table in tables(tree)
        for part in ast.walk(table)
        if isinstance(part, ast.Name)
    }
    code = conditions = 0
    for path, tree in trees.items():
        left_out: set[int] = set()
        for table in tables(tree):
            left_out |= lines(table)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                left_out |= lines(node)
            elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                left_out |= lines(node.body[0])
        text = path.read_text("utf-8").splitlines()
        counted = {
            number
            for number, line in enumerate(text, 1)
            if line.strip() and not line.strip().startswith("#") and number not in left_out
        }
        code += len(counted)
        conditions += sum(
            len(lines(node) & counted) for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in named
        )
    print(f"{code} lines outside of tables, {conditions} of them named conditions of tables")


main()

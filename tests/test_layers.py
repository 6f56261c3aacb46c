"""The direction of imports, read from the syntax trees: deferred and type-only imports count like all others."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ccinv"
MOST_LINES = 310  # about three hundred; a file that needs more holds more than one concept

# Each chain reads from left to right: a module may import what stands to the left of it, in one chain or through
# several, and nothing else. Names parted by commas stand side by side and are strangers to each other.
CHAINS = (
    # ground
    "errors < arrays < demand, lead_time, deliveries < tables < store < reading",
    "demand < lots < reading",
    "lots < auditing",
    "demand < network < reading",
    "network < auditing",
    "lots < models",
    "network < models",
    "store < covariance < rules",
    "store < parts < ledger",
    "store < result",
    "arrays < running < result",
    "store < perishable < reading",
    "perishable < models",
    "perishable, auditing < shelf < reporting",
    "models, shelf < perishing < writing",
    "deliveries < materials < reading, auditing",
    "materials, models < stocking < writing",
    # planner
    "result < rules < moments < verify < objectives",
    "moments < inversion < objectives < solve < models",
    # referee
    "result < ledger < policies < auditing < reporting",
    "arrays < curves < reporting",
    # above both
    "models < opening < writing",
    "auditing, solve < sample_path < calibrate",
    "reading, verify, models, reporting < calibrate < planner, thesis",
    "planner, thesis < settings, trade_off, backtesting, joint, scale_out < writing < cli < __main__",
    # texts of the example folders
    "arrays < examples < cli",
)
REFEREE = ("ledger", "policies", "auditing", "shelf", "reporting")
FENCED_OFF = ("covariance", "rules", "moments", "inversion", "objectives", "solve", "models")
NEVER_CVXPY = ("result", "rules", "moments", "verify", *REFEREE)
DANGEROUS_MODULES = frozenset({"pickle", "cloudpickle", "dill", "joblib", "jsonpickle", "marshal", "shelve", "yaml"})
DANGEROUS_CALLS = frozenset({"eval", "exec", "compile", "__import__", "import_module"})


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its dotted name, where it stands and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def layer(self) -> str:
        """`rules` for ccinv.rules, `demand` for ccinv.demand.normal, nothing for the facade."""
        return self.name.split(".")[1] if "." in self.name else ""


def modules_of(package: Path) -> dict[str, Module]:
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def imported(module: Module, modules: dict[str, Module]) -> Iterator[str]:
    """Dotted names of everything that `module` imports, wherever in the file the import stands."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.name.split(".")
                if module.path.name != "__init__.py":
                    above = above[:-1]
                kept = above[: len(above) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in modules else base


def lower_layers(chains: tuple[str, ...]) -> dict[str, set[str]]:
    """For each layer all layers below it, through any number of chains."""
    lower: dict[str, set[str]] = {}
    for chain in chains:
        groups = [[name.strip() for name in group.split(",")] for group in chain.split("<")]
        for name in (name for group in groups for name in group):
            lower.setdefault(name, set())
        for left, right in pairwise(groups):
            for name in right:
                lower[name] |= set(left)
    for _ in lower:
        for below in lower.values():
            below |= {far for near in below for far in lower[near]}
    return lower


def breaches(modules: dict[str, Module]) -> list[str]:
    """Every import that goes sideways or upwards, every import of the facade, every module without a layer."""
    lower = lower_layers(CHAINS)
    found = []
    for module in modules.values():
        if not module.layer:
            continue
        if module.layer not in lower:
            found.append(f"{module.name} belongs to no layer: give it one in the chains of {Path(__file__).name}")
            continue
        for name in imported(module, modules):
            if name == "ccinv":
                found.append(f"{module.name} imports the facade")
            elif name.startswith("ccinv."):
                layer = name.split(".")[1]
                if layer != module.layer and layer not in lower[module.layer]:
                    found.append(f"{module.name} imports {name}, which is not below it")
    return found


def reached(start: str, modules: dict[str, Module]) -> dict[str, str]:
    """Everything imported from `start` (a layer) at any remove, each with the module that imports it."""
    found: dict[str, str] = {}
    waiting = [name for name, module in modules.items() if module.layer == start]
    while waiting:
        name = waiting.pop()
        for target in imported(modules[name], modules):
            if target not in found:
                found[target] = name
                if target in modules:
                    waiting.append(target)
    return found


MODULES = modules_of(PACKAGE)


def test_no_module_imports_what_stands_beside_or_above_it() -> None:
    assert breaches(MODULES) == []


def test_the_order_of_layers_has_no_cycle() -> None:
    assert [name for name, below in lower_layers(CHAINS).items() if name in below] == []


@pytest.mark.parametrize("layer", REFEREE)
def test_the_referee_shares_no_formula_with_the_planner(layer: str) -> None:
    found = reached(layer, MODULES)
    assert {
        target: by for target, by in found.items() if target.split(".")[1:2] and target.split(".")[1] in FENCED_OFF
    } == {}


@pytest.mark.parametrize("layer", NEVER_CVXPY)
def test_numbers_and_referee_never_reach_cvxpy(layer: str) -> None:
    found = reached(layer, MODULES)
    assert {target: by for target, by in found.items() if target.split(".")[0] == "cvxpy"} == {}


def test_every_file_holds_one_concept_of_at_most_about_three_hundred_lines() -> None:
    lengths = {
        str(module.path): len(module.path.read_text(encoding="utf-8").splitlines()) for module in MODULES.values()
    }
    long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES}
    assert long == {}, f"make a folder of each, one concept per file (about 300 lines each at most): {long}"


def test_no_public_function_bears_the_name_of_a_module() -> None:
    tops = {module.layer for module in MODULES.values()}
    assert tops & {"plan", "audit", "report", "read", "load", "model", "read_settings"} == set()


def test_only_the_command_line_prints() -> None:
    found = []
    for module in MODULES.values():
        if module.layer == "cli":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Name) and node.id in {"print", "input", "breakpoint"}:
                found.append(f"{module.path}:{node.lineno} {node.id}")
            if isinstance(node, ast.Attribute) and node.attr in {"stdout", "stderr", "__stdout__", "__stderr__"}:
                found.append(f"{module.path}:{node.lineno} {node.attr}")
        found += [
            f"{module.path} imports {name}"
            for name in imported(module, MODULES)
            if name.split(".")[0] in {"rich", "typer"}
        ]
    assert found == []


def test_nothing_read_is_ever_executed() -> None:
    found = []
    for module in MODULES.values():
        found += [
            f"{module.path} imports {name}"
            for name in imported(module, MODULES)
            if name.split(".")[0] in DANGEROUS_MODULES
        ]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
                found.append(f"{module.path}:{node.value.lineno} allow_pickle")
            if isinstance(node, ast.Name) and node.id in DANGEROUS_CALLS and module.layer:
                found.append(f"{module.path}:{node.lineno} {node.id}")
            if isinstance(node, ast.Attribute) and node.attr in {"read_pickle", "import_module"}:
                found.append(f"{module.path}:{node.lineno} {node.attr}")
    assert found == []


def test_a_breach_is_seen_even_where_it_is_deferred_typed_or_relative(tmp_path: Path) -> None:
    package = tmp_path / "ccinv"
    (package / "demand").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "rules.py").write_text("")
    (package / "stray.py").write_text("")
    (package / "store.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ccinv import rules\n"
    )
    (package / "ledger.py").write_text("def late():\n    from ccinv.rules import Thesis\n    import ccinv\n")
    (package / "demand" / "__init__.py").write_text("from .. import store\n")
    (package / "demand" / "law.py").write_text("from ..rules import x\nfrom . import other\n")
    found = breaches(modules_of(package))
    assert len(found) == 6, found
    for phrase in (
        "ccinv.store imports ccinv.rules",
        "ccinv.ledger imports ccinv.rules",
        "ccinv.ledger imports the facade",
        "ccinv.demand imports ccinv.store",
        "ccinv.demand.law imports ccinv.rules",
        "ccinv.stray belongs to no layer",
    ):
        assert any(line.startswith(phrase) for line in found), (phrase, found)
    assert "ccinv.rules" in reached("ledger", modules_of(package))


@pytest.mark.parametrize("start", ["import ccinv", "import ccinv.cli; ccinv.cli.main(['--help'])"])
def test_importing_and_asking_for_help_load_nothing_heavy(start: str) -> None:
    heavy = "{'cvxpy', 'clarabel', 'scipy.stats', 'matplotlib', 'polars', 'narwhals', 'pandas'}"
    code = (
        f"import sys\n{start}\nsys.exit(repr(sorted({heavy} & set(sys.modules))) if {heavy} & set(sys.modules) else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr

"""The facade: what `import ccinv as cc` offers is what it says, however much has been imported."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import ccinv as cc

ROOT = Path(__file__).parents[1]
MODULES = [
    ".".join(("ccinv", *path.relative_to(ROOT / "ccinv").with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted((ROOT / "ccinv").rglob("*.py"))
]


def import_everything() -> None:
    for name in MODULES:
        import_module(name)


def type_checked_names() -> set[str]:
    """The names that type checkers and editors see: the TYPE_CHECKING block."""
    tree = ast.parse((ROOT / "ccinv" / "__init__.py").read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {
        alias.asname or alias.name
        for block in blocks
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_the_list_of_names_is_the_table() -> None:
    assert list(cc.__all__) == sorted(cc._MODULE)


def test_type_checkers_see_the_same_names() -> None:
    assert type_checked_names() == set(cc.__all__)


@pytest.mark.parametrize("name", sorted(cc.__all__))
def test_every_name_is_the_thing_meant_after_every_module_was_imported(name: str) -> None:
    import_everything()
    found = getattr(cc, name)
    home = cc._MODULE[name]
    if not home:
        assert isinstance(found, ModuleType)
        assert found.__name__ == f"ccinv.{name}"
        return
    assert not isinstance(found, ModuleType)
    assert callable(found)
    assert found is getattr(import_module(f"ccinv.{home}"), name)
    assert inspect.getdoc(found), f"{name} has no docstring"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'ccinv' has no attribute 'plann'"):
        cc.plann  # noqa: B018


def test_the_python_example_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    script = tmp_path / "example.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_example_of_the_interface_runs() -> None:
    """Two items, twelve periods, order rows under chance: the first example of the design."""
    import numpy as np

    store = cc.Store(
        unit_cost=[40.0, 35.0],
        on_hand=[120, 90],
        important=[True, False],
        demand=cc.demand.Normal(mean=np.full((2, 12), 25.0), sd=np.full((2, 12), 6.0)),
        lead_time=cc.LeadTime([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], never=0.0),
        budget=cc.Budget(limit=7_000.0, confidence=0.95),
        service=0.95,
        orders=cc.Orders(nonnegative="chance", confidence=0.90),
    )
    plan = cc.plan(store, rule=cc.rules.Thesis(), objective=cc.MaxMinService(), inversion=cc.inversion.Normal())
    assert plan.rule.a.shape == plan.rule.b.shape == (2, 12)
    assert plan.rule.weights.shape == (2, 12, 12)
    assert plan.rule.intercept.shape == plan.mean.shape == plan.sd.shape == plan.promised.shape == (2, 12)
    assert plan.promised[0][plan.controllable[0]].min() >= 0.95 - 1e-6
    assert plan.orders(np.full((2, 3), 20.0)).shape == (2, 3)
    audit = cc.audit(plan, paths=2_000, seed=1)
    assert audit.service.shape == audit.low.shape == audit.high.shape == audit.verdict.shape == (2, 12)
    assert audit.budget.shape == (12,)
    assert audit.joint_service.shape == (2,)
    assert isinstance(audit.kept, bool)


def test_every_step_can_be_done_alone() -> None:
    """The research example of the design: a rule laid out, moments, a cone, a solve, the numbers back."""
    import cvxpy as cp
    import numpy as np

    store = cc.Store(
        unit_cost=[10.0],
        on_hand=[60],
        important=[True],
        demand=cc.demand.Normal(np.full((1, 4), 10.0), np.full((1, 4), 2.0)),
        lead_time=cc.LeadTime([0.0, 1.0]),
    )
    rule = cc.rules.Thesis().on(store)
    net = cc.moments.net_stock(store, rule)
    x = cp.Variable(rule.size)
    constraints = cc.inversion.chance(net, x, 0.95, cc.inversion.Cantelli())
    problem = cp.Problem(cp.Minimize(cp.norm(x)), constraints)
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    mean, sd = net.mean_at(x.value), net.sd_at(x.value)
    assert mean.shape == sd.shape
    assert np.all(mean >= np.sqrt(0.95 / 0.05) * sd - 1e-4)


def test_dir_lists_the_public_names_and_no_others() -> None:
    assert dir(cc) == sorted(cc.__all__)

"""Output is whole or not there at all, and comes back bit by bit."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from made_up import made_up_plan, made_up_store

from ccinv import demand
from ccinv.auditing import audit
from ccinv.errors import DataError
from ccinv.result import Plan
from ccinv.store import Budget, Orders, Service, Store
from ccinv.writing import load, open_folder, refuse_folder, report, write_audit, write_file, write_folder
from ccinv.writing.run import stored

STORE = made_up_store(6, 5)
PLAN = made_up_plan(STORE)
FILES = {"one.txt": b"one\n", "two.bin": bytes(range(256))}
NAMED = {"plan.csv", "budget.csv", "summary.json", "report.html", "rule.json", "store.json", "store.npz"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as it should be; tests that harm it copy it first."""
    return report(PLAN).write(tmp_path_factory.mktemp("whole") / "run")


def differences(left: object, right: object, path: str = "") -> list[str]:
    """Paths at which two records differ in type, value, or the bits of an array."""
    if type(left) is not type(right):
        return [f"{path}: {type(left)} and {type(right)}"]
    if isinstance(left, np.ndarray):
        assert isinstance(right, np.ndarray)
        same = left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
        return [] if same else [path]
    if isinstance(left, tuple | list):
        assert isinstance(right, tuple | list)
        if len(left) != len(right):
            return [f"{path}: {len(left)} and {len(right)} entries"]
        return [
            line for k, (a, b) in enumerate(zip(left, right, strict=True)) for line in differences(a, b, f"{path}.{k}")
        ]
    if hasattr(left, "__dataclass_fields__"):
        return [
            line
            for field in fields(left)  # type: ignore[arg-type]
            for line in differences(getattr(left, field.name), getattr(right, field.name), f"{path}.{field.name}")
        ]
    return [] if repr(left) == repr(right) else [f"{path}: {left!r} and {right!r}"]


@cache
def laws() -> dict[str, Store]:
    """Stores of every law of demand, and of every part that a store can have or not have."""
    rng = np.random.default_rng(3)
    mean = rng.gamma(3.0, 4.0, (6, 5)) + 0.1
    history = rng.poisson(3.0, (6, 20)).astype(float)
    near = 0.5 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    mixed = demand.PerItem([demand.Normal(mean[:2], mean[:2] / 3), demand.Poisson(mean[2:])])
    law = {
        "correlated normal": demand.Normal(mean, mean / 3, near),
        "gamma": demand.Gamma(mean, mean / 2),
        "Poisson": demand.Poisson(mean),
        "negative binomial": demand.NegativeBinomial(mean, mean + 1.0),
        "empirical": demand.Empirical(history, periods=5),
        "mixed": mixed,
    }
    stores = {name: replace(STORE, demand=one) for name, one in law.items()}
    stores["bare"] = replace(STORE, budget=None, open_orders=None, orders=Orders("chance", 0.9, lag=2, whole=True))
    stores["limits"] = replace(STORE, budget=Budget(np.geomspace(1.0, 1e9, 5) / 3), service=Service(0.99))
    return stores


@pytest.mark.parametrize("name", sorted(laws()))
def test_a_store_comes_back_bit_by_bit(name: str, tmp_path: Path) -> None:
    store = laws()[name]
    plan = made_up_plan(store)
    again, store_again = load(write_folder(tmp_path / "run", stored(plan)))
    assert differences(store, store_again) == []
    assert differences(plan, again) == []


@pytest.mark.parametrize("causal", [False, True])
def test_a_plan_comes_back_bit_by_bit_with_numbers_that_text_could_spoil(causal: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    wild = rng.standard_normal((6, 5)) * 10.0 ** rng.integers(-300, 300, (6, 5))
    wild[0, :3] = [-0.0, 5e-324, np.nextafter(1.0, 2.0)]
    plan = made_up_plan(STORE, causal=causal, objective_value=float("inf"), gap=float("nan"), order_sd=wild)
    extra = {"intercept": wild} if causal else {"intercept": wild, "b": np.where(wild > 0, wild, np.nan), "lag": 3}
    plan = replace(plan, rule=replace(plan.rule, **extra))  # type: ignore[type-var]
    again, _ = load(write_folder(tmp_path / "run", stored(plan)))
    assert differences(plan, again) == []
    assert not again.order_sd.flags.writeable
    assert not again.rule.intercept.flags.writeable


def test_orders_of_a_loaded_plan_are_those_of_the_plan(whole: Path) -> None:
    plan, store = load(whole)
    sales = np.random.default_rng(1).gamma(2.0, 10.0, (store.items, 3))
    assert np.array_equal(plan.orders(sales), PLAN.orders(sales))


def test_the_run_folder_has_the_promised_files_and_a_manifest_that_says_how_it_was_made(tmp_path: Path) -> None:
    found = report(PLAN, audit(PLAN, 300, seed=9)).write(tmp_path / "deep" / "run", command="ccinv plan here")
    assert {path.name for path in found.iterdir()} >= NAMED | {"manifest.json"}
    manifest = json.loads((found / "manifest.json").read_text())
    assert manifest["seed"] == 9
    assert manifest["command"] == "ccinv plan here"
    assert set(manifest["files"]) == {path.name for path in found.iterdir()} - {"manifest.json"}
    assert set(manifest["versions"]) == {"python", "ccinv", "numpy", "scipy", "cvxpy", "clarabel"}
    assert [path.name for path in found.parent.iterdir()] == ["run"]


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report(PLAN, audit(PLAN, 300)).write(tmp_path / name, command="same")
    one, two = open_folder(tmp_path / "one"), open_folder(tmp_path / "two")
    assert dict(one.content) == dict(two.content)
    assert one.manifest == two.manifest


def test_an_existing_folder_is_overwritten_only_with_force_and_only_if_ccinv_wrote_all_of_it(tmp_path: Path) -> None:
    target = tmp_path / "run"
    write_folder(target, FILES)
    with pytest.raises(DataError, match=r"already there.*--force"):
        write_folder(target, {"new.txt": b"new"})
    write_folder(target, {"new.txt": b"new"}, force=True)
    assert sorted(os.listdir(target)) == ["manifest.json", "new.txt"]
    (target / "my-notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"my-notes\.txt, not written by ccinv"):
        write_folder(target, FILES, force=True)
    assert (target / "my-notes.txt").read_text() == "mine"
    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(DataError, match=r"cat\.jpg"):
        write_folder(other, FILES, force=True)
    assert sorted(os.listdir(other)) == ["cat.jpg"]
    assert sorted(os.listdir(tmp_path)) == ["photos", "run"]


def test_links_and_files_are_never_taken_for_a_run_folder(tmp_path: Path) -> None:
    real = write_folder(tmp_path / "real", FILES)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "file").write_text("x")
    for name in ("link", "file"):
        with pytest.raises(DataError, match="a link or a file"):
            write_folder(tmp_path / name, FILES, force=True)
    with pytest.raises(DataError, match="a link or a folder"):
        write_file(tmp_path / "real", b"x", force=True)
    assert open_folder(real).content == FILES


def test_a_file_is_written_whole_and_overwritten_only_with_force(tmp_path: Path) -> None:
    target = tmp_path / "orders.csv"
    assert write_file(target, "a,b\n") == target
    with pytest.raises(DataError, match="already there"):
        write_file(target, b"other")
    assert target.read_bytes() == b"a,b\n"
    write_file(target, b"other", force=True)
    assert target.read_bytes() == b"other"
    assert os.listdir(tmp_path) == ["orders.csv"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        write_folder(tmp_path / "run", {"fine.txt": b"x", "../outside.txt": b"x"})
    with pytest.raises(TypeError):
        write_folder(tmp_path / "run", {"fine.txt": b"x", "wrong.txt": None})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        write_file(tmp_path / "file", None)  # type: ignore[arg-type]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", sorted(NAMED | {"plan.json", "plan.npz", "manifest.json"}))
@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "linked"])
def test_a_folder_with_a_damaged_file_is_refused_by_name(name: str, harm: str, whole: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    path = run / name
    content = path.read_bytes()
    path.unlink()
    if harm == "cut":
        path.write_bytes(content[:-7])
    elif harm == "changed":
        spot = content.rindex(b"0")
        path.write_bytes(content[:spot] + b"1" + content[spot + 1 :])
    elif harm == "linked":
        (tmp_path / "elsewhere").write_bytes(content)
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        load(run)


def test_all_damaged_files_are_named_at_once(whole: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    for name in ("plan.csv", "rule.json", "store.npz"):
        (run / name).write_bytes(b"")
    with pytest.raises(DataError) as caught:
        load(run)
    assert [Path(fault.where).name for fault in caught.value.faults] == ["plan.csv", "rule.json", "store.npz"]


@pytest.mark.parametrize("folder", ["missing", "empty", "strange"])
def test_what_is_no_run_folder_is_refused_with_a_remedy(folder: str, tmp_path: Path) -> None:
    place = tmp_path / folder
    if folder != "missing":
        place.mkdir()
    if folder == "strange":
        (place / "manifest.json").write_text('{"name": "a web page", "icons": []}')
    with pytest.raises(DataError, match="Name a"):
        load(place)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rule.json", b'{"form": "pooled", "items": []}'),
        ("rule.json", b"[" * 100_000),
        ("store.json", b'{"record": "Popen", "args": "id"}'),
        ("store.json", b'{"record": "Store"}'),
        ("plan.json", b'{"nonsense": 1}'),
        ("plan.json", b"[]"),
        ("plan.npz", b"PK\x03\x04 not really"),
    ],
)
def test_a_forged_folder_with_right_hashes_is_still_no_more_than_bad_input(
    name: str, content: bytes, whole: Path, tmp_path: Path
) -> None:
    run = open_folder(whole)
    forged = write_folder(tmp_path / "forged", {**run.content, name: content})
    with pytest.raises(DataError):
        load(forged)


def test_arrays_that_promise_more_than_they_hold_or_hold_objects_are_refused(whole: Path, tmp_path: Path) -> None:
    run = open_folder(whole)
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    objects = io.BytesIO()
    np.save(objects, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for k, body in enumerate((head.getvalue(), objects.getvalue())):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("mean.npy", body)
        forged = write_folder(tmp_path / f"forged-{k}", {**run.content, "plan.npz": archive.getvalue()})
        with pytest.raises(DataError, match=r"plan\.npz"):
            load(forged)


def test_a_later_audit_is_added_once_and_what_was_there_stays_as_it_was(tmp_path: Path) -> None:
    run = report(PLAN, audit(PLAN, 300, seed=1)).write(tmp_path / "run")
    before = open_folder(run)
    second = audit(load(run)[0], 400, seed=2)
    added = write_audit(run, second, command="ccinv audit run")
    assert added == run / "audit-2-400"
    inner = open_folder(added)
    assert inner.manifest["of"] == before.manifest["seal"]
    assert json.loads(inner.read("summary.json"))["audit"]["paths"] == 400
    with pytest.raises(DataError, match="already there"):
        write_audit(run, second)
    with pytest.raises(DataError, match="not rewritten"):
        write_audit(run, second, out=tmp_path / "elsewhere" / ".." / "run", force=True)
    after = open_folder(run)
    assert (after.content, after.manifest) == (before.content, before.manifest)
    with pytest.raises(DataError, match=r"later audits \(audit-2-400\).*--force does not"):
        report(PLAN).write(run, force=True)
    assert open_folder(added).content == inner.content
    shutil.rmtree(added)
    report(PLAN).write(run, force=True)
    assert json.loads(open_folder(run).read("summary.json"))["audit"] is None


@pytest.mark.skipif(os.name != "posix", reason="a file system of Linux that takes no folders")
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no such file system here")
def test_where_nothing_can_be_written_is_said_beforehand_by_the_name_that_was_asked_for() -> None:
    for target in (Path("/proc/run"), Path("/proc/some/deep/run")):
        with pytest.raises(DataError, match=r"nothing can be written to /proc \(.*another folder with --out") as caught:
            refuse_folder(target, force=False)
        assert caught.value.faults[0].where == str(target)
        with pytest.raises(OSError, match="Cannot be written") as refused:
            write_folder(target, FILES)
        assert refused.value.filename == str(target)
        with pytest.raises(OSError, match="Cannot be written") as refused:
            write_file(target, "text")
        assert refused.value.filename == str(target)


def test_trying_out_whether_a_folder_can_be_written_leaves_no_trace(tmp_path: Path) -> None:
    refuse_folder(tmp_path / "some" / "deep" / "run", force=False)
    assert list(tmp_path.iterdir()) == []
    run = write_folder(tmp_path / "run", FILES)
    refuse_folder(run, force=True)
    assert open_folder(run).content == FILES
    assert {path.name for path in run.iterdir()} == {*FILES, "manifest.json"}


def test_a_later_audit_can_go_elsewhere_and_still_names_its_run(tmp_path: Path) -> None:
    run = report(PLAN).write(tmp_path / "run")
    added = write_audit(run, audit(PLAN, 300, seed=2), out=tmp_path / "again")
    assert added == tmp_path / "again"
    assert open_folder(added).manifest["of"] == open_folder(run).manifest["seal"]
    with pytest.raises(DataError, match=r"no store\.json"):
        load(added)


KILLS = """
import os, random, signal, sys, time
from functools import cache
from pathlib import Path
from ccinv.writing import write_folder
base = Path(sys.argv[1])
files = {f"part-{k}.bin": bytes([65 + k]) * 400_000 for k in range(5)}
began = time.perf_counter()
write_folder(base / "undisturbed", files)
whole = time.perf_counter() - began
chance = random.Random(11)
for k in range(60):
    child = os.fork()
    if child == 0:
        write_folder(base / f"run-{k}", files)
        os._exit(0)
    time.sleep(1.5 * whole * chance.random())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
def test_a_killed_write_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLS, str(tmp_path)], check=True, timeout=100)
    names = os.listdir(tmp_path)
    finished = [name for name in names if not name.startswith(".")]
    interrupted = [name for name in names if name.startswith(".") and name.endswith(".part")]
    assert len(finished) + len(interrupted) == len(names)
    assert len(finished) > 1, "every write was killed: nothing was tested"
    assert interrupted, "no kill came while something was written: nothing was tested"
    expected = {f"part-{k}.bin": bytes([65 + k]) * 400_000 for k in range(5)}
    for name in finished:
        assert dict(open_folder(tmp_path / name).content) == expected


def test_every_field_of_a_plan_is_written(whole: Path) -> None:
    written = set(json.loads((whole / "plan.json").read_text())) | {"store", "rule"}
    assert written == {field.name for field in fields(Plan)}

"""`ccinv audit RUN`: the replay again, on other paths."""

from __future__ import annotations

from ccinv.cli.options import Force, Json, Out, Paths, RunFolder, Seed
from ccinv.cli.outcome import Outcome


def audit(
    run: RunFolder,
    paths: Paths = None,
    seed: Seed = None,
    out: Out = None,
    force: Force = False,
    json: Json = False,
) -> Outcome:
    """Replay a plan on fresh paths and judge it again.

    The run itself is never rewritten.

    Without --out the result goes to RUN/audit-SEED-PATHS; without --seed, the first that was not used yet.
    """
    del json  # main sees it
    from ccinv.cli.folders import command
    from ccinv.cli.job import replayed, verdict
    from ccinv.cli.words import audit_words
    from ccinv.settings import Replay
    from ccinv.writing import audit_folder, load, open_folder, refuse_folder, report, write_audit

    plan, _ = load(run)
    many = Replay().paths if paths is None else paths
    fresh = (open_folder(run).manifest["seed"] or 0) + 1
    while seed is None and audit_folder(run, fresh, many).exists():
        fresh += 1
    how = Replay(many, fresh if seed is None else seed)
    refuse_folder(out or audit_folder(run, how.seed, how.paths), force)
    seen = replayed(plan, how)
    folder = write_audit(run, seen, command(), out, force)
    text = "\n".join([*audit_words(plan, seen), f"Report: {folder / 'report.html'}"])
    return Outcome(text, {"folder": str(folder), **report(plan, seen).summary()}, verdict(seen))

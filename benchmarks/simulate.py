"""Calls per second of the simulated world around the full engine, beside SimPy processes and Ciw on the same work,
in one run.

    python benchmarks/simulate.py            all cases
    python benchmarks/simulate.py day A      some of them
    python benchmarks/simulate.py --quick    a tenth of the work, for a look

Every program runs in a process of its own, one after another, each case five times in turn, and the best time
counts: a shared machine only ever adds to a time. Ratios are to the SimPy program that starts a process for each
call. Peak memory is that of the program's process, with all its libraries. Figures of the runs are printed too, as
speed without the right answer is worth nothing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import models  # noqa: E402  # the folder is on the path only now
from benchmarks.day import Day  # noqa: E402

CASES = ("day", "A", "B", "C")
PROGRAMS = {
    "day": ("engine", "simpy"),
    "A": ("engine", "simpy", "ciw"),
    "B": ("engine", "simpy"),
    "C": ("engine", "simpy"),
}
TITLES = {
    "engine": "full engine, SimPy as the outer clock",
    "simpy": "SimPy, a process for each call",
    "ciw": "Ciw",
}
WORK = {
    "day": "a busy day: working time, greeting with a key, queue, ringing, patience, talk, wrap-up",
    "A": "M/M/100 with patience, 95 erlangs",
    "B": "two types, three groups, VIP, overflow after 60 s",
    "C": "12-hour days, 5-minute rates, shifts with breaks",
}
TURNS = 5
ROUNDS = 8
"""Times the engine does the work in one run: a tenth of a second would tell more of the machine than of the program."""
MEMORY_CALLS = 100_000
"""Calls of the run whose peak memory is shown."""


def main(arguments: list[str]) -> None:
    """Run the cases named, or all."""
    quick = "--quick" in arguments
    cases = [name for name in arguments if name in CASES] or list(CASES)
    for case in cases:
        runs: dict[str, list[dict[str, float]]] = {program: [] for program in PROGRAMS[case]}
        for turn in range(1 if quick else TURNS):
            for program in PROGRAMS[case]:
                runs[program].append(_apart(program, case, turn + 1, quick))
        _show(case, runs)
    if not quick:
        found = _apart("memory", "day", 1, False)
        print(f"\na day of {found['calls']:,.0f} calls without records: peak memory {found['memory_mib']:.0f} MiB")


def _apart(program: str, case: str, seed: int, quick: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", program, case, str(seed), "quick" if quick else "whole"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(told.stderr)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def _show(case: str, runs: dict[str, list[dict[str, float]]]) -> None:
    best = {program: min(found, key=lambda f: f["s"] / f["calls"]) for program, found in runs.items()}
    base = best["simpy"]["s"] / best["simpy"]["calls"]
    print(f"\n{case}: {WORK[case]}")
    labels = [label for label in best["engine"] if label not in ("s", "calls", "memory_mib", "compiled")]
    print(f"{'':40}{'calls/s':>10}{'us/call':>9}{'ratio':>7}{'MiB':>6}" + "".join(f"{label:>13}" for label in labels))
    for program, found in best.items():
        each = found["s"] / found["calls"]
        figures = {label: sum(f[label] for f in runs[program]) / len(runs[program]) for label in labels}
        title = TITLES[program] + (", compiled" if found.get("compiled") else "")
        line = f"{title:40}{1 / each:10,.0f}{each * 1e6:9.2f}{base / each:7.2f}{found['memory_mib']:6.0f}"
        print(line + "".join(f"{figures[label]:13.4f}" for label in labels))


# --- one program, in a process of its own ----------------------------------------------------------------------------


def _one(program: str, case: str, seed: int, quick: bool) -> dict[str, float]:
    if quick:
        models.A = replace(models.A, calls=6_000, warm_up=1_000)
        models.B = replace(models.B, calls=6_000, warm_up=1_000)
        models.C = replace(models.C, days=1)
    day = Day(hours=2.0 if quick else 12.0)
    if program == "memory":
        return _engine("day", seed, Day(hours=MEMORY_CALLS / Day().calls_per_h), once=True)
    if program == "engine":
        return _engine(case, seed, day, once=quick)
    began = time.process_time()
    if case == "day":
        from benchmarks.peers import simpy_day

        calls, counts = simpy_day.run(day, seed)
        figures = {
            "P(abandon)": counts.abandoned / counts.offered,
            "ASA s": counts.wait_s / counts.answered,
            "within 20 s": counts.within / counts.offered,
        }
    else:
        if program == "ciw":
            from benchmarks.peers.ciw_models import RUNS
        else:
            from benchmarks.peers.simpy_models import RUNS
        outcome = RUNS[case](seed)
        calls, figures = outcome.calls, outcome.figures()
    return {"s": time.process_time() - began, "calls": calls, "memory_mib": _peak_mib(), **figures}


def _engine(case: str, seed: int, day: Day, once: bool = False) -> dict[str, float]:
    from benchmarks import pbx_models
    from engine.state import timers
    from pbxsim.results.results import Sample
    from pbxsim.runs.job import Job

    makers = {"A": pbx_models.model_a, "B": pbx_models.model_b, "C": pbx_models.model_c}
    flow, scenario = pbx_models.busy_day(day) if case == "day" else makers[case]()
    job = Job(flow, scenario.replace(seed=seed), keep_records=False)
    reps = (models.C.days if case == "C" else 1) * (1 if once else ROUNDS)
    began = time.process_time()
    samples: list[Sample] = [job.one(replication) for replication in range(reps)]
    took = time.process_time() - began
    results = job.results(samples)
    figures = {
        "P(wait)": results.figure("waited_share").mean,
        "P(abandon)": results.figure("abandoned_of_offered").mean,
        "E[W] s": results.figure("wait_s").mean,
        "within 20 s": results.figure("service_level_of_offered").mean,
    }
    if case == "day":
        figures = {
            "P(abandon)": figures["P(abandon)"],
            "ASA s": results.figure("answer_speed_s").mean,
            "within 20 s": figures["within 20 s"],
        }
    compiled = not str(timers.__file__).endswith(".py")
    calls = results.simulated_calls
    return {"s": took, "calls": calls, "memory_mib": _peak_mib(), "compiled": compiled, **figures}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_one(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5] == "quick")))
    else:
        main(sys.argv[1:])

"""The peer: model A in Ciw. B cannot be said in it, and its schedules mean something else than C's shifts (see
`models.py`)."""

from __future__ import annotations

import ciw

from benchmarks.models import A, Outcome


def run_a(seed: int) -> Outcome:
    """M/M/n+M as a node with reneging."""
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(A.rate)],
        service_distributions=[ciw.dists.Exponential(1 / A.service_s)],
        number_of_servers=[A.agents],
        reneging_time_distributions=[ciw.dists.Exponential(1 / A.patience_s)],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(A.calls, method="Arrive")
    found = Outcome()
    for record in simulation.get_all_records():
        if record.arrival_date >= A.warm_up / A.rate:
            found.add(record.waiting_time, record.record_type != "renege")
    found.calls = A.calls
    return found


RUNS = {"A": run_a}

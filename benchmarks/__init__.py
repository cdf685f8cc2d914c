"""Ours against the peers, and both against the limits of the machine: `python -m benchmarks --help`."""

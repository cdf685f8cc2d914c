"""Records and fault tables of the distributions of mathcore.stats (see fault_rows.py)."""

STATS = ()

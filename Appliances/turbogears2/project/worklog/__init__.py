"""A log of work: who did what, and for how long."""

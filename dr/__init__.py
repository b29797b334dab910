"""Disaster-recovery drills: break, recover, measure, put back, prove.

Reading order: `dr.model` (nouns), `dr.core` (pure verbs), `dr.ports` (the few interfaces),
`dr.contract` (whether a class keeps them), `dr.cloud` (how we speak to the outside), one file of
`dr.actions`, one of `dr.checks`, one of `dr.probes`, then `dr.engine_ports` and `dr.engine` (the
loop), `dr.observer` (the measuring process), `dr.stores` (where bytes rest), `dr.notify` (who is
told), `dr.report`, `dr.sandbox` (a cloud to rehearse in) and `dr.cli`. `dr.testing` is for tests,
also for those of other packages.
"""

__version__ = "0.1.0"

"""Cases, metrics, judges, statistics, gate and ledger: how a Version is measured."""

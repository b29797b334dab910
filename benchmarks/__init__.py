"""Benchmarks: each prints a table of ratios to an anchor measured in the same run."""

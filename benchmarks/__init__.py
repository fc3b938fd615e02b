"""Benchmarks: costs as ratios within one run, with median and spread."""

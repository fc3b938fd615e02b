"""Bulk audit of claims: reads exports, joins them by patient, evaluates every claim, writes findings."""

"""The CDS Hooks request: envelope and prefetch."""

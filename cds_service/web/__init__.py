"""HTTP only: discovery, hooks, health and the start page."""

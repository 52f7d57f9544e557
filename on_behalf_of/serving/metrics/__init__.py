"""Measurements of a running service, for Prometheus. Loaded only if METRICS is on."""

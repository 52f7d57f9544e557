"""What is measured of a running service, for Prometheus. Loaded only where METRICS is on."""

"""Running the services: granian's threads and processes, health, metrics, traces, logs, and the pages for errors."""

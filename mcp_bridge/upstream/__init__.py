"""What asking the tenant and asking the API have in common: time, trying again, and giving up early."""

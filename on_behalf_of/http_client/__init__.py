"""HTTP to other parties: pooled connections, a deadline over a whole exchange, and limits on what is read."""

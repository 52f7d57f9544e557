"""Record tool calls, best effort."""

"""What is recorded of tool calls, best effort, and under which trace."""

"""What a plan is to be best at: one objective per file."""

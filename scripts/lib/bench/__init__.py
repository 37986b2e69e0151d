"""What scripts/bench measures, and what with."""

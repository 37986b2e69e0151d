"""What scripts/growth measures, and what with."""

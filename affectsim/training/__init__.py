"""Compassionate mind training: exercises, and programmes that say who practises what on which day."""

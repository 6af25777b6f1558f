"""Parameter sweeps: many runs of one scenario with changed values, kept so that nothing that is done gets lost."""

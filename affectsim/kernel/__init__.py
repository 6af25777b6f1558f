"""The compiled tick: draws, stimuli, practice, the ODE with ties, and the daily change of people."""

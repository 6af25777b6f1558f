"""Fitting a population to diaries: what is unknown, what it would say on the same schedule, what the data move."""

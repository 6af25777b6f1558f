"""Trials: arms, randomisation, missing answers, blinding and analysis, and how many people such a trial needs."""

"""Readouts like the questionnaires of the field: scales with measurement error, their scores, momentary ratings."""

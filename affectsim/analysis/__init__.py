"""Where a person's three systems come to rest, and how that changes: equilibria, continuation, phase plane.

A teaching and research model, not a clinical tool.
"""

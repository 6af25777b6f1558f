"""Experiments: one folder per question, run by one command and compared with the numbers that were found.

A folder holds `design.toml` (what is compared), `README.md` (question, prediction, finding) and
`expected.toml` (numbers, written by the command). To add one, write the first two; see `design.Design`.
"""

"""Sheets of paper for teaching: hand-outs, worksheets and notes of lessons, and a poster, as PDF."""

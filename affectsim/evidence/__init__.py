"""The model held against published evidence: what is simulated, what was found, inside or outside.

`entries.toml` holds the published numbers, `studies` what is simulated for them, `card` puts both side by side, and
`calibrate` is the recipe by which the model's numbers were fitted to the entries that may be fitted.
"""

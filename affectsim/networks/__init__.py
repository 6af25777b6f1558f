"""Who knows whom: generated networks, files of ties, and the ties themselves."""

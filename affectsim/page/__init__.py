"""The page: one HTML file that teaches the three systems, with the engine in it."""

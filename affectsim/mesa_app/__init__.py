"""Mesa's interactive page of `AffectModel`: sliders, network, curves. Needs the extra `viz`."""

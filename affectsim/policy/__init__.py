"""Finding a policy: which programme, when and for whom, under a budget; a front of points, not one winner."""

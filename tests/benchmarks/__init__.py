"""How fast the API is, as ratios to a bare handler and to plain Django REST framework, measured in one run."""

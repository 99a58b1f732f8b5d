from hypothesis import settings

# No deadline: the first example imports scipy, and cores are shared. Same examples in every run.
settings.register_profile("stats", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("stats")

"""Experience-sampling diaries: files, what they say, and diaries sampled from a run."""

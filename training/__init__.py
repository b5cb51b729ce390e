"""From data to tuned weights, run from a checkout: `python -m training`. docs/training.md says what there is."""

"""Models fitted again and again: bootstrap samples, draws of a simulation."""

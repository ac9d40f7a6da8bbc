"""Standard errors, tests of fit, and tests between models."""

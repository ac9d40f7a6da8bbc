"""The fit function, its derivatives and its minimum."""

"""What a model says: text, table of parameters, matrices and the moments they imply; no data yet."""

"""Figures: path diagram, Likert bars, loadings, matrices."""

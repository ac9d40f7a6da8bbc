"""Exploratory factor analysis: factorability, number of factors, extraction, rotation."""

"""Comparison of cgsurvey with the values of other programs that the reference battery holds."""

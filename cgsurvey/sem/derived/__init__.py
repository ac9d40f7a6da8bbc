"""What follows from the estimates: standardised and defined parameters, scores, residuals, modification indices."""

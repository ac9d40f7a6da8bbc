"""How carefully people answered: indices, rules, what they flag."""

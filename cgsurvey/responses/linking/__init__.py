"""The two sides of a service brought together by office."""

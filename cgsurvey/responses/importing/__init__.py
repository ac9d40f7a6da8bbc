"""From a field file to `Responses`: columns matched, answers decoded, everything that was decided told."""

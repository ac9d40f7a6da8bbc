from factor_cases import case

__all__ = ["case"]

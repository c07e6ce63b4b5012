from .random_lighting import RandomLighting

__all__ = ['RandomLighting']

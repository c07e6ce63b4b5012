from .load_checked_annotations import LoadCheckedAnnotations
from .random_lighting import RandomLighting

__all__ = ['LoadCheckedAnnotations', 'RandomLighting']

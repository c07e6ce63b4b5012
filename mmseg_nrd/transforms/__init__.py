"""Steps of MMSegmentation's pipelines, registered on import."""
from .load_checked_annotations import LoadCheckedAnnotations
from .random_lighting import RandomLighting

__all__ = ['LoadCheckedAnnotations', 'RandomLighting']

"""Data for MMSegmentation's own dataset classes."""
from .street_scenes import (
                            CLASS_NAMES,
                            IGNORE,
                            LAYOUTS,
                            MIN_SIZE,
                            label_table,
                            render_street_scene,
                            scene_seed,
                            write_street_scenes,
)
from .transforms import LoadCheckedAnnotations, RandomLighting

__all__ = ['CLASS_NAMES', 'IGNORE', 'LAYOUTS', 'MIN_SIZE', 'LoadCheckedAnnotations',
           'RandomLighting', 'label_table', 'render_street_scene', 'scene_seed',
           'write_street_scenes']

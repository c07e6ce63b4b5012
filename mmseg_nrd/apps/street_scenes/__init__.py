"""Procedural street scenes with the classes of Cityscapes, and trees of them for MMSeg."""
from .classes import CLASS_NAMES, IGNORE
from .layouts import LAYOUTS, label_table
from .render import MIN_SIZE, render_street_scene
from .writer import scene_seed, write_street_scenes

__all__ = ['CLASS_NAMES', 'IGNORE', 'LAYOUTS', 'MIN_SIZE', 'label_table', 'render_street_scene',
           'scene_seed', 'write_street_scenes']

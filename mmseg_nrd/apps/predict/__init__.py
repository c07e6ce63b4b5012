"""Predictions for images that are in no data set."""
from .images import find_images, output_names
from .overlay import draw_overlay, save_labels, save_picture
from .pipeline import UnreadableImageError
from .predictor import Predictor, classes_and_palette
from .tiles import check_tiles, default_overlap, tile_spans

__all__ = [
    'Predictor', 'UnreadableImageError', 'check_tiles', 'classes_and_palette', 'default_overlap',
    'draw_overlay', 'find_images', 'output_names', 'save_labels', 'save_picture', 'tile_spans',
]

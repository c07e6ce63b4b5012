"""Metrics for MMSegmentation's evaluators, registered on import."""
from .boundary_iou_metric import BoundaryIoUMetric

__all__ = ['BoundaryIoUMetric']

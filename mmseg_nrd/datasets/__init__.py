"""Data sets that MMSegmentation lacks, registered on import."""
from .camvid import CamVidDataset

__all__ = ['CamVidDataset']

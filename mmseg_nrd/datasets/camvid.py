"""CamVid with 11 classes, as SegNet made it popular."""
from __future__ import annotations

from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS


@DATASETS.register_module()
class CamVidDataset(BaseSegDataset):
    """CamVid (Brostow, Fauqueur, Cipolla, 2009): street photographs of 480 x 360 with 11 classes.

    Classes, colours and split (367, 101 and 233 images) are those of SegNet (Badrinarayanan,
    Kendall, Cipolla, TPAMI 2017); ``tools/prepare_camvid.py`` writes the tree.

    Args:
        img_suffix, seg_map_suffix (str): Of images and labels. Default to '.png'.
        kwargs: As for any data set of MMSeg.
    """

    METAINFO = dict(
        classes=('sky', 'building', 'pole', 'road', 'pavement', 'tree', 'sign or symbol', 'fence',
                 'car', 'pedestrian', 'bicyclist'),
        palette=[[128, 128, 128], [128, 0, 0], [192, 192, 128], [128, 64, 128], [60, 40, 222],
                 [128, 128, 0], [192, 128, 128], [64, 64, 128], [64, 0, 128], [64, 64, 0],
                 [0, 128, 192]])

    def __init__(self, img_suffix: str = '.png', seg_map_suffix: str = '.png', **kwargs):
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs)

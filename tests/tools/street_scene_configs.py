"""Where the street-scene configs lie."""
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / 'configs' / 'street_scenes'
NRD = CONFIGS / 'nrd_r18_1xb8-300_street-scenes-128x256.py'
DEEPLAB = CONFIGS / 'deeplabv3plus_r18_1xb8-300_street-scenes-128x256.py'

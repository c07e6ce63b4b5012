"""Looking through a config's data sets for what training would fail on."""
from .survey import Survey, survey_data

__all__ = ['Survey', 'survey_data']

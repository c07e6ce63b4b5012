"""Evidence: races, tables of the docs and results. Of a checkout only; nobody imports it."""

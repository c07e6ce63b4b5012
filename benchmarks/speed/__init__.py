"""NRD's speed and memory beside the formulation of its authors and beside the stock head."""

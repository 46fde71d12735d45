"""Reviews to motivations: schema, taxonomy, backends and runs over a dataset."""

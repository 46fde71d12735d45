"""The generated demo: reviews of an invented city with planted motivations, for first runs and for scoring the pipeline."""

from core.data.demo.build import demo_dataset

__all__ = ["demo_dataset"]

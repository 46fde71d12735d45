"""Text to vectors: encoders and a cache by content."""

from core.encoding.cache import EmbeddingCache
from core.encoding.encoder import EncoderChoice, TextEncoder, default_encoder

__all__ = ["EmbeddingCache", "EncoderChoice", "TextEncoder", "default_encoder"]

"""The scripted server for its own tests."""

from tests.ollama_server.fixture import ollama_server

__all__ = ["ollama_server"]

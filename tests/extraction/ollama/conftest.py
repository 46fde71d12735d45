"""The scripted server, for all tests that speak to one."""

from tests.ollama_server.fixture import ollama_server

__all__ = ["ollama_server"]

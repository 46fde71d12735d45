"""Extraction by a local Ollama server: the server and its models, conversations with them, and what can go wrong."""

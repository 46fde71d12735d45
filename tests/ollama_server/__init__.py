"""A test double of an Ollama server: a real HTTP server in its own process that speaks Ollama's wire protocol from a script.

It is never offered to users as a model. Start it by hand with

    python -m tests.ollama_server --port 0 --script FILE --log FILE

(standard library only; the first line it prints is its URL), or in a test with the fixture of `tests.ollama_server.fixture`.
`tests.ollama_server.script` says what a script may hold. The log has one JSON line a request, written and flushed when it ends:

    {"endpoint", "key", "model", "arrival", "start", "end", "slot", "status", "outcome", "tokens", "port", "request"}

``key`` is the SHA-256 of the last user message (of the prompt, of the model's name), times are seconds since the epoch,
``start`` is when a slot was free, ``outcome`` is "answered" only when the last byte was written to a client still there, else
"gone" (the client went), "refused" (an HTTP error), "broken" (a scripted fault). ``port`` is the client's: the same one is the same
connection. ``request`` is what a conversation asked for, with the number of its messages in their place and "schema" in place of one.
"""

"""The tablets' gate: from a browser's WebSocket to the broker, under the tablet's own name."""

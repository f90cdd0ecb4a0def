"""From photographs and a table to entries: each picture read, looked at, judged and encoded."""

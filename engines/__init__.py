"""The networks: where they come from, and how one knows that they are the right ones."""

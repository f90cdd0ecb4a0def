"""The words of the trade: no input, no output, no libraries but numpy and pydantic."""

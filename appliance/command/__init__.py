"""The sub-commands of `lfr`, and the words that several share."""

"""The force's desk: lists that two people sign, authorities, publishing, taking somebody off."""

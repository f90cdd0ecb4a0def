"""The force's desk: from photographs and a table to a list that two people sign."""

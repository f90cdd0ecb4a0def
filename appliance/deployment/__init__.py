"""The life of a deployment: it is opened, held, ended, closed, and what is left of it goes."""

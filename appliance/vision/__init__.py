"""Pixels to faces, faces to passings, passings to templates."""

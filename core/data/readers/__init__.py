"""Readers, one format a file: raw files -> frames of reviews, items and users."""

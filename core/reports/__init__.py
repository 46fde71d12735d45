"""Reports: one self-contained HTML file about a user, an item or a segment, to be shown to people who have not the studio."""

"""What was decided and found, for people and for other programs: tables, plots, one page."""

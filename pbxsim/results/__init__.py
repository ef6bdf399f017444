"""What a run gives: figures with intervals, tables, and the formulas they are held against."""

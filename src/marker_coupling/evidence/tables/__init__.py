"""Tables of evidence: CSV, JSON and Parquet, checked cell by cell."""
